// The bodies of wire_bench.h; a test file, so that they stay out of the library.
#include <fcntl.h>
#include <libmnl/libmnl.h>
#include <linux/ethtool.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstring>
#include <vector>

#include "harness/target/linux_fd.h"
#include "harness/target/netns.h"
#include "harness/target/netns_link.h"
#include "harness/target/wire/frame.h"
#include "harness/target/wire/pcap_port.h"
#include "harness/target/wire/wire_bench.h"

namespace tcpspec::target::wire::test {
namespace box {

constexpr const char* kBoxEnd = "box0";
constexpr const char* kInside = "inside0";  // the box's own interface, where it stands behind a switch
constexpr const char* kSwitchEnd = "switch0";
constexpr Mac kInsideMac{2, 9, 0, 0, 0, 3};
const IpAddress kBox4 = IpAddress::v4(10, 9, 0, 2), kBox6 = IpAddress::parse("fd00:9::2").value();

// One route-netlink request; false when the kernel refuses.
template <typename Put>
bool link_request(unsigned index, int flags, Put put) {
  std::array<char, 2048> buffer{};
  nlmsghdr* message = mnl_nlmsg_put_header(buffer.data());
  message->nlmsg_type = RTM_NEWLINK;
  message->nlmsg_flags = static_cast<std::uint16_t>(NLM_F_REQUEST | NLM_F_ACK | flags);
  auto* link = static_cast<ifinfomsg*>(mnl_nlmsg_put_extra_header(message, sizeof(ifinfomsg)));
  link->ifi_index = static_cast<int>(index);
  put(message, link);
  mnl_socket* socket = mnl_socket_open(NETLINK_ROUTE);
  bool fine = socket != nullptr && mnl_socket_bind(socket, 0, MNL_SOCKET_AUTOPID) == 0 &&
              mnl_socket_sendto(socket, message, message->nlmsg_len) >= 0;
  std::array<char, 8192> reply{};
  const ssize_t n = fine ? mnl_socket_recvfrom(socket, reply.data(), reply.size()) : -1;
  fine = n >= 0 && mnl_cb_run(reply.data(), static_cast<std::size_t>(n), 0, mnl_socket_get_portid(socket),
                              nullptr, nullptr) >= 0;
  if (socket != nullptr) mnl_socket_close(socket);
  return fine;
}

bool move_to(unsigned index, pid_t pid) {
  return link_request(index, 0, [pid](nlmsghdr* message, ifinfomsg*) {
    mnl_attr_put_u32(message, IFLA_NET_NS_PID, static_cast<std::uint32_t>(pid));
  });
}

bool set_up(const char* name, bool up) {
  return link_request(::if_nametoindex(name), 0, [up](nlmsghdr*, ifinfomsg* link) {
    link->ifi_change = IFF_UP;
    link->ifi_flags = up ? static_cast<unsigned>(IFF_UP) : 0U;
  });
}

// A switch with two ports: the cable, on which frames have the tag, and the box's own interface, on which
// they have not.
[[noreturn]] void be_switch(std::uint16_t vlan) {
  Result<PcapPort> cable = PcapPort::open(kBoxEnd, 2000), inside = PcapPort::open(kSwitchEnd, 2000);
  if (!cable || !inside || ::prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) ::_exit(1);

  for (;;) {
    std::array<pollfd, 2> fds{{{cable->fd(), POLLIN, 0}, {inside->fd(), POLLIN, 0}}};
    ::poll(fds.data(), fds.size(), -1);
    while (const std::optional<Heard> heard = cable->take()) {
      std::optional<Frame> frame = decode_frame(heard->frame);
      if (!frame || frame->vlan != vlan || frame->from == kInsideMac) continue;  // our own, heard
      frame->vlan.reset();
      (void)inside->send(encode_frame(*frame));
    }
    while (const std::optional<Heard> heard = inside->take()) {
      std::optional<Frame> frame = decode_frame(heard->frame);
      if (!frame || (frame->from != kInsideMac)) continue;

      frame->vlan = vlan;
      (void)cable->send(encode_frame(*frame));
    }
  }
}

bool set_offloads(const char* device, bool on) {
  const Fd socket(::socket(AF_INET, SOCK_DGRAM, 0));
  // Scatter-gather before segmentation offload on the way up, after it on the way down; the kernel sorts it
  // out.
  for (const std::uint32_t command :
       {ETHTOOL_STXCSUM, ETHTOOL_SRXCSUM, ETHTOOL_SSG, ETHTOOL_STSO, ETHTOOL_SGSO, ETHTOOL_SGRO}) {
    ethtool_value value{.cmd = command, .data = on ? 1U : 0U};
    ifreq request{};
    std::strncpy(request.ifr_name, device, IFNAMSIZ - 1);
    request.ifr_data = reinterpret_cast<char*>(&value);
    if (::ioctl(socket.get(), SIOCETHTOOL, &request) < 0) return false;
  }
  return true;
}

Fd listen_at(std::uint16_t port) {
  Fd fd(::socket(AF_INET6, SOCK_STREAM | SOCK_NONBLOCK, 0));
  const int on = 1, off = 0;
  ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  ::setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
  sockaddr_in6 at{};
  at.sin6_family = AF_INET6;
  at.sin6_port = htons(port);
  if (::bind(fd.get(), reinterpret_cast<sockaddr*>(&at), sizeof at) != 0 || ::listen(fd.get(), 64) != 0)
    return Fd();
  return fd;
}

// The box's own life: commands, and two servers.
class BoxProcess {
 public:
  BoxProcess(int commands, int done, const BoxOptions& options)
      : commands_(commands), done_(done), options_(options) {}

