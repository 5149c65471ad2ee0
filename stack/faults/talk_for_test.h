// For unit tests only: one host, with a fault or without, and a peer whose segments the test writes by hand.
// Everything that the host says is kept as text, so that two hosts can be compared by what they said.
#ifndef STACK_FAULTS_TALK_FOR_TEST_H_
#define STACK_FAULTS_TALK_FOR_TEST_H_

#include <fmt/format.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "stack/faults/catalogue.h"
#include "stack/net/two_hosts_for_test.h"

namespace tcpspec::faults {

class Talk {
 public:
  static constexpr std::uint32_t kPeerIsn = 1000;

  explicit Talk(const Fault* fault, tcp::Config tcp = {})
      : points_(fault != nullptr ? switch_on(*fault) : nullptr) {
    net::HostConfig config = net::host_config(1);
    config.tcp = tcp;
    config.tcp.fault = points_.get();
    host_ = std::make_unique<net::Host>(config);
  }

  // A segment of the peer, numbers relative to both initial ones.
  [[nodiscard]] Segment peer(wire::Flags flags, std::uint32_t seq, std::uint32_t ack,
                             std::size_t octets = 0) const {
    Segment segment = net::LoneHost::segment(IpVersion::kV4, flags, kPeerIsn + seq, 0);
    segment.source.port = port;
    segment.destination.port = own_port_;
    if (flags.has(Flag::kAck)) segment.ack = iss_ + ack;
    for (std::size_t i = 0; i < octets; ++i) segment.payload.push_back(static_cast<std::uint8_t>(seq + i));
    segment.options.timestamps = stamps;
    if (!flags.has(Flag::kSyn)) return segment;
    segment.options.mss = 1000;
    segment.options.sack_permitted = sack;
    segment.options.window_scale = scale;
    return segment;
  }
  void say(const Segment& segment, wire::Ecn ecn = wire::Ecn::kNotEct) {
    Bytes packet = net::tcp_packet(segment);
    if (ecn != wire::Ecn::kNotEct) {
      packet[1] = static_cast<std::uint8_t>(ecn);
      packet[10] = packet[11] = 0;
      std::uint32_t sum = 0;
      for (std::size_t i = 0; i < 20; i += 2) sum += load_be16(packet, i);
      while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
      store_be16(packet, 10, static_cast<std::uint16_t>(~sum));
    }
    raw(packet);
  }
  void raw(ByteView packet) {
    host_->on_packet(packet, now_);
    listen();
  }
  void wait(Duration time) {
    const Instant end = now_ + time;
    while (host_->next_deadline() <= end) {
      now_ = std::max(now_, host_->next_deadline());
      host_->on_deadline(now_);
      listen();
    }
    now_ = end;
  }

  void serve(int backlog = 4) {
    listener_ = host_->socket(IpVersion::kV4);
    note(host_->bind(listener_, {IpAddress::any(IpVersion::kV4), 80}));
    note(host_->listen(listener_, backlog));
  }
  void accept() {
    if (const std::optional<net::SocketId> child = host_->accept(listener_)) socket_ = *child;
  }
  // Our side of the three-way handshake, and accept().
  void open(wire::Flags more = {}) {
    serve();
    say(peer(more | Flag::kSyn, 0, 0));
    say(peer(Flag::kAck, 1, 1));
    accept();
  }
  void connect() {
    socket_ = host_->socket(IpVersion::kV4);
    own_port_ = 4000;
    note(host_->bind(socket_, {IpAddress::any(IpVersion::kV4), own_port_}));
    note(host_->connect(socket_, {net::address_of(2, IpVersion::kV4), port}, now_));
    listen();
  }
  void write(std::size_t octets, bool push = true) {
    Bytes data;
    for (std::size_t i = 0; i < octets; ++i) data.push_back(static_cast<std::uint8_t>(i % 251));
    const tcp::SendResult result = host_->send(socket_, data, push, now_);
    said += fmt::format("write {} {}\n", result.accepted, static_cast<int>(result.error));
    listen();
  }
  void read(std::size_t most) {
    const tcp::ReceiveResult result = host_->receive(socket_, most, now_);
    said += fmt::format("read {} {} {}\n", to_hex(result.data), result.end_of_stream,
                        static_cast<int>(result.error));
    listen();
  }
  void half_close() {
    host_->shutdown_write(socket_, now_);
    listen();
  }
  void close() {
    host_->close(socket_, now_);
    listen();
  }
  void abort() {
    host_->abort(socket_, now_);
    listen();
  }
  void configure(const tcp::Config& change, void (*set)(tcp::Config&, const tcp::Config&)) {
    tcp::Config config = host_->configuration(socket_);
    set(config, change);
    host_->configure(socket_, config, now_);
    listen();
  }

  [[nodiscard]] Seq32 iss() const { return iss_; }
  [[nodiscard]] const Bytes& last_packet() const { return last_packet_; }
  [[nodiscard]] const std::optional<Bytes>& last_text() const { return last_text_; }

  std::uint16_t port = 5000;  // the peer's
  std::optional<wire::Timestamps> stamps;
  std::optional<std::uint8_t> scale;
  bool sack = false;
  std::string said;

 private:
  void note(tcp::CallError error) { said += fmt::format("call {}\n", static_cast<int>(error)); }
  void listen() {
    while (const std::optional<Bytes> packet = host_->take_packet()) {
      said += fmt::format("{} {}\n", now_.nanos(), to_hex(*packet));
      last_packet_ = *packet;
      const auto parsed = wire::parse_segment(
          net::ip_parts(*packet).source, net::ip_parts(*packet).destination, net::ip_parts(*packet).payload);
      if (!parsed.ok()) continue;
      if (parsed->syn()) iss_ = parsed->seq;
      if (!parsed->payload.empty()) last_text_ = *packet;
    }
    while (const std::optional<net::SocketEvent> event = host_->take_event())
      said += fmt::format("{} event {}\n", now_.nanos(), static_cast<int>(event->event.kind));
  }

  std::unique_ptr<tcp::FaultPoints> points_;
  std::unique_ptr<net::Host> host_;
  Instant now_ = Instant::from_nanos(1'000'000'000);
  net::SocketId listener_ = 0, socket_ = 0;
  std::uint16_t own_port_ = 80;
  Seq32 iss_;
  Bytes last_packet_;
  std::optional<Bytes> last_text_;
};

}  // namespace tcpspec::faults

#endif  // STACK_FAULTS_TALK_FOR_TEST_H_
