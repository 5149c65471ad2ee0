// tcpspec plays its cases against libslirp, the TCP behind QEMU's user networking: in this process, in
// virtual time. tcpspec is the guest. slirp passes the guest's connections on to sockets of the host, and
// there, on 127.0.0.1, is the application that a case's socket calls are about.
#include <gtest/gtest.h>
#include <poll.h>
#include <slirp/libslirp.h>
#include <tcpspec/tcpspec.h>

#include <cstdio>
#include <iostream>

#include "host_sockets.h"

using namespace tcpspec;

namespace {

const IpAddress kHost = IpAddress::v4(10, 0, 2, 2), kGuest = IpAddress::v4(10, 0, 2, 15);
constexpr std::size_t kEthernet = 14;  // octets of header; slirp looks at the last two only
// ARP, unasked: 10.0.2.15 is at 2:0:0:0:0:1.
constexpr std::uint8_t kArp[42] = {0, 0, 0, 0, 0, 0, 0, 0,  0, 0, 0,  0, 8, 6, 0, 1, 8, 0,  6, 4, 0,
                                   1, 2, 0, 0, 0, 0, 1, 10, 0, 2, 15, 0, 0, 0, 0, 0, 0, 10, 0, 2, 15};

Profile slirp_profile() {
  Profile profile;
  profile.name = "libslirp";
  profile.version = slirp_version_string();
  profile.setting = "in process, virtual time";
  profile.slack.absolute = Duration::millis(1000);  // timers count ticks of 499 ms, rounded up
  profile.settle = Duration::millis(100);           // of silence at the end of a case
  profile.min_rto = Duration::millis(499);          // two ticks, and the first may be about to end
  profile.initial_rto = Duration::seconds(6);
  profile.msl = Duration::seconds(5);
  profile.delayed_ack = Duration::millis(2);
  for (const char* off : {"rfc5961", "sack", "timestamps", "wscale", "ecn"}) profile.choices[off] = "off";
  for (const char* word : {"sack", "ts", "wscale", "tfo", "ecn", "uto"})
    profile.lacks[word] = "slirp's tcp_dooptions() knows no option but MSS";
  for (const char* word :
       {"sockopt", "keepalive", "keepalive-tuning", "api-abort", "api-status", "api-urgent"})
    profile.lacks[word] = "the application has a socket of the host's, not one of slirp's";
  profile.lacks["errno"] = "what slirp finds out, the host's socket never hears";
  profile.lacks["active-open"] = "slirp connects to the guest only for forwarded ports; this test has none";
  profile.lacks["icmp"] = "slirp's icmp_input() takes echo requests only";
  profile.lacks["iss-control"] = "slirp_new() sets it, and nothing can change it";
  profile.lacks["multihomed"] = profile.lacks["ipv6"] = "this test gives slirp one IPv4 address";
  return profile;
}

// poll()'s events as slirp numbers them, and back: POLLPRI and POLLOUT change places.
int translated(int events) { return (events & ~6) | (events & 2) << 1 | (events & 4) >> 1; }

class SlirpTarget final : public Target {
 public:
  ~SlirpTarget() override { (void)end(); }
  const Profile& profile() const override { return profile_; }
  Instant now() const override { return now_; }

  Place place(IpVersion, Service) override {
    Place place{kHost, kGuest};  // slirp passes 10.0.2.2:N on to 127.0.0.1:N
    const int free = sockets_.make_socket(), closed = sockets_.make_socket();
    if (HostSockets::bind_to(free, 0) == 0) place.service_port = port_of(free);
    if (HostSockets::bind_to(closed, 0) == 0)
      place.closed_port = port_of(closed);  // stays bound, never listens
    sockets_.close_socket(free);
    return place;
  }

  Status start(const CaseSetup& setup) override {
    for (const auto& [key, value] :
         setup.policies) {  // an Error that begins so makes the case not applicable
      const auto chosen = profile_.choices.find(key);
      if (chosen == profile_.choices.end() || chosen->second != value)
        return Error{"policy " + key + "=" + value + " cannot be set in slirp"};
    }
    SlirpConfig config{};
    config.version = 4;
    config.in_enabled = true;
    config.vnetwork.s_addr = inet_addr("10.0.2.0");
    config.vnetmask.s_addr = inet_addr("255.255.255.0");
    config.vhost.s_addr = inet_addr("10.0.2.2");
    config.if_mtu = config.if_mru = setup.mtu;
    now_ = Instant();
    slirp_ = slirp_new(&config, &callbacks_, this);
    slirp_input(slirp_, kArp, sizeof kArp);
    return Ok{};
  }

