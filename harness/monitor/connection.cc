#include "harness/monitor/connection.h"

#include <algorithm>
#include <utility>

namespace tcpspec::monitor {
namespace {

constexpr std::size_t kKeptInjected = 512;
constexpr std::size_t kKeptTsvals = 1 << 20;
constexpr std::size_t kKeptOctets = 1 << 20;
// A first ACK may cover text that followed the SYN at once, but not more than a window.
constexpr std::int32_t kNearSyn = 1 << 30;
constexpr std::uint8_t kGreatestShift = 14;

template <typename Has>
Agreed both(const Life& life, Has has) {
  const bool own_all = std::ranges::all_of(life.own_offers, has);
  const bool own_none = std::ranges::none_of(life.own_offers, has);
  const bool peer_all = std::ranges::all_of(life.peer_offers, has);
  const bool peer_none = std::ranges::none_of(life.peer_offers, has);
  if (own_all && peer_all) return Agreed::kYes;
  // RFC 7323 §3.2: with crossing SYNs, one option is enough for both to send it on.
  if (life.crossed ? own_none && peer_none : own_none || peer_none) return Agreed::kNo;
  return Agreed::kUnknown;
}

std::uint8_t shift_of(const std::vector<Summary>& offers, Agreed agreed) {
  if (agreed == Agreed::kNo) return 0;
  if (agreed == Agreed::kUnknown) return kGreatestShift;
  std::uint8_t shift = 0;
  for (const Summary& offer : offers) shift = std::max(shift, offer.options.wscale.value_or(0));
  return std::min(shift, kGreatestShift);
}

bool same_ack(const Summary& a, const Summary& b) {
  const auto same_edges = [](const SackEdges& x, const SackEdges& y) {
    return x.left == y.left && x.right == y.right;
  };
  return a.seq == b.seq && a.ack == b.ack && a.window == b.window && a.flags == b.flags &&
         std::ranges::equal(a.options.sack, b.options.sack, same_edges);
}

}  // namespace

void Numbers::reach(Seq32 number) {
  const std::int64_t position = at(number);
  if (position <= reached_) return;
  reached_ = position;
  reference_ = number;
}

std::optional<std::int64_t> Octets::difference(std::int64_t begin, ByteView text) const {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const std::int64_t position = begin + static_cast<std::int64_t>(i);
    if (position < start_ || !known_.contains(position, position + 1)) continue;
    if (octets_[static_cast<std::size_t>(position - start_)] != text[i]) return position;
  }
  return std::nullopt;
}

void Octets::add(std::int64_t begin, ByteView text) {
  if (octets_.empty()) start_ = begin;
  const std::int64_t end = begin + static_cast<std::int64_t>(text.size());
  // Text far from the rest is a stray number, not worth a gap in memory.
  if (begin < start_ || end - start_ > static_cast<std::int64_t>(4 * kKeptOctets)) return;
  const auto at = static_cast<std::size_t>(begin - start_);
  if (octets_.size() < at + text.size()) octets_.resize(at + text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const std::int64_t position = begin + static_cast<std::int64_t>(i);
    if (!known_.contains(position, position + 1)) octets_[at + i] = text[i];
  }
  known_.add(begin, end);
  if (octets_.size() > 2 * kKeptOctets) {
    octets_.erase(octets_.begin(), octets_.end() - static_cast<std::ptrdiff_t>(kKeptOctets));
    start_ = end - static_cast<std::int64_t>(octets_.size());
  }
}

bool Life::is_newest(const Segment& segment) const {
  if (in_order || (segment.has(kAck) && peer.at(segment.ack) > ack_sent)) return true;
  if (segment.text > 0 && own.at(segment.seq) >= sent_end) return true;
  const auto& option = segment.options.timestamps;
  return option && last_tsval && static_cast<std::int32_t>(option->value - *last_tsval) > 0;
}

// ---- What we inject ---------------------------------------------------------------------------------------

