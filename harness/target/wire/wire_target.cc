#include "harness/target/wire/wire_target.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/prctl.h>

#include <algorithm>
#include <array>

#include "harness/scenario/scenario.h"
#include "harness/target/wire/checksum.h"
#include "harness/target/wire/look.h"
#include "harness/target/wire/path_echo.h"
#include "harness/target/wire/wire_profile.h"

namespace tcpspec::target::wire {
namespace {

constexpr Duration kLeasePatience = Duration::seconds(60);
constexpr Duration kChoosyPatience = Duration::seconds(2);
constexpr Duration kReach = Duration::seconds(1);
constexpr Duration kEcho = Duration::millis(200);
constexpr Duration kDrain = Duration::millis(20);
constexpr Duration kClockTolerance = Duration::millis(1);
constexpr std::uint16_t kUsualMtu = 1500;
constexpr std::uint8_t kIcmp = 1, kTcp = 6, kIcmpv6 = 58;

// The packet that an ICMP error is about; nothing for other messages (RFC 792, RFC 4443 §2.1).
std::optional<packet::Image> quoted_by(const packet::Image& image) {
  if (image.payload.size() < 8) return std::nullopt;
  const std::uint8_t type = image.payload[0];
  const bool v4 = image.v4.has_value();
  const bool error =
      v4 ? type == 3 || type == 4 || type == 5 || type == 11 || type == 12 : type >= 1 && type <= 4;
  if (!error) return std::nullopt;
  Bytes quote(image.payload.begin() + 8, image.payload.end());
  // A quote may end after eight octets of TCP: enough for the ports, too little for a header.
  quote.resize(quote.size() + 20);
  return packet::decode(quote);
}

}  // namespace

WireTarget::WireTarget(Options options, Findings findings, Cable cable, std::unique_ptr<AgentSide> agent)
    : options_(std::move(options)),
      findings_(std::move(findings)),
      cable_(std::move(cable)),
      agent_(std::move(agent)),
      profile_(wire_profile(options_, findings_, agent_ ? &agent_->hello() : nullptr,
                            options_.dut4 ? IpVersion::kV4 : IpVersion::kV6)) {}

WireTarget::~WireTarget() {
  if (started_) (void)end();
}

std::uint16_t WireTarget::port_of(Service service) const {
  switch (service) {
    case Service::kCalls:
      return service_lease_ ? service_lease_->port : 0;
    case Service::kEcho:
      return options_.echo;
    case Service::kDiscard:
      return options_.discard;
    case Service::kChargen:
      return options_.chargen;
    case Service::kNone:
      return options_.closed;
    case Service::kAny:
    case Service::kCloser:
      break;
  }
  return findings_.of(ip_).open_port;
}

Place WireTarget::place(IpVersion ip, Service service) {
  ip_ = ip;
  service_ = service;
  no_place_.clear();
  slot_.reset();
  service_lease_.reset();
  profile_ = wire_profile(options_, findings_, agent_ ? &agent_->hello() : nullptr, ip);
  place_ = usual_place(ip);
  // The profile says so, and nothing will be played.
  if (!options_.dut(ip)) return place_;
  if (Status taken = take_slot(ip); !taken) {
    no_place_ = taken.error();
    return place_;
  }
  if (service == Service::kCalls && agent_) {
    Result<LeasedPort> port = lease_service_port(tcpspec::to_string(*options_.dut(ip)));
    if (!port) {
      no_place_ = port.error();
      return place_;
    }
    service_lease_ = std::move(*port);
  }
  place_.target = *options_.dut(ip);
  place_.tester = slot_->slot.own;
  place_.first_port = slot_->slot.first_port;
  place_.closed_port = options_.closed;
  if (const std::uint16_t port = port_of(service); port != 0) place_.service_port = port;
  return place_;
}

// One of our addresses to which the box sends packets of the whole size; where all have a past, any.
Status WireTarget::take_slot(IpVersion ip) {
  const SlotPlan plan(options_.pool(ip));
  std::set<IpAddress> passed = findings_.taken;
  for (bool last = false;; last = false) {
    const bool choosy = passed.size() > findings_.taken.size();
    Result<LeasedSlot> slot =
        lease_slot(options_.interface, plan, passed, choosy ? kChoosyPatience : kLeasePatience);
    if (!slot && choosy) {
      last = true;
      slot = lease_slot(options_.interface, plan, findings_.taken, kLeasePatience);
    }
    if (!slot) return Error{slot.error()};
    slot_ = std::move(*slot);
    if (Status on = cable_.become(slot_->slot.own, *options_.dut(ip)); !on) return on;
    if (last || !findings_.of(ip).answers_echo || !cable_.resolve(kReach)) return Ok{};
    if (full_size_comes_back(cable_, kEcho).value_or(true)) return Ok{};
    passed.insert(slot_->slot.own);
    slot_.reset();
  }
}

Status WireTarget::start(const CaseSetup& setup) {
  if (!slot_ && no_place_.empty()) {
    (void)place(options_.dut(setup.ip) ? setup.ip
                : options_.dut4        ? IpVersion::kV4
                                       : IpVersion::kV6,
                setup.service);
  }
  if (!slot_) return Error{no_place_};
  if (const Status fine = check_policies(setup.policies, profile_, agent_ != nullptr); !fine) return fine;
  if (setup.mtu != kUsualMtu && setup.mtu != cable_.mtu()) {
    return Error{fmt::format("policy mtu={}: the cable's is {}", setup.mtu, cable_.mtu())};
  }
  // The default lets the kernel wake us 50 us late to save power.
  ::prctl(PR_SET_TIMERSLACK, 1UL);
  queue_.clear();
  flows_.clear();
  gone_.clear();
  trap_.clear();
  disturbance_.clear();
  dropped_ = 0;
  clock_ = CaseClock();
  if (Status on = cable_.become(place_.tester, place_.target); !on) return on;
  started_ = true;
  if (const Status there = reach(cable_, options_.interface, kReach); !there) {
    gone_ = "before the case: " + there.error();
    return Ok{};
  }
  clock_ = CaseClock();
  if (!agent_) return Ok{};
  CaseSetup at_box = setup;
  at_box.target = place_.target;
  at_box.tester = place_.tester;
  return agent_->start(at_box, clock_);
}

Result<Stamp> WireTarget::inject(ByteView packet) {
  if (!started_) return Error{"not delivered: the target is not started"};
  if (!gone_.empty()) return Error{"not delivered: " + gone_};
  // It would grow to what it says, or come nearer to it.
  if (packet.size() < kLeastPayload && packet.size() < ip_length(packet)) {
    return Error{
        fmt::format("{}Ethernet pads packets to {} octets, so this one cannot be shorter than it says",
                    kImpossible, kLeastPayload)};
  }
  const Instant before = now();
  if (const Status sent = cable_.send(packet); !sent) return Error{"not delivered: " + sent.error()};
  return Stamp{before, now()};
}

CallId WireTarget::begin(const SocketCall& call) {
  const CallId id = ++last_call_;
  if (agent_) {
    agent_->begin(id, call);
    return id;
  }
  CallDone none{id, {}, Stamp::at(now())};
  none.result.value = -1;
  none.result.error = "ENOSYS";
  enqueue(Event{none.began, std::move(none)});
  return id;
}

void WireTarget::cancel(CallId call) {
  if (agent_) agent_->cancel(call);
}

Result<Value> WireTarget::query(const Query& query) {
  if (!agent_) return Error{"a box on a cable cannot be asked without an agent"};
  return agent_->query(query.handle);
}

std::optional<Event> WireTarget::next(Instant deadline) {
  const Timeout timeout(deadline - now());
  for (;;) {
    const Duration left = timeout.left();
    // Even when an event is at hand: an older one may have arrived.
    collect_packets();
    collect_agent();
    if (!queue_.empty() && queue_.front().at.earliest <= deadline) {
      Event event = std::move(queue_.front());
      queue_.pop_front();
      return event;
    }
    if (left == Duration()) return std::nullopt;
    wait(left);
  }
}

void WireTarget::wait(Duration time) const {
  std::array<pollfd, 2> fds{};
  fds[0] = {.fd = cable_.fd(), .events = POLLIN, .revents = 0};
  fds[1] = {.fd = agent_ ? agent_->fd() : -1, .events = POLLIN, .revents = 0};
  const timespec spec = to_timespec(time);
  ::ppoll(fds.data(), fds.size(), &spec, nullptr);
}

void WireTarget::collect_packets() {
  while (std::optional<Arrival> arrival = cable_.take()) {
    packet::Image image = packet::decode(arrival->packet);
    if (!image.version() || image.source_address() != place_.target || !is_ours(image)) {
      ++dropped_;
      continue;
    }
    if (trap_.empty()) trap_ = offload_trap(arrival->packet, arrival->octets, cable_.mtu());
    remember(image);
    enqueue(Event{Stamp::at(clock_.of_realtime(arrival->stamp)), PacketOut{std::move(arrival->packet)}});
  }
}

void WireTarget::collect_agent() {
  if (!agent_) return;
  for (Event& event : agent_->collect()) enqueue(std::move(event));
}

bool WireTarget::is_our_port(std::uint16_t port) const {
  if (slot_ && slot_->slot.has(port)) return true;
  return service_lease_ && port == service_lease_->port;
}

bool WireTarget::is_ours(const packet::Image& image) const {
  if (image.tcp) return is_our_port(image.tcp->destination_port);
  if (image.protocol() == kTcp) return true;  // a fragment, or too short for a header: the case shall see it
  if (image.protocol() != (image.v4 ? kIcmp : kIcmpv6)) return false;
  const std::optional<packet::Image> quoted = quoted_by(image);
  return quoted && quoted->tcp && quoted->source_address() == place_.tester &&
         is_our_port(quoted->tcp->source_port);
}

void WireTarget::remember(const packet::Image& image) {
  if (!image.tcp) return;
  const Ports ports{image.tcp->destination_port, image.tcp->source_port};
  if ((image.tcp->flags & scenario::kRst) != 0) {
    flows_.erase(ports);
  } else if ((image.tcp->flags & scenario::kAck) != 0) {
    flows_[ports] = {image.tcp->ack, true};
  }
}

void WireTarget::enqueue(Event event) {
  const auto at = std::ranges::upper_bound(queue_, event.at.earliest, {},
                                           [](const Event& queued) { return queued.at.earliest; });
  queue_.insert(at, std::move(event));
}

// RFC 5961 §3.2: only an RST with exactly the next sequence number counts; a challenge ACK tells it.
void WireTarget::reset_flows() {
  collect_packets();
  const Timeout drain(kDrain);
  do {
    for (auto& [ports, flow] : flows_) {
      if (!std::exchange(flow.told, false)) continue;
      packet::Image rst = packet::make_tcp({place_.tester, ports.first}, {place_.target, ports.second});
      rst.tcp->flags = scenario::kRst;
      rst.tcp->seq = flow.next;
      packet::seal(rst);
      (void)cable_.send(packet::encode(rst));
    }
    wait(drain.left());
    collect_packets();
    collect_agent();
  } while (drain.left() > Duration());
}

bool WireTarget::accepts(std::uint16_t port, std::uint16_t probe, std::uint16_t flags) {
  Dialog dialog(cable_, {place_.tester, slot_->slot.probe_port(probe)}, {place_.target, port});
  const std::optional<Spoken> answer = dialog.open(Opening::kPlain);
  dialog.reset();
  if (answer && trap_.empty()) trap_ = answer->trap;
  return answer && answer->has(flags);
}

// A lost cable or a box that is gone is told apart from a stack that does not answer.
void WireTarget::look_again() {
  if (gone_ = cable_.link_trouble(); !gone_.empty()) return;
  if (!cable_.resolve(kReach)) {
    gone_ = fmt::format("the box no longer answers {}",
                        ip_ == IpVersion::kV4 ? "ARP" : "neighbour solicitations");
    return;
  }
  const bool knows_closed = !profile_.lacks.contains("closed-port");
  const bool refuses = knows_closed && accepts(options_.closed, 0, scenario::kRst);
  if (service_ == Service::kNone || service_ == Service::kCalls) {
    if (knows_closed && !refuses)
      gone_ = fmt::format("the box no longer answers a SYN to port {} with an RST", options_.closed);
    return;
  }
  const std::uint16_t port = port_of(service_);
  if (accepts(port, 1, scenario::kSyn | scenario::kAck)) return;
  gone_ = refuses ? fmt::format("port {} of the box no longer accepts connections: is its server gone?", port)
                  : "the box answers ARP, but no SYN any more";
}

Status WireTarget::end() {
  if (!started_) return Ok{};
  started_ = false;
  const Status ended = agent_ ? agent_->end() : Status(Ok{});
  if (gone_.empty()) {
    reset_flows();
    look_again();
  }
  disturbance_ = trouble();
  queue_.clear();
  slot_.reset();
  service_lease_.reset();
  return ended;
}

std::string WireTarget::trouble() {
  std::string all;
  const auto add = [&](const std::string& text) {
    if (!text.empty()) all += (all.empty() ? "" : "; ") + text;
  };
  add(gone_);
  add(trap_);
  add(cable_.rival());
  if (const Duration step = clock_.stepped_by(); step > kClockTolerance || step < -kClockTolerance) {
    add(fmt::format("the wall clock was set by {} s during the case", to_string(step)));
  }
  if (const std::uint64_t lost = cable_.lost(); lost > 0) {
    add(fmt::format("{} packets were lost between the interface and the tester", lost));
  }
  return all;
}

std::string WireTarget::disturbance() { return started_ ? trouble() : disturbance_; }

}  // namespace tcpspec::target::wire
