#include "harness/target/wire/lease.h"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cerrno>
#include <cstring>
#include <ctime>

#include "harness/target/linux_clock.h"
#include "harness/target/netns.h"

namespace tcpspec::target::wire {
namespace {

constexpr Duration kLookAgain = Duration::millis(20);
constexpr std::int64_t kPortsTried = 256;

void sleep_for(Duration time) {
  timespec left = to_timespec(time);
  while (::nanosleep(&left, &left) != 0 && errno == EINTR) {
  }
}

void sleep_until_wall(std::int64_t nanos) {
  for (std::int64_t now = realtime_nanos(); now < nanos; now = realtime_nanos()) {
    sleep_for(Duration::nanos(nanos - now));
  }
}

}  // namespace

Result<std::optional<Lease>> Lease::take(const std::string& name) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  // A leading zero octet: no file.
  const std::string full = '\0' + ("tcpspec/" + name);
  if (full.size() > sizeof address.sun_path)
    return Error{fmt::format("the name of a lease is too long: {}", name)};
  std::memcpy(&address.sun_path[0], full.data(), full.size());
  Fd fd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!fd) return Error{system_error("cannot open a Unix socket", errno)};
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + full.size());
  if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), size) == 0) {
    return std::optional<Lease>(Lease(std::move(fd)));
  }
  if (errno == EADDRINUSE) return std::optional<Lease>();
  return Error{system_error("cannot bind a Unix socket", errno)};
}

Result<LeasedSlot> lease_slot(const std::string& interface, const SlotPlan& plan,
                              const std::set<IpAddress>& taken, Duration patience) {
  const Timeout timeout(patience);
  do {
    // Not always the same address first: what an earlier case left behind on the box then meets nobody.
    const auto offset = static_cast<std::uint32_t>(plan.next_tick(realtime_nanos()) % plan.count());
    for (std::uint32_t i = 0; i < plan.count(); ++i) {
      const std::uint32_t index = (offset + i) % plan.count();
      const IpAddress own = plan.address(index);
      if (taken.contains(own)) continue;
      Result<std::optional<Lease>> lease =
          Lease::take(fmt::format("{}/{}/{}", interface, tcpspec::to_string(own), plan.lane(index)));
      if (!lease) return Error{lease.error()};
      if (!*lease) continue;
      const std::int64_t tick = plan.next_tick(realtime_nanos());
      sleep_until_wall(plan.begins(tick));
      return LeasedSlot{plan.slot(index, tick), std::move(**lease)};
    }
    sleep_for(kLookAgain);
  } while (timeout.left() > Duration());
  return Error{fmt::format(
      "all {} slots for own addresses are taken: fewer --jobs, or more addresses with self=", plan.count())};
}

Result<LeasedPort> lease_service_port(const std::string& dut) {
  for (std::int64_t tried = 0; tried < kPortsTried; ++tried) {
    const std::int64_t tick = realtime_nanos() / service_tick().count_nanos() + 1 + tried;
    const std::uint16_t port = service_port(tick);
    Result<std::optional<Lease>> lease = Lease::take(fmt::format("{}/port/{}", dut, port));
    if (!lease) return Error{lease.error()};
    if (!*lease) continue;
    sleep_until_wall(tick * service_tick().count_nanos());
    return LeasedPort{port, std::move(**lease)};
  }
  return Error{"no port for the agent to listen on is free: fewer --jobs"};
}

}  // namespace tcpspec::target::wire
