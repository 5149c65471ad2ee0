#include "harness/target/capture.h"

#include <linux/errqueue.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/net_tstamp.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "harness/target/netns.h"

namespace tcpspec::target {
namespace {

constexpr int kReceiveBuffer = 16 << 20;  // asked for; the kernel gives what rmem_max permits
constexpr std::size_t kLargestPacket = 65536 + 64;

// CLOCK_REALTIME in nanoseconds, or nothing.
std::optional<std::int64_t> kernel_stamp(msghdr& header) {
  for (cmsghdr* c = CMSG_FIRSTHDR(&header); c != nullptr; c = CMSG_NXTHDR(&header, c)) {
    if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_TIMESTAMPING) continue;
    scm_timestamping stamps{};
    std::memcpy(&stamps, CMSG_DATA(c), sizeof stamps);
    const std::int64_t nanos = stamps.ts[0].tv_sec * 1'000'000'000 + stamps.ts[0].tv_nsec;
    if (nanos != 0) return nanos;
  }
  return std::nullopt;
}

}  // namespace

Capture::Capture(Fd fd, const CaseClock& clock)
    : fd_(std::move(fd)), clock_(clock), last_empty_(clock.now()), buffer_(kLargestPacket) {}

void Capture::restart(const CaseClock& clock) {
  clock_ = clock;
  last_empty_ = clock.now();
}

Result<Capture> Capture::open(unsigned device, const CaseClock& clock) {
  // Protocol 0 until bind: nothing of other devices gets in, and bind needs no grace period.
  Fd fd(::socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) return Error{system_error("cannot open a packet socket", errno)};
  ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVBUF, &kReceiveBuffer, sizeof kReceiveBuffer);
  // Not SO_TIMESTAMPNS: that one hides a missing stamp behind the time of the read.
  const int stamps = SOF_TIMESTAMPING_RX_SOFTWARE | SOF_TIMESTAMPING_SOFTWARE;
  if (::setsockopt(fd.get(), SOL_SOCKET, SO_TIMESTAMPING, &stamps, sizeof stamps) < 0) {
    return Error{system_error("the packet socket gives no time stamps", errno)};
  }
  sockaddr_ll where{};
  where.sll_family = AF_PACKET;
  where.sll_protocol = htons(ETH_P_ALL);
  where.sll_ifindex = static_cast<int>(device);
  if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&where), sizeof where) < 0) {
    return Error{system_error("cannot bind the packet socket to the device", errno)};
  }
  return Capture(std::move(fd), clock);
}

std::optional<Captured> Capture::take() {
  for (;;) {
    sockaddr_ll from{};
    iovec part{buffer_.data(), buffer_.size()};
    alignas(cmsghdr) std::array<char, 256> control{};
    msghdr header{};
    header.msg_name = &from;
    header.msg_namelen = sizeof from;
    header.msg_iov = &part;
    header.msg_iovlen = 1;
    header.msg_control = control.data();
    header.msg_controllen = control.size();
    const Instant before = clock_.now();
    const ssize_t n = ::recvmsg(fd_.get(), &header, 0);
    if (n < 0) {
      if (errno == EINTR) continue;
      last_empty_ = before;
      return std::nullopt;
    }
    if (from.sll_protocol != htons(ETH_P_IP) && from.sll_protocol != htons(ETH_P_IPV6)) continue;
    Captured captured;
    captured.from_target = from.sll_pkttype == PACKET_OUTGOING;
    const std::optional<std::int64_t> stamp = kernel_stamp(header);
    captured.kernel_stamp = stamp.has_value();
    captured.at = stamp ? Stamp::at(clock_.of_realtime(*stamp)) : Stamp{last_empty_, clock_.now()};
    captured.packet.assign(buffer_.begin(), buffer_.begin() + n);
    return captured;
  }
}

std::uint64_t Capture::lost() {
  tpacket_stats statistics{};
  socklen_t size = sizeof statistics;
  if (::getsockopt(fd_.get(), SOL_PACKET, PACKET_STATISTICS, &statistics, &size) < 0) return 0;
  return statistics.tp_drops;
}

}  // namespace tcpspec::target
