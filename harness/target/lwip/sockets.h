// The blocking socket calls of a POSIX program over lwIP's raw API, none of whose functions blocks. Owns the
// handles, the calls that wait, what has arrived and is not yet read, and the pending errors. lwIP's
// callbacks only take notes here; its functions are called when a call is made or tried again, never from
// within lwIP.
#ifndef HARNESS_TARGET_LWIP_SOCKETS_H_
#define HARNESS_TARGET_LWIP_SOCKETS_H_

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "harness/target/target.h"
#include "harness/target/virtual_time.h"
#include "harness/target/waiting_calls.h"

struct tcp_pcb;
struct pbuf;

namespace tcpspec::target::lwip {

class Sockets final : public EmulatedSockets {
 public:
  // `nagle`: of new sockets.
  explicit Sockets(bool nagle) : nagle_(nagle) {}

  void begin(CallId id, const SocketCall& call, Instant now) override;
  void cancel(CallId id) override;
  void retry(Instant now) override;
  [[nodiscard]] Instant next_deadline() const override { return calls_.next_deadline(); }
  [[nodiscard]] std::optional<EndedCall> take_ended() override { return calls_.take_ended(); }
  [[nodiscard]] std::optional<std::string> state(int handle) const override;

 private:
  enum class Stage { kFresh, kListening, kConnecting, kConnected };
  struct KeepAlive {
    std::optional<std::uint32_t> idle, interval;  // milliseconds
    std::optional<std::uint32_t> count;
  };
  struct Socket {
    tcp_pcb* pcb = nullptr;  // look at it through record()
    IpVersion ip = IpVersion::kV4;
    Stage stage = Stage::kFresh;
    bool bound = false, non_blocking = false, read_shut = false, write_shut = false;
    bool handshake_done = false;  // of an active open
    bool released = false;        // lwIP closes it in its own time; the record is for looking only
    bool reuse_address = false, keep_alive = false, no_delay = false;
    KeepAlive keep;
    std::optional<Duration> linger;
    Bytes arrived;
    bool end_of_stream = false;
    std::string error;                               // of the connection, until a call reports it
    std::deque<std::unique_ptr<Socket>> unaccepted;  // of a listener, the oldest first
    std::size_t backlog = 1;
  };
  using Calls = WaitingCalls<std::unique_ptr<Socket>>;
  using Waiting = Calls::Waiting;
  struct Callbacks;  // lwIP's, which need to see a Socket

  [[nodiscard]] Attempt attempt(Waiting& waiting, Instant now);
  [[nodiscard]] Attempt attempt_on(Socket& socket, Waiting& waiting);
  [[nodiscard]] CallResult open(const SocketCall& call);
  [[nodiscard]] CallResult bind(Socket& socket, const SocketCall& call);
  [[nodiscard]] CallResult listen(Socket& socket, const SocketCall& call);
  [[nodiscard]] Attempt accept(Socket& socket);
  [[nodiscard]] Attempt connect(Socket& socket, Waiting& waiting);
  [[nodiscard]] Attempt read(Socket& socket, const SocketCall& call);
  [[nodiscard]] Attempt write(Socket& socket, Waiting& waiting);
  [[nodiscard]] CallResult shutdown(Socket& socket, const SocketCall& call);
  [[nodiscard]] Attempt close(Waiting& waiting, Instant now);
  [[nodiscard]] CallResult set_option(Socket& socket, const SocketCall& call);
  [[nodiscard]] CallResult get_option(Socket& socket, const SocketCall& call);

  // The connection's record in lwIP, or null when lwIP has let go of it, which it does without a word after
  // TIME-WAIT.
  [[nodiscard]] static tcp_pcb* record(const Socket& socket);
  // SYN-SENT or SYN-RECEIVED.
  [[nodiscard]] static bool opening(const Socket& socket);
  // Closes both ways and leaves the rest to lwIP.
  static void release(Socket& socket);
  static void abort(Socket& socket);
  // The socket ends before its record.
  static void forget(Socket& socket);
  // Everything was sent and acknowledged, the FIN included; or there is nothing left that could be.
  [[nodiscard]] static bool drained(const Socket& socket);
  static void apply_options(const Socket& socket);
  [[nodiscard]] static std::string take_error(Socket& socket);
  [[nodiscard]] int add(std::unique_ptr<Socket> socket);

  bool nagle_;
  std::map<int, std::unique_ptr<Socket>> sockets_;
  int next_handle_ = 3;
  Calls calls_;
};

// What the field calls lwIP's states: RFC 9293 §3.3.2.
[[nodiscard]] const char* state_name(int lwip_state);

}  // namespace tcpspec::target::lwip

#endif  // HARNESS_TARGET_LWIP_SOCKETS_H_
