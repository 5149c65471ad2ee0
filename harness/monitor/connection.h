// Connection: what both sides of one 4-tuple have said, as far as the rules need it. A Life is one
// incarnation, known from its SYNs on; positions in it are unwrapped, 0 is the SYN. Where a capture begins in
// the middle there is no Life, and rules that need one are silent.
//
// What we inject counts only as far as the target could have accepted it (RFC 9293 §3.10.7.4): it may be
// blind, old or damaged on purpose. In doubt it counts, since more context means fewer findings.
#ifndef HARNESS_MONITOR_CONNECTION_H_
#define HARNESS_MONITOR_CONNECTION_H_

#include <bitset>
#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "harness/monitor/ranges.h"
#include "harness/monitor/rules.h"
#include "harness/monitor/segment.h"
#include "harness/packet/explain.h"

namespace tcpspec::monitor {

// Sequence numbers of one direction as positions that do not wrap.
class Numbers {
 public:
  Numbers() = default;
  explicit Numbers(Seq32 isn) : isn_(isn), reference_(isn) {}
  [[nodiscard]] Seq32 isn() const { return isn_; }
  // The position nearest to the greatest one that was reached.
  [[nodiscard]] std::int64_t at(Seq32 number) const { return reached_ + (number - reference_); }
  void reach(Seq32 number);

 private:
  Seq32 isn_, reference_;
  std::int64_t reached_ = 0;
};

// The octets that the target has sent, to compare repeated ones. Keeps the latest mebibyte.
class Octets {
 public:
  // The first position at which `text` differs from what was sent there before.
  [[nodiscard]] std::optional<std::int64_t> difference(std::int64_t begin, ByteView text) const;
  void add(std::int64_t begin, ByteView text);

 private:
  Ranges known_;
  Bytes octets_;  // octets_[i] is position start_ + i
  std::int64_t start_ = 0;
};

enum class Agreed : std::uint8_t { kNo, kYes, kUnknown };

struct Life {
  Numbers own, peer;  // the target's numbers, and ours
  bool crossed = false;
  bool established = false;                      // something other than a SYN was exchanged
  std::vector<Summary> own_offers, peer_offers;  // SYNs of each side that may have counted
  Agreed timestamps = Agreed::kUnknown, wscale = Agreed::kUnknown;
  std::uint8_t own_shift = 0, peer_shift = 0;  // 14 where unknown

  // The target's sending side.
  std::int64_t sent_end = 1;
  std::int64_t text_end = 1;      // …of text alone
  std::int64_t acked = 0;         // by us
  std::int64_t edge_offered = 1;  // greatest right edge that we offered
  bool window_closed = false;     // …and the latest one leaves no room
  std::optional<std::int64_t> fin;
  std::optional<std::uint32_t> last_tsval;
  Octets octets;

  // The target's receiving side.
  Ranges arrived;
  std::int64_t ack_sent = 0;               // greatest ACK of the target
  std::int64_t receive_edge = 1;           // greatest right edge of the target, SYNs included
  std::optional<std::int64_t> edge_shown;  // …without SYNs
  std::optional<std::int64_t> peer_fin_end;

  std::size_t born = 0;  // number of packets injected when it began
  bool in_order = true;  // packets are seen in the order in which the target sent them

  // Surely sent after everything seen before: the network may have changed the order in a capture.
  [[nodiscard]] bool is_newest(const Segment& segment) const;
};

struct Injected : Summary {
  bool answered = false;  // a RST of the target was put down to it
};

class Connection {
 public:
  explicit Connection(Before before)
      : in_order_(before == Before::kNothingOpen), history_known_(before == Before::kNothingOpen) {}

  void inject(const Summary& summary);
  // Packets of this connection are not there to be judged by: silence from now on.
  void lose_sight();
  // Before the rules look at a packet of the target: finds out whether a Life begins with it.
  void arrive(const Segment& segment);
  // After the rules: takes it into the account.
  void sent(const Segment& segment);

  [[nodiscard]] const Life* life() const { return life_ ? &*life_ : nullptr; }
  // A SYN-ACK of the target that acknowledges none of the SYNs it was sent; all of them are known.
  [[nodiscard]] bool answers_no_syn(const Segment& segment) const;
  // A SYN or RST of ours came after the target's last SYN-ACK.
  [[nodiscard]] bool stirred() const { return stirred_; }
  [[nodiscard]] std::optional<Seq32> open_attempt() const;
  [[nodiscard]] bool history_known() const { return history_known_; }
  [[nodiscard]] std::deque<Injected>& injected() { return injected_; }
  [[nodiscard]] bool has_tsval(std::uint32_t value) const;
  [[nodiscard]] std::size_t packets_from_target() const { return packets_from_target_; }
  [[nodiscard]] packet::Numbering numbering() const;
  [[nodiscard]] std::optional<Instant> last_activity() const { return last_activity_; }

  // Equal ACKs of the target in a row that nothing has caused, this one included.
  [[nodiscard]] int idle_acks(const Segment& segment);

  // False if the rule was reported for this incarnation already.
  [[nodiscard]] bool first_report(RuleId id);

 private:
  struct Attempt {  // a SYN of the target, not yet answered
    Seq32 isn;
    std::vector<Summary> offers;
    std::size_t since = 0;
  };

  [[nodiscard]] std::size_t injected_count() const { return dropped_ + injected_.size(); }
  // Indexes into injected_ of SYNs with the same number that `ack` answers, the nearest below it.
  [[nodiscard]] std::vector<std::size_t> candidates(Seq32 ack, std::size_t since, bool with_ack) const;
  [[nodiscard]] bool answers_a_syn(const Segment& segment) const;
  void begin(const Segment& segment, const std::vector<std::size_t>& chosen, std::vector<Summary> own_offers,
             bool crossed);
  void on_syn(const Segment& segment);
  void on_syn_ack(const Segment& segment);
  void agree();
  void fall_back(const Summary& reset);
  void accept(const Injected& packet);
  void accept_ack(const Injected& packet, std::int64_t ack, std::uint8_t shift);

  bool in_order_;
  bool history_known_;
  bool blind_ = false;
  std::optional<Life> life_;
  std::optional<Life> previous_;  // the incarnation before it
  std::optional<Attempt> attempt_;
  std::deque<Injected> injected_;  // the latest ones
  std::size_t dropped_ = 0;        // earlier ones
  bool stirred_ = false;
  std::vector<std::uint32_t> tsvals_;
  std::size_t packets_from_target_ = 0;
  std::optional<Instant> last_activity_, last_injected_;
  std::optional<Summary> last_ack_;
  int credit_ = 0, idle_acks_ = 0;
  std::bitset<kRuleCount> reported_;
};

}  // namespace tcpspec::monitor

#endif  // HARNESS_MONITOR_CONNECTION_H_
