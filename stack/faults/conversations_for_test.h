// For unit tests only: conversations in which a fault shows that no case of the suite notices yet. Each is a
// direct one with the host; the fault bites if the host says anything else than without it.
#ifndef STACK_FAULTS_CONVERSATIONS_FOR_TEST_H_
#define STACK_FAULTS_CONVERSATIONS_FOR_TEST_H_

#include <vector>

#include "stack/faults/talk_for_test.h"
#include "stack/wire/icmp.h"

namespace tcpspec::faults {

struct Conversation {
  const char* name;
  void (*play)(Talk&);
};

inline constexpr std::size_t kMss = 1000;

// Acknowledges all up to `octets` of our text, in steps of two segments.
inline void acknowledge_up_to(Talk& talk, std::uint32_t from, std::uint32_t octets) {
  for (std::uint32_t at = from; at < octets; at += 2 * kMss) {
    talk.wait(Duration::millis(5));
    talk.say(talk.peer(Flag::kAck, 1, 1 + std::min<std::uint32_t>(at + 2 * kMss, octets)));
  }
}

inline void bulk(Talk& talk) {
  talk.open();
  talk.write(60'000);
  acknowledge_up_to(talk, 0, 60'000);
  talk.wait(Duration::seconds(30));
  talk.write(20'000);  // after an idle time
  acknowledge_up_to(talk, 60'000, 80'000);
}

inline void large_windows(Talk& talk) {
  talk.scale = 6;
  talk.open();
  for (std::uint32_t at = 0; at < 600'000; at += 60'000) {
    talk.write(60'000);
    acknowledge_up_to(talk, at, at + 60'000);
  }
}

inline void loss(Talk& talk) {
  talk.open();
  talk.write(10'000);
  acknowledge_up_to(talk, 0, 8'000);
  talk.write(40'000);
  for (int i = 0; i < 5; ++i) {
    talk.wait(Duration::millis(1));
    talk.say(talk.peer(Flag::kAck, 1, 8'001));
  }
  acknowledge_up_to(talk, 8'000, 50'000);
  talk.wait(Duration::seconds(5));
  talk.write(10'000);
  acknowledge_up_to(talk, 50'000, 60'000);
}

inline void loss_with_sack(Talk& talk) {
  talk.sack = true;
  talk.open();
  talk.write(50'000);
  acknowledge_up_to(talk, 0, 8'000);
  for (std::uint32_t i = 2; i < 6; ++i) {
    Segment ack = talk.peer(Flag::kAck, 1, 8'001);
    ack.options.sack_blocks = {{talk.iss() + 9'001, talk.iss() + 9'001 + i * 1000}};
    talk.say(ack);
  }
  talk.wait(Duration::seconds(3));
  acknowledge_up_to(talk, 8'000, 50'000);
}

inline void duplicates_with_text(Talk& talk) {
  talk.open();
  talk.write(20'000);
  acknowledge_up_to(talk, 0, 4'000);
  for (std::uint32_t i = 0; i < 4; ++i) {
    talk.say(talk.peer(Flag::kAck, 1 + i * 100, 4'001));
    talk.say(talk.peer(Flag::kAck, 1 + i * 100, 4'001, 100));
  }
  talk.wait(Duration::seconds(3));
}

inline void text_only_duplicates(Talk& talk) {
  talk.open();
  talk.write(20'000);
  acknowledge_up_to(talk, 0, 4'000);
  for (std::uint32_t i = 0; i < 4; ++i) talk.say(talk.peer(Flag::kAck, 1 + i * 100, 4'001, 100));
  talk.wait(Duration::millis(200));
}

inline void window_updates(Talk& talk) {
  talk.open();
  talk.write(20'000);
  acknowledge_up_to(talk, 0, 4'000);
  for (std::uint16_t i = 1; i < 6; ++i) {
    Segment update = talk.peer(Flag::kAck, 1, 4'001);
    update.window = static_cast<std::uint16_t>(60'000 - i * 100);
    talk.say(update);
  }
}

inline void two_duplicates(Talk& talk) {
  talk.open();
  talk.write(20'000);
  acknowledge_up_to(talk, 0, 4'000);
  talk.say(talk.peer(Flag::kAck, 1, 4'001));
  talk.say(talk.peer(Flag::kAck, 1, 4'001));
}

inline void idle_duplicates(Talk& talk) {
  talk.open();
  for (int i = 0; i < 5; ++i) talk.say(talk.peer(Flag::kAck, 1, 1));
}

inline void timeouts(Talk& talk) {
  talk.open();
  talk.write(10'000);
  talk.wait(Duration::seconds(400));
}

inline void timeout_and_recovery(Talk& talk) {
  talk.open();
  talk.write(30'000);
  talk.wait(Duration::seconds(2));
  acknowledge_up_to(talk, 0, 30'000);
}

inline void ecn_sender(Talk& talk) {
  talk.open(Flag::kEce | Flag::kCwr);
  talk.write(30'000);
  acknowledge_up_to(talk, 0, 4'000);
  talk.say(talk.peer(Flag::kAck | Flag::kEce, 1, 6'001));
  acknowledge_up_to(talk, 6'000, 10'000);
  talk.wait(Duration::seconds(4));
}

inline void ecn_receiver(Talk& talk) {
  talk.open(Flag::kEce | Flag::kCwr);
  for (std::uint32_t i = 0; i < 4; ++i)
    talk.say(talk.peer(Flag::kAck, 1 + i * 1000, 1, 1000), i == 0 ? wire::Ecn::kCe : wire::Ecn::kEct0);
  talk.say(talk.peer(Flag::kAck | Flag::kCwr, 4001, 1, 1000), wire::Ecn::kEct0);
  talk.say(talk.peer(Flag::kAck, 5001, 1, 1000), wire::Ecn::kEct0);
  talk.wait(Duration::seconds(1));
}

inline void too_big(Talk& talk) {
  talk.open();
  talk.write(30'000);
  acknowledge_up_to(talk, 0, 4'000);
  wire::IcmpMessage message;
  message.type = wire::icmp4::kUnreachable;
  message.code = wire::icmp4::kCodeFragmentationNeeded;
  message.rest_of_header = 700;
  const Bytes quote(talk.last_text()->begin(), talk.last_text()->begin() + 28);
  message.body = quote;
  talk.raw(net::icmp_packet(IpAddress::v4(192, 0, 2, 99), net::address_of(1, IpVersion::kV4), message));
  talk.wait(Duration::seconds(3));
  acknowledge_up_to(talk, 4'000, 10'000);
  talk.write(5'000);
}

inline void too_big_while_acknowledged(Talk& talk) {
  talk.open();
  talk.write(60'000);
  acknowledge_up_to(talk, 0, 20'000);
  wire::IcmpMessage message;
  message.type = wire::icmp4::kUnreachable;
  message.code = wire::icmp4::kCodeFragmentationNeeded;
  message.rest_of_header = 900;
  const Bytes quote(talk.last_text()->begin(), talk.last_text()->begin() + 28);
  message.body = quote;
  talk.raw(net::icmp_packet(IpAddress::v4(192, 0, 2, 99), net::address_of(1, IpVersion::kV4), message));
  acknowledge_up_to(talk, 20'000, 50'000);
}

inline void connects_and_listens(Talk& talk) {
  talk.serve(1);
  for (std::uint16_t port = 5000; port < 5004; ++port) {
    talk.port = port;
    talk.say(talk.peer(Flag::kSyn, 0, 0));
    talk.wait(Duration::millis(250));
  }
}

inline void text_both_ways(Talk& talk) {
  talk.sack = true;
  talk.stamps = wire::Timestamps{100, 0};
  talk.open();
  for (std::uint32_t i = 0; i < 10; ++i) {
    talk.stamps->value += 10;
    talk.say(talk.peer(Flag::kAck, 1 + i * 1000 + (i > 4 ? 1000 : 0), 1, 1000));
  }
  talk.stamps->value = 205;
  talk.say(talk.peer(Flag::kAck, 5001, 1, 1000));
  talk.read(3'000);
  talk.write(500);
  talk.read(100'000);
  talk.say(talk.peer(Flag::kAck | Flag::kFin, 11'001, 501));
  talk.read(10);
  talk.close();
  talk.say(talk.peer(Flag::kAck, 11'002, 502));
}

inline void nobodys_addresses(Talk& talk) {
  talk.serve();
  const IpAddress own = net::address_of(1, IpVersion::kV4);
  const IpAddress group = IpAddress::v4(224, 0, 0, 1);
  for (const IpAddress& source : {IpAddress::v4(255, 255, 255, 255), group, own}) {
    Segment syn = talk.peer(Flag::kSyn, 0, 0);
    syn.source.address = source;
    talk.say(syn);
  }
  Segment syn = talk.peer(Flag::kSyn, 0, 0);
  syn.destination.address = group;
  talk.say(syn);
}

inline void second_syns(Talk& talk) {
  talk.open();
  for (int i = 0; i < 3; ++i) talk.say(talk.peer(Flag::kSyn, 5'000, 0));
}

inline void full_buffer(Talk& talk) {
  talk.open();
  for (std::uint32_t at = 0; at < 66'000; at += 1'000) talk.say(talk.peer(Flag::kAck, 1 + at, 1, 1'000));
  for (int i = 0; i < 5; ++i) talk.read(20'000);
  talk.wait(Duration::seconds(1));
}

inline void small_window_in_a_syn_ack(Talk& talk) {
  talk.scale = 7;
  talk.connect();
  Segment answer = talk.peer(Flag::kSyn | Flag::kAck, 0, 1);
  answer.window = 10;
  talk.say(answer);
  talk.write(2'000);
  talk.wait(Duration::seconds(1));
}

inline void late_options(Talk& talk) {
  talk.scale = 7;
  talk.open();
  Segment ack = talk.peer(Flag::kAck, 1, 1);
  ack.window = 200;
  ack.options.mss = 300;
  talk.say(ack);
  talk.write(2'000);
  talk.say(talk.peer(Flag::kAck, 1, 2'001));
  ack = talk.peer(Flag::kAck, 1, 2'001);
  ack.window = 50;
  ack.options.window_scale = 2;
  talk.say(ack);
  talk.write(2'000);
  talk.wait(Duration::millis(500));
}

inline void text_with_the_syn(Talk& talk) {
  talk.serve();
  talk.say(talk.peer(Flag::kSyn, 0, 0, 20));
  talk.say(talk.peer(Flag::kAck, 1, 1));
  talk.accept();
  talk.read(100);
  talk.say(talk.peer(Flag::kAck, 1, 1, 20));
  talk.read(100);
}

inline void lost_syn(Talk& talk) {
  talk.connect();
  talk.wait(Duration::millis(1'500));
  talk.say(talk.peer(Flag::kSyn | Flag::kAck, 0, 1));
  talk.write(500);
  talk.wait(Duration::seconds(10));
}

inline void late_answer(Talk& talk) {
  talk.open();
  talk.write(3'000);
  talk.wait(Duration::millis(1'400));
  talk.say(talk.peer(Flag::kAck, 1, 3'001));
  talk.write(500);
  talk.wait(Duration::seconds(30));
}

inline void silent_peer(Talk& talk) {
  talk.open();
  talk.configure(
      {}, [](tcp::Config& config, const tcp::Config&) { config.user_timeout = Duration::seconds(20); });
  talk.write(500);
  talk.wait(Duration::seconds(400));
}

// Puts the IPv4 header checksum right.
inline void seal_ip(Bytes& packet) {
  packet[10] = packet[11] = 0;
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i < static_cast<std::size_t>(packet[0] & 0x0f) * 4; i += 2)
    sum += load_be16(packet, i);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  store_be16(packet, 10, static_cast<std::uint16_t>(~sum));
}

inline void odd_packets(Talk& talk) {
  talk.serve();
  const Bytes syn = net::tcp_packet(talk.peer(Flag::kSyn, 0, 0));
  Bytes packet = syn;
  packet[10] ^= 0x55;
  talk.raw(packet);
  packet = syn;
  packet[0] = 0x46;
  packet.insert(packet.begin() + 20, {1, 1, 1, 0});
  store_be16(packet, 2, static_cast<std::uint16_t>(packet.size()));
  seal_ip(packet);
  talk.raw(packet);
  // The TCP checksum without the pseudo-header.
  packet = syn;
  store_be16(packet, 36, 0);
  std::uint32_t sum = 0;
  for (std::size_t i = 20; i < packet.size(); i += 2) sum += load_be16(packet, i);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  store_be16(packet, 36, static_cast<std::uint16_t>(~sum));
  talk.raw(packet);
}

inline void icmp_error(Talk& talk, std::uint8_t type, std::uint8_t code) {
  wire::IcmpMessage message;
  message.type = type;
  message.code = code;
  const Bytes quote(talk.last_packet().begin(), talk.last_packet().begin() + 28);
  message.body = quote;
  talk.raw(net::icmp_packet(IpAddress::v4(192, 0, 2, 99), net::address_of(1, IpVersion::kV4), message));
}

inline void unreachable_while_connecting(Talk& talk) {
  talk.connect();
  icmp_error(talk, wire::icmp4::kTimeExceeded, 0);
  talk.wait(Duration::seconds(2));
  icmp_error(talk, wire::icmp4::kUnreachable, wire::icmp4::kCodePort);
  talk.wait(Duration::seconds(10));
}

inline const std::vector<Conversation>& conversations() {
  static const std::vector<Conversation> kAll{
      {"bulk", bulk},
      {"large windows", large_windows},
      {"loss", loss},
      {"loss with SACK", loss_with_sack},
      {"duplicate ACKs between text", duplicates_with_text},
      {"text that repeats an ACK", text_only_duplicates},
      {"window updates", window_updates},
      {"two duplicate ACKs", two_duplicates},
      {"duplicate ACKs while idle", idle_duplicates},
      {"timeouts", timeouts},
      {"timeout and recovery", timeout_and_recovery},
      {"ECN, sender", ecn_sender},
      {"ECN, receiver", ecn_receiver},
      {"packet too big", too_big},
      {"connects and listens", connects_and_listens},
      {"text both ways", text_both_ways},
      {"nobody's addresses", nobodys_addresses},
      {"second SYNs", second_syns},
      {"full buffer", full_buffer},
      {"packet too big while ACKs come", too_big_while_acknowledged},
      {"odd packets", odd_packets},
      {"unreachable while connecting", unreachable_while_connecting},
      {"text with the SYN", text_with_the_syn},
      {"lost SYN", lost_syn},
      {"late answer", late_answer},
      {"silent peer", silent_peer},
      {"options in later segments", late_options},
      {"small window in a SYN-ACK", small_window_in_a_syn_ack},
  };
  return kAll;
}

}  // namespace tcpspec::faults

#endif  // STACK_FAULTS_CONVERSATIONS_FOR_TEST_H_
