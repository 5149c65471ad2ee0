#include "harness/target/remote/smoke_case.h"

#include <fmt/format.h>

#include <algorithm>

#include "harness/packet/explain.h"

namespace tcpspec::target {
namespace {

constexpr std::uint16_t kOurPort = 40'000;
constexpr std::size_t kMostShown = 4;

}  // namespace

SmokeCase::SmokeCase(Target& target)
    : target_(target), place_(target.place(IpVersion::kV4, Service::kCalls)) {
  service = {place_.target, place_.service_port};
  ours = {place_.tester, place_.first_port != 0 ? place_.first_port : kOurPort};
}

Status SmokeCase::start(std::uint64_t seed, std::map<std::string, std::string> policies) {
  CaseSetup setup;
  setup.id = "smoke";
  setup.target = place_.target;
  setup.tester = place_.tester;
  setup.seed = seed;
  setup.policies = std::move(policies);
  return target_.start(setup);
}

int SmokeCase::completions(CallId call) const {
  const auto at = completions_.find(call);
  return at == completions_.end() ? 0 : at->second;
}

std::optional<CallResult> SmokeCase::await(CallId call, Duration within) {
  const Instant deadline = target_.now() + within;
  while (!done_.contains(call) && step(deadline)) {
  }
  const auto at = done_.find(call);
  if (at == done_.end()) return std::nullopt;
  return at->second;
}

Status SmokeCase::send(std::uint16_t flags, std::uint32_t seq, std::uint32_t ack, const Bytes& data) {
  packet::Image image = packet::make_tcp(ours, service);
  image.tcp->flags = flags;
  image.tcp->seq = seq;
  image.tcp->ack = ack;
  image.tcp->window = 65535;
  if ((flags & kSynFlag) != 0) image.tcp->options = {2, 4, 1460 >> 8, 1460 & 0xff};  // MSS
  image.payload = data;
  packet::seal(image);
  const Result<Stamp> sent = target_.inject(packet::encode(image));
  if (!sent) return Error{sent.error()};
  return Ok{};
}

std::optional<Heard> SmokeCase::hear(const Wanted& wanted, Duration within) {
  const Instant deadline = target_.now() + within;
  passed_over_.clear();
  for (;;) {
    while (!heard_.empty()) {
      Heard heard = std::move(heard_.front());
      heard_.pop_front();
      if (wanted(heard.image)) return heard;
      if (passed_over_.size() < kMostShown)
        passed_over_.push_back(packet::summary(heard.image, {isn, our_isn}));
    }
    if (!step(deadline)) return std::nullopt;
  }
}

bool SmokeCase::step(Instant deadline) {
  if (!died_.empty()) return false;
  std::optional<Event> event = target_.next(deadline);
  if (!event) return false;
  keep(std::move(*event));
  return true;
}

void SmokeCase::listen_until(Instant deadline) {
  while (step(deadline)) {
  }
}

void SmokeCase::keep(Event event) {
  last_at_ = event.at;
  if (auto* out = std::get_if<PacketOut>(&event.what)) {
    transcript_.emplace_back(event.at.latest, out->packet);
    packet::Image image = packet::decode(out->packet);
    check(image);
    const bool is_ours = image.tcp && image.source_address() == service.address &&
                         image.destination_address() == ours.address && image.destination() == ours;
    if (is_ours) heard_.push_back({event.at, std::move(image)});
  } else if (auto* done = std::get_if<CallDone>(&event.what)) {
    ++completions_[done->call];
    done_.emplace(done->call, std::move(done->result));
  } else if (const auto* died = std::get_if<TargetDied>(&event.what)) {
    died_ = died->how;
  }
}

void SmokeCase::check(const packet::Image& image) {
  if (!bad_checksum_.empty()) return;
  const auto complain = [&](const char* which, std::uint16_t has, std::uint16_t right) {
    bad_checksum_ = fmt::format("{} has {} checksum 0x{:04x}, and 0x{:04x} would be right",
                                packet::summary(image, {isn, our_isn}), which, has, right);
  };
  if (image.v4 && image.v4->checksum != packet::right_ipv4_checksum(image))
    return complain("IPv4", image.v4->checksum, packet::right_ipv4_checksum(image));
  if (image.tcp && image.tcp->checksum != packet::right_tcp_checksum(image))
    complain("TCP", image.tcp->checksum, packet::right_tcp_checksum(image));
}

std::string SmokeCase::instead() const {
  if (!died_.empty()) return "the target died: " + died_;
  if (passed_over_.empty()) return "nothing";
  std::string text;
  for (const std::string& one : passed_over_) text += (text.empty() ? "" : "; ") + one;
  return text;
}

}  // namespace tcpspec::target
