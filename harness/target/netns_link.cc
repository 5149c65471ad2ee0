#include "harness/target/netns_link.h"

#include <fmt/format.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>

#include <cerrno>

#include "harness/target/netns.h"

namespace tcpspec::target {
namespace {

constexpr std::size_t kMessageSize = 1024;
using MessageBuffer = std::array<char, kMessageSize>;

int family_of(const IpAddress& address) { return address.is_v4() ? AF_INET : AF_INET6; }

template <typename Extra>
nlmsghdr* begin_message(MessageBuffer& buffer, int type, int flags, const Extra& extra) {
  nlmsghdr* message = mnl_nlmsg_put_header(buffer.data());
  message->nlmsg_type = static_cast<std::uint16_t>(type);
  message->nlmsg_flags = static_cast<std::uint16_t>(NLM_F_REQUEST | NLM_F_ACK | flags);
  *static_cast<Extra*>(mnl_nlmsg_put_extra_header(message, sizeof(Extra))) = extra;
  return message;
}

ifinfomsg interface_message(unsigned index, unsigned flags) {
  ifinfomsg extra{};
  extra.ifi_family = AF_UNSPEC;
  extra.ifi_index = static_cast<int>(index);
  extra.ifi_flags = flags;
  extra.ifi_change = flags;
  return extra;
}

void put_end(nlmsghdr* message, const VethEnd& end, std::uint32_t mtu) {
  mnl_attr_put_strz(message, IFLA_IFNAME, end.name.c_str());
  mnl_attr_put(message, IFLA_ADDRESS, end.mac.size(), end.mac.data());
  mnl_attr_put_u32(message, IFLA_MTU, mtu);
  mnl_attr_put_u32(message, IFLA_NUM_TX_QUEUES, 1);
  mnl_attr_put_u32(message, IFLA_NUM_RX_QUEUES, 1);
}

}  // namespace

Result<Netlink> Netlink::open() {
  mnl_socket* socket = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
  if (socket == nullptr) return Error{system_error("cannot open a netlink socket", errno)};
  Netlink netlink(socket);
  if (mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) < 0) {
    return Error{system_error("cannot bind a netlink socket", errno)};
  }
  return netlink;
}

Status Netlink::ask(nlmsghdr* message, const char* what) {
  message->nlmsg_seq = ++sequence_;
  if (mnl_socket_sendto(socket_.get(), message, message->nlmsg_len) < 0)
    return Error{system_error(what, errno)};
  std::array<char, 4096> reply{};
  const ssize_t n = mnl_socket_recvfrom(socket_.get(), reply.data(), reply.size());
  if (n < 0 || mnl_cb_run(reply.data(), static_cast<std::size_t>(n), sequence_,
                          mnl_socket_get_portid(socket_.get()), nullptr, nullptr) < 0) {
    const int error = errno;
    const std::string remedy = error == EPERM ? refusal_remedy() : std::string();
    return Error{system_error(what, error) + (remedy.empty() ? "" : ": " + remedy)};
  }
  return Ok{};
}

Status Netlink::set_up(unsigned index, std::uint32_t mtu, std::uint32_t queue) {
  MessageBuffer buffer{};
  nlmsghdr* message = begin_message(buffer, RTM_NEWLINK, 0, interface_message(index, IFF_UP));
  mnl_attr_put_u32(message, IFLA_MTU, mtu);
  mnl_attr_put_u32(message, IFLA_TXQLEN, queue);
  return ask(message, "cannot bring the device up");
}

Status Netlink::set_up_without_arp(unsigned index) {
  MessageBuffer buffer{};
  return ask(begin_message(buffer, RTM_NEWLINK, 0, interface_message(index, IFF_UP | IFF_NOARP)),
             "cannot bring the device up");
}

Status Netlink::add_veth(const VethEnd& target, const VethEnd& tester, std::uint32_t mtu) {
  MessageBuffer buffer{};
  const ifinfomsg extra = interface_message(0, 0);
  nlmsghdr* message = begin_message(buffer, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, extra);
  put_end(message, target, mtu);
  nlattr* info = mnl_attr_nest_start(message, IFLA_LINKINFO);
  mnl_attr_put_strz(message, IFLA_INFO_KIND, "veth");
  nlattr* data = mnl_attr_nest_start(message, IFLA_INFO_DATA);
  nlattr* peer = mnl_attr_nest_start(message, VETH_INFO_PEER);
  *static_cast<ifinfomsg*>(mnl_nlmsg_put_extra_header(message, sizeof(ifinfomsg))) = extra;
  put_end(message, tester, mtu);
  mnl_attr_nest_end(message, peer);
  mnl_attr_nest_end(message, data);
  mnl_attr_nest_end(message, info);
  return ask(message, "cannot make a veth pair");
}

Status Netlink::add_address(unsigned index, const IpAddress& address) {
  MessageBuffer buffer{};
  ifaddrmsg extra{};
  extra.ifa_family = static_cast<std::uint8_t>(family_of(address));
  extra.ifa_prefixlen = address.is_v4() ? 24 : 64;
  extra.ifa_flags = address.is_v4() ? 0 : IFA_F_NODAD;
  extra.ifa_index = index;
  nlmsghdr* message = begin_message(buffer, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, extra);
  mnl_attr_put(message, IFA_LOCAL, address.bytes().size(), address.bytes().data());
  mnl_attr_put(message, IFA_ADDRESS, address.bytes().size(), address.bytes().data());
  return ask(message, "cannot give the device its address");
}

Status Netlink::add_default_route(unsigned index, const IpAddress& source) {
  MessageBuffer buffer{};
  rtmsg extra{};
  extra.rtm_family = static_cast<std::uint8_t>(family_of(source));
  extra.rtm_table = RT_TABLE_MAIN;
  extra.rtm_protocol = RTPROT_STATIC;
  extra.rtm_scope = source.is_v4() ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE;
  extra.rtm_type = RTN_UNICAST;
  nlmsghdr* message = begin_message(buffer, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, extra);
  mnl_attr_put_u32(message, RTA_OIF, index);
  mnl_attr_put(message, RTA_PREFSRC, source.bytes().size(), source.bytes().data());
  return ask(message, "cannot set the default route");
}

}  // namespace tcpspec::target
