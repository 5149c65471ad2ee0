#include "harness/target/linux.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/prctl.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "harness/target/linux_echo.h"
#include "harness/target/netns.h"
#include "harness/target/posix/host.h"
#include "harness/target/tun.h"
#include "harness/target/veth.h"

namespace tcpspec::target {
namespace {

constexpr Duration kDeliveryWait = Duration::millis(200);
constexpr Duration kProofWait = Duration::seconds(5);  // hundreds of namespaces at once share one RTNL lock
constexpr Duration kProofStep = Duration::millis(1);
constexpr Duration kQueryWait = Duration::seconds(1);
constexpr Duration kClockTolerance = Duration::millis(1);

std::string sysctl_remedy(int error) {
  if (error == EROFS || error == EACCES || error == EPERM) {
    return " (a container with a read-only /proc/sys? run it with --privileged)";
  }
  return {};
}

Status apply(const std::vector<Sysctl>& sysctls) {
  for (const Sysctl& sysctl : sysctls) {
    const SysctlResult written = write_sysctl(sysctl.name, sysctl.value);
    if (written.outcome == SysctlOutcome::kWritten) continue;
    if (!sysctl.policy.empty()) {
      return Error{system_error(
          fmt::format("policy {}: this kernel refuses {}={}", sysctl.policy, sysctl.name, sysctl.value),
          written.error)};
    }
    if (written.outcome == SysctlOutcome::kAbsent) continue;
    return Error{system_error(fmt::format("cannot write {} to /proc/sys/net/{}", sysctl.value, sysctl.name),
                              written.error) +
                 sysctl_remedy(written.error)};
  }
  return Ok{};
}

}  // namespace

LinuxTarget::LinuxTarget(WayKind way, bool may_fall_back)
    : way_kind_(way), may_fall_back_(may_fall_back), profile_(linux_profile(way)) {}

LinuxTarget::~LinuxTarget() { (void)end(); }

Status LinuxTarget::start(const CaseSetup& setup) {
  if (clock_) return Error{"this process has had its case: one process, one case"};
  if (setup.target.version() != setup.ip)
    return Error{"the target's address is not of the case's IP version"};
  if (const auto lack = profile_.lacks.find("ipv6");
      setup.ip == IpVersion::kV6 && lack != profile_.lacks.end()) {
    return Error{lack->second};
  }
  const Result<std::vector<Sysctl>> wishes = policy_sysctls(setup.policies, profile_);
  if (!wishes) return Error{wishes.error()};
  // The default lets the kernel wake us 50 us late to save power.
  ::prctl(PR_SET_TIMERSLACK, 1UL);
  if (Status status = enter_namespaces(); !status) return status;
  for (const auto& group : {base_sysctls(), quiet_sysctls(setup.ip), *wishes}) {
    if (Status status = apply(group); !status) return status;
  }
  // The agent starts up beside us while the device is made.
  Result<std::unique_ptr<AgentChannel>> agent = AgentChannel::launch();
  if (!agent) return Error{agent.error()};
  agent_ = std::move(*agent);
  agent_lives_ = true;
  Result<Netlink> netlink = Netlink::open();
  if (!netlink) return Error{netlink.error()};
  if (Status status = open_way(*netlink, setup); !status) return status;
  if (Status status = open_capture(); !status) return status;
  return prove_way(setup.target);
}

Status LinuxTarget::open_way(Netlink& netlink, const CaseSetup& setup) {
  if (way_kind_ == WayKind::kTun) {
    Result<std::unique_ptr<Way>> tun = open_tun(netlink, setup);
    if (!tun && !may_fall_back_) return Error{tun.error()};
    if (tun) {
      way_ = std::move(*tun);
      return Ok{};
    }
    way_kind_ = WayKind::kVeth;
    profile_.setting = linux_profile(way_kind_).setting;
  }
  Result<std::unique_ptr<Way>> veth = open_veth(netlink, setup);
  if (!veth) return Error{veth.error()};
  way_ = std::move(*veth);
  return Ok{};
}

Status LinuxTarget::open_capture() {
  clock_.emplace();
  Result<Capture> capture = Capture::open(way_->device(), *clock_);
  if (!capture) return Error{capture.error()};
  capture_ = std::move(*capture);
  return Ok{};
}

// The kernel finishes a device in the background: the local route of an IPv6 address, the link state of a
// veth, the stamps of the packet socket. The case begins when an echo went in with a stamp and came out
// again.
Status LinuxTarget::prove_way(const IpAddress& target) {
  const Timeout timeout(kProofWait);
  std::string missing = "the device takes no packets";
  for (std::uint16_t sequence = 1; timeout.left() > Duration(); ++sequence) {
    const Bytes request = echo_request(target, sequence);
    const std::optional<Captured> seen =
        way_->write(request) ? await_delivery(request, kProofStep) : std::nullopt;
    if (seen && queue_.empty()) collect(kProofStep);
    const bool answered = std::ranges::any_of(queue_, [](const Event& event) {
      const auto* out = std::get_if<PacketOut>(&event.what);
      return out != nullptr && is_echo_reply(out->packet);
    });
    std::erase_if(queue_, [](const Event& event) { return std::holds_alternative<PacketOut>(event.what); });
    if (answered && seen->kernel_stamp) {
      clock_.emplace();
      capture_->restart(*clock_);
      return Ok{};
    }
    if (seen) missing = answered ? "the kernel stamps no packets" : "the stack answers no echo";
  }
  return Error{"the way into the kernel does not work: " + missing};
}

Instant LinuxTarget::now() const { return clock_ ? clock_->now() : Instant(); }

std::optional<Captured> LinuxTarget::await_delivery(ByteView packet, Duration wait) {
  const Timeout timeout(wait);
  for (;;) {
    while (std::optional<Captured> captured = capture_->take()) {
      if (!captured->from_target && std::ranges::equal(captured->packet, packet)) return captured;
      keep(std::move(*captured));
    }
    const Duration left = timeout.left();
    if (left == Duration()) return std::nullopt;
    pollfd readable{.fd = capture_->fd(), .events = POLLIN, .revents = 0};
    const timespec spec = to_timespec(left);
    ::ppoll(&readable, 1, &spec, nullptr);
  }
}

Result<Stamp> LinuxTarget::inject(ByteView packet) {
  if (!way_) return Error{"not delivered: the target is not started"};
  const Instant before = now();
  if (Status status = way_->write(packet); !status) return Error{"not delivered: " + status.error()};
  const std::optional<Captured> seen = await_delivery(packet, kDeliveryWait);
  if (!seen) return Error{"not delivered: the packet did not come by on its way up the stack"};
  if (seen->kernel_stamp) return seen->at;
  return Stamp{before, seen->at.latest};
}

CallId LinuxTarget::begin(const SocketCall& call) {
  const CallId id = ++last_call_;
  if (agent_lives_) agent_->send(AgentCall{id, call});
  return id;
}

void LinuxTarget::cancel(CallId call) {
  if (agent_lives_) agent_->send(AgentCancel{call});
}

Result<Value> LinuxTarget::query(const Query& query) {
  SocketCall call;
  switch (query.kind) {
    case QueryKind::kState:
      call.kind = CallKind::kGetOption;
      call.option = SocketOption::kTcpInfoState;
      call.handle = query.handle;
  }
  const CallId id = begin(call);
  const auto is_ours = [&](const Event& event) {
    const auto* done = std::get_if<CallDone>(&event.what);
    return done != nullptr && done->call == id;
  };
  const Timeout timeout(kQueryWait);
  while (agent_lives_ && timeout.left() > Duration()) {
    collect(timeout.left());
    const auto at = std::ranges::find_if(queue_, is_ours);
    if (at == queue_.end()) continue;
    const CallResult result = std::get<CallDone>(at->what).result;
    queue_.erase(at);
    if (!result.error.empty()) return Error{result.error};
    Result<std::string> name = tcp_state_name(result.option);
    if (!name) return Error{name.error()};
    return Value(*name);
  }
  return Error{"the agent does not answer"};
}

std::optional<Event> LinuxTarget::next(Instant deadline) {
  const auto due = [&] { return !queue_.empty() && queue_.front().at.earliest <= deadline; };
  const Timeout timeout(deadline - now());
  for (;;) {
    // Even when an event is at hand: an older one may have arrived.
    const Duration left = timeout.left();
    collect(due() ? Duration() : left);
    if (due()) {
      Event event = std::move(queue_.front());
      queue_.pop_front();
      return event;
    }
    if (left == Duration()) return std::nullopt;
  }
}

void LinuxTarget::collect(Duration wait) {
  std::array<pollfd, 2> fds{};
  fds[0] = {.fd = capture_ ? capture_->fd() : -1, .events = POLLIN, .revents = 0};
  fds[1] = {.fd = agent_lives_ ? agent_->fd() : -1, .events = POLLIN, .revents = 0};
  const timespec spec = to_timespec(wait);
  if (::ppoll(fds.data(), fds.size(), &spec, nullptr) <= 0) return;
  if (fds[0].revents != 0) collect_packets();
  if (fds[1].revents != 0) collect_agent();
}

void LinuxTarget::collect_packets() {
  while (std::optional<Captured> captured = capture_->take()) keep(std::move(*captured));
}

void LinuxTarget::keep(Captured captured) {
  if (!captured.from_target) return;
  enqueue(Event{captured.at, PacketOut{std::move(captured.packet)}});
  way_->drain();
}

void LinuxTarget::collect_agent() {
  std::vector<AgentCompletion> completions;
  const Instant before = now();
  agent_lives_ = agent_->receive(completions);
  for (AgentCompletion& done : completions) {
    enqueue(Event{Stamp::at(clock_->of_realtime(done.returned)),
                  CallDone{done.id, std::move(done.result), Stamp::at(clock_->of_realtime(done.entered))}});
  }
  if (!agent_lives_) enqueue(Event{Stamp{agent_seen_, now()}, TargetDied{agent_->ended_how()}});
  agent_seen_ = before;
}

void LinuxTarget::enqueue(Event event) {
  const auto at = std::ranges::upper_bound(queue_, event.at.earliest, {},
                                           [](const Event& queued) { return queued.at.earliest; });
  queue_.insert(at, std::move(event));
}

std::string LinuxTarget::disturbance() {
  if (!capture_) return disturbance_;
  std::string found;
  if (const Duration step = clock_->stepped_by(); step > kClockTolerance || step < -kClockTolerance) {
    found = fmt::format("the wall clock was set by {} s during the case", to_string(step));
  }
  if (const std::uint64_t lost = capture_->lost(); lost > 0) {
    found += fmt::format("{}{} packets were lost between the device and the tester",
                         found.empty() ? "" : "; ", lost);
  }
  if (disturbance_.empty()) disturbance_ = found;
  return disturbance_;
}

Status LinuxTarget::end() {
  (void)disturbance();
  // What the application had closed and the peer never acknowledged would repeat its FIN for minutes, and
  // keep the namespace. The next repeat is now its last.
  if (agent_) (void)write_sysctl("ipv4/tcp_orphan_retries", "1");
  agent_lives_ = false;
  agent_.reset();
  capture_.reset();
  way_.reset();
  queue_.clear();
  return Ok{};
}

}  // namespace tcpspec::target
