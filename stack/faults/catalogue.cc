#include "stack/faults/catalogue.h"

#include <algorithm>
#include <utility>

namespace tcpspec::faults {
namespace {

// The points of one host, with one fault behind them.
class SwitchedOn final : public tcp::FaultPoints {
 public:
  explicit SwitchedOn(const Fault& fault) : hooks_(fault.hooks) {}

  void configures(tcp::Config& config) override {
    if (hooks_.configures != nullptr) hooks_.configures(config);
  }
  bool arrives(Inside& in, Segment& segment, Instant now) override {
    now_ = now;
    Here here = at(in);
    return hooks_.arrives == nullptr || hooks_.arrives(here, segment);
  }
  Disposition checked(Inside& in, Check check, Segment& segment, Disposition decided, Instant) override {
    Here here = at(in);
    return hooks_.checked == nullptr ? decided : hooks_.checked(here, check, segment, decided);
  }
  bool leaves(Inside& in, Segment& segment) override {
    Here here = at(in);
    return hooks_.leaves == nullptr || hooks_.leaves(here, segment);
  }
  bool fires(Inside& in, Timer timer, Instant now) override {
    now_ = now;
    Here here = at(in);
    return hooks_.fires == nullptr || hooks_.fires(here, timer);
  }
  void fired(Inside& in, Timer timer, Instant) override {
    Here here = at(in);
    if (hooks_.fired != nullptr) hooks_.fired(here, timer);
  }
  bool calls(Inside& in, UserCall call, Instant now) override {
    now_ = now;
    Here here = at(in);
    return hooks_.calls == nullptr || hooks_.calls(here, call);
  }
  void decided(Inside& in, Instant now) override {
    now_ = now;
    Here here = at(in);
    if (hooks_.decided != nullptr) hooks_.decided(here);
  }
  void settled(Inside& in, Instant now) override {
    now_ = now;
    Here here = at(in);
    if (hooks_.settled != nullptr) hooks_.settled(here);
  }

  void packet_in(Bytes& packet) override {
    if (hooks_.packet_in != nullptr) hooks_.packet_in(notes_, packet);
  }
  void packet_out(Bytes& packet) override {
    if (hooks_.packet_out != nullptr) hooks_.packet_out(notes_, packet);
  }
  bool admits(const IpAddress& source, const IpAddress& destination) override {
    return hooks_.admits != nullptr && hooks_.admits(source, destination);
  }
  bool reaches(Segment& segment, bool connected) override {
    return hooks_.reaches == nullptr || hooks_.reaches(notes_, segment, connected);
  }
  std::optional<Segment> answers(const Segment& segment, std::optional<Segment> reply) override {
    return hooks_.answers == nullptr ? std::move(reply) : hooks_.answers(segment, std::move(reply));
  }
  tcp::ListenDisposition listens(const Segment& segment, tcp::ListenDisposition decided) override {
    return hooks_.listens == nullptr ? decided : hooks_.listens(notes_, segment, decided);
  }
  bool has_room(bool room) override { return hooks_.has_room == nullptr ? room : hooks_.has_room(room); }
  Seq32 numbers(const Endpoint& local, const Endpoint& remote, Instant now, Seq32 iss) override {
    return hooks_.numbers == nullptr ? iss : hooks_.numbers(local, remote, now, iss);
  }
  bool icmp(Inside& in, std::uint8_t type, std::uint8_t code) override {
    Here here = at(in);
    return hooks_.icmp == nullptr || hooks_.icmp(here, type, code);
  }

 private:
  [[nodiscard]] Here at(Inside& in) { return {in, in.tcb, now_, notes_}; }

  const Hooks hooks_;
  Notes notes_;
  Instant now_;  // of the last segment, timeout or call
};

std::vector<Fault> collect() {
  std::vector<Fault> all;
  for (const auto& theme :
       {reset_faults, handshake_faults, listen_faults, acknowledge_faults, window_faults, probe_faults,
        option_faults, timestamp_faults, text_faults, close_faults, time_wait_faults, retransmission_faults,
        congestion_faults, ecn_and_urgent_faults, packet_faults, keepalive_faults, icmp_faults}) {
    const std::span<const Fault> more = theme();
    all.insert(all.end(), more.begin(), more.end());
  }
  return all;
}

}  // namespace

const std::vector<Fault>& catalogue() {
  static const std::vector<Fault> kAll = collect();
  return kAll;
}

const Fault* find(std::string_view id) {
  const std::vector<Fault>& all = catalogue();
  const auto found = std::find_if(all.begin(), all.end(), [&](const Fault& fault) { return fault.id == id; });
  return found == all.end() ? nullptr : &*found;
}

std::unique_ptr<tcp::FaultPoints> switch_on(const Fault& fault) {
  return std::make_unique<SwitchedOn>(fault);
}

}  // namespace tcpspec::faults