  Result<Stamp> inject(ByteView packet) override {
    Bytes frame(kEthernet);
    frame[12] = 8;  // EtherType 0x0800
    frame.insert(frame.end(), packet.begin(), packet.end());
    slirp_input(slirp_, frame.data(), static_cast<int>(frame.size()));
    settle(kPatience);
    return Stamp::at(now_);
  }

  CallId begin(const SocketCall& call) override {
    sockets_.begin({++calls_, call, Stamp::at(now_)});
    settle(kPatience);
    return calls_;
  }
  void cancel(CallId call) override { sockets_.cancel(call); }
  Result<Value> query(const Query&) override { return Error{"slirp's states are not looked at"}; }

  std::optional<Event> next(Instant deadline) override {
    while (events_.empty() && now_ < deadline) {
      now_ = std::min(deadline, now_ + Duration::millis(until_timer_));
      settle(0);
    }
    if (events_.empty()) return std::nullopt;
    Event event = std::move(events_.front());
    events_.pop_front();
    return event;
  }

  Status end() override {
    if (slirp_ != nullptr) slirp_cleanup(slirp_);
    slirp_ = nullptr;
    sockets_.reset();
    events_.clear();
    return Ok{};
  }

 private:
  static constexpr int kPatience = 1;  // ms of real time in which the host's loopback delivers

  static SlirpTarget& self(void* opaque) { return *static_cast<SlirpTarget*>(opaque); }
  static SlirpCb make_callbacks() {
    SlirpCb all{};
    all.send_packet = [](const void* frame, std::size_t size, void* opaque) {
      const auto* octets = static_cast<const std::uint8_t*>(frame);
      const bool ip = size > kEthernet && octets[12] == 8 && octets[13] == 0;
      if (ip) self(opaque).add(PacketOut{Bytes(octets + kEthernet, octets + size)});
      return static_cast<ssize_t>(size);
    };
    all.guest_error = [](const char*, void*) {};
    all.clock_get_ns = [](void* opaque) { return self(opaque).now_.nanos(); };  // all of slirp's time
    all.register_poll_fd = all.unregister_poll_fd = [](int, void*) {};
    all.notify = [](void*) {};
    return all;
  }
  void add(PacketOut packet) { events_.push_back({Stamp::at(now_), std::move(packet)}); }

  static int add_poll(int fd, int events, void* opaque) {
    self(opaque).polled_.push_back({fd, static_cast<short>(translated(events)), 0});
    return static_cast<int>(self(opaque).polled_.size()) - 1;
  }
  static int get_revents(int index, void* opaque) {
    return translated(self(opaque).polled_[static_cast<std::size_t>(index)].revents);
  }

  // slirp, the host's sockets and the application talk until nobody has anything more to say.
  void settle(int patience) {
    for (bool more = true; more;) {
      polled_.clear();
      until_timer_ = 100;  // slirp knows its delayed ACKs, but not when its other timers are due: look often
      slirp_pollfds_fill(slirp_, &until_timer_, add_poll, this);
      for (const auto& one : sockets_.waiting()) add_poll(one.call.handle, SLIRP_POLL_IN, this);
      more = ::poll(polled_.data(), polled_.size(), patience) > 0;
      slirp_pollfds_poll(slirp_, 0, get_revents, this);
      const auto guest_of = [this](int fd) { return guest_behind(fd); };
      more = sockets_.make_calls(Stamp::at(now_), guest_of, events_) || more;
    }
  }

  // Which connection of the guest's slirp passed on to this socket: so tcpspec tells connections apart.
  Endpoint guest_behind(int accepted) {
    const std::unique_ptr<char, void (*)(void*)> table(slirp_connection_info(slirp_), ::free);
    int fd = 0, port = 0;
    for (const char* line = table.get(); line != nullptr; line = ::strchr(line + 1, '\n')) {
      const bool tcp = std::sscanf(line, " TCP[%*[^]]] %d %*s %d", &fd, &port) == 2;
      if (tcp && port_of(fd) == port_of(accepted, ::getpeername)) break;
    }
    return {kGuest, static_cast<std::uint16_t>(port)};
  }

  const Profile profile_ = slirp_profile();
  const SlirpCb callbacks_ = make_callbacks();
  Slirp* slirp_ = nullptr;
  Instant now_;
  std::uint32_t until_timer_ = 0;
  CallId calls_ = 0;
  HostSockets sockets_;
  std::deque<Event> events_;
  std::vector<pollfd> polled_;
};

}  // namespace

// slirp_test [GoogleTest's flags] [which cases, as after `tcpspec run`; none: all]
int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  Options options;
  options.versions = {IpVersion::kV4};
  options.select.assign(argv + 1, argv + argc);
  const auto tests = register_cases([] { return std::make_unique<SlirpTarget>(); }, options);
  if (!tests.ok()) std::cerr << tests.error() << '\n';
  return tests.ok() ? RUN_ALL_TESTS() : 2;
}
