#include "harness/sim/link.h"

#include <array>
#include <map>
#include <utility>
#include <vector>

#include "harness/packet/image.h"
#include "stack/base/random.h"
#include "stack/base/seq32.h"

namespace tcpspec::sim {
namespace {

constexpr std::uint16_t kFin = 0x01, kSyn = 0x02, kRst = 0x04, kAck = 0x10;  // RFC 9293 §3.1

constexpr std::uint8_t kEcnField = 0x03;  // RFC 3168 §5

// How long a reordered packet is held back when the rule does not say.
constexpr Duration kReorderDelay = Duration::millis(10);

std::size_t index(Toward toward) { return toward == Toward::kTarget ? 0 : 1; }

// RFC 3168 §5: only where the sender set ECT(0) or ECT(1). False: it did not.
bool mark(Bytes& bytes) {
  packet::Image image = packet::decode(bytes);
  if (image.v4) {
    if ((image.v4->tos & kEcnField) == 0) return false;
    image.v4->tos |= kEcnField;
    image.v4->checksum = packet::right_ipv4_checksum(image);
  } else if (image.v6) {
    if ((image.v6->traffic_class & kEcnField) == 0) return false;
    image.v6->traffic_class |= kEcnField;
  } else {
    return false;
  }
  bytes = packet::encode(image);
  return true;
}

}  // namespace

struct Link::Impl {
  struct ActiveRule {
    Rule rule;
    std::uint64_t fitted = 0;  // packets that its predicate selected so far
    std::uint64_t row = 0;     // how many more it strikes in a row
  };

  explicit Impl(std::uint64_t seed) : random(seed) {}

  [[nodiscard]] bool fits(const std::string& predicate, Toward toward, const packet::Image& image) const;
  [[nodiscard]] bool strikes(ActiveRule& active, Toward toward, const packet::Image& image, Instant now);
  [[nodiscard]] Duration held_back(const Rule& rule, Duration usual);
  void learn_fin(Toward toward, const packet::Image& image);
  void corrupt(Bytes& bytes);
  void queue(Toward toward, Bytes bytes, Instant at, bool corrupted);

  Random random;
  std::vector<ActiveRule> rules;
  std::map<std::pair<std::int64_t, std::uint64_t>, Carried> under_way;  // by time, then order of sending
  std::uint64_t sent = 0;
  std::array<std::uint64_t, kFaults> struck{};
  std::array<std::optional<Seq32>, 2> fin_end;  // the number after the FIN that went this way
};

bool Link::Impl::fits(const std::string& predicate, Toward toward, const packet::Image& image) const {
  if (predicate == "any") return true;
  if (!image.tcp) return false;
  const std::uint16_t flags = image.tcp->flags;
  const bool ack = (flags & kAck) != 0;
  if (predicate == "syn") return (flags & kSyn) != 0 && !ack;
  if (predicate == "synack") return (flags & kSyn) != 0 && ack;
  if (predicate == "ack") {
    return ack && image.payload.empty() && (flags & (kSyn | kFin | kRst)) == 0;
  }
  if (predicate == "data") return !image.payload.empty();
  if (predicate == "fin") return (flags & kFin) != 0;
  if (predicate == "rst") return (flags & kRst) != 0;
  if (predicate == "fin-ack") {
    const auto& fin = fin_end[1 - index(toward)];
    return ack && fin && Seq32(image.tcp->ack).at_or_after(*fin);
  }
  return false;
}

bool Link::Impl::strikes(ActiveRule& active, Toward toward, const packet::Image& image, Instant now) {
  const Rule& rule = active.rule;
  if (rule.toward && *rule.toward != toward) return false;
  if ((rule.from && now < *rule.from) || (rule.until && now >= *rule.until)) return false;
  if (!fits(rule.predicate, toward, image)) return false;
  ++active.fitted;
  if (rule.first && active.fitted > *rule.first) return false;
  if (rule.every && (*rule.every == 0 || active.fitted % *rule.every != 0)) return false;
  if (active.row > 0) {
    --active.row;
    return true;
  }
  if (rule.percent && !random.chance(*rule.percent, 100)) return false;
  if (rule.row > 0) active.row = rule.row - 1;
  return true;
}

Duration Link::Impl::held_back(const Rule& rule, Duration usual) {
  const Duration fixed = rule.delay > Duration() ? rule.delay : usual;
  if (rule.jitter <= Duration()) return fixed;
  const auto most = static_cast<std::uint64_t>(rule.jitter.count_nanos());
  return fixed + Duration::nanos(static_cast<std::int64_t>(random.below(most + 1)));
}

void Link::Impl::learn_fin(Toward toward, const packet::Image& image) {
  if (!image.tcp || (image.tcp->flags & kFin) == 0) return;
  fin_end[index(toward)] = Seq32(image.tcp->seq) + image.sequence_length();
}

// One bit behind the IP header: every checksum sees it.
void Link::Impl::corrupt(Bytes& bytes) {
  const std::size_t header = !bytes.empty() && bytes[0] >> 4 == 6 ? 40 : 20;
  if (bytes.size() <= header) return;
  const std::size_t at = header + random.below(bytes.size() - header);
  bytes[at] = static_cast<std::uint8_t>(bytes[at] ^ (1U << random.below(8)));
}

void Link::Impl::queue(Toward toward, Bytes bytes, Instant at, bool corrupted) {
  under_way.emplace(std::pair(at.nanos(), sent++), Carried{toward, std::move(bytes), corrupted});
}

Link::Link(std::uint64_t seed) : impl_(std::make_unique<Impl>(seed)) {}
Link::~Link() = default;

void Link::add(const Rule& rule) { impl_->rules.push_back({rule, 0}); }
void Link::clear() { impl_->rules.clear(); }

void Link::send(Toward toward, ByteView packet, Instant now) {
  const packet::Image image = packet::decode(packet);
  impl_->learn_fin(toward, image);
  Bytes bytes(packet.begin(), packet.end());
  bool lost = false;
  bool corrupted = false;
  int copies = 1;
  Duration delay;
  // Every rule counts every packet that fits it, whatever the other rules do to the packet.
  for (Impl::ActiveRule& active : impl_->rules) {
    if (!impl_->strikes(active, toward, image, now)) continue;
    ++impl_->struck[static_cast<std::size_t>(active.rule.fault)];
    switch (active.rule.fault) {
      case Fault::kLose:
        lost = true;
        break;
      case Fault::kDelay:
        delay += impl_->held_back(active.rule, Duration());
        break;
      case Fault::kDuplicate:
        ++copies;
        break;
      case Fault::kReorder:
        delay += impl_->held_back(active.rule, kReorderDelay);
        break;
      case Fault::kCorrupt:
        impl_->corrupt(bytes);
        corrupted = true;
        break;
      case Fault::kMark:
        if (!mark(bytes)) --impl_->struck[static_cast<std::size_t>(Fault::kMark)];
        break;
    }
  }
  if (lost) return;
  for (; copies > 1; --copies) impl_->queue(toward, bytes, now + delay, corrupted);
  impl_->queue(toward, std::move(bytes), now + delay, corrupted);
}

std::uint64_t Link::struck(Fault fault) const { return impl_->struck[static_cast<std::size_t>(fault)]; }

std::optional<Carried> Link::take(Instant now) {
  if (next_deadline() > now) return std::nullopt;
  auto first = impl_->under_way.extract(impl_->under_way.begin());
  return std::move(first.mapped());
}

Instant Link::next_deadline() const {
  return impl_->under_way.empty() ? Instant::never()
                                  : Instant::from_nanos(impl_->under_way.begin()->first.first);
}

}  // namespace tcpspec::sim
