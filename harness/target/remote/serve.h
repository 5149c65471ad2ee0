// AgentServer: a Target of ours as an agent, the other side of RemoteTarget. Requests in, reports out;
// serve_agent() is the same over two descriptors. It proves the protocol, and is a model for adapters:
// nothing here that an adapter in another language would not do.
#ifndef HARNESS_TARGET_REMOTE_SERVE_H_
#define HARNESS_TARGET_REMOTE_SERVE_H_

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>

#include "harness/target/agent_protocol.h"
#include "harness/target/target.h"

namespace tcpspec::target {

class AgentServer {
 public:
  using Say = std::function<void(const AgentReport& report, std::uint64_t id)>;

  // `token`: what a Greeting must bring along; empty: anything.
  AgentServer(Target& target, Bytes token, Say say)
      : target_(target), token_(std::move(token)), say_(std::move(say)) {}

  // One request, and everything that it caused at once. False: the agent ends, because it was told to,
  // because the target has died or serves one case only, or because the tester may not speak; why() says
  // which.
  [[nodiscard]] bool obey(const NumberedRequest& request);
  // Clock real: reports what happens until `deadline` of the target's clock. False: the target has died.
  [[nodiscard]] bool watch(Instant deadline);
  // Empty: in good order.
  [[nodiscard]] const std::string& why() const { return why_; }
  [[nodiscard]] bool in_case() const { return in_case_; }

 private:
  bool fits(const NumberedRequest& request);
  bool greet(const AgentGreeting& greeting, std::uint64_t id);
  bool start(const AgentStart& start, std::uint64_t id);
  bool end(std::uint64_t id);
  bool inject(const AgentInject& inject, std::uint64_t id);
  bool advance(const AgentAdvance& advance, std::uint64_t id);
  void query(const AgentQuery& query, std::uint64_t id);
  void interrupt(CallId call);
  // What has happened already, without letting time go on.
  bool report_at_hand();
  bool report(Event event);

  Target& target_;
  const Bytes token_;
  const Say say_;
  bool greeted_ = false, in_case_ = false;
  std::map<CallId, CallId> calls_;  // the target's number -> the tester's
  std::string why_;
};

// Serves one tester until it goes or the target dies. Reads `in`, writes `out`: pipes or sockets. The result
// is an exit status: 0 in good order; what was wrong otherwise is in `why`.
[[nodiscard]] int serve_agent(Target& target, const Bytes& token, int in, int out, std::string& why);

}  // namespace tcpspec::target

#endif  // HARNESS_TARGET_REMOTE_SERVE_H_
