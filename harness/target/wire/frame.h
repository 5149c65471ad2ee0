// Frames: Ethernet II with an optional 802.1Q tag, ARP (RFC 826) and the two neighbour discovery messages
// that an address needs (RFC 4861 §4.3, §4.4). Bytes in, bytes out; foreign bytes are never wrong, only
// something else. The harness's own codec (law 2). Deliberately not here: 802.3 lengths, double tags, router
// discovery.
#ifndef HARNESS_TARGET_WIRE_FRAME_H_
#define HARNESS_TARGET_WIRE_FRAME_H_

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "stack/base/address.h"
#include "stack/base/bytes.h"
#include "stack/base/result.h"

namespace tcpspec::target::wire {

using Mac = std::array<std::uint8_t, 6>;
inline constexpr Mac kBroadcast{0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
// "02:00:5e:10:00:01", one station's.
[[nodiscard]] Result<Mac> parse_mac(const std::string& text);
[[nodiscard]] std::string to_string(const Mac& mac);
// Locally administered, always the same one for an interface, and never the interface's own: so a box's
// neighbour cache and a switch's table stay right from run to run.
[[nodiscard]] Mac own_mac(const Mac& interface);

inline constexpr std::uint16_t kEthertypeIpv4 = 0x0800, kEthertypeArp = 0x0806, kEthertypeIpv6 = 0x86dd,
                               kEthertypeVlan = 0x8100;
inline constexpr std::size_t kLeastFrame = 60;  // without the frame check sequence
inline constexpr std::size_t kEthernetHeader = 14, kVlanTag = 4;
inline constexpr std::size_t kLeastPayload = kLeastFrame - kEthernetHeader;

struct Frame {
  Mac to{}, from{};
  std::optional<std::uint16_t> vlan;  // the tag's VLAN; 0: priority only
  std::uint16_t ethertype = 0;
  Bytes payload;  // padding included
};
[[nodiscard]] std::optional<Frame> decode_frame(ByteView bytes);
// Padded to the least length of Ethernet.
[[nodiscard]] Bytes encode_frame(const Frame& frame);

// The IP packet without Ethernet's padding. `packet` starts at the IP header; a length field that makes no
// sense leaves it as it is.
[[nodiscard]] Bytes without_padding(ByteView packet);
// What the IP header says, or the number of octets where it says nothing.
[[nodiscard]] std::size_t ip_length(ByteView packet);
// By the version nibble; `otherwise` where it is neither.
[[nodiscard]] std::uint16_t ethertype_of(ByteView packet, IpVersion otherwise);

// ---- Who has an address
// ----------------------------------------------------------------------------------
// ARP and neighbour discovery say the same four things.
enum class NeighbourKind : std::uint8_t { kQuestion, kAnswer };
struct Neighbour {
  NeighbourKind kind = NeighbourKind::kQuestion;
  std::optional<IpAddress> sender;  // none: it has no address yet (a probe)
  std::optional<Mac> sender_mac;    // the sender's; of an answer: the asked address's
  IpAddress asked;                  // whose hardware address is asked for or told
};
// None: the frame is something else, or not valid (RFC 4861 §7.1: hop limit 255, checksum, lengths).
[[nodiscard]] std::optional<Neighbour> decode_neighbour(const Frame& frame);

// "Who has `asked`? Tell `own`." To everybody, or to `to` alone.
[[nodiscard]] Frame make_question(const IpAddress& own, const Mac& own_mac, const IpAddress& asked,
                                  const Mac* to = nullptr);
// Like it, from no address: whoever has it already answers (RFC 5227 §2.1.1, RFC 4862 §5.4.2).
[[nodiscard]] Frame make_owner_probe(const Mac& own_mac, const IpAddress& asked);
// "`own` is at `own_mac`", to the one who asked.
[[nodiscard]] Frame make_answer(const Neighbour& question, const IpAddress& own, const Mac& own_mac,
                                const Mac& asker);

}  // namespace tcpspec::target::wire

#endif  // HARNESS_TARGET_WIRE_FRAME_H_
