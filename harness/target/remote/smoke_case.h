// SmokeCase: one case of a smoke test on one target: begins calls, sends and hears segments of one
// connection, and remembers everything that came. A part of smoke.h.
#ifndef HARNESS_TARGET_REMOTE_SMOKE_CASE_H_
#define HARNESS_TARGET_REMOTE_SMOKE_CASE_H_

#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "harness/packet/image.h"
#include "harness/target/remote/smoke.h"

namespace tcpspec::target {

inline constexpr std::uint16_t kFinFlag = 0x01, kSynFlag = 0x02, kRstFlag = 0x04, kPshFlag = 0x08,
                               kAckFlag = 0x10;

// How long an answer may take that every TCP gives at once, or after a delayed ACK.
inline constexpr Duration kSmokeSoon = Duration::seconds(1);

struct Heard {
  Stamp at;
  packet::Image image;
};

class SmokeCase {
 public:
  explicit SmokeCase(Target& target);

  [[nodiscard]] Status start(std::uint64_t seed, std::map<std::string, std::string> policies = {});
  [[nodiscard]] Target& target() { return target_; }
  [[nodiscard]] bool is_virtual() const { return target_.profile().clock == ClockKind::kVirtual; }

  // ---- Calls
  CallId begin(SocketCall call) { return target_.begin(call); }
  // Nothing: it did not complete within that time of the target's clock.
  std::optional<CallResult> await(CallId call, Duration within = kSmokeSoon);
  std::optional<CallResult> make(SocketCall call) { return await(begin(std::move(call))); }
  [[nodiscard]] int completions(CallId call) const;

  // ---- Segments, of the connection from our port to the service's
  // An Error: not delivered.
  [[nodiscard]] Status send(std::uint16_t flags, std::uint32_t seq, std::uint32_t ack,
                            const Bytes& data = {});
  using Wanted = std::function<bool(const packet::Image&)>;
  // The first that is wanted; others before it are passed over.
  std::optional<Heard> hear(const Wanted& wanted, Duration within = kSmokeSoon);
  // One event of the target, kept; false: none before the deadline.
  bool step(Instant deadline);
  // Everything up to then.
  void listen_until(Instant deadline);

  // What came in vain since the last hear() that found something: "nothing", or the segments; and how it
  // died.
  [[nodiscard]] std::string instead() const;
  [[nodiscard]] const std::string& died() const { return died_; }
  // The first packet of this case with a wrong checksum, described; empty: none.
  [[nodiscard]] const std::string& bad_checksum() const { return bad_checksum_; }
  // Packets since the start, with their times: equal in virtual time for equal seeds.
  [[nodiscard]] const std::vector<std::pair<Instant, Bytes>>& transcript() const { return transcript_; }
  [[nodiscard]] Stamp last_at() const { return last_at_; }

  // ---- The conversation
  Endpoint service, ours;
  std::uint32_t our_isn = 1'000'000, isn = 0;  // isn: of the target, once it is known
  std::uint32_t our_next = 0, next = 0;        // the next octet in each direction
  int listener = -1, connection = -1;
  CallId accept = 0;

 private:
  void keep(Event event);
  void check(const packet::Image& image);

  Target& target_;
  Place place_;
  std::deque<Heard> heard_;
  std::vector<std::string> passed_over_;
  std::map<CallId, CallResult> done_;
  std::map<CallId, int> completions_;
  std::vector<std::pair<Instant, Bytes>> transcript_;
  std::string died_, bad_checksum_;
  Stamp last_at_;
};

}  // namespace tcpspec::target

#endif  // HARNESS_TARGET_REMOTE_SMOKE_CASE_H_
