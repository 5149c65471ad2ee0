// Options of the target "wire:": what the user says about the box, its cable and us. Text in, values out;
// nothing is looked up on the machine.
//
//   wire:IFACE,dut=ADDR[,KEY=VALUE]...
//   dut, dut6         the box's addresses; at least one of them
//   port              an open port of the box, whatever serves it; none: the discard or echo service, where
//   it answers closed            a port of the box where nothing listens (default 4) echo, discard, chargen
//   ports of the box's own services (default 7, 9, 19); 0: it has none ask               what makes the
//   server at `port` answer and close: http (the default: GET / HTTP/1.0), a line such as
//                     QUIT, or octets with \r \n \\ \xHH and no line's end of their own; empty: nothing does
//   self, self6       our own addresses: A, A-B or A/PREFIX (default: 64 beside the box's, default_pool())
//   mac               our own hardware address (default: made from the interface's)
//   vlan              802.1Q tag in and out
//   mtu               the link's (default: the interface's)
//   slack             by how much the box's timers may be late, beside an eighth of their time (default 50ms)
//   min-rto, msl, delayed-ack   what else is assumed of its timers (default 200ms, 30s, 500ms); an agent
//   knows better agent, token      unix:PATH or tcp:HOST:PORT of tcpspec-agent on the box, and the file with
//   its secret choice            KEY:VALUE, a permitted choice that the box makes by itself; may be repeated
//   lack              WORD, something that the box is known not to have; may be repeated
#ifndef HARNESS_TARGET_WIRE_OPTIONS_H_
#define HARNESS_TARGET_WIRE_OPTIONS_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "harness/target/wire/frame.h"
#include "stack/base/address.h"
#include "stack/base/result.h"
#include "stack/base/time.h"

namespace tcpspec::target::wire {

// Consecutive addresses.
struct Pool {
  IpAddress first;
  std::uint32_t count = 0;
  [[nodiscard]] IpAddress at(std::uint32_t index) const;
  [[nodiscard]] bool contains(const IpAddress& address) const;
  [[nodiscard]] IpAddress last() const { return at(count - 1); }
};
inline constexpr std::uint32_t kLargestPool = 256;

struct Options {
  std::string interface;
  std::optional<IpAddress> dut4, dut6;
  std::optional<Pool> self4, self6;
  std::optional<std::uint16_t> port;
  std::uint16_t closed = 4;
  std::uint16_t echo = 7, discard = 9, chargen = 19;
  std::string ask = "GET / HTTP/1.0\r\n\r\n";
  std::optional<Mac> mac;
  std::optional<std::uint16_t> vlan;
  std::optional<std::uint16_t> mtu;
  std::optional<Duration> slack, min_rto, msl, delayed_ack;
  std::string agent;  // "unix:PATH", "tcp:HOST:PORT", with ",token=FILE" where one was given; empty: none
  std::map<std::string, std::string> choices;
  std::vector<std::string> lacks;

  [[nodiscard]] const std::optional<IpAddress>& dut(IpVersion ip) const {
    return ip == IpVersion::kV4 ? dut4 : dut6;
  }
  // Of the user, else beside the box. Requires dut(ip).
  [[nodiscard]] Pool pool(IpVersion ip) const;
};

// What stands behind "wire:". The Error names the word and says what was expected.
[[nodiscard]] Result<Options> parse_options(const std::string& text);

// 64 addresses of the box's /24 (IPv6: of its /64 that differ in the last octet only) without the box: .160
// to .223, or .96 to .159 where the box itself is in there.
[[nodiscard]] Pool default_pool(const IpAddress& dut);

// "10.9.0.160-10.9.0.223".
[[nodiscard]] std::string to_string(const Pool& pool);

}  // namespace tcpspec::target::wire

#endif  // HARNESS_TARGET_WIRE_OPTIONS_H_
