#include "stack/tcp/ack_throttle.h"

#include <algorithm>

#include "stack/tcp/impl.h"

namespace tcpspec::tcp {

bool ChallengeBudget::take(int limit, Duration interval, Instant now) {
  // RFC 5961 §7: a timestamp and a counter are enough.
  if (used_ == 0 || now - begun_ >= interval) {
    begun_ = now;
    used_ = 0;
  }
  if (used_ >= limit) return false;
  ++used_;
  return true;
}

bool AnswerBudget::take(int burst, Instant now) {
  const Duration each = Duration::seconds(1);
  const Instant from = std::max(restored_at_, now);
  if (from - now > each * (burst - 1)) return false;
  restored_at_ = from + each;
  return true;
}

// RFC 5961 §3.2, §4.2: what a RST or SYN that may be forged draws; §5.2 sends the same ACK for an ACK out of
// range, and by §10 with the same danger. All of them are throttled as one.
void Connection::Impl::challenge_ack(Instant now) {
  if (challenges.take(config.challenge_ack_limit, config.challenge_ack_interval, now)) ack_now = true;
}

// RFC 9293 §3.10.7.4 first, RFC 7323 §5.3 R1: what is not acceptable is answered <SEQ=SND.NXT><ACK=RCV.NXT>
// <CTL=ACK>. Text, SYN and FIN always are: whoever repeats them has not heard our ACK. An empty segment is
// within the budget.
void Connection::Impl::answer_unacceptable(const wire::Segment& segment, Instant now) {
  if (segment.length() == 0 && !answers.take(config.empty_answer_burst, now)) return;
  ack_now = true;
}

}  // namespace tcpspec::tcp
