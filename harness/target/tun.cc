#include "harness/target/tun.h"

#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/uio.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "harness/target/linux_fd.h"
#include "harness/target/netns.h"

namespace tcpspec::target {
namespace {

constexpr const char* kDevice = "tcpspec0";
// Packets that wait for drain(): more than a full send buffer of the target holds.
constexpr std::uint32_t kQueue = 4096;

class Tun final : public Way {
 public:
  Tun(Fd fd, unsigned index, IpVersion ip) : fd_(std::move(fd)), index_(index), ip_(ip) {}

  unsigned device() const override { return index_; }

  // The protocol stands in front (no IFF_NO_PI): otherwise the device refuses a packet whose version field is
  // damaged, and the stack would never see it.
  Status write(ByteView packet) override {
    tun_pi info{.flags = 0, .proto = htons(ethertype_of(packet, ip_))};
    Bytes copy(packet.begin(), packet.end());
    const std::array<iovec, 2> parts{iovec{&info, sizeof info}, iovec{copy.data(), copy.size()}};
    ssize_t n = 0;
    do {
      n = ::writev(fd_.get(), parts.data(), static_cast<int>(parts.size()));
    } while (n < 0 && errno == EINTR);
    if (n < 0) return Error{system_error("the TUN device did not take the packet", errno)};
    return Ok{};
  }

  // A read takes one packet off the queue whatever fits in the buffer; the Capture has it already.
  void drain() override {
    std::array<char, 4> head{};
    while (::read(fd_.get(), head.data(), head.size()) >= 0) {
    }
  }

 private:
  Fd fd_;
  unsigned index_;
  IpVersion ip_;
};

}  // namespace

Status tun_opens() {
  const Fd fd(::open("/dev/net/tun", O_RDWR | O_CLOEXEC));
  if (fd) return Ok{};
  const int e = errno;
  return Error{system_error("cannot open /dev/net/tun", e) +
               (e == ENOENT || e == ENODEV || e == ENXIO ? " (modprobe tun)" : " (chmod 0666 /dev/net/tun)")};
}

Result<std::unique_ptr<Way>> open_tun(Netlink& netlink, const CaseSetup& setup) {
  // Opened here and not earlier: the device belongs to the namespace in which the file was opened.
  Fd fd(::open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK));
  if (!fd) return Error{tun_opens().ok() ? "cannot open /dev/net/tun" : tun_opens().error()};
  ifreq request{};
  std::strncpy(request.ifr_name, kDevice, IFNAMSIZ - 1);
  request.ifr_flags = IFF_TUN;
  if (::ioctl(fd.get(), TUNSETIFF, &request) < 0) {
    return Error{system_error("cannot make a TUN device", errno)};
  }
  const unsigned index = ::if_nametoindex(kDevice);
  if (index == 0) return Error{system_error("the TUN device has no index", errno)};
  if (Status status = netlink.set_up(index, setup.mtu, kQueue); !status) return Error{status.error()};
  if (Status status = give_addresses(netlink, index, setup); !status) return Error{status.error()};
  return std::unique_ptr<Way>(std::make_unique<Tun>(std::move(fd), index, setup.ip));
}

}  // namespace tcpspec::target
