// AgentSide: the agent on the box, which makes socket calls there while packets go over the cable. Owns the
// Connection and the comparison of the agent's clock with the case's, made anew for every case from the
// exchange of Start.
#ifndef HARNESS_TARGET_WIRE_AGENT_SIDE_H_
#define HARNESS_TARGET_WIRE_AGENT_SIDE_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "harness/target/linux_clock.h"
#include "harness/target/remote/connection.h"
#include "harness/target/target.h"

namespace tcpspec::target::wire {

// Where an instant of the agent's clock lies on ours. Pure. What happened between two of our readings narrows
// it; clocks may drift apart by one part in ten thousand.
class ClockMap {
 public:
  ClockMap() = default;
  // The agent read `theirs` between `asked` and `answered`.
  ClockMap(Instant asked, Instant answered, std::int64_t theirs);
  void not_before(Instant ours, std::int64_t theirs);
  void not_after(Instant ours, std::int64_t theirs);
  [[nodiscard]] Stamp stamp(std::int64_t theirs) const;

 private:
  [[nodiscard]] std::int64_t drift(std::int64_t theirs) const;

  std::int64_t lowest_ = 0, highest_ = 0;  // ours less theirs
  std::int64_t zero_ = 0;
};

class AgentSide {
 public:
  // `where` as in the options. An Error: no such agent, or one that brings its own wire.
  [[nodiscard]] static Result<std::unique_ptr<AgentSide>> open(const std::string& where);

  [[nodiscard]] const AgentHello& hello() const { return connection_->hello(); }
  // Its calls and connections of before are ended; the case's clock is `clock`.
  Status start(const CaseSetup& setup, const CaseClock& clock);
  void begin(CallId id, const SocketCall& call);
  void cancel(CallId id);
  Result<Value> query(int handle);
  // One call, waited for, its result here and not among the events.
  Result<CallResult> call(const SocketCall& call, Duration patience);
  // All that the agent has said: completions, and at last its end.
  [[nodiscard]] std::vector<Event> collect();
  // Readable when it says something; -1 once it has ended.
  [[nodiscard]] int fd() const { return connection_->ended() ? -1 : connection_->fd(); }
  Status end();

 private:
  explicit AgentSide(std::unique_ptr<Connection> connection) : connection_(std::move(connection)) {}
  void take(const NumberedReport& report);
  Result<AgentReport> ask(const AgentRequest& request);

  std::unique_ptr<Connection> connection_;
  CaseClock clock_;
  ClockMap map_;
  struct Begun {
    std::uint64_t request = 0;
    CallId id = 0;
    Instant at;
  };
  std::vector<Begun> calls_;
  // Its own calls have numbers that no case reaches.
  CallId last_own_ = CallId{1} << 40;
  std::vector<Event> events_;
  bool mourned_ = false;
};

}  // namespace tcpspec::target::wire

#endif  // HARNESS_TARGET_WIRE_AGENT_SIDE_H_
