// The blocking socket calls of a POSIX program, emulated on net::Host's calls, none of which blocks. Owns the
// handles, the calls that wait, and what sockets know beyond their connection (O_NONBLOCK, SO_LINGER, half
// closes). A part of the reference target; no time of its own.
#ifndef HARNESS_TARGET_REFERENCE_SOCKETS_H_
#define HARNESS_TARGET_REFERENCE_SOCKETS_H_

#include <map>
#include <optional>
#include <string>

#include "harness/target/target.h"
#include "harness/target/virtual_time.h"
#include "harness/target/waiting_calls.h"
#include "stack/net/host.h"

namespace tcpspec::target {

class ReferenceSockets final : public EmulatedSockets {
 public:
  explicit ReferenceSockets(net::Host& host) : host_(host) {}

  void begin(CallId id, const SocketCall& call, Instant now) override;
  void cancel(CallId id) override;
  void retry(Instant now) override;
  [[nodiscard]] Instant next_deadline() const override { return calls_.next_deadline(); }
  [[nodiscard]] std::optional<EndedCall> take_ended() override { return calls_.take_ended(); }
  [[nodiscard]] std::optional<std::string> state(int handle) const override;

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
  using Calls = WaitingCalls<std::optional<net::SocketId>>;
  using Waiting = Calls::Waiting;

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

  net::Host& host_;
  std::map<int, Socket> sockets_;
  int next_handle_ = 3;
  Calls calls_;
};

}  // namespace tcpspec::target

#endif  // HARNESS_TARGET_REFERENCE_SOCKETS_H_
