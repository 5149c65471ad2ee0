// The blocking socket calls of a POSIX program, emulated on net::Host's calls, none of which blocks. Owns the
// handles, the calls that wait, and what sockets know beyond their connection (O_NONBLOCK, SO_LINGER, half
// closes). A part of the reference target; no time of its own.
#ifndef HARNESS_TARGET_REFERENCE_SOCKETS_H_
#define HARNESS_TARGET_REFERENCE_SOCKETS_H_

#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "harness/target/target.h"
#include "stack/net/host.h"

namespace tcpspec::target {

class ReferenceSockets {
 public:
  struct Done {
    CallId call = 0;
    CallResult result;
    Instant began;
  };

  explicit ReferenceSockets(net::Host& host) : host_(host) {}

  // Tries at once; a call that cannot finish waits for retry().
  void begin(CallId id, const SocketCall& call, Instant now);
  // The call is forgotten; no Done follows.
  void cancel(CallId id);
  // Tries the waiting calls again, the oldest first: after everything that happens in the host.
  void retry(Instant now);
  // When a lingering close() stops waiting; never() otherwise.
  [[nodiscard]] Instant next_deadline() const;
  [[nodiscard]] std::optional<Done> take_done();
  // "ESTABLISHED"; "CLOSED" where no TCB is left. Nothing for a handle that is not open.
  [[nodiscard]] std::optional<std::string> state(int handle) const;

 private:
  enum class Stage { kFresh, kListening, kConnecting, kConnected };
  struct Socket {
    net::SocketId id = 0;
    Stage stage = Stage::kFresh;
    bool bound = false, non_blocking = false, read_shut = false, write_shut = false;
    bool linger = false;
    Duration linger_time;
    Bytes peeked;  // taken from the connection by MSG_PEEK, not yet read
  };
  struct Waiting {
    CallId id = 0;
    SocketCall call;
    Instant began;
    std::size_t written = 0;
    std::optional<net::SocketId> lingering;
    Instant until = Instant::never();
  };
  using Attempt = std::optional<CallResult>;  // none: it blocks

  [[nodiscard]] Attempt attempt(Waiting& waiting, Instant now);
  [[nodiscard]] CallResult open(const SocketCall& call);
  [[nodiscard]] CallResult bind(Socket& socket, const SocketCall& call);
  [[nodiscard]] CallResult listen(Socket& socket, const SocketCall& call);
  [[nodiscard]] Attempt accept(Socket& socket);
  [[nodiscard]] Attempt connect(Socket& socket, Waiting& waiting, Instant now);
  [[nodiscard]] Attempt read(Socket& socket, const SocketCall& call, Instant now);
  [[nodiscard]] Attempt write(Socket& socket, Waiting& waiting, Instant now);
  [[nodiscard]] CallResult shutdown(Socket& socket, const SocketCall& call, Instant now);
  [[nodiscard]] Attempt close(Waiting& waiting, Instant now);
  [[nodiscard]] CallResult set_option(Socket& socket, const SocketCall& call, Instant now);
  [[nodiscard]] CallResult get_option(Socket& socket, const SocketCall& call);
  // SYN-SENT or SYN-RECEIVED.
  [[nodiscard]] bool opening(const Socket& socket) const;
  [[nodiscard]] int add(net::SocketId id, Stage stage);
  void finish(const Waiting& waiting, CallResult result);

  net::Host& host_;
  std::map<int, Socket> sockets_;
  int next_handle_ = 3;
  std::vector<Waiting> waiting_;
  std::deque<Done> done_;
};

}  // namespace tcpspec::target

#endif  // HARNESS_TARGET_REFERENCE_SOCKETS_H_
