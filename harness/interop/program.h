// The two programs of a conversation: the target's, made of socket calls, and the peer's, on sim::Peer. Each
// follows its Program of the plan and remembers what it was told: octets, end of file, errors. Neither knows
// packets. Time is an argument.
#ifndef HARNESS_INTEROP_PROGRAM_H_
#define HARNESS_INTEROP_PROGRAM_H_

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "harness/interop/digest.h"
#include "harness/interop/plan.h"
#include "harness/sim/peer.h"
#include "harness/target/target.h"

namespace tcpspec::interop {

// What a program has seen.
struct Account {
  bool established = false;
  std::uint64_t sent = 0, received = 0;  // octets that its stack took, and gave
  std::uint64_t offered = 0;             // and may have taken: a call that failed does not say how many
  Digest sent_digest, received_digest;
  std::optional<std::uint64_t> bad_at;  // the first octet received that is not the stream's
  bool eof = false;
  std::string error;     // "ECONNRESET", "timed out": what the stack told; empty: nothing
  bool left = false;     // it closed early or aborted, as its Program says
  bool ended = false;    // nothing more will be done
  bool gave_up = false;  // the other side had ended long ago and nobody told
};

class TargetProgram {
 public:
  // `port`: where it listens, or what it binds for a simultaneous open.
  TargetProgram(const Plan& plan, target::Target& target, const Endpoint& own, const Endpoint& peer);

  void start();
  // The result of one of our calls. False: it is none of ours.
  bool done(const target::CallDone& call);
  // Does what is due.
  void step();
  [[nodiscard]] Instant next_deadline(Instant now) const;  // of what is still to come
  void give_up();
  [[nodiscard]] bool listening() const { return listening_; }  // or the connection is on its way
  [[nodiscard]] const Account& account() const { return account_; }
  [[nodiscard]] std::string status() const;  // of the socket and the program, for stories
  // A set-up call that failed: not the connection's fault.
  [[nodiscard]] const std::string& trouble() const { return trouble_; }

 private:
  using Kind = target::CallKind;
  struct Made {
    Kind kind = Kind::kSocket;
    bool urgent = false;
  };
  target::CallId call(const target::SocketCall& what);
  target::SocketCall on_socket(Kind kind) const;
  void next_of_prelude();
  void opened(const target::CallResult& result, Kind kind);
  void read_done(const target::CallResult& result);
  void write_done(const target::CallResult& result, bool urgent);
  void flow();
  void read_more(Instant now);
  void write_more(Instant now);
  void end_side(Instant now);
  void close(bool abort);
  void fail(const std::string& error);
  [[nodiscard]] bool may_send() const;

  const Plan& plan_;
  const Program& program_;
  target::Target& target_;
  Endpoint own_, peer_;
  std::map<target::CallId, Made> made_;
  std::deque<target::SocketCall> prelude_;
  int handle_ = -1, listener_ = -1;
  std::optional<target::CallId> reading_, writing_;
  Bytes ahead_;  // the pattern from ahead_at_
  std::uint64_t ahead_at_ = 0;
  std::size_t asked_ = 0;  // of the write under way
  Instant next_read_, next_write_;
  bool connected_ = false, listening_ = false, shut_ = false, closing_ = false, urgent_refused_ = false;
  Account account_;
  std::string trouble_;
};

class PeerProgram {
 public:
  PeerProgram(const Plan& plan, const Endpoint& own, const Endpoint& target);

  void start(Instant now);
  void step(Instant now);
  [[nodiscard]] Instant next_deadline(Instant now) const;  // of what is still to come
  void give_up(Instant now);
  [[nodiscard]] sim::Peer& peer() { return *peer_; }
  [[nodiscard]] const Account& account() const { return account_; }
  [[nodiscard]] std::string status() const;

 private:
  void send_more(Instant now);
  void end_side(Instant now);

  const Plan& plan_;
  const Program& program_;
  Account account_;
  std::unique_ptr<sim::Peer> peer_;
  std::uint64_t given_ = 0;  // to the Peer's queue
  std::uint64_t allowed_ = 0;
  Instant next_read_ = Instant::never(), next_write_;
  bool shut_ = false;
};

}  // namespace tcpspec::interop

#endif  // HARNESS_INTEROP_PROGRAM_H_
