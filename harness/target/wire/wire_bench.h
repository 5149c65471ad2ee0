// For the tests of the wire target: a box of its own, at the other end of a veth cable. Everything is in
// namespaces that the test's child process makes. The box is this machine's kernel in a second network
// namespace, with a small server.
#ifndef HARNESS_TARGET_WIRE_WIRE_BENCH_H_
#define HARNESS_TARGET_WIRE_WIRE_BENCH_H_

#include <gtest/gtest.h>
#include <sys/types.h>

#include <memory>
#include <optional>
#include <string>

#include "harness/target/linux_test_wire.h"
#include "harness/target/wire/wire.h"

namespace tcpspec::target::wire::test {

namespace bare = tcpspec::target::test;

inline constexpr std::uint16_t kReader = 80;   // reads, and closes when its peer has closed
inline constexpr std::uint16_t kSpeaker = 22;  // speaks first
inline constexpr const char* kOurEnd = "wire0";

// "" when this process may make namespaces and devices; otherwise why not. Tried in a child.
[[nodiscard]] std::string cannot_have_namespaces();
// The body runs in a child with namespaces of its own.
void in_namespaces(const std::function<void()>& body);

struct BoxOptions {
  std::optional<std::uint16_t> vlan;  // the box stands behind a switch that puts it there
  bool offloads = false;              // as veth devices have them by nature
};

// 10.9.0.2/24 and fd00:9::2/64; its MAC ends in 02. Our kernel has 10.9.0.1 at our end of the cable.
class Box {
 public:
  explicit Box(const BoxOptions& options = {});
  ~Box();
  Box(const Box&) = delete;
  Box& operator=(const Box&) = delete;

  void stop_server() { tell('s'); }
  void link_down() { tell('d'); }
  void link_up() { tell('u'); }
  void offloads_on() { tell('o'); }
  void offloads_off() { tell('f'); }
  // The process and with it the namespace and the cable.
  void vanish();

 private:
  void tell(char command);

  pid_t pid_ = -1;
  int commands_ = -1, done_ = -1;
};

// Our kernel's end of the cable.
void give_our_kernel(const IpAddress& address);

// A target at that box, and one connection's client side of it.
struct Client {
  explicit Client(const std::string& words = "wire0,dut=10.9.0.2,port=80,ask=", IpVersion ip = IpVersion::kV4,
                  Service service = Service::kAny);
  void start();

  [[nodiscard]] bare::Tcp segment(std::uint8_t flags, std::uint32_t seq, std::uint32_t ack) const;
  void inject(const bare::Tcp& tcp) const;
  // The next packet within so long; nothing when none comes.
  [[nodiscard]] std::optional<bare::Tcp> packet(Duration within = Duration::seconds(2)) const;
  // Opens the connection; the number that the box sends next.
  [[nodiscard]] std::uint32_t open() const;

  std::unique_ptr<Target> target;
  Place place;
  IpVersion ip;
  Service service;
};

}  // namespace tcpspec::target::wire::test

#endif  // HARNESS_TARGET_WIRE_WIRE_BENCH_H_
