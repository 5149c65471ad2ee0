#include "harness/target/wire/cable.h"

#include <fmt/format.h>
#include <poll.h>

#include <algorithm>

#include "harness/target/linux_clock.h"

namespace tcpspec::target::wire {
namespace {

constexpr Duration kAskAgain = Duration::millis(300);
// Beside the link's MTU: a packet that is larger shows by its length, not by its octets.
constexpr std::size_t kBeyondMtu = 64;
constexpr unsigned kMostMtu = 65'535;

}  // namespace

Result<Cable> Cable::open(const Options& options) {
  const Result<InterfaceState> state = interface_state(options.interface);
  if (!state) return Error{state.error()};
  if (const Status fine = usable(options.interface, *state); !fine) return Error{fine.error()};
  const auto mtu = options.mtu.value_or(static_cast<std::uint16_t>(std::min(state->mtu, kMostMtu)));
  if (mtu > state->mtu) {
    return Error{fmt::format("mtu={} is more than {} can carry: ip link set {} mtu {}", mtu,
                             options.interface, options.interface, mtu)};
  }
  Result<PcapPort> port = PcapPort::open(options.interface, kEthernetHeader + kVlanTag + mtu + kBeyondMtu);
  if (!port) return Error{port.error()};
  Station station(options.mac.value_or(own_mac(state->mac)), options.vlan);
  return Cable(options.interface, std::move(*port), std::move(station), mtu, state->mac);
}

Status Cable::become(const IpAddress& own, const IpAddress& box) {
  station_.become(own, box);
  lost_before_ = port_.lost();
  if (const Result<InterfaceState> state = interface_state(interface_))
    carrier_changes_ = state->carrier_changes;
  return port_.set_filter(station_.filter());
}

void Cable::wait(Duration time) const {
  pollfd readable{.fd = port_.fd(), .events = POLLIN, .revents = 0};
  const timespec spec = to_timespec(time);
  ::ppoll(&readable, 1, &spec, nullptr);
}

bool Cable::resolve(Duration patience) {
  const Timeout timeout(patience);
  while (timeout.left() > Duration()) {
    (void)port_.send(encode_frame(station_.question()));
    const Timeout again(std::min(kAskAgain, timeout.left()));
    do {
      wait(again.left());
      while (std::optional<Heard> heard = port_.take()) {
        const std::optional<Frame> frame = decode_frame(heard->frame);
        if (!frame) continue;
        const Reception reception = station_.hear(*frame);
        if (reception.answer) (void)port_.send(encode_frame(*reception.answer));
        if (reception.box_told) return true;
      }
    } while (again.left() > Duration());
  }
  return false;
}

std::map<IpAddress, Mac> Cable::owners_of(const std::vector<IpAddress>& addresses, Duration patience) {
  std::map<IpAddress, Mac> owners;
  for (const IpAddress& address : addresses) (void)port_.send(encode_frame(station_.owner_probe(address)));
  const Timeout timeout(patience);
  do {
    wait(timeout.left());
    while (std::optional<Heard> heard = port_.take()) {
      const std::optional<Frame> frame = decode_frame(heard->frame);
      const std::optional<Neighbour> neighbour = frame ? decode_neighbour(*frame) : std::nullopt;
      // Our own other processes have our hardware address.
      if (!neighbour || neighbour->kind != NeighbourKind::kAnswer || neighbour->sender_mac == station_.mac())
        continue;
      if (std::ranges::find(addresses, neighbour->asked) == addresses.end()) continue;
      owners.emplace(neighbour->asked, neighbour->sender_mac.value_or(frame->from));
    }
  } while (timeout.left() > Duration());
  return owners;
}

Status Cable::send(ByteView packet) {
  if (packet.size() > mtu_) {
    return Error{fmt::format("a packet of {} octets is above the link's MTU of {}", packet.size(), mtu_)};
  }
  if (!station_.box_mac())
    return Error{fmt::format("{} does not say where it is", tcpspec::to_string(station_.box()))};
  return port_.send(encode_frame(station_.wrap(packet)));
}

std::optional<Arrival> Cable::take() {
  while (std::optional<Heard> heard = port_.take()) {
    const std::optional<Frame> frame = decode_frame(heard->frame);
    if (!frame) continue;
    Reception reception = station_.hear(*frame);
    if (reception.answer) (void)port_.send(encode_frame(*reception.answer));
    if (reception.packet.empty()) continue;
    const std::size_t before = heard->frame.size() - frame->payload.size();
    const bool whole = heard->octets == heard->frame.size();
    const std::size_t octets = whole ? reception.packet.size() : heard->octets - before;
    return Arrival{std::move(reception.packet), octets, heard->stamp, reception.from};
  }
  return std::nullopt;
}

std::optional<Arrival> Cable::next(Duration wait_at_most) {
  const Timeout timeout(wait_at_most);
  for (;;) {
    if (std::optional<Arrival> arrival = take()) return arrival;
    const Duration left = timeout.left();
    if (left == Duration()) return std::nullopt;
    wait(left);
  }
}

std::uint64_t Cable::lost() { return port_.lost() - lost_before_; }

std::string Cable::link_trouble() const {
  const Result<InterfaceState> state = interface_state(interface_);
  if (!state) return "the link is gone: " + state.error();
  if (const Status fine = usable(interface_, *state); !fine) return "the link is down: " + fine.error();
  if (state->carrier_changes != carrier_changes_) {
    return fmt::format("the link was down for a while: {}'s carrier changed {} times during the case",
                       interface_, state->carrier_changes - carrier_changes_);
  }
  return {};
}

std::string Cable::rival() const {
  if (!station_.rival()) return {};
  const auto& [mac, how] = *station_.rival();
  const bool ours = mac == interface_mac_;
  return fmt::format("{}{} {}: {}", to_string(mac), ours ? " (this machine's own kernel)" : "", how,
                     ours ? fmt::format("take the address from {}, or other ones with self=", interface_)
                          : "give addresses that nobody has with self=, and let nothing answer for the box");
}

}  // namespace tcpspec::target::wire
