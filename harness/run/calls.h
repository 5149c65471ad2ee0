// Calls: the socket calls of a script. Begins them on the target, keeps the descriptors, waits for those that
// block, and compares results, errors, option values and the octets that were read.
#ifndef HARNESS_RUN_CALLS_H_
#define HARNESS_RUN_CALLS_H_

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>

#include "harness/run/make_call.h"
#include "harness/run/timing.h"
#include "harness/scenario/scenario.h"
#include "harness/target/target.h"

namespace tcpspec::run {

struct Session;
struct Mismatch;

class Calls {
 public:
  // Plays one call step: at its time, then (unless `a...b`) until it returned.
  void step(Session& session, const scenario::Step& step, const scenario::Call& call);
  void on_done(Session& session, const target::CallDone& done, const target::Stamp& at);
  // Judges blocking calls that have returned or are overdue; between steps.
  void judge_returned(Session& session);
  // Waits for the blocking calls that are still under way; at the end.
  void finish(Session& session);
  // A handle of a connection, for asking the target for its state; -1: none.
  [[nodiscard]] int handle() const;

 private:
  struct Descriptor {
    int handle = -1;
    std::uint64_t read = 0, written = 0;
    bool non_blocking = false;
    std::optional<Endpoint> accepted_from;
    std::optional<std::size_t> connected;  // the how manieth connect of the case it was
  };
  struct UnderWay {
    target::CallId id = 0;
    const scenario::Step* step = nullptr;
    const scenario::Call* call = nullptr;
    std::int64_t descriptor = -1;  // the script's, of the first argument
    MadeCall made;
    target::Stamp began, returned;
    std::optional<Bounds> return_by;
    std::string return_text;
    std::optional<target::CallResult> result;
    std::string text;
  };

  [[nodiscard]] std::string text_of(const scenario::Step& step, const scenario::Call& call) const;
  void wait_for_descriptor(Session& session, std::int64_t descriptor);
  UnderWay& begin(Session& session, UnderWay call);
  void await(Session& session, const target::CallId& id);
  void learn(Session& session, const UnderWay& call);
  void judge(Session& session, const UnderWay& call);
  [[nodiscard]] bool right_value(const Session& session, const UnderWay& call, Mismatch& mismatch) const;
  void judge_read(Session& session, const UnderWay& call);
  [[nodiscard]] const Path* path_of(Session& session, const Descriptor& descriptor) const;
  void get_flags(Session& session, const UnderWay& call);
  void overdue(Session& session, const UnderWay& call);

  std::map<std::int64_t, Descriptor> descriptors_;
  std::deque<UnderWay> under_way_;
  std::size_t connects_ = 0;
};

// Where in `data`, the octets from stream offset `offset` on, the first one stands that we never sent there;
// or data.size().
[[nodiscard]] std::size_t unsent_octet(const Path& path, std::uint64_t offset, ByteView data);

}  // namespace tcpspec::run

#endif  // HARNESS_RUN_CALLS_H_
