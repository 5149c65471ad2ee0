// LinuxTarget: the kernel of this machine, in namespaces of its own, in real time. Needs no root where the
// system permits user namespaces. Owns the namespaces of its process, one device (TUN or veth), a Capture
// beside it and the agent that makes the socket calls; all of them vanish with the process, however it ends.
//
// One process, one case: start() moves the calling process, which must have one thread, into the namespaces
// for good. Packets are stamped by the kernel beside the device, calls by the agent around the system call,
// all on one CaseClock.
#ifndef HARNESS_TARGET_LINUX_H_
#define HARNESS_TARGET_LINUX_H_

#include <sys/types.h>

#include <deque>
#include <memory>
#include <optional>
#include <string>

#include "harness/target/agent_channel.h"
#include "harness/target/capture.h"
#include "harness/target/linux_clock.h"
#include "harness/target/linux_profile.h"
#include "harness/target/linux_way.h"
#include "harness/target/target.h"

namespace tcpspec::target {

enum class LinuxWay { kAuto, kTun, kVeth };  // auto: TUN where /dev/net/tun opens
struct LinuxOptions {
  LinuxWay way = LinuxWay::kAuto;
};

class LinuxTarget final : public Target {
 public:
  LinuxTarget(WayKind way, bool may_fall_back);
  ~LinuxTarget() override;

  const Profile& profile() const override { return profile_; }
  // An error that begins with "policy " is the case's wish that Linux cannot be set to; any other is ours.
  Status start(const CaseSetup& setup) override;
  Instant now() const override;
  // Returns when the packet was seen on its way up the stack, with the kernel's stamp of that moment.
  Result<Stamp> inject(ByteView packet) override;
  CallId begin(const SocketCall& call) override;
  void cancel(CallId call) override;
  Result<Value> query(const Query& query) override;
  std::optional<Event> next(Instant deadline) override;
  Status end() override;
  std::string disturbance() override;

  // The process that makes the calls; -1 before start() and after end().
  [[nodiscard]] pid_t agent_pid() const { return agent_ ? agent_->pid() : -1; }

 private:
  Status open_way(Netlink& netlink, const CaseSetup& setup);
  Status open_capture();
  Status prove_way(const IpAddress& target);
  // Our own packet on its way up the stack; nothing after `wait`. What the target sends meanwhile is queued.
  std::optional<Captured> await_delivery(ByteView packet, Duration wait);
  // Waits at most so long for something to read, and takes everything that is there into the queue.
  void collect(Duration wait);
  void collect_packets();
  void collect_agent();
  void keep(Captured captured);
  void enqueue(Event event);

  WayKind way_kind_;
  bool may_fall_back_;
  Profile profile_;
  std::optional<CaseClock> clock_;
  std::unique_ptr<Way> way_;
  std::optional<Capture> capture_;
  std::unique_ptr<AgentChannel> agent_;
  bool agent_lives_ = false;
  Instant agent_seen_;       // the last moment at which it was known to live
  std::deque<Event> queue_;  // in order of Stamp::earliest
  CallId last_call_ = 0;
  std::string disturbance_;
};

// Decides the way in, so that profile() can tell it before start(). An error: neither way is there.
[[nodiscard]] Result<std::unique_ptr<Target>> make_linux_target(LinuxOptions options);

// Whether a case could run here, tried in a child process. One message: what was refused, and the remedy.
[[nodiscard]] Status probe_linux(LinuxOptions options);

}  // namespace tcpspec::target

#endif  // HARNESS_TARGET_LINUX_H_
