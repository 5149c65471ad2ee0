// Text: what is kept, in which order it reaches the user, and PSH. RFC 9293 §3.10.7.4 seventh, §3.9.1.2,
// RFC 2018 §4.
#include <algorithm>

#include "stack/faults/catalogue.h"

namespace tcpspec::faults {
namespace {

bool ahead(const Here& at, const Segment& s) { return s.seq.after(at.tcb.rcv.nxt) && !s.payload.empty(); }

constexpr Fault kFaults[] = {
    {"text-out-of-order-is-discarded",
     "AL05",
     "what arrives beyond a hole is thrown away",
     "RFC 9293 §3.10.7.4",
     "RFC9293:SHLD-31",
     {.checked =
          [](Here& at, Check check, Segment& s, Disposition d) {
            const bool beyond = check == Check::kAck && d == Disposition::kContinue && ahead(at, s);
            return beyond ? Disposition::kDropAndAck : d;
          }}},
    {"text-out-of-order-gets-no-ack",
     "seen in none",
     "a segment beyond a hole is kept, but not acknowledged",
     "RFC 9293 §3.8.6.3",
     "RFC9293:3.8.6.3-ooo-imm",
     {.checked =
          [](Here& at, Check check, Segment& s, Disposition d) {
            if (check == Check::kText && ahead(at, s)) at.in.ack_now = false;
            return d;
          }}},
    {"holes-block-the-text-that-fills-them",
     "SM10",
     "with two holes open, text at RCV.NXT is refused: the connection stands still",
     "RFC 9293 §3.10.7.4 seventh",
     "RFC9293:3.10.7.4-7text-ESTAB",
     {.checked =
          [](Here& at, Check check, Segment& s, Disposition d) {
            const bool full = check == Check::kAck && d == Disposition::kContinue && !s.payload.empty() &&
                              at.in.reassembly.sack_blocks(4).size() >= 2;
            return full ? Disposition::kDropAndAck : d;
          }}},
    {"overlap-on-the-left-is-delivered-again",
     "seen in none",
     "of a segment that repeats old text, the old part is delivered a second time",
     "RFC 9293 §3.10.7.4 first",
     "RFC9293:3.10.7.4-1seq-overlap-ESTAB",
     {.arrives =
          [](Here& at, Segment& s) {
            if (tcp::can_receive_text(at.tcb.state) && !s.syn() && s.seq.before(at.tcb.rcv.nxt) &&
                s.end().after(at.tcb.rcv.nxt))
              s.seq = at.tcb.rcv.nxt;
            return true;
          }}},
    {"hole-is-closed-over",
     "mTCP-like",
     "text beyond a hole is delivered as if the hole were not there",
     "RFC 9293 §3.10.7.4 seventh",
     "RFC9293:3.10.7.4-1seq-ooo-ESTAB",
     {.checked =
          [](Here& at, Check check, Segment& s, Disposition d) {
            if (check == Check::kAck && d == Disposition::kContinue && ahead(at, s)) s.seq = at.tcb.rcv.nxt;
            return d;
          }}},
    {"longer-repetition-is-dropped",
     "LW02 TF20",
     "a segment that starts where held text starts, but is longer, brings nothing new",
     "RFC 9293 §3.10.7.4 seventh",
     "RFC9293:3.10.7.4-7text-ESTAB",
     {.checked =
          [](Here& at, Check check, Segment& s, Disposition d) {
            if (check != Check::kAck || d != Disposition::kContinue || !ahead(at, s)) return d;
            for (const wire::SackBlock& held : at.in.reassembly.sack_blocks(8))
              if (held.left == s.seq) return Disposition::kDropAndAck;
            return d;
          }}},
    {"oldest-sack-block-comes-first",
     "seen in none",
     "the first SACK block is not the one of the segment that was just received",
     "RFC 2018 §4",
     "RFC2018:4-f",
     {.leaves =
          [](Here&, Segment& s) {
            std::reverse(s.options.sack_blocks.begin(), s.options.sack_blocks.end());
            return true;
          }}},
    {"sack-block-is-one-short",
     "SM04",
     "the right edge of a SACK block is the last octet, not the one after",
     "RFC 2018 §3",
     "RFC2018:3-a",
     {.leaves =
          [](Here&, Segment& s) {
            for (wire::SackBlock& block : s.options.sack_blocks) block.right = block.right - 1;
            return true;
          }}},
    {"sack-is-agreed-but-never-sent",
     "seen in none",
     "holes are not reported, though both sides permitted SACK",
     "RFC 2018 §4",
     "RFC2018:4-b",
     {.leaves =
          [](Here&, Segment& s) {
            s.options.sack_blocks.clear();
            return true;
          }}},
    {"one-sack-block-at-most",
     "seen in none",
     "only one hole is reported, whatever room the options have",
     "RFC 2018 §4",
     "RFC2018:4-g",
     {.leaves =
          [](Here&, Segment& s) {
            if (s.options.sack_blocks.size() > 1) s.options.sack_blocks.resize(1);
            return true;
          }}},
    {"duplicates-are-not-reported",
     "seen in none",
     "a segment that came twice is not reported by D-SACK",
     "RFC 2883 §4",
     "RFC2883:4-1",
     {.configures = [](tcp::Config& config) { config.dsack = false; }}},
    {"sequence-numbers-compare-as-plain-numbers",
     "FR01 PI07 SM29",
     "text that crosses the end of the number space counts as old",
     "RFC 9293 §3.4",
     "RFC9293:3.4-mod32",
     {.arrives =
          [](Here& at, Segment& s) {
            if (!tcp::is_synchronized(at.tcb.state) || s.rst() || s.payload.empty()) return true;
            if (s.seq.raw() >= at.tcb.rcv.irs.raw()) return true;
            at.in.ack_now = true;
            return false;
          }}},

    {"push-is-never-set",
     "seen in none",
     "no segment carries PSH, so a peer may keep the text back",
     "RFC 9293 §3.9.1.2",
     "RFC9293:MUST-61",
     {.leaves =
          [](Here&, Segment& s) {
            s.flags = s.flags.without(Flag::kPsh);
            return true;
          }}},
    {"text-without-push-is-kept-back",
     "seen in none",
     "text is acknowledged only once a segment has PSH",
     "RFC 9293 §3.9.1.2",
     "RFC9293:3.10.7.4-7text-ESTAB",
     {.checked =
          [](Here& at, Check check, Segment& s, Disposition d) {
            if (check != Check::kText || s.payload.empty() || s.flags.has(Flag::kPsh)) return d;
            at.in.ack_now = false;
            at.in.timers.stop(Timer::kDelayedAck);
            return d;
          }}},
    {"text-with-fin-is-lost",
     "seen in none",
     "the text of a segment with FIN is acknowledged, but not delivered",
     "RFC 9293 §3.10.7.4 eighth",
     "RFC9293:3.10.7.4-8fin-data",
     {.arrives =
          [](Here& at, Segment&) {
            at.notes.number = static_cast<std::uint32_t>(at.in.receive_queue.size());
            return true;
          },
      .checked =
          [](Here& at, Check check, Segment& s, Disposition d) {
            if (check != Check::kText || !s.fin()) return d;
            const Bytes before = at.in.receive_queue.copy(
                0, std::min<std::size_t>(at.notes.number, at.in.receive_queue.size()));
            at.in.receive_queue.clear();
            at.in.receive_queue.append(before);
            return d;
          }}},
    {"text-with-urg-is-dropped",
     "UI01 NI02",
     "a segment with URG set is dropped",
     "RFC 9293 §3.8.5",
     "RFC9293:3.10.7.4-6urg-ESTAB",
     {.arrives = [](Here& at,
                    Segment& s) { return !tcp::is_synchronized(at.tcb.state) || !s.flags.has(Flag::kUrg); }}},
    {"urgent-octet-is-cut-out",
     "VX01",
     "the octet that the urgent pointer names is missing from the stream",
     "RFC 6093 §2.3, §3.4",
     "RFC9293:MUST-31",
     {.arrives =
          [](Here& at, Segment& s) {
            if (tcp::is_synchronized(at.tcb.state) && s.flags.has(Flag::kUrg) && !s.payload.empty())
              s.payload.pop_back();
            return true;
          }}},
    {"urgent-pointer-is-a-length",
     "UI01",
     "text beyond the urgent pointer is dropped",
     "RFC 9293 §3.8.5",
     "RFC9293:MUST-31",
     {.arrives =
          [](Here& at, Segment& s) {
            if (tcp::is_synchronized(at.tcb.state) && s.flags.has(Flag::kUrg))
              s.payload.resize(std::min<std::size_t>(s.payload.size(), s.urgent));
            return true;
          }}},
    {"urgent-pointer-counts-without-urg",
     "seen in none",
     "an urgent pointer without URG makes text urgent and is dropped",
     "RFC 9293 §3.1",
     "RFC9293:3.1-up-insig",
     {.arrives =
          [](Here& at, Segment& s) {
            return !tcp::is_synchronized(at.tcb.state) || s.flags.has(Flag::kUrg) || s.urgent == 0;
          }}},
    {"flags-of-the-peer-come-back",
     "FR07",
     "replies repeat odd flags of the segment that they answer",
     "RFC 9293 §3.1",
     "RFC9293:3.1-rsrvd-tx",
     {.arrives =
          [](Here& at, Segment& s) {
            at.notes.number = s.flags.bits() & 0xe8U;  // PSH URG ECE CWR
            return true;
          },
      .leaves =
          [](Here& at, Segment& s) {
            if (!s.syn() && !s.rst())
              s.flags = s.flags | wire::Flags::from_bits(static_cast<std::uint8_t>(at.notes.number));
            return true;
          }}},
    {"christmas-tree-resets",
     "ZE01",
     "a segment with PSH, URG, ECE and CWR all set resets the connection",
     "RFC 9293 §3.1, RFC 3168 §6.1",
     "RFC9293:3.1-rsrvd-rx",
     {.arrives =
          [](Here& at, Segment& s) {
            if (!tcp::is_synchronized(at.tcb.state) || (s.flags.bits() & 0xe8) != 0xe8) return true;
            at.in.send_abort_reset(at.now);
            at.in.become_closed(tcp::EventKind::kReset, tcp::CallError::kReset);
            return false;
          }}},
};

}  // namespace

std::span<const Fault> text_faults() { return kFaults; }

}  // namespace tcpspec::faults
