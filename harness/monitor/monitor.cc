#include "harness/monitor/monitor.h"

#include <map>
#include <utility>

#include <fmt/format.h>

#include "harness/monitor/checks.h"
#include "harness/packet/explain.h"

namespace tcpspec::monitor {
namespace {

// For packets without a connection.
class Once {
 public:
  bool first(RuleId id) {
    const auto index = static_cast<std::size_t>(id);
    return !std::exchange(seen_[index], true);
  }

 private:
  bool seen_[kRuleCount] = {};
};

bool is_fragment(const packet::Image& image) {
  if (image.v4) return (image.v4->flags_and_offset & 0x3fff) != 0;
  return image.v6 && image.v6->upper == 44;
}

}  // namespace

struct Monitor::Impl {
  using Key = std::pair<Endpoint, Endpoint>;  // the target's, ours

  IpAddress target;
  Before before;
  std::map<Key, Connection> connections;
  std::vector<Finding> findings;
  std::size_t packets = 0;
  // Fragments to the target may hold segments that are not seen here.
  bool whole = true;
  Once once;

  Connection& connection(const Endpoint& own, const Endpoint& peer) {
    return connections.try_emplace({own, peer}, before).first->second;
  }

  // Captures cut packets off, and show some before the network card has completed them.
  [[nodiscard]] bool is_capture() const { return before == Before::kUnknown; }

  void injected(const packet::Image& image, Instant at) {
    if (is_fragment(image)) whole = false;
    if (!image.tcp) return;
    const Segment segment = read_segment(image, at);
    const bool cut = is_capture() && cut_short(image);
    if (!cut && !deliverable(image) && !(is_capture() && segment.offloaded)) return;
    Connection& known = connection(image.destination(), image.source());
    if (cut) return known.lose_sight();
    known.inject(segment);
  }

  void from_target(const packet::Image& image, Instant at);
  void from_connection(const Segment& segment, Connection& connection, const Report& report);
};

void Monitor::Impl::from_target(const packet::Image& image, Instant at) {
  if (!image.version()) return;
  if (!target.is_unspecified() && image.source_address() != target) return;
  Connection* judged = nullptr;
  const Report report = [&](RuleId id, const std::string& why) {
    if (!(judged != nullptr ? judged->first_report(id) : once.first(id))) return;
    const packet::Numbering numbering = judged != nullptr ? judged->numbering() : packet::Numbering{};
    findings.push_back({&rule(id), at, packets, packet::summary(image, numbering) + ": " + why});
  };
  // A length of zero is how captures show packets of more than 64 KiB that the network card will cut up.
  if (is_capture() && image.v4 && image.v4->total_length == 0) return;
  if (!image.tcp) return check_ip_header(image, report);
  judged = &connection(image.source(), image.destination());
  check_ip_header(image, report);
  from_connection(read_segment(image, at), *judged, report);
}

void Monitor::Impl::from_connection(const Segment& segment, Connection& connection, const Report& report) {
  if (cut_short(*segment.image)) return connection.lose_sight();
  if (!check_tcp_header(segment, report)) return;
  check_option_form(segment, report);
  connection.arrive(segment);
  check_syn_ack(segment, connection, whole, report);
  check_reset(segment, connection, report);
  const Life* const life = connection.life();
  const bool other_syn = life != nullptr && segment.has(kSyn) && life->own.isn() != segment.seq;
  if (life != nullptr && !other_syn) {
    check_negotiation(segment, connection, *life, report);
    check_sack(segment, *life, whole, report);
    check_sequence(segment, connection, *life, whole, report);
    check_window(segment, *life, report);
    check_idle(segment, connection, whole, report);
  }
  connection.sent(segment);
}

Monitor::Monitor(const IpAddress& target, Before before) : impl_(std::make_unique<Impl>()) {
  impl_->target = target;
  impl_->before = before;
}

Monitor::~Monitor() = default;

void Monitor::packet(Side side, ByteView bytes, Instant at) {
  const packet::Image image = packet::decode(bytes);
  if (side == Side::kToTarget) {
    impl_->injected(image, at);
  } else {
    impl_->from_target(image, at);
  }
  ++impl_->packets;
}

const std::vector<Finding>& Monitor::findings() const { return impl_->findings; }

}  // namespace tcpspec::monitor
