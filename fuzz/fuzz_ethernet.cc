// Frames into a host on an Ethernet: any bytes, and bytes behind a header that gets them further. Time goes
// by in between. Nothing aborts, and what others can make the host remember stays within its bounds.
#include <algorithm>
#include <cstdint>
#include <optional>

#include "fuzz/input.h"
#include "stack/base/check.h"
#include "stack/net/host.h"
#include "stack/net/interface.h"
#include "stack/wire/checksum.h"
#include "stack/wire/ethernet.h"
#include "stack/wire/mac_address.h"

namespace tcpspec::fuzz {
namespace {

using wire::MacAddress;

constexpr std::size_t kMostFrames = 64;
const MacAddress kOwn = MacAddress::of(2, 0, 0, 0, 0, 1);
const MacAddress kPeer = MacAddress::of(2, 0, 0, 0, 0, 2);

net::HostConfig host_config(std::uint8_t choices) {
  net::HostConfig config;
  config.v4 = IpAddress::v4(192, 0, 2, 1);
  config.v6 = *IpAddress::parse("2001:db8::1");
  config.link.kind = net::LinkKind::kEthernet;
  config.link.mac = kOwn;
  config.link.dad_transmits = choices & 1;
  config.link.router_solicitations = (choices >> 1) & 1;
  config.link.arp_announcements = (choices >> 2) & 1;
  config.link.neighbours.most_entries = 8;
  return config;
}

// Few mutations find a checksum: ICMPv6 right behind the IPv6 header, or behind one hop-by-hop header.
void seal_icmp6(Bytes& packet) {
  if (packet.size() < 48 || packet[0] >> 4 != 6) return;
  std::size_t at = 40;
  std::uint8_t next = packet[6];
  if (next == 0) {
    next = packet[at];
    at += (packet[at + 1] + std::size_t{1}) * 8;
  }
  const std::size_t length = load_be16(packet, 4);
  if (next != 58 || at + 4 > packet.size() || length < at - 40 || 40 + length > packet.size()) return;
  const ByteView message = ByteView(packet).subspan(at, 40 + length - at);
  if (message.size() < 4) return;
  store_be16(packet, at + 2, 0);
  wire::Checksum sum;
  sum.add_pseudo_header(IpAddress::from_bytes(ByteView(packet).subspan(8, 16)),
                        IpAddress::from_bytes(ByteView(packet).subspan(24, 16)), 58,
                        static_cast<std::uint32_t>(message.size()));
  sum.add(message);
  store_be16(packet, at + 2, sum.finish());
}

Bytes frame(Input& input, std::uint8_t shape) {
  const ByteView octets = input.take(input.octet());
  Bytes bytes(octets.begin(), octets.end());
  if ((shape & 1) == 0) return bytes;
  const std::uint16_t types[] = {wire::ether_type::kArp, wire::ether_type::kIpv6, wire::ether_type::kIpv4,
                                 wire::ether_type::kIpv6};
  seal_icmp6(bytes);
  MacAddress to = (shape & 8) != 0 ? MacAddress::broadcast() : kOwn;
  if ((shape & 24) == 24) to = MacAddress::of(0x33, 0x33, 0xff, 0, 0, 1);
  return wire::build_ethernet({to, kPeer, types[(shape >> 1) & 3], bytes});
}

void run(Input input) {
  net::Host host(host_config(input.octet()));
  Instant now;
  const net::SocketId client = host.socket(IpVersion::kV4);
  (void)host.connect(client, {IpAddress::v4(192, 0, 2, 2), 80}, now);
  for (std::size_t i = 0; i < kMostFrames && !input.empty(); ++i) {
    const std::uint8_t shape = input.octet();
    host.on_packet(frame(input, shape), now);
    if ((shape & 0x20) != 0) now = now + Duration::millis(input.word());
    host.on_deadline(now);
    while (const std::optional<Bytes> sent = host.take_packet()) {
      CHECK(sent->size() >= wire::kEthernetLeast);
      CHECK(wire::parse_ethernet(*sent).ok());
    }
    while (host.take_event()) {
    }
  }
  CHECK(host.interface().arp()->neighbours().size() <= 8);
  CHECK(host.interface().neighbour_discovery()->neighbours().size() <= 8);
}

}  // namespace
}  // namespace tcpspec::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  tcpspec::fuzz::run(tcpspec::fuzz::Input(data, size));
  return 0;
}