void Connection::inject(const Summary& summary) {
  if (injected_count() == 0 && packets_from_target_ == 0 && summary.has(kSyn) && !summary.has(kAck)) {
    history_known_ = true;
  }
  injected_.push_back({summary, false});
  if (injected_.size() > kKeptInjected) {
    injected_.pop_front();
    ++dropped_;
  }
  if (summary.has(kSyn | kRst)) stirred_ = true;
  if (summary.options.timestamps &&
      (tsvals_.empty() || tsvals_.back() != summary.options.timestamps->value)) {
    tsvals_.push_back(summary.options.timestamps->value);
    if (tsvals_.size() > kKeptTsvals) tsvals_.erase(tsvals_.begin(), tsvals_.begin() + kKeptTsvals / 2);
  }
  if (life_) accept(injected_.back());
  if (summary.has(kRst)) fall_back(summary);
  ++credit_;
  last_injected_ = last_activity_ = summary.at;
}

// RFC 9293 §3.6.1 [MAY-2]: the SYN that had reopened the connection was an old duplicate, as this RST shows;
// the incarnation before it may still be in TIME-WAIT.
void Connection::fall_back(const Summary& reset) {
  if (!previous_ || !life_ || life_->established) return;
  const std::int64_t position = life_->peer.at(reset.seq);
  if (position < life_->ack_sent || position > life_->receive_edge) return;
  life_ = std::exchange(previous_, std::nullopt);
}

void Connection::lose_sight() {
  blind_ = true;
  history_known_ = false;
  life_.reset();
  previous_.reset();
  attempt_.reset();
}

void Connection::accept(const Injected& packet) {
  Life& life = *life_;
  const std::int64_t begin = life.peer.at(packet.seq);
  const std::int64_t end = begin + packet.length();
  if (!packet.has(kRst)) life.arrived.add(begin, end);
  if (packet.has(kSyn)) {
    // The handshake's own SYN; RFC 7323 §2.2: its window is never scaled.
    if (begin != 0) return;
    life.edge_offered = std::max<std::int64_t>(life.edge_offered, 1 + packet.window);
    if (packet.has(kAck)) accept_ack(packet, life.own.at(packet.ack), 0);
    if (packet.has(kFin)) life.peer_fin_end = end;
    return;
  }
  // RFC 9293 §3.10.7.4 first: some part of it lies in a window that the target has shown.
  if (end < life.ack_sent || begin > life.receive_edge) return;
  if (packet.has(kRst) || !packet.has(kAck)) return;
  accept_ack(packet, life.own.at(packet.ack), life.peer_shift);
  if (packet.has(kFin)) life.peer_fin_end = std::min(life.peer_fin_end.value_or(end), end);
}

void Connection::accept_ack(const Injected& packet, std::int64_t ack, std::uint8_t shift) {
  Life& life = *life_;
  // RFC 9293 §3.10.7.4 fifth: an ACK of what was never sent is dropped.
  if (ack < 0 || ack > life.sent_end) return;
  const std::int64_t edge = ack + (std::int64_t{packet.window} << shift);
  life.edge_offered = std::max(life.edge_offered, edge);
  if (ack >= life.acked) life.window_closed = edge <= life.sent_end;
  life.acked = std::max(life.acked, ack);
  if (ack > 0 && !packet.has(kSyn)) life.established = true;
}

bool Connection::has_tsval(std::uint32_t value) const {
  return std::find(tsvals_.rbegin(), tsvals_.rend(), value) != tsvals_.rend();
}

// ---- Handshakes -------------------------------------------------------------------------------------------

std::vector<std::size_t> Connection::candidates(Seq32 ack, std::size_t since, bool with_ack) const {
  std::vector<std::size_t> found;
  std::int32_t nearest = kNearSyn;
  for (std::size_t i = since > dropped_ ? since - dropped_ : 0; i < injected_.size(); ++i) {
    const Injected& packet = injected_[i];
    if (!packet.has(kSyn) || packet.has(kRst) || packet.has(kAck) != with_ack) continue;
    if (with_ack && (!attempt_ || (packet.ack - attempt_->isn) < 1)) continue;
    const std::int32_t distance = ack - packet.seq;
    if (distance < 1 || distance > nearest) continue;
    if (distance < nearest) found.clear();
    nearest = distance;
    found.push_back(i);
  }
  return found;
}

