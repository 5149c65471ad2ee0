// The interface of this machine that the cable is in: what the kernel says about it, and what to tell the
// user when it cannot be used. Changes nothing.
#ifndef HARNESS_TARGET_WIRE_INTERFACE_H_
#define HARNESS_TARGET_WIRE_INTERFACE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "harness/target/wire/frame.h"
#include "stack/base/address.h"
#include "stack/base/result.h"

namespace tcpspec::target::wire {

struct InterfaceState {
  unsigned index = 0;
  bool ethernet = false;
  bool up = false;       // switched on
  bool carrier = false;  // and a cable with somebody at its other end
  std::uint32_t carrier_changes = 0;
  std::uint32_t mtu = 0;
  Mac mac{};
};
// An Error names the interfaces that there are.
[[nodiscard]] Result<InterfaceState> interface_state(const std::string& name);
// Why nothing can be sent there, with the remedy; Ok when it can.
[[nodiscard]] Status usable(const std::string& name, const InterfaceState& state);
// What to do where frames are refused for want of a right.
[[nodiscard]] std::string frames_remedy();
// All Ethernet interfaces that there are.
[[nodiscard]] std::vector<std::string> ethernet_interfaces();
// Whether this process may send and take frames; an Error with the remedy. Touches no interface.
[[nodiscard]] Status may_use_frames();
// The addresses of this machine's kernel, on whatever interface.
[[nodiscard]] std::vector<IpAddress> kernel_addresses();

}  // namespace tcpspec::target::wire

#endif  // HARNESS_TARGET_WIRE_INTERFACE_H_
