// The stack's IP headers against the harness's. The harness's codec loses nothing; what the stack accepts,
// both read alike; what it refuses, it refuses for a reason that the other one sees too.
#include <algorithm>
#include <optional>
#include <variant>

#include "harness/packet/image.h"
#include "stack/base/check.h"
#include "stack/wire/ipv4.h"
#include "stack/wire/ipv4_options.h"
#include "stack/wire/ipv6.h"

namespace tcpspec::fuzz {
namespace {

// Everything after the fixed header and IPv4 options, as far as the packet says.
Bytes upper_octets(const packet::Image& image) {
  packet::Image upper = image;
  upper.v4.reset();
  upper.rest.clear();
  if (upper.v6) {
    Bytes octets = upper.v6->extensions;
    upper.v6.reset();
    append(octets, packet::encode(upper));
    return octets;
  }
  return packet::encode(upper);
}

std::optional<wire::Fault> ipv4_fault(const packet::Image& image, ByteView bytes) {
  if (bytes.size() < 20) return wire::Fault::kShort;
  if (!image.v4) return wire::Fault::kVersion;
  const std::size_t header = image.v4->ihl * std::size_t{4};
  if (header < 20 || header != 20 + image.v4->options.size()) return wire::Fault::kIpHeaderLength;
  const std::size_t total = image.v4->total_length;
  if (total < header || total > bytes.size()) return wire::Fault::kIpTotalLength;
  const std::uint16_t right = packet::right_ipv4_checksum(image);
  const bool verifies = image.v4->checksum == right || (right == 0 && image.v4->checksum == 0xffff);
  return verifies ? std::nullopt : std::optional(wire::Fault::kIpChecksum);
}

// Options either are an error at an octet of theirs, or can be continued and sent back.
void compare_options(const wire::Ipv4Packet& packet) {
  const auto parsed = wire::parse_ipv4_options(packet.options);
  if (const auto* const problem = std::get_if<wire::Ipv4OptionProblem>(&parsed)) {
    CHECK(problem->pointer >= 20 && problem->pointer < 20 + packet.options.size());
    return;
  }
  const auto& options = std::get<wire::Ipv4Options>(parsed);
  const IpAddress own = IpAddress::v4(192, 0, 2, 1);
  Bytes back;
  if (options.recorded) {
    const wire::SourceRoute route = wire::return_route(*options.recorded, packet.header.source);
    back = wire::build_source_route(route, packet.header.source);
  }
  if (!options.record_route.empty()) append(back, wire::recorded_route_through(options.record_route, own));
  if (!options.timestamp.empty()) append(back, wire::timestamped(options.timestamp, own, 1));
  CHECK(back.size() <= wire::kMostIpv4Options);
  const Bytes rebuilt = wire::build_ipv4(packet.header, {}, back);
  const auto reread = wire::parse_ipv4(rebuilt);
  CHECK(reread.ok());
  CHECK(std::holds_alternative<wire::Ipv4Options>(wire::parse_ipv4_options(reread->options)) ||
        !options.timestamp.empty());
}

void compare_ipv4(ByteView bytes) {
  const packet::Image image = packet::decode(bytes);
  const auto parsed = wire::parse_ipv4(bytes);
  const auto fault = ipv4_fault(image, bytes);
  CHECK(parsed.ok() == !fault);
  if (fault) {
    CHECK(parsed.fault() == *fault);
    CHECK(*wire::to_string(*fault) != 0);
    return;
  }
  const packet::Ipv4Header& header = *image.v4;
  const wire::Ipv4Header& read = parsed->header;
  CHECK(read.source == header.source && read.destination == header.destination);
  CHECK(read.protocol == header.protocol && read.ttl == header.ttl && read.type_of_service == header.tos);
  CHECK(read.identification == header.id);
  CHECK(read.dont_fragment == ((header.flags_and_offset & 0x4000) != 0));
  CHECK(read.more_fragments == ((header.flags_and_offset & 0x2000) != 0));
  CHECK(read.fragment_offset == (header.flags_and_offset & 0x1fff));
  CHECK(std::ranges::equal(parsed->payload, upper_octets(image)));
  compare_options(*parsed);
  // What can be said with the stack's own words comes back octet for octet.
  if (header.ihl == 5 && (header.flags_and_offset & 0x8000) == 0 && header.checksum != 0xffff) {
    CHECK(std::ranges::equal(wire::build_ipv4(read, parsed->payload), parsed->whole));
  }
}

void compare_upper(const packet::Image& image, const wire::Ipv6Packet& read) {
  const auto walked = wire::walk_extension_headers(read);
  const auto skipped = wire::skip_extension_headers(read);
  if (const auto* const upper = std::get_if<wire::UpperLayer>(&walked)) {
    // What is not rejected is found by the lengths alone, too.
    CHECK(skipped && skipped->protocol == upper->protocol);
    CHECK(std::ranges::equal(skipped->payload, upper->payload));
    CHECK(read.whole[upper->protocol_at] == upper->protocol);
    // An authentication header is an upper layer to the stack; the harness looks beneath it.
    constexpr std::uint8_t kAuthentication = 51;
    const std::size_t seen = read.payload.size() - upper->payload.size();
    CHECK(image.v6->extensions.size() >= seen || upper->protocol == kAuthentication);
    if (upper->protocol == kAuthentication) return;
    CHECK(image.v6->upper == upper->protocol && image.v6->extensions.size() == seen);
  } else if (const auto* const fragment = std::get_if<wire::Ipv6Fragment>(&walked)) {
    // A fragment says where it belongs, and its octets are the packet's last.
    CHECK(fragment->more || fragment->offset != 0);
    CHECK(fragment->offset % 8 == 0 && fragment->offset <= 65528);
    CHECK(fragment->head.size() == fragment->at && read.whole[fragment->next_header_at] == 44);
    CHECK(fragment->at + 8 + fragment->data.size() == read.whole.size());
    CHECK(fragment->offset == 0 || !skipped);
    const Bytes again = wire::build_fragment_header(fragment->next_header, fragment->offset, fragment->more,
                                                    fragment->identification);
    const ByteView there = read.whole.subspan(fragment->at, 8);
    CHECK(there[0] == again[0] && std::ranges::equal(there.subspan(4), ByteView(again).subspan(4)));
    CHECK((load_be16(there, 2) & 0xfff9) == load_be16(again, 2));
  } else if (const auto& problem = std::get<wire::Rejection>(walked).problem) {
    CHECK(problem->pointer < read.whole.size());
    CHECK(problem->code <= 2);
  }
}

void compare_ipv6(ByteView bytes) {
  const packet::Image image = packet::decode(bytes);
  const auto parsed = wire::parse_ipv6(bytes);
  if (!parsed.ok()) {
    const bool cut = image.v6 && image.v6->payload_length > bytes.size() - 40;
    const wire::Fault fault = bytes.size() < 40 ? wire::Fault::kShort
                              : cut             ? wire::Fault::kIpTotalLength
                                                : wire::Fault::kVersion;
    CHECK(parsed.fault() == fault && (cut || !image.v6));
    return;
  }
  CHECK(image.v6);
  const wire::Ipv6Header& read = parsed->header;
  CHECK(read.source == image.v6->source && read.destination == image.v6->destination);
  CHECK(read.next_header == image.v6->next_header && read.hop_limit == image.v6->hop_limit);
  CHECK(read.traffic_class == image.v6->traffic_class && read.flow_label == image.v6->flow_label);
  CHECK(std::ranges::equal(parsed->payload, upper_octets(image)));
  CHECK(std::ranges::equal(wire::build_ipv6(read, parsed->payload), parsed->whole));
  compare_upper(image, *parsed);
}

void compare(ByteView bytes) {
  CHECK(std::ranges::equal(packet::encode(packet::decode(bytes)), bytes));
  compare_ipv4(bytes);
  compare_ipv6(bytes);
}

}  // namespace
}  // namespace tcpspec::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tcpspec;
  fuzz::compare({data, size});
  // Again with a right checksum: few mutations find one.
  packet::Image image = packet::decode({data, size});
  if (!image.v4) return 0;
  image.v4->checksum = packet::right_ipv4_checksum(image);
  fuzz::compare(packet::encode(image));
  return 0;
}
