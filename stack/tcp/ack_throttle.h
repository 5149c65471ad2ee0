// How many ACKs a peer, or somebody who forges one, can draw from a connection. Two budgets, both the
// connection's own: a shared one would tell an attacker what other connections do (RFC 5961 erratum 4772).
//   ChallengeBudget: challenge ACKs, RFC 5961 §7: so many within an interval.
//   AnswerBudget: ACKs in reply to segments that are not acceptable and occupy no sequence space. Two ends
//   that
//     disagree about their numbers would answer each other's ACKs for ever; with this, each loop that turns
//     faster than once a second ends. RFC 9293 §3.10.7.4 first has no such bound.
// A segment with text, SYN or FIN is neither's: its sender waits for that ACK.
#ifndef STACK_TCP_ACK_THROTTLE_H_
#define STACK_TCP_ACK_THROTTLE_H_

#include "stack/base/time.h"

namespace tcpspec::tcp {

class ChallengeBudget {
 public:
  // May one more leave? The interval begins with its first.
  [[nodiscard]] bool take(int limit, Duration interval, Instant now);

 private:
  Instant begun_;
  int used_ = 0;
};

class AnswerBudget {
 public:
  // `burst` at once, and one more for each second that passed.
  [[nodiscard]] bool take(int burst, Instant now);

 private:
  Instant restored_at_;  // when the whole burst is there again
};

}  // namespace tcpspec::tcp

#endif  // STACK_TCP_ACK_THROTTLE_H_