bool Connection::answers_a_syn(const Segment& segment) const {
  // A SYN-ACK acknowledges the SYN, and of the text on it as much as it likes.
  const auto chosen = candidates(segment.ack, 0, false);
  return std::ranges::any_of(chosen, [&](std::size_t i) {
    return segment.ack - injected_[i].seq <= static_cast<std::int32_t>(injected_[i].length());
  });
}

bool Connection::answers_no_syn(const Segment& segment) const {
  if (blind_ || dropped_ > 0 || answers_a_syn(segment)) return false;
  if (life_ && life_->own.isn() == segment.seq) {
    const std::int64_t ack = life_->peer.at(segment.ack);
    if (ack >= 1 && ack <= life_->arrived.prefix_end(0)) return false;
  }
  return std::ranges::any_of(injected_, [](const Injected& p) { return p.has(kSyn) && !p.has(kAck | kRst); });
}

std::optional<Seq32> Connection::open_attempt() const {
  return attempt_ ? std::optional(attempt_->isn) : std::nullopt;
}

void Connection::arrive(const Segment& segment) {
  if (segment.has(kRst) || blind_) return;
  if (segment.has(kSyn)) return segment.has(kAck) ? on_syn_ack(segment) : on_syn(segment);
  if (!segment.has(kAck) || !attempt_) return;
  // The first ACK after an active open tells which of our SYN-ACKs was taken.
  const auto chosen = candidates(segment.ack, attempt_->since, true);
  if (!chosen.empty()) begin(segment, chosen, attempt_->offers, false);
}

void Connection::on_syn(const Segment& segment) {
  history_known_ = true;
  if (attempt_ && attempt_->isn == segment.seq) {
    attempt_->offers.push_back(segment);
    return;
  }
  if (life_ && !life_->established && life_->own.isn() == segment.seq) return;
  // A new attempt on a tuple means that the application's old connection is gone.
  life_.reset();
  reported_.reset();
  attempt_ = Attempt{segment.seq, {segment}, injected_count()};
}

void Connection::on_syn_ack(const Segment& segment) {
  if (attempt_ && attempt_->isn == segment.seq) {
    // RFC 9293 §3.5: crossing SYNs; the target repeats its SYN with an ACK of ours.
    const auto chosen = candidates(segment.ack, attempt_->since, false);
    std::vector<Summary> offers = attempt_->offers;
    offers.push_back(segment);
    if (!chosen.empty()) begin(segment, chosen, std::move(offers), true);
    return;
  }
  const auto chosen = candidates(segment.ack, 0, false);
  const bool fits = answers_a_syn(segment);
  const bool newer = fits && life_ && dropped_ + chosen.back() >= life_->born;
  const bool repeats = life_ && life_->own.isn() == segment.seq && life_->peer.at(segment.ack) >= 1 &&
                       life_->peer.at(segment.ack) <= life_->arrived.prefix_end(0);
  if (repeats && !(newer && life_->established)) {
    life_->own_offers.push_back(segment);
    return agree();
  }
  if (life_ && !newer) return;  // for the rules to judge
  if (!fits) return;
  history_known_ = true;
  begin(segment, chosen, {segment}, false);
}

