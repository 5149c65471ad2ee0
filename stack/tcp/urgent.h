// Urgent data, RFC 9293 §3.8.5 with RFC 6093: the receiver's side of one connection. SND.UP and RCV.UP stand
// in the Tcb; this holds what else the user's side needs: whether it was told, and the octet set apart where
// Config::urgent_inline is off. A pointer is a number of the stream, the one after the last urgent octet
// [MUST-62]; whatever a peer puts there is compared, never used as an offset. Bound: one octet.
#ifndef STACK_TCP_URGENT_H_
#define STACK_TCP_URGENT_H_

#include <cstdint>
#include <optional>

#include "stack/base/seq32.h"
#include "stack/wire/segment.h"

namespace tcpspec::tcp {

// SEG.UP: where the segment's urgent data ends, for a segment as it came. None without URG: the field means
// nothing then.
[[nodiscard]] std::optional<Seq32> urgent_pointer(const wire::Segment& segment);

// Cuts `octets` off the left of a segment's sequence space, its text not included: SEG.SEQ moves, SEG.UP
// stays where it is. A pointer that would lie left of the segment, or at its start, has nothing to say.
void move_start(wire::Segment& segment, std::uint32_t octets);

// What a segment that leaves says of SND.UP: none, or the distance from its first octet. A pointer beyond the
// field's reach is clipped: later segments carry it on.
[[nodiscard]] std::optional<std::uint16_t> urgent_field(Seq32 seq, Seq32 snd_una, Seq32 snd_up);

// The receiver's user: in urgent mode, or not.
class UrgentMode {
 public:
  // RFC 9293 §3.10.7.4 sixth: `up` raised RCV.UP or repeated it; the user reads on at `consumed`. True: tell
  // the user, once for each continuous run of urgent data.
  [[nodiscard]] bool pointer_arrived(Seq32 rcv_up, Seq32 consumed);
  // The user has read up to `consumed`.
  void read_up_to(Seq32 consumed, Seq32 rcv_up);
  [[nodiscard]] bool on() const { return on_; }

  // --- Where the last urgent octet is set apart ---
  std::optional<std::uint8_t> apart;  // passed over by the stream, not fetched yet
  std::optional<Seq32> fetched;       // the number of the octet that was fetched before the stream came to it

 private:
  bool on_ = false;
};

}  // namespace tcpspec::tcp

#endif  // STACK_TCP_URGENT_H_
