#include "stack/tcp/state.h"

#include <algorithm>

#include "stack/base/check.h"

namespace tcpspec::tcp {
namespace {

// RFC 9293 §3.3.2 figure 5, and after each state what the text of §3.10 adds to it: ABORT (§3.10.5), RST
// (§3.10.7.4 second) and the timeouts (§3.10.8) lead to CLOSED from everywhere. §3.10.7.4 eighth names
// SYN-RECEIVED with CLOSE-WAIT; the ACK, checked fifth, has always made it ESTABLISHED by then. Likewise note
// 2 of the figure: a FIN that also acknowledges ours leads through FIN-WAIT-2 to TIME-WAIT, fifth and eighth.
constexpr std::array kTransitions = {
    Transition{State::kClosed, State::kListen},        Transition{State::kClosed, State::kSynSent},
    Transition{State::kListen, State::kSynReceived},   Transition{State::kListen, State::kSynSent},
    Transition{State::kListen, State::kClosed},        Transition{State::kSynSent, State::kSynReceived},
    Transition{State::kSynSent, State::kEstablished},  Transition{State::kSynSent, State::kClosed},
    Transition{State::kSynReceived, State::kListen},   Transition{State::kSynReceived, State::kEstablished},
    Transition{State::kSynReceived, State::kFinWait1}, Transition{State::kSynReceived, State::kClosed},
    Transition{State::kEstablished, State::kFinWait1}, Transition{State::kEstablished, State::kCloseWait},
    Transition{State::kEstablished, State::kClosed},   Transition{State::kFinWait1, State::kFinWait2},
    Transition{State::kFinWait1, State::kClosing},     Transition{State::kFinWait1, State::kClosed},
    Transition{State::kFinWait2, State::kTimeWait},    Transition{State::kFinWait2, State::kClosed},
    Transition{State::kCloseWait, State::kLastAck},    Transition{State::kCloseWait, State::kClosed},
    Transition{State::kClosing, State::kTimeWait},     Transition{State::kClosing, State::kClosed},
    Transition{State::kLastAck, State::kClosed},       Transition{State::kTimeWait, State::kClosed},
};

static_assert(kTransitions.size() <= 32);  // Tcb::transitions_taken

}  // namespace

const char* to_string(State state) {
  switch (state) {
    case State::kClosed:
      return "CLOSED";
    case State::kListen:
      return "LISTEN";
    case State::kSynSent:
      return "SYN-SENT";
    case State::kSynReceived:
      return "SYN-RECEIVED";
    case State::kEstablished:
      return "ESTABLISHED";
    case State::kFinWait1:
      return "FIN-WAIT-1";
    case State::kFinWait2:
      return "FIN-WAIT-2";
    case State::kCloseWait:
      return "CLOSE-WAIT";
    case State::kClosing:
      return "CLOSING";
    case State::kLastAck:
      return "LAST-ACK";
    case State::kTimeWait:
      return "TIME-WAIT";
  }
  CHECK(false);
}

std::span<const Transition> transitions() { return kTransitions; }

bool is_transition(State from, State to) {
  return std::find(kTransitions.begin(), kTransitions.end(), Transition{from, to}) != kTransitions.end();
}

void enter_state(Tcb& tcb, State to) {
  const auto row = std::find(kTransitions.begin(), kTransitions.end(), Transition{tcb.state, to});
  CHECK(is_transition(tcb.state, to));
  tcb.transitions_taken |= 1U << (row - kTransitions.begin());
  tcb.state = to;
}

bool is_synchronized(State state) {
  switch (state) {
    case State::kClosed:
    case State::kListen:
    case State::kSynSent:
    case State::kSynReceived:
      return false;
    case State::kEstablished:
    case State::kFinWait1:
    case State::kFinWait2:
    case State::kCloseWait:
    case State::kClosing:
    case State::kLastAck:
    case State::kTimeWait:
      return true;
  }
  CHECK(false);
}

bool can_receive_text(State state) {
  return state == State::kEstablished || state == State::kFinWait1 || state == State::kFinWait2;
}

bool can_send_text(State state) {
  switch (state) {
    case State::kEstablished:
    case State::kFinWait1:
    case State::kCloseWait:
    case State::kClosing:
    case State::kLastAck:
      return true;
    case State::kClosed:
    case State::kListen:
    case State::kSynSent:
    case State::kSynReceived:
    case State::kFinWait2:
    case State::kTimeWait:
      return false;
  }
  CHECK(false);
}

}  // namespace tcpspec::tcp