void Connection::begin(const Segment& segment, const std::vector<std::size_t>& chosen,
                       std::vector<Summary> own_offers, bool crossed) {
  if (!attempt_) reported_.reset();
  previous_ = std::exchange(life_, std::nullopt);
  life_.emplace();
  Life& life = *life_;
  life.own = Numbers(own_offers.front().seq);
  life.peer = Numbers(injected_[chosen.front()].seq);
  life.crossed = crossed;
  life.in_order = in_order_;
  life.own_offers = std::move(own_offers);
  for (const std::size_t i : chosen) life.peer_offers.push_back(injected_[i]);
  for (const Summary& offer : life.own_offers) {
    life.sent_end = std::max<std::int64_t>(life.sent_end, offer.length());
    life.receive_edge = std::max<std::int64_t>(life.receive_edge, 1 + offer.window);
  }
  agree();
  life.born = injected_count();
  attempt_.reset();
  // What came after our SYN was for this incarnation; the target's window covers it as far as we can tell.
  const std::int64_t shown = life.receive_edge;
  life.receive_edge = std::max<std::int64_t>(shown, life.peer.at(segment.ack));
  for (std::size_t i = chosen.front(); i < injected_.size(); ++i) accept(injected_[i]);
}

void Connection::agree() {
  Life& life = *life_;
  life.timestamps = both(life, [](const Summary& s) { return s.options.timestamps.has_value(); });
  life.wscale = both(life, [](const Summary& s) { return s.options.wscale.has_value(); });
  life.own_shift = shift_of(life.own_offers, life.wscale);
  life.peer_shift = shift_of(life.peer_offers, life.wscale);
}

// ---- What the target sends --------------------------------------------------------------------------------

void Connection::sent(const Segment& segment) {
  ++packets_from_target_;
  last_activity_ = segment.at;
  if (segment.has(kSyn) && segment.has(kAck)) stirred_ = false;
  if (!life_ || segment.has(kRst)) return;
  Life& life = *life_;
  if (segment.has(kSyn) && life.own.isn() != segment.seq) return;
  const std::int64_t begin = life.own.at(segment.seq);
  const std::int64_t end = begin + segment.length();
  const std::int64_t text = begin + (segment.has(kSyn) ? 1 : 0);
  if (text >= 1) life.octets.add(text, segment.image->payload);
  if (segment.has(kFin) && !life.fin) life.fin = end - 1;
  life.sent_end = std::max(life.sent_end, end);
  if (segment.text > 0) life.text_end = std::max(life.text_end, text + segment.text);
  life.own.reach(segment.seq + segment.length());
  if (!segment.has(kAck)) return;
  const std::int64_t ack = life.peer.at(segment.ack);
  if (ack > life.ack_sent) {
    life.ack_sent = ack;
    life.peer.reach(segment.ack);
  }
  const std::int64_t edge = ack + (std::int64_t{segment.window} << (segment.has(kSyn) ? 0 : life.own_shift));
  life.receive_edge = std::max(life.receive_edge, edge);
  if (segment.has(kSyn)) return;
  life.established = true;
  life.edge_shown = std::max(life.edge_shown.value_or(edge), edge);
  const auto& option = segment.options.timestamps;
  if (option && (life.in_order || !life.last_tsval ||
                 static_cast<std::int32_t>(option->value - *life.last_tsval) > 0)) {
    life.last_tsval = option->value;
  }
}

int Connection::idle_acks(const Segment& segment) {
  constexpr Duration kPause =
      Duration::seconds(1);  // RFC 9293 MUST-40: no ACK is late by more than half of it
  if (!last_injected_ || segment.at - *last_injected_ > kPause) credit_ = 0;
  const bool again = last_ack_ && same_ack(*last_ack_, segment) && segment.at - last_ack_->at <= kPause;
  last_ack_ = segment;
  if (credit_ > 0) {
    --credit_;
    idle_acks_ = 0;
  } else {
    idle_acks_ = again ? idle_acks_ + 1 : 0;
  }
  return idle_acks_;
}

packet::Numbering Connection::numbering() const {
  if (life_) return {life_->own.isn().raw(), life_->peer.isn().raw()};
  return {attempt_ ? attempt_->isn.raw() : 0, 0};
}

bool Connection::first_report(RuleId id) {
  const auto index = static_cast<std::size_t>(id);
  if (reported_.test(index)) return false;
  reported_.set(index);
  return true;
}

}  // namespace tcpspec::monitor
