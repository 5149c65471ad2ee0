#include "stack/wire/ipv4_options.h"

#include <algorithm>

#include "stack/base/check.h"
#include "stack/wire/ipv4.h"

namespace tcpspec::wire {
namespace {

constexpr std::uint8_t kEnd = 0;
constexpr std::uint8_t kNoOperation = 1;
constexpr std::uint8_t kRecordRoute = 7;
constexpr std::uint8_t kTimestamp = 68;
constexpr std::uint8_t kLooseRoute = 131;
constexpr std::uint8_t kStrictRoute = 137;
// Flags of the timestamp option.
constexpr std::uint8_t kStampsOnly = 0;
constexpr std::uint8_t kWithAddresses = 1;
constexpr std::uint8_t kPrespecified = 3;

// Offset within the option of the octet that is wrong.
using Wrong = std::optional<std::size_t>;

// RFC 791 §3.1: a list of addresses behind type, length and pointer. The pointer counts from 1 and is at
// least 4; past the length it says that the list is full or done; room for less than an address, at the end
// or on the way, is an error.
Wrong check_addresses(ByteView option) {
  if (option.size() < 3 || option.size() % 4 != 3) return 1;
  const std::size_t pointer = option[2];
  if (pointer < 4) return 2;
  // Between two addresses of the list: what is recorded there would leave half an address of room.
  if (pointer <= option.size() && pointer % 4 != 0) return 2;
  return std::nullopt;
}

std::size_t stamp_size(ByteView option) { return (option[3] & 0x0fU) == kStampsOnly ? 4 : 8; }

// RFC 791 §3.1: the pointer counts from 1 and is at least 5.
Wrong check_timestamp(ByteView option) {
  if (option.size() < 4) return 1;
  const unsigned flag = option[3] & 0x0fU;
  if (flag != kStampsOnly && flag != kWithAddresses && flag != kPrespecified) return 3;
  const std::size_t pointer = option[2];
  if (pointer < 5) return 2;
  if (pointer <= option.size()) {
    const bool between = (pointer - 5) % stamp_size(option) != 0;
    return between || pointer - 1 + stamp_size(option) > option.size() ? Wrong(2) : std::nullopt;
  }
  // An overflow counter that would itself overflow is an error of the datagram.
  return option[3] >> 4 == 15 ? Wrong(3) : std::nullopt;
}

SourceRoute read_route(ByteView option) {
  SourceRoute route;
  route.strict = option[0] == kStrictRoute;
  for (std::size_t at = 3; at + 4 <= option.size(); at += 4) {
    route.hops.push_back(IpAddress::from_bytes(option.subspan(at, 4)));
  }
  return route;
}

Wrong take_option(ByteView option, Ipv4Options& read) {
  switch (option[0]) {
    case kLooseRoute:
    case kStrictRoute:
      // RFC 1122 §3.2.1.8 (c): what a second source route means is nobody's agreement; it is refused.
      if (read.recorded) return 0;
      if (const Wrong wrong = check_addresses(option)) return wrong;
      read.recorded = read_route(option);
      read.route_unfinished = option[2] <= option.size();
      return std::nullopt;
    case kRecordRoute:
      // RFC 791 §3.1: at most once in a datagram.
      if (!read.record_route.empty()) return 0;
      read.record_route = option;
      return check_addresses(option);
    case kTimestamp:
      if (!read.timestamp.empty()) return 0;
      read.timestamp = option;
      return check_timestamp(option);
    default:
      // RFC 1122 §3.2.1.8: options that are not understood are silently ignored.
      return std::nullopt;
  }
}

}  // namespace

std::variant<Ipv4Options, Ipv4OptionProblem> parse_ipv4_options(ByteView options) {
  Ipv4Options read;
  const auto problem = [](std::size_t at) {
    return Ipv4OptionProblem{static_cast<std::uint8_t>(kIpv4HeaderSize + at)};
  };
  std::size_t at = 0;
  while (at < options.size() && options[at] != kEnd) {
    if (options[at] == kNoOperation) {
      ++at;
      continue;
    }
    // An option without room for its length octet is itself the fault.
    if (at + 1 == options.size()) return problem(at);
    const std::size_t length = options[at + 1];
    if (length < 2 || at + length > options.size()) return problem(at + 1);
    if (const Wrong wrong = take_option(options.subspan(at, length), read)) return problem(at + *wrong);
    at += length;
  }
  return read;
}

SourceRoute return_route(const SourceRoute& recorded, const IpAddress& peer) {
  SourceRoute back = recorded;
  std::ranges::reverse(back.hops);
  if (!back.hops.empty() && back.hops.back() == peer) back.hops.pop_back();
  return back;
}

Bytes build_source_route(const SourceRoute& route, const IpAddress& destination) {
  if (route.hops.empty()) return {};
  CHECK(route.hops.size() <= kMostSourceRouteHops);
  // RFC 1122 §3.2.1.8 (c), form (A): the header goes to the first hop, which the option does not repeat; the
  // destination is the option's last address.
  Bytes option{route.strict ? kStrictRoute : kLooseRoute,
               static_cast<std::uint8_t>(3 + 4 * route.hops.size()), 4};
  for (std::size_t i = 1; i < route.hops.size(); ++i) append(option, route.hops[i].bytes());
  append(option, destination.bytes());
  return option;
}

Bytes recorded_route_through(ByteView record_route, const IpAddress& own) {
  Bytes option(record_route.begin(), record_route.end());
  const std::size_t pointer = option[2];
  if (pointer > option.size()) return option;
  std::ranges::copy(own.bytes(), option.begin() + static_cast<std::ptrdiff_t>(pointer - 1));
  option[2] = static_cast<std::uint8_t>(pointer + 4);
  return option;
}

Bytes timestamped(ByteView timestamp, const IpAddress& own, std::uint32_t stamp) {
  Bytes option(timestamp.begin(), timestamp.end());
  const unsigned flag = option[3] & 0x0fU;
  std::size_t at = std::size_t{option[2]} - 1;
  if (at >= option.size()) {
    // RFC 791 §3.1: the count of those that could not register.
    if (option[3] >> 4 < 15) option[3] = static_cast<std::uint8_t>(option[3] + 0x10);
    return option;
  }
  if (flag == kPrespecified) {
    // Only the host that the next address names may stamp.
    if (!std::ranges::equal(ByteView(option).subspan(at, 4), own.bytes())) return option;
    at += 4;
  } else if (flag == kWithAddresses) {
    std::ranges::copy(own.bytes(), option.begin() + static_cast<std::ptrdiff_t>(at));
    at += 4;
  }
  store_be32(option, at, stamp);
  option[2] = static_cast<std::uint8_t>(at + 5);
  return option;
}

}  // namespace tcpspec::wire
