// For unit tests only: two hosts on an in-memory pipe in virtual time, and packets made by hand for one.
#ifndef STACK_NET_TWO_HOSTS_FOR_TEST_H_
#define STACK_NET_TWO_HOSTS_FOR_TEST_H_

#include <algorithm>
#include <deque>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "stack/net/host.h"
#include "stack/wire/icmp.h"
#include "stack/wire/ipv4.h"
#include "stack/wire/ipv6.h"
#include "stack/wire/protocol.h"
#include "stack/wire/segment_codec.h"
#include "stack/wire/udp.h"

namespace tcpspec::net {

inline IpAddress addr(std::string_view text) { return *IpAddress::parse(text); }

inline HostConfig host_config(int number) {
  HostConfig config;
  config.v4 = IpAddress::v4(192, 0, 2, static_cast<std::uint8_t>(number));
  config.v6 = addr("2001:db8::" + std::to_string(number));
  config.seed = static_cast<std::uint64_t>(number);
  config.isn_secret[0] = static_cast<std::uint8_t>(number);
  return config;
}

inline IpAddress address_of(int number, IpVersion version) {
  const HostConfig config = host_config(number);
  return version == IpVersion::kV4 ? config.v4 : config.v6;
}

// One IP packet around `payload`.
inline Bytes ip_packet(const IpAddress& source, const IpAddress& destination, std::uint8_t protocol,
                       ByteView payload) {
  if (source.is_v4()) {
    wire::Ipv4Header header;
    header.source = source;
    header.destination = destination;
    header.protocol = protocol;
    return wire::build_ipv4(header, payload);
  }
  wire::Ipv6Header header;
  header.source = source;
  header.destination = destination;
  header.next_header = protocol;
  return wire::build_ipv6(header, payload);
}

inline Bytes tcp_packet(const wire::Segment& segment) {
  return ip_packet(segment.source.address, segment.destination.address, wire::kProtocolTcp,
                   wire::build_segment(segment));
}

inline Bytes icmp_packet(const IpAddress& source, const IpAddress& destination,
                         const wire::IcmpMessage& message) {
  return ip_packet(source, destination, source.is_v4() ? wire::kProtocolIcmp : wire::kProtocolIcmpV6,
                   wire::build_icmp(source, destination, message));
}

struct IpParts {
  IpAddress source, destination;
  std::uint8_t protocol = 0;
  Bytes payload;
};
inline IpParts ip_parts(ByteView packet) {
  if (packet[0] >> 4 == 4) {
    const auto parsed = wire::parse_ipv4(packet);
    return {parsed->header.source, parsed->header.destination, parsed->header.protocol,
            Bytes(parsed->payload.begin(), parsed->payload.end())};
  }
  const auto parsed = wire::parse_ipv6(packet);
  return {parsed->header.source, parsed->header.destination, parsed->header.next_header,
          Bytes(parsed->payload.begin(), parsed->payload.end())};
}
inline wire::Segment tcp_of(ByteView packet) {
  const IpParts parts = ip_parts(packet);
  return *wire::parse_segment(parts.source, parts.destination, parts.payload);
}

// One host whose peer is the test itself.
struct LoneHost {
  explicit LoneHost(const HostConfig& config = host_config(1)) : host(config) {}
  void inject(ByteView packet) { host.on_packet(packet, now); }
  std::vector<Bytes> sent() {
    std::vector<Bytes> packets;
    while (std::optional<Bytes> packet = host.take_packet()) packets.push_back(std::move(*packet));
    return packets;
  }
  std::vector<SocketEvent> events() {
    std::vector<SocketEvent> all;
    while (std::optional<SocketEvent> event = host.take_event()) all.push_back(*event);
    return all;
  }
  // A segment from host 2's port 5000 to our port 80.
  static wire::Segment segment(IpVersion version, wire::Flags flags, std::uint32_t seq, std::uint32_t ack) {
    wire::Segment segment;
    segment.source = {address_of(2, version), 5000};
    segment.destination = {address_of(1, version), 80};
    segment.flags = flags;
    segment.seq = Seq32(seq);
    segment.ack = Seq32(ack);
    segment.window = 65535;
    return segment;
  }
  SocketId listener(IpVersion version, int backlog, std::uint16_t port = 80) {
    const SocketId id = host.socket(version);
    (void)host.bind(id, {IpAddress::any(version), port});
    (void)host.listen(id, backlog);
    return id;
  }

  Host host;
  Instant now = Instant::from_nanos(1'000'000'000);
};

// Two hosts, host 1 and host 2, on a link of fixed delay that loses nothing.
struct TwoHosts {
  TwoHosts() : TwoHosts(host_config(1), host_config(2)) {}
  TwoHosts(const HostConfig& a, const HostConfig& b) : client(a), server(b) {}

  // Moves what both hosts have sent onto the link.
  void collect() {
    while (std::optional<Bytes> packet = client.take_packet()) put(server, std::move(*packet));
    while (std::optional<Bytes> packet = server.take_packet()) put(client, std::move(*packet));
  }
  [[nodiscard]] Instant next() const {
    const Instant arrival = link.empty() ? Instant::never() : link.front().at;
    return std::min({arrival, client.next_deadline(), server.next_deadline()});
  }
  // Runs every event up to and including `end`; time then stands at `end`.
  void run_until(Instant end) {
    collect();
    while (next() <= end) {
      now = std::max(now, next());
      if (!link.empty() && link.front().at <= now) {
        const Flight flight = std::move(link.front());
        link.pop_front();
        flight.to->on_packet(flight.packet, now);
      } else {
        client.on_deadline(now);
        server.on_deadline(now);
      }
      collect();
    }
    now = end;
  }
  void run_for(Duration duration) { run_until(now + duration); }

  struct Flight {
    Instant at;
    Host* to;
    Bytes packet;
  };
  void put(Host& to, Bytes packet) {
    log.push_back(packet);
    link.push_back({now + delay, &to, std::move(packet)});
  }

  Host client;
  Host server;
  Instant now = Instant::from_nanos(1'000'000'000);
  Duration delay = Duration::millis(10);
  std::deque<Flight> link;
  std::vector<Bytes> log;  // every packet, in order of sending
};

}  // namespace tcpspec::net

#endif  // STACK_NET_TWO_HOSTS_FOR_TEST_H_
