// App: the application on the target, played through the target's socket calls: echo, sink, source, stall,
// closer, shutwr, hold (scenario/vocabulary.h). Reacts to finished calls only, so it works on every target
// that has calls.
#ifndef HARNESS_RUN_APP_H_
#define HARNESS_RUN_APP_H_

#include <cstdint>
#include <map>
#include <string>

#include "harness/scenario/scenario.h"
#include "harness/target/target.h"

namespace tcpspec::run {

struct Session;

class App {
 public:
  App(scenario::App kind, std::int64_t count, bool active) : kind_(kind), count_(count), active_(active) {}

  // Opens the socket and listens, or connects. Calls finish as events.
  void begin(Session& session);
  // It listens or is connecting; false while that is under way, and for good once broken() says why.
  [[nodiscard]] bool ready() const { return kind_ == scenario::App::kNone || ready_; }
  [[nodiscard]] const std::string& broken() const { return broken_; }
  // False: the call is not the application's.
  [[nodiscard]] bool on_done(Session& session, const target::CallDone& done, const target::Stamp& at);
  // A handle of a connection, for asking the target for its state; -1: none.
  [[nodiscard]] int handle() const { return last_handle_; }

 private:
  struct Waiting {
    target::SocketCall call;
    std::string text;
  };
  void call(Session& session, const target::SocketCall& what);
  void opened(Session& session, int handle);
  void read_on(Session& session, int handle);
  void write_on(Session& session, int handle);
  void close(Session& session, int handle);
  void after_accept(Session& session, const target::CallResult& result);
  void after_read(Session& session, int handle, const target::CallResult& result);
  void react(Session& session, const target::SocketCall& call, const target::CallResult& result);

  scenario::App kind_;
  std::int64_t count_;
  bool active_;
  bool ready_ = false;
  std::string broken_;
  int listener_ = -1, last_handle_ = -1;
  std::map<target::CallId, Waiting> waiting_;
  std::map<int, std::uint64_t> written_;  // source: octets of the stream, by handle
};

}  // namespace tcpspec::run

#endif  // HARNESS_RUN_APP_H_
