// Sequences of fragments to IpReassembly and, as packets, to a host. A model that keeps every octet of a
// datagram in an array says when a datagram is whole and what it holds; bounds and deadlines are kept
// throughout. Each step: an octet that chooses family, source, identification, flags; offset; size; what time
// goes by.
#include <algorithm>
#include <array>
#include <map>
#include <optional>

#include "fuzz/input.h"
#include "stack/base/check.h"
#include "stack/net/host.h"
#include "stack/net/ip_reassembly.h"
#include "stack/wire/ipv4.h"
#include "stack/wire/ipv6.h"
#include "stack/wire/protocol.h"

namespace tcpspec::fuzz {
namespace {

using Outcome = net::IpReassembly::Outcome;

struct Model {
  Instant started;
  std::map<std::uint32_t, Bytes> pieces;
  std::optional<std::uint32_t> end;
  bool destroyed = false;
};

struct Step {
  bool v4 = true;
  bool more = false;
  std::uint8_t source = 2;
  std::uint16_t id = 0;
  std::uint8_t ecn = 0;
  std::uint8_t protocol = wire::kProtocolUdp;
  std::uint32_t offset = 0;
  Bytes data;
  Duration wait;
};

Step read_step(Input& input) {
  Step step;
  const std::uint8_t bits = input.octet();
  step.v4 = (bits & 1) != 0;
  step.more = (bits & 2) != 0;
  step.source = static_cast<std::uint8_t>(2 + ((bits >> 2) & 1));
  step.id = (bits >> 3) & 3;
  if ((bits & 0x20) != 0) step.protocol = wire::kProtocolTcp;
  step.ecn = bits >> 6;
  const std::uint8_t place = input.octet();
  // Mostly small offsets, sometimes the far end.
  step.offset = place < 0xf0 ? place % 16U * 8U : 65528U - (place & 0x0fU) * 8U;
  const std::uint8_t size = input.octet();
  step.data.assign(size < 0xf0 ? size % 64U : size * 16U, input.octet());
  step.wait = Duration::seconds(input.octet() % 64);
  return step;
}

IpAddress address(bool v4, std::uint8_t host) {
  if (v4) return IpAddress::v4(192, 0, 2, host);
  std::array<std::uint8_t, 16> octets{0x20, 1, 0x0d, 0xb8};
  octets[15] = host;
  return IpAddress::from_bytes(octets);
}

Bytes packet_of(const Step& step, std::size_t& head, ByteView& data, Bytes& kept) {
  if (step.v4) {
    wire::Ipv4Header header;
    header.source = address(true, step.source);
    header.destination = address(true, 1);
    header.protocol = step.protocol;
    header.identification = step.id;
    header.type_of_service = step.ecn;
    header.more_fragments = step.more;
    header.fragment_offset = static_cast<std::uint16_t>(step.offset / 8);
    kept = wire::build_ipv4(header, step.data);
    head = wire::kIpv4HeaderSize;
    data = ByteView(kept).subspan(head);
    return kept;
  }
  wire::Ipv6Header header;
  header.source = address(false, step.source);
  header.destination = address(false, 1);
  header.next_header = wire::kProtocolFragment;
  header.traffic_class = step.ecn;
  Bytes payload = wire::build_fragment_header(step.protocol, step.offset, step.more, step.id);
  append(payload, step.data);
  kept = wire::build_ipv6(header, payload);
  head = wire::kIpv6HeaderSize;
  data = ByteView(kept).subspan(head + wire::kIpv6FragmentHeaderSize);
  return kept;
}

// What the model holds, if that is a whole datagram.
std::optional<Bytes> whole(const Model& model) {
  if (!model.end) return std::nullopt;
  Bytes all;
  for (const auto& [offset, octets] : model.pieces) {
    if (offset != all.size()) return std::nullopt;
    append(all, octets);
  }
  return all.size() == *model.end ? std::optional(all) : std::nullopt;
}

// Whether the piece shares an octet with another, or contradicts the datagram's end.
bool collides(const Model& model, const Step& step) {
  const std::size_t end = step.offset + step.data.size();
  if (model.end && (step.more ? end >= *model.end : end != *model.end)) return true;
  return std::ranges::any_of(model.pieces, [&](const auto& piece) {
    const std::size_t piece_end = piece.first + piece.second.size();
    return (piece.first < end && step.offset < piece_end) || (!step.more && piece_end > end);
  });
}

bool duplicates(const Model& model, const Step& step) {
  const auto same = model.pieces.find(step.offset);
  const std::size_t end = step.offset + step.data.size();
  return same != model.pieces.end() && same->second == step.data && step.more == !(model.end == end);
}

// Refused by itself, whatever else is there.
bool is_refusal(Outcome outcome) {
  return outcome == Outcome::kEmpty || outcome == Outcome::kBadLength || outcome == Outcome::kTiny ||
         outcome == Outcome::kHeadless || outcome == Outcome::kTooLong;
}

void check_outcome(Model& model, const Step& step, const net::IpReassembly::Arrival& arrival) {
  switch (arrival.outcome) {
    case Outcome::kDuplicate:
      CHECK(!model.destroyed && duplicates(model, step));
      return;
    case Outcome::kDestroyed:
      CHECK(model.destroyed);
      return;
    case Outcome::kOverlap:
      CHECK(!model.destroyed && collides(model, step) && !duplicates(model, step));
      model.destroyed = true;
      return;
    case Outcome::kNoRoom:
      model.destroyed = true;
      return;
    case Outcome::kEmpty:
    case Outcome::kBadLength:
    case Outcome::kTooLong:
    case Outcome::kTiny:
    case Outcome::kHeadless:
      CHECK(false);
      return;
    case Outcome::kHeld:
    case Outcome::kComplete:
    case Outcome::kMixedEcn:
      break;
  }
  CHECK(!model.destroyed && !collides(model, step));
  model.pieces.emplace(step.offset, step.data);
  if (!step.more) model.end = step.offset + static_cast<std::uint32_t>(step.data.size());
  const std::optional<Bytes> all = whole(model);
  CHECK(all.has_value() == (arrival.outcome != Outcome::kHeld));
  if (arrival.outcome == Outcome::kComplete) {
    if (step.v4) {
      const auto parsed = wire::parse_ipv4(arrival.packet);
      CHECK(parsed.ok() && !parsed->header.is_fragment() && std::ranges::equal(parsed->payload, *all));
    } else {
      const auto parsed = wire::parse_ipv6(arrival.packet);
      CHECK(parsed.ok() && std::ranges::equal(parsed->payload, *all));
    }
  }
}

class Run {
 public:
  Run() : reassembly_(config_.ip.reassembly) {
    config_.v4 = address(true, 1);
    config_.v6 = address(false, 1);
    host_.emplace(config_);
  }
  void take(const Step& step) {
    now_ = now_ + step.wait;
    for (const auto& expired : reassembly_.expire(now_)) {
      CHECK(!models_.at(expired.key).destroyed);
      CHECK(models_.at(expired.key).started + Duration::seconds(60) <= now_);
      models_.erase(expired.key);
    }
    // Destroyed datagrams leave without a word, when their time is over.
    std::erase_if(models_, [this](const auto& item) {
      return item.second.destroyed && item.second.started + Duration::seconds(60) <= now_;
    });
    CHECK(models_.size() == reassembly_.datagrams());
    std::size_t head = 0;
    ByteView data;
    Bytes kept;
    const Bytes packet = packet_of(step, head, data, kept);
    net::Fragment fragment;
    fragment.key = {address(step.v4, step.source), address(step.v4, 1),
                    step.v4 ? step.protocol : std::uint8_t{0}, step.id};
    fragment.offset = step.offset;
    fragment.more = step.more;
    fragment.traffic_class = step.ecn;
    fragment.upper_protocol = step.protocol;
    fragment.head = ByteView(packet).first(head);
    fragment.next_header_at = 6;
    fragment.data = data;
    fragment.whole = packet;
    const net::IpReassembly::Arrival arrival = reassembly_.arrives(fragment, now_);
    for (const net::FragmentKey& key : arrival.sacrificed) CHECK(models_.erase(key) == 1);
    if (!is_refusal(arrival.outcome)) {
      Model& model = models_[fragment.key];
      if (model.started == Instant()) model.started = now_;
      check_outcome(model, step, arrival);
      if (arrival.outcome == Outcome::kComplete || arrival.outcome == Outcome::kMixedEcn) {
        models_.erase(fragment.key);
      }
    }
    CHECK(reassembly_.octets() <= config_.ip.reassembly.most_octets);
    CHECK(reassembly_.datagrams() <= config_.ip.reassembly.most_datagrams);
    CHECK(reassembly_.next_deadline() > now_);
    give_host(packet);
  }

 private:
  void give_host(const Bytes& packet) {
    host_->on_deadline(now_);
    host_->on_packet(packet, now_);
    while (const auto sent = host_->take_packet()) CHECK(sent->size() <= config_.mtu);
  }

  net::HostConfig config_;
  net::IpReassembly reassembly_;
  std::optional<net::Host> host_;
  std::map<net::FragmentKey, Model> models_;
  Instant now_ = Instant::from_nanos(1);
};

}  // namespace
}  // namespace tcpspec::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tcpspec;
  fuzz::Input input(data, size);
  fuzz::Run run;
  for (int steps = 0; steps < 200 && !input.empty(); ++steps) run.take(fuzz::read_step(input));
  return 0;
}
