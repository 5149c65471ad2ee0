// Explicit congestion notification of one connection, RFC 3168 §6.1: what was negotiated, what a receiver has
// to echo (ECE), what a sender has to confirm (CWR). Owns these few bits and one sequence number; the
// congestion window itself is reduced elsewhere, and RFC 8311's experiments (ECT on control packets, AccECN)
// are not followed. Knows no IP header: the codepoint travels as wire::Ecn.
#ifndef STACK_TCP_ECN_H_
#define STACK_TCP_ECN_H_

#include <cstdint>
#include <optional>

#include "stack/base/seq32.h"
#include "stack/tcp/config.h"
#include "stack/wire/segment.h"

namespace tcpspec::tcp {

class EcnState {
 public:
  // --- Negotiation, §6.1.1 ---
  // ECE and CWR of a SYN that leaves now. At most `setup_syns` of them ask; later ones do not, §6.1.1.1.
  [[nodiscard]] wire::Flags flags_of_syn(EcnMode mode, int setup_syns);
  // ECE of a SYN-ACK that leaves now.
  [[nodiscard]] wire::Flags flags_of_syn_ack(EcnMode mode);
  // A SYN of the peer, with or without ACK.
  void syn_arrived(wire::Flags flags);
  // §6.1.1.1: from now on our SYNs do not ask.
  void stop_asking() { gave_up_ = true; }
  [[nodiscard]] bool asked() const { return sent_setup_; }

  // Text of ours may carry ECT(0): both sides sent an ECN-setup packet and neither sent another kind.
  [[nodiscard]] bool may_send_ect() const {
    return sent_setup_ && received_setup_ && !sent_other_ && !received_other_;
  }
  // Marks of the peer's text are echoed: a promise that a later plain SYN of ours does not take back.
  [[nodiscard]] bool must_echo() const { return sent_setup_ && received_setup_ && !received_other_; }

  // --- Receiver, §6.1.3 ---
  // An acceptable segment arrived; `with_text`: it carried octets, were they new or a window probe.
  void arrived(const wire::Segment& segment, bool with_text);
  // Whether a segment with an ACK that leaves now has ECE.
  [[nodiscard]] bool echoes() const { return marked_ || echoing_; }
  // Such a segment left: the mark stays echoed until CWR comes.
  void acknowledged() {
    echoing_ = echoing_ || marked_;
    marked_ = false;
  }

  // --- Sender, §6.1.2 ---
  // An acceptable ACK, SEG.ACK >= SND.UNA, had ECE: whether the congestion window is to be reduced for it.
  [[nodiscard]] bool wants_reduction(Seq32 ack) const;
  // The window was reduced, for whatever reason: CWR is owed, and marks of what was sent until now (below
  // `snd_nxt`) are answered.
  void window_reduced(Seq32 snd_nxt);
  // Of a segment of new text that leaves now: CWR once for each reduction.
  [[nodiscard]] bool take_cwr();

 private:
  bool sent_setup_ = false, sent_other_ = false;  // SYNs and SYN-ACKs of ours
  bool received_setup_ = false, received_other_ = false;
  bool gave_up_ = false;
  bool marked_ = false;   // CE arrived since the last ACK left
  bool echoing_ = false;  // an ACK told of CE, and no CWR came since
  bool cwr_owed_ = false;
  std::uint8_t setup_syns_ = 0;
  std::optional<Seq32> reduced_at_;  // SND.NXT when the window was last reduced
};

}  // namespace tcpspec::tcp

#endif  // STACK_TCP_ECN_H_
