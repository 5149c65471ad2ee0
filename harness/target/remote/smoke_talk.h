// The conversation of a smoke test, one finding a step: from a listener to octets in both directions. Played
// twice with one seed, so it does the same each time. A part of smoke.h.
#ifndef HARNESS_TARGET_REMOTE_SMOKE_TALK_H_
#define HARNESS_TARGET_REMOTE_SMOKE_TALK_H_

#include "harness/target/remote/smoke_case.h"

namespace tcpspec::target {

// socket, bind, listen; then an accept that waits.
[[nodiscard]] SmokeFinding open_listener(SmokeCase& smoke);
[[nodiscard]] SmokeFinding send_syn(SmokeCase& smoke);
[[nodiscard]] SmokeFinding complete_accept(SmokeCase& smoke);
// A read that waits, then 10 octets for it.
[[nodiscard]] SmokeFinding send_octets(SmokeCase& smoke);
[[nodiscard]] SmokeFinding hear_ack(SmokeCase& smoke);
[[nodiscard]] SmokeFinding write_octets(SmokeCase& smoke);

// One octet out, which is not acknowledged here.
[[nodiscard]] SmokeFinding write_one(SmokeCase& smoke);
// True for a segment with text at this sequence number.
[[nodiscard]] bool has_text_at(const packet::Image& image, std::uint32_t seq);
// "returned -1 EINVAL", "did not complete".
[[nodiscard]] std::string call_text(const SmokeCase& smoke, const std::optional<CallResult>& result);

}  // namespace tcpspec::target

#endif  // HARNESS_TARGET_REMOTE_SMOKE_TALK_H_
