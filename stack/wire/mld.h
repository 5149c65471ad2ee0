// Multicast Listener Discovery, version 1 (RFC 2710) and 2 (RFC 3810 §5): queries and version 1 reports as a
// listener hears them, reports as it sends them. A version 2 report goes to routers only and is not read.
#ifndef STACK_WIRE_MLD_H_
#define STACK_WIRE_MLD_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "stack/base/address.h"
#include "stack/base/bytes.h"
#include "stack/base/time.h"
#include "stack/wire/icmp.h"
#include "stack/wire/parsed.h"

namespace tcpspec::wire {

namespace icmp6 {
inline constexpr std::uint8_t kListenerQuery = 130;
inline constexpr std::uint8_t kListenerReportV1 = 131;
inline constexpr std::uint8_t kListenerDoneV1 = 132;
inline constexpr std::uint8_t kListenerReportV2 = 143;
}  // namespace icmp6

struct MldQuery {
  std::uint8_t version = 2;
  Duration most_response_delay;
  IpAddress group;  // :: in a general query
  std::vector<IpAddress> sources;
};

// RFC 3810 §5.2.12.
enum class MldRecordType : std::uint8_t { kModeIsInclude = 1, kModeIsExclude = 2, kChangeToExclude = 4 };
struct MldRecord {
  MldRecordType type = MldRecordType::kModeIsExclude;
  IpAddress group;
  std::vector<IpAddress> sources;
};

[[nodiscard]] bool is_listener_message(std::uint8_t icmp6_type);

// RFC 3810 §6.2: whether a packet's sender, hop limit and router alert are what any MLD message must have.
// `packet` is the whole IPv6 packet, its header checked.
[[nodiscard]] bool is_from_this_link(ByteView packet);

// `message` has passed parse_icmp(), checksum included, and is of the type.
[[nodiscard]] Parsed<MldQuery> parse_mld_query(const IcmpMessage& message);
// The group that a version 1 report is about.
[[nodiscard]] Parsed<IpAddress> parse_mld_v1_report(const IcmpMessage& message);

// Whole IPv6 packets, with hop limit 1 and the router alert. `source` is link-local or ::.
[[nodiscard]] Bytes build_mld_v2_report(const IpAddress& source, const std::vector<MldRecord>& records);
[[nodiscard]] Bytes build_mld_v1_report(const IpAddress& source, const IpAddress& group);

}  // namespace tcpspec::wire

#endif  // STACK_WIRE_MLD_H_