  [[noreturn]] void live() {
    char go = 0;
    if (::read(commands_, &go, 1) != 1) ::_exit(2);  // the cable's end is here
    answer(begin());
    for (;;) {
      std::vector<pollfd> fds{
          {commands_, POLLIN, 0}, {reader_.get(), POLLIN, 0}, {speaker_.get(), POLLIN, 0}};
      for (const Fd& one : connections_) fds.push_back({one.get(), POLLIN, 0});
      ::poll(fds.data(), fds.size(), -1);
      if (fds[0].revents != 0) obey();
      serve(fds);
    }
  }

 private:
  void answer(bool fine) const {
    if (::write(done_, fine ? "y" : "n", 1) != 1) ::_exit(3);
  }

  bool begin() {
    (void)write_sysctl("ipv6/conf/all/keep_addr_on_down", "1");
    (void)write_sysctl("ipv4/conf/all/arp_ignore", "1");  // an interface answers for its own address only
    if (!options_.offloads && !set_offloads(kBoxEnd, false)) return false;
    if (!set_up("lo", true) || !set_up(kBoxEnd, true)) return false;
    Result<Netlink> netlink = Netlink::open();
    if (!netlink || (options_.vlan && !begin_switch(*netlink))) return false;
    const unsigned device = ::if_nametoindex(options_.vlan ? kInside : kBoxEnd);
    if (!netlink->add_address(device, kBox4) || !netlink->add_address(device, kBox6)) return false;
    reader_ = listen_at(kReader);
    speaker_ = listen_at(kSpeaker);
    return static_cast<bool>(reader_) && static_cast<bool>(speaker_);
  }

  bool begin_switch(Netlink& netlink) {
    if (!netlink.add_veth({kInside, kInsideMac}, {kSwitchEnd, {2, 9, 0, 0, 0, 4}}, 1500)) return false;
    if (!set_offloads(kInside, false) || !set_up(kInside, true) || !set_up(kSwitchEnd, true)) return false;
    const pid_t pid = ::fork();
    if (pid == 0) be_switch(*options_.vlan);
    return pid > 0;
  }

  void obey() {
    char command = 0;
    if (::read(commands_, &command, 1) != 1) ::_exit(0);
    bool fine = true;
    if (command == 's') reader_.reset();
    if (command == 'd') fine = set_up(kBoxEnd, false);
    if (command == 'u') fine = set_up(kBoxEnd, true);
    if (command == 'o') fine = set_offloads(kBoxEnd, true);
    if (command == 'f') fine = set_offloads(kBoxEnd, false);
    answer(fine);
  }

  void serve(const std::vector<pollfd>& fds) {
    for (std::size_t i = fds.size(); i-- > 3;) {
      std::array<char, 4096> buffer{};
      if (fds[i].revents != 0 && ::read(fds[i].fd, buffer.data(), buffer.size()) <= 0) {
        connections_.erase(connections_.begin() + static_cast<std::ptrdiff_t>(i - 3));
      }
    }
    if (fds[1].revents != 0 && reader_) {
      if (Fd fd(::accept(reader_.get(), nullptr, nullptr)); fd) connections_.push_back(std::move(fd));
    }
    if (fds[2].revents == 0) return;
    if (Fd fd(::accept(speaker_.get(), nullptr, nullptr)); fd) {
      (void)!::write(fd.get(), "SSH-2.0-box\r\n", 13);
      connections_.push_back(std::move(fd));
    }
  }

