// Netlink: the few route-netlink requests that bring one device of the process's own network namespace up.
// Each waits for the kernel's acknowledgement. Owns the netlink socket.
#ifndef HARNESS_TARGET_NETNS_LINK_H_
#define HARNESS_TARGET_NETNS_LINK_H_

#include <libmnl/libmnl.h>

#include <array>
#include <cstdint>
#include <memory>
#include <string>

#include "stack/base/address.h"
#include "stack/base/result.h"

namespace tcpspec::target {

using MacAddress = std::array<std::uint8_t, 6>;

struct VethEnd {
  std::string name;
  MacAddress mac{};
};

class Netlink {
 public:
  [[nodiscard]] static Result<Netlink> open();

  // MTU, length of the transmit queue in packets, then up.
  Status set_up(unsigned index, std::uint32_t mtu, std::uint32_t queue);
  // Without neighbour resolution (IFF_NOARP), and up.
  Status set_up_without_arp(unsigned index);
  // A pair, both ends down, one queue each.
  Status add_veth(const VethEnd& target, const VethEnd& tester, std::uint32_t mtu);
  // /24 or /64, without duplicate address detection.
  Status add_address(unsigned index, const IpAddress& address);
  // Everything goes out there, from that source.
  Status add_default_route(unsigned index, const IpAddress& source);

 private:
  struct Close {
    void operator()(mnl_socket* socket) const { mnl_socket_close(socket); }
  };
  explicit Netlink(mnl_socket* socket) : socket_(socket) {}
  Status ask(nlmsghdr* message, const char* what);

  std::unique_ptr<mnl_socket, Close> socket_;
  std::uint32_t sequence_ = 0;
};

}  // namespace tcpspec::target

#endif  // HARNESS_TARGET_NETNS_LINK_H_
