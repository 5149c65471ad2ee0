// The class behind remote.h.
#ifndef HARNESS_TARGET_REMOTE_REMOTE_TARGET_H_
#define HARNESS_TARGET_REMOTE_REMOTE_TARGET_H_

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "harness/target/remote/agent_clock.h"
#include "harness/target/remote/remote.h"

namespace tcpspec::target {

class RemoteTarget final : public Target {
 public:
  RemoteTarget(AgentAddress address, RemoteOptions options, std::unique_ptr<Connection> connection);

  [[nodiscard]] const Profile& profile() const override { return profile_; }
  Status start(const CaseSetup& setup) override;
  [[nodiscard]] Instant now() const override;
  // An agent that dies of the packet has had it: the stamp ends when we saw that.
  Result<Stamp> inject(ByteView packet) override;
  CallId begin(const SocketCall& call) override;
  void cancel(CallId call) override;
  Result<Value> query(const Query& query) override;
  [[nodiscard]] std::optional<Event> next(Instant deadline) override;
  // An agent that does not answer is closed. An Error: it died of ending the case.
  Status end() override;

 private:
  struct Begun {
    CallId id = 0;
    Instant at;
  };

  [[nodiscard]] bool is_virtual() const { return profile_.clock == ClockKind::kVirtual; }
  // The connection, if it can still be used.
  [[nodiscard]] Connection* agent() const;
  Status reopen();
  Status adopt(const AgentHello& hello);
  Status ask_start(const CaseSetup& setup);
  Status begin_case(const AgentStarted& started, std::int64_t asked, std::int64_t answered);
  // Calls that no stack minds, for their stamps: bringing up a stack takes too long to say what time it is.
  void compare_clocks();
  // An answer to `request`; nothing when the agent died, which next() will tell.
  [[nodiscard]] std::optional<AgentReport> ask(const AgentRequest& request);
  void take(const NumberedReport& report);
  void take_packet(const AgentPacket& packet);
  void take_completion(const AgentCompletion& done);
  void refuse_call(std::uint64_t number, const std::string& error);
  // Whether an agent's stamps make sense; if not, it is condemned.
  [[nodiscard]] bool credible(std::int64_t earliest, std::int64_t latest);
  [[nodiscard]] bool credible_virtual(std::int64_t earliest, std::int64_t latest);
  [[nodiscard]] Stamp stamp_of(std::int64_t earliest, std::int64_t latest) const;
  void enqueue(Event event);
  void notice_death();
  [[nodiscard]] std::optional<Event> pop();
  [[nodiscard]] std::optional<Event> next_virtual(Instant deadline);
  [[nodiscard]] std::optional<Event> next_real(Instant deadline);
  [[nodiscard]] bool advance(Instant until);

  const AgentAddress address_;
  const RemoteOptions options_;
  std::unique_ptr<Connection> connection_;
  Profile profile_;
  bool used_ = false;     // the agent has had a case
  bool running_ = false;  // between Started and Ended: reports are the case's
  bool mourned_ = false;  // next() has told, or will tell, that the agent died
  std::deque<Event> queue_;

  // Clock VIRTUAL, in the agent's nanoseconds.
  std::int64_t zero_ = 0, agent_now_ = 0, limit_ = 0;
  bool dirty_ = false;    // something was begun, and what it caused may not have been told
  bool settled_ = false;  // the agent has said that nothing happens before `now`
  AgentClock clock_;      // clock REAL

  CallId last_call_ = 0;
  std::map<std::uint64_t, Begun> calls_;  // under way, by the number of their request
  std::set<CallId> cancelled_;
};

}  // namespace tcpspec::target

#endif  // HARNESS_TARGET_REMOTE_REMOTE_TARGET_H_
