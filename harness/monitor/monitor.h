// Monitor: rules that hold for every packet of every run, whatever the case is about. Feed it both directions
// in order; it reports what the target broke. Sans-IO; also runs over captures. Judges only packets from the
// target; what we inject sets the context. Never a second opinion on what a case demands.
#ifndef HARNESS_MONITOR_MONITOR_H_
#define HARNESS_MONITOR_MONITOR_H_

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "stack/base/address.h"
#include "stack/base/bytes.h"
#include "stack/base/time.h"

namespace tcpspec::monitor {

enum class Severity : std::uint8_t { kFail, kTolerated };  // MUST and text; SHOULD

struct Rule {
  std::string_view id;      // "right-edge"
  std::string_view clause;  // "RFC 9293 §3.8.6"
  std::string_view row;     // ledger row, "RFC9293:SHLD-14"
  Severity severity;
  std::string_view says;  // the rule, one line, our words
};
[[nodiscard]] std::span<const Rule> rules();

struct Finding {
  const Rule* rule = nullptr;
  Instant at;
  std::size_t packet = 0;  // index of the packet as fed, from 0
  std::string what;        // what came and what the rule allowed, with numbers relative to the ISNs
};

enum class Side : std::uint8_t { kFromTarget, kToTarget };

// Where the packets come from. A capture may begin in the middle of connections, show packets cut off, out of
// order or before the network card has completed them, so that less can be judged; a run begins with a target
// on which nothing is open, and sees every packet at its edge.
enum class Before : std::uint8_t { kUnknown, kNothingOpen };

class Monitor {
 public:
  // Judges what comes from `target`; from every address when it is unspecified.
  explicit Monitor(const IpAddress& target, Before before = Before::kUnknown);
  ~Monitor();
  Monitor(const Monitor&) = delete;
  Monitor& operator=(const Monitor&) = delete;

  // Packets start at the IP header. Damaged packets to the target (bad checksum, cut off) count as never
  // received.
  void packet(Side side, ByteView bytes, Instant at);
  // Findings so far, in order. A rule reports once per connection.
  [[nodiscard]] const std::vector<Finding>& findings() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tcpspec::monitor

#endif  // HARNESS_MONITOR_MONITOR_H_
