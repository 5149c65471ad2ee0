// The matrix of interop: who sends x who opens x IP version x link x options, each a strict conversation with
// a half-close. The sender says everything and shuts down; the other side reads to the end of file, says a
// little through the half-closed connection, and closes; then the sender closes.
//
// Links. A delay is what the link adds to a round trip, half of it each way; every fault strikes each way.
//   light  1 ms, 1 % lost
//   heavy  200 ms, 5 % lost, 3 % held back 30 to 60 ms so that others pass them, 2 % duplicated, 1 %
//   corrupted
//          (one bit behind the IP header), 2 % of the ECN-capable ones marked (RFC 3168)
// Sizes    light      heavy     back through the half-closed connection
//   full   64 MiB     1 MiB     64 KiB
//   ci     256 KiB    24 KiB    2 KiB
#ifndef HARNESS_INTEROP_MATRIX_H_
#define HARNESS_INTEROP_MATRIX_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "harness/interop/plan.h"
#include "harness/target/profile.h"
#include "stack/base/result.h"

namespace tcpspec::interop {

enum class LinkKind : std::uint8_t { kLight, kHeavy };
enum class Direction : std::uint8_t { kTargetSends, kTargetReceives };
enum class Scale : std::uint8_t { kFull, kCi };
// What is switched off, and where; all else is on at both sides, as far as the target has it.
enum class Off : std::uint8_t { kNothing, kSack, kTimestamps, kWindowScaling, kEcn };
enum class Where : std::uint8_t { kPeer, kTarget };

struct Variant {
  LinkKind link = LinkKind::kLight;
  Off off = Off::kNothing;
  Where where = Where::kPeer;  // kPeer with kNothing
  IpVersion ip = IpVersion::kV4;
  Direction direction = Direction::kTargetSends;
  Opening opening = Opening::kPeer;
  bool operator==(const Variant&) const = default;
};

// All of them, rows of the printed matrix one after the other.
[[nodiscard]] std::vector<Variant> all_variants();
// "light/sack-off-at-peer/v4/target-sends/peer-connects"
[[nodiscard]] std::string name_of(const Variant& variant);
// "light  sack off at peer"
[[nodiscard]] std::string row_of(const Variant& variant);
// The glob (fnmatch) may also name the beginning of names, up to a '/'.
[[nodiscard]] bool fits(const Variant& variant, const std::string& glob);

// An error: not applicable to this target, and why.
[[nodiscard]] Result<Plan> plan_of(const Variant& variant, const target::Profile& profile, Scale scale,
                                   std::uint64_t seed);

}  // namespace tcpspec::interop

#endif  // HARNESS_INTEROP_MATRIX_H_
