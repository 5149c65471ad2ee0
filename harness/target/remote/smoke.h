// Smoke: does an adapter keep its word? A short conversation, step by step, that says in the adapter's terms
// what was expected, what came instead, and which chapter of PROTOCOL.md to read. For authors of adapters,
// before the first case. Judges no TCP beyond what every one does: whoever answers a SYN and sends a FIN is
// fine here.
#ifndef HARNESS_TARGET_REMOTE_SMOKE_H_
#define HARNESS_TARGET_REMOTE_SMOKE_H_

#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "harness/target/remote/connection.h"
#include "harness/target/target.h"

namespace tcpspec::target {

enum class SmokeMark : std::uint8_t {
  kOk,
  kNote,  // permitted, and good to know
  kWrong,
  kNotTried  // a step that it needs went wrong, or the target lacks what it is about
};
struct SmokeStep {
  std::string name;  // what ought to be, as a sentence
  SmokeMark mark = SmokeMark::kOk;
  std::string expected;  // kWrong
  std::string came;      // kWrong: instead; otherwise what is worth saying, may be empty
  std::string look_at;   // kWrong
};

// What one step found; ok() without a reason to say anything.
struct SmokeFinding {
  SmokeMark mark = SmokeMark::kOk;
  std::string expected, came;
  [[nodiscard]] static SmokeFinding ok(std::string said = {}) {
    return {SmokeMark::kOk, {}, std::move(said)};
  }
  [[nodiscard]] static SmokeFinding note(std::string said) { return {SmokeMark::kNote, {}, std::move(said)}; }
  [[nodiscard]] static SmokeFinding wrong(std::string expected, std::string came) {
    return {SmokeMark::kWrong, std::move(expected), std::move(came)};
  }
};

// The steps of one smoke test, in order. A step that follows one that it needs is not tried where that one
// failed.
class SmokeLog {
 public:
  struct Watcher {
    std::function<void(const std::string& name)> begins;  // may be empty; a step may crash or hang
    std::function<void(const SmokeStep& step)> done;      // may be empty
  };
  explicit SmokeLog(Watcher watcher = {}) : watcher_(std::move(watcher)) {}

  // True: ok, or a note.
  bool run(const std::string& name, const std::vector<std::string>& needs, const std::string& look_at,
           const std::function<SmokeFinding()>& step);
  void not_tried(const std::string& name, const std::string& why);
  [[nodiscard]] const std::vector<SmokeStep>& steps() const { return steps_; }
  [[nodiscard]] bool all_well() const;
  // It could not be reached, or brought up, at all.
  bool unreachable = false;

 private:
  void add(SmokeStep step);

  Watcher watcher_;
  std::vector<SmokeStep> steps_;
  std::set<std::string> failed_;
};

using MakeTarget = std::function<Result<std::unique_ptr<Target>>()>;

// Through the interface of every target: one connection from SYN to FIN, time, and a second and a third case.
// `make` is called again where a real-time target serves one case only.
void smoke_target(const MakeTarget& make, SmokeLog& log);

// What only a protocol can get wrong. With link NONE also calls among themselves over the agent's loopback;
// nothing remains for smoke_target() then. The agent's Hello, where it came to that.
std::optional<AgentHello> smoke_protocol(const AgentAddress& address, SmokeLog& log);

}  // namespace tcpspec::target

#endif  // HARNESS_TARGET_REMOTE_SMOKE_H_
