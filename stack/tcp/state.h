// The state machine of RFC 9293 §3.3.2 (figure 5) as a table, and the one function that moves along it.
#ifndef STACK_TCP_STATE_H_
#define STACK_TCP_STATE_H_

#include <array>
#include <span>

#include "stack/tcp/tcb.h"

namespace tcpspec::tcp {

inline constexpr std::array kAllStates = {
    State::kClosed,      State::kListen,   State::kSynSent,  State::kSynReceived,
    State::kEstablished, State::kFinWait1, State::kFinWait2, State::kCloseWait,
    State::kClosing,     State::kLastAck,  State::kTimeWait,
};

struct Transition {
  State from;
  State to;
  bool operator==(const Transition&) const = default;
};

// Every permitted change of state, in the order of the RFC's figure; at most 32.
[[nodiscard]] std::span<const Transition> transitions();
[[nodiscard]] bool is_transition(State from, State to);

// The only writer of Tcb::state. A change that is not in the table is our own bug and hits CHECK.
void enter_state(Tcb& tcb, State to);

// Both sides know each other's sequence numbers: ESTABLISHED and later (§3.10.7.4 "synchronized states").
[[nodiscard]] bool is_synchronized(State state);
// The peer may still send text: no FIN of its was reached.
[[nodiscard]] bool can_receive_text(State state);
// Text or a FIN that the user queued may leave.
[[nodiscard]] bool can_send_text(State state);

}  // namespace tcpspec::tcp

#endif  // STACK_TCP_STATE_H_
