#include "harness/target/veth.h"

#include <fmt/format.h>
#include <linux/ethtool.h>
#include <linux/if_packet.h>
#include <linux/sockios.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "harness/target/linux_fd.h"
#include "harness/target/netns.h"

namespace tcpspec::target {
namespace {

constexpr const char* kTargetEnd = "tcpspec0";
constexpr const char* kTesterEnd = "tester0";
// Locally administered, and different: what the target sends carries its own address as destination (NOARP),
// so the tester's end sees it as somebody else's and the kernel behind that end drops it.
constexpr MacAddress kTargetMac{0x02, 0, 0, 0, 0, 0x02};
constexpr MacAddress kTesterMac{0x02, 0, 0, 0, 0, 0x01};

class Veth final : public Way {
 public:
  Veth(Fd sender, unsigned target, unsigned tester, IpVersion ip)
      : sender_(std::move(sender)), target_(target), tester_(tester), ip_(ip) {}

  unsigned device() const override { return target_; }

  Status write(ByteView packet) override {
    Bytes frame(kTargetMac.begin(), kTargetMac.end());
    frame.reserve(ETHER_HDR_LEN + packet.size());
    append(frame, kTesterMac);
    append_be16(frame, ethertype_of(packet, ip_));
    append(frame, packet);
    sockaddr_ll to{};
    to.sll_family = AF_PACKET;
    to.sll_ifindex = static_cast<int>(tester_);
    ssize_t n = 0;
    do {
      n = ::sendto(sender_.get(), frame.data(), frame.size(), 0, reinterpret_cast<const sockaddr*>(&to),
                   sizeof to);
    } while (n < 0 && errno == EINTR);
    if (n < 0) return Error{system_error("the veth device did not take the packet", errno)};
    return Ok{};
  }

  // Nothing listens on the tester's end (the sender's protocol is 0), so nothing queues there.
  void drain() override {}

 private:
  Fd sender_;
  unsigned target_;
  unsigned tester_;
  IpVersion ip_;
};

// Receive checksums too: with them on, a veth declares every injected checksum good.
Status switch_offloads_off(int socket) {
  constexpr std::array<std::pair<std::uint32_t, const char*>, 6> kOffloads{{{ETHTOOL_STXCSUM, "tx checksums"},
                                                                            {ETHTOOL_SRXCSUM, "rx checksums"},
                                                                            {ETHTOOL_STSO, "TSO"},
                                                                            {ETHTOOL_SSG, "scatter-gather"},
                                                                            {ETHTOOL_SGSO, "GSO"},
                                                                            {ETHTOOL_SGRO, "GRO"}}};
  for (const auto& [command, name] : kOffloads) {
    ethtool_value value{.cmd = command, .data = 0};
    ifreq request{};
    std::strncpy(request.ifr_name, kTargetEnd, IFNAMSIZ - 1);
    request.ifr_data = reinterpret_cast<char*>(&value);
    if (::ioctl(socket, SIOCETHTOOL, &request) < 0) {
      return Error{system_error(fmt::format("cannot switch {} of the veth device off", name), errno)};
    }
  }
  return Ok{};
}

Status bring_up(Netlink& netlink, unsigned target, unsigned tester, IpVersion ip) {
  if (ip == IpVersion::kV6) {
    const SysctlResult quiet = write_sysctl(fmt::format("ipv6/conf/{}/disable_ipv6", kTesterEnd), "1");
    if (quiet.outcome == SysctlOutcome::kRefused) {
      return Error{system_error("cannot switch IPv6 of the tester's end off", quiet.error)};
    }
  }
  // The tester's first: an end that comes up before its peer gets its queue later, in the background, and
  // drops what is sent until then. The sender goes round the queue.
  for (const unsigned end : {tester, target}) {
    if (Status up = netlink.set_up_without_arp(end); !up) return up;
  }
  return Ok{};
}

}  // namespace

Result<std::unique_ptr<Way>> open_veth(Netlink& netlink, const CaseSetup& setup) {
  if (Status made = netlink.add_veth({kTargetEnd, kTargetMac}, {kTesterEnd, kTesterMac}, setup.mtu); !made) {
    return Error{made.error()};
  }
  const unsigned target = ::if_nametoindex(kTargetEnd);
  const unsigned tester = ::if_nametoindex(kTesterEnd);
  if (target == 0 || tester == 0) return Error{system_error("a veth device has no index", errno)};
  Fd sender(::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0));
  if (!sender) return Error{system_error("cannot open a packet socket", errno)};
  const int bypass = 1;
  if (::setsockopt(sender.get(), SOL_PACKET, PACKET_QDISC_BYPASS, &bypass, sizeof bypass) < 0) {
    return Error{system_error("cannot set PACKET_QDISC_BYPASS", errno)};
  }
  if (Status up = bring_up(netlink, target, tester, setup.ip); !up) return Error{up.error()};
  if (Status off = switch_offloads_off(sender.get()); !off) return Error{off.error()};
  if (Status given = give_addresses(netlink, target, setup); !given) return Error{given.error()};
  return std::unique_ptr<Way>(std::make_unique<Veth>(std::move(sender), target, tester, setup.ip));
}

}  // namespace tcpspec::target