  int commands_, done_;
  BoxOptions options_;
  Fd reader_, speaker_;
  std::vector<Fd> connections_;
};

}  // namespace box
using namespace box;  // NOLINT(google-build-using-namespace)

std::string cannot_have_namespaces() {
  const pid_t pid = ::fork();
  if (pid == 0) ::_exit(enter_namespaces().ok() && ::unshare(CLONE_NEWNET) == 0 ? 0 : 1);
  int status = 0;
  ::waitpid(pid, &status, 0);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? "" : "no namespaces here: tcpspec doctor says why";
}

void in_namespaces(const std::function<void()>& body) {
  bare::in_child([&] {
    const Status entered = enter_namespaces();
    ASSERT_TRUE(entered.ok()) << entered.error();
    body();
  });
}

Box::Box(const BoxOptions& options) {
  int commands[2], done[2];
  EXPECT_TRUE(::pipe2(commands, O_CLOEXEC) == 0 && ::pipe2(done, O_CLOEXEC) == 0);
  int ready[2];
  EXPECT_EQ(::pipe2(ready, O_CLOEXEC), 0);
  pid_ = ::fork();
  if (pid_ == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::close(commands[1]);
    if (::unshare(CLONE_NEWNET) != 0 || ::write(ready[1], "r", 1) != 1) ::_exit(1);
    BoxProcess(commands[0], done[1], options).live();
  }
  ::close(commands[0]);
  ::close(done[1]);
  ::close(ready[1]);
  commands_ = commands[1];
  done_ = done[0];
  char octet = 0;
  EXPECT_EQ(::read(ready[0], &octet, 1), 1);
  ::close(ready[0]);
  Result<Netlink> netlink = Netlink::open();
  EXPECT_TRUE(netlink.ok());
  EXPECT_TRUE(netlink->add_veth({kOurEnd, {2, 9, 0, 0, 0, 1}}, {kBoxEnd, {2, 9, 0, 0, 0, 2}}, 1500).ok());
  EXPECT_TRUE(move_to(::if_nametoindex(kBoxEnd), pid_));
  EXPECT_TRUE(set_up(kOurEnd, true));
  give_our_kernel(IpAddress::v4(10, 9, 0, 1));
  tell('g');
}

Box::~Box() {
  vanish();
  ::close(commands_);
  ::close(done_);
}

void Box::vanish() {
  if (pid_ < 0) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

void Box::tell(char command) {
  EXPECT_EQ(::write(commands_, &command, 1), 1);
  char answer = 0;
  EXPECT_EQ(::read(done_, &answer, 1), 1);
  EXPECT_EQ(answer, 'y') << "command " << command;
}

void give_our_kernel(const IpAddress& address) {
  Result<Netlink> netlink = Netlink::open();
  EXPECT_TRUE(netlink.ok() && netlink->add_address(::if_nametoindex(kOurEnd), address).ok());
}

Client::Client(const std::string& words, IpVersion version, Service kind) : ip(version), service(kind) {
  const Result<Factory> factory = find_wire_target(words);
  EXPECT_TRUE(factory.ok()) << factory.error();
  Result<std::unique_ptr<Target>> made = (*factory)();
  EXPECT_TRUE(made.ok()) << made.error();
  if (!made.ok()) ::_exit(1);
  target = std::move(*made);
  start();
}

void Client::start() {
  place = target->place(ip, service);
  CaseSetup setup;
  setup.id = "test";
  setup.ip = ip;
  setup.target = place.target;
  setup.tester = place.tester;
  setup.service = service;
  const Status started = target->start(setup);
  EXPECT_TRUE(started.ok()) << started.error();
}

bare::Tcp Client::segment(std::uint8_t flags, std::uint32_t seq, std::uint32_t ack) const {
  bare::Tcp tcp;
  tcp.from = {place.tester, place.first_port};
  tcp.to = {place.target, place.service_port};
  tcp.flags = flags;
  tcp.seq = seq;
  tcp.ack = ack;
  return tcp;
}

void Client::inject(const bare::Tcp& tcp) const {
  const Result<Stamp> stamp = target->inject(bare::build(tcp));
  ASSERT_TRUE(stamp.ok()) << stamp.error();
  EXPECT_LE(stamp->earliest, stamp->latest);
}

std::optional<bare::Tcp> Client::packet(Duration within) const {
  const std::optional<Event> event = target->next(target->now() + within);
  if (!event) return std::nullopt;
  const auto* out = std::get_if<PacketOut>(&event->what);
  EXPECT_NE(out, nullptr);
  return bare::read(out->packet);
}

std::uint32_t Client::open() const {
  inject(segment(bare::kSyn, 1000, 0));
  const std::optional<bare::Tcp> answer = packet();
  EXPECT_TRUE(answer.has_value());
  if (!answer) ::_exit(1);
  EXPECT_EQ(answer->flags, bare::kSyn | bare::kAck);
  EXPECT_EQ(answer->ack, 1001U);
  EXPECT_TRUE(answer->checksums_good);
  inject(segment(bare::kAck, 1001, answer->seq + 1));
  return answer->seq + 1;
}

}  // namespace tcpspec::target::wire::test
