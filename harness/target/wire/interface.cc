#include "harness/target/wire/interface.h"

#include <fmt/format.h>
#include <ifaddrs.h>
#include <libmnl/libmnl.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <memory>

#include "harness/target/linux_fd.h"
#include "harness/target/netns.h"

namespace tcpspec::target::wire {
namespace {

struct CloseSocket {
  void operator()(mnl_socket* socket) const { mnl_socket_close(socket); }
};

std::string known_interfaces() {
  std::string names;
  struct if_nameindex* all = ::if_nameindex();
  for (const struct if_nameindex* one = all; one != nullptr && one->if_index != 0; ++one) {
    names += fmt::format("{}{}", names.empty() ? "" : ", ", one->if_name);
  }
  if (all != nullptr) ::if_freenameindex(all);
  return names.empty() ? "none" : names;
}

int read_attribute(const nlattr* attribute, void* data) {
  auto& state = *static_cast<InterfaceState*>(data);
  switch (mnl_attr_get_type(attribute)) {
    case IFLA_MTU:
      state.mtu = mnl_attr_get_u32(attribute);
      break;
    case IFLA_ADDRESS:
      if (mnl_attr_get_payload_len(attribute) == state.mac.size()) {
        std::copy_n(static_cast<const std::uint8_t*>(mnl_attr_get_payload(attribute)), state.mac.size(),
                    state.mac.begin());
      }
      break;
    case IFLA_CARRIER:
      state.carrier = mnl_attr_get_u8(attribute) != 0;
      break;
    case IFLA_CARRIER_CHANGES:
      state.carrier_changes = mnl_attr_get_u32(attribute);
      break;
    default:
      break;
  }
  return MNL_CB_OK;
}

int read_link(const nlmsghdr* message, void* data) {
  auto& state = *static_cast<InterfaceState*>(data);
  const auto* link = static_cast<const ifinfomsg*>(mnl_nlmsg_get_payload(message));
  state.index = static_cast<unsigned>(link->ifi_index);
  state.ethernet = link->ifi_type == ARPHRD_ETHER;
  state.up = (link->ifi_flags & IFF_UP) != 0;
  return mnl_attr_parse(message, sizeof *link, read_attribute, data);
}

}  // namespace

Result<InterfaceState> interface_state(const std::string& name) {
  const unsigned index = ::if_nametoindex(name.c_str());
  if (index == 0) {
    return Error{fmt::format("there is no interface '{}'; there are: {}", name, known_interfaces())};
  }
  const std::unique_ptr<mnl_socket, CloseSocket> socket(mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC));
  if (socket == nullptr || mnl_socket_bind(socket.get(), 0, MNL_SOCKET_AUTOPID) < 0) {
    return Error{system_error("cannot open a netlink socket", errno)};
  }
  std::vector<char> buffer(32'768);
  nlmsghdr* request = mnl_nlmsg_put_header(buffer.data());
  request->nlmsg_type = RTM_GETLINK;
  request->nlmsg_flags = NLM_F_REQUEST;
  auto* link = static_cast<ifinfomsg*>(mnl_nlmsg_put_extra_header(request, sizeof(ifinfomsg)));
  link->ifi_family = AF_UNSPEC;
  link->ifi_index = static_cast<int>(index);
  InterfaceState state;
  ssize_t got = mnl_socket_sendto(socket.get(), request, request->nlmsg_len);
  if (got >= 0) got = mnl_socket_recvfrom(socket.get(), buffer.data(), buffer.size());
  if (got < 0 || mnl_cb_run(buffer.data(), static_cast<std::size_t>(got), 0,
                            mnl_socket_get_portid(socket.get()), read_link, &state) < 0) {
    return Error{system_error(fmt::format("cannot ask the kernel about {}", name), errno)};
  }
  return state;
}

Status usable(const std::string& name, const InterfaceState& state) {
  if (!state.ethernet)
    return Error{fmt::format("{} is no Ethernet interface; there are: {}", name, known_interfaces())};
  if (!state.up) return Error{fmt::format("{} is switched off: ip link set {} up", name, name)};
  if (!state.carrier) {
    return Error{
        fmt::format("{} has no carrier: is the cable in, and the box at its other end switched on?", name)};
  }
  return Ok{};
}

std::vector<std::string> ethernet_interfaces() {
  std::vector<std::string> names;
  struct if_nameindex* all = ::if_nameindex();
  for (const struct if_nameindex* one = all; one != nullptr && one->if_index != 0; ++one) {
    const Result<InterfaceState> state = interface_state(one->if_name);
    if (state && state->ethernet) names.emplace_back(one->if_name);
  }
  if (all != nullptr) ::if_freenameindex(all);
  return names;
}

std::string frames_remedy() {
  std::array<char, PATH_MAX> path{};
  const ssize_t n = ::readlink("/proc/self/exe", path.data(), path.size() - 1);
  const std::string program = n > 0 ? std::string(path.data(), static_cast<std::size_t>(n)) : "tcpspec";
  return fmt::format("frames need CAP_NET_RAW: setcap cap_net_raw+ep {}, or run as root", program);
}

Status may_use_frames() {
  // Protocol 0 receives nothing.
  const Fd fd(::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0));
  if (fd) return Ok{};
  const int error = errno;
  return Error{system_error("cannot open a packet socket", error) +
               (error == EPERM ? ": " + frames_remedy() : "")};
}

std::vector<IpAddress> kernel_addresses() {
  std::vector<IpAddress> addresses;
  ifaddrs* all = nullptr;
  if (::getifaddrs(&all) != 0) return addresses;
  for (const ifaddrs* one = all; one != nullptr; one = one->ifa_next) {
    if (one->ifa_addr == nullptr) continue;
    if (one->ifa_addr->sa_family == AF_INET) {
      const auto* v4 = reinterpret_cast<const sockaddr_in*>(one->ifa_addr);
      addresses.push_back(IpAddress::from_bytes({reinterpret_cast<const std::uint8_t*>(&v4->sin_addr), 4}));
    } else if (one->ifa_addr->sa_family == AF_INET6) {
      const auto* v6 = reinterpret_cast<const sockaddr_in6*>(one->ifa_addr);
      addresses.push_back(IpAddress::from_bytes({reinterpret_cast<const std::uint8_t*>(&v6->sin6_addr), 16}));
    }
  }
  ::freeifaddrs(all);
  return addresses;
}

}  // namespace tcpspec::target::wire
