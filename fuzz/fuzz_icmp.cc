// The stack's ICMP messages and the packets that they quote, against sums and offsets computed here and
// against the harness's reading of the quote.
#include <algorithm>

#include "fuzz/input.h"
#include "harness/packet/explain.h"
#include "harness/packet/image.h"
#include "stack/base/check.h"
#include "stack/wire/icmp.h"

namespace tcpspec::fuzz {
namespace {

// One's complement sum over the message, and over the pseudo-header for ICMPv6 (RFC 4443 §2.3).
std::uint16_t sum(const IpAddress& source, const IpAddress& destination, ByteView bytes) {
  std::uint64_t total = 0;
  const auto add = [&](ByteView part) {
    for (std::size_t i = 0; i < part.size(); ++i) total += i % 2 == 0 ? part[i] << 8 : part[i];
  };
  add(bytes);
  if (!source.is_v4()) {
    add(source.bytes());
    add(destination.bytes());
    total += bytes.size() + 58;
  }
  while (total > 0xffff) total = (total & 0xffff) + (total >> 16);
  return static_cast<std::uint16_t>(total);
}

void compare_quote(IpVersion version, ByteView body) {
  const auto quote = wire::parse_quote(version, body);
  const packet::Image image = packet::decode(body);
  if (!quote.ok()) {
    CHECK(quote.fault() == wire::Fault::kIcmpQuote);
    return;
  }
  // A quote's length field counts for nothing, so that only addresses and offsets can be compared.
  CHECK(image.version() == version);
  CHECK(quote->source.address == image.source_address());
  const std::size_t header = image.v4 ? 20 + image.v4->options.size() : 40;
  // A source route in the options names the destination.
  CHECK(quote->destination.address == image.destination_address() || header >= 28);
  CHECK(body.size() >= header + 8);
  CHECK(quote->source.port == load_be16(body, header) &&
        quote->destination.port == load_be16(body, header + 2));
  CHECK(quote->seq == Seq32(load_be32(body, header + 4)));
}

void compare(IpVersion version, const IpAddress& source, const IpAddress& destination, ByteView bytes) {
  const auto parsed = wire::parse_icmp(source, destination, bytes);
  if (!parsed.ok()) {
    CHECK(parsed.fault() == (bytes.size() < 8 ? wire::Fault::kIcmpShort : wire::Fault::kIcmpChecksum));
    CHECK(bytes.size() < 8 || sum(source, destination, bytes) != 0xffff);
    return;
  }
  CHECK(bytes.size() >= 8 && sum(source, destination, bytes) == 0xffff);
  CHECK(parsed->type == bytes[0] && parsed->code == bytes[1]);
  CHECK(parsed->rest_of_header == load_be32(bytes, 4));
  CHECK(std::ranges::equal(parsed->body, bytes.subspan(8)));
  if (load_be16(bytes, 2) != 0xffff) {
    CHECK(std::ranges::equal(wire::build_icmp(source, destination, *parsed), bytes));
  }
  // Types of errors are those below 128 in ICMPv6, and redirects (RFC 4443 §2.1, §2.4 e).
  if (version == IpVersion::kV6)
    CHECK(wire::is_icmp_error(version, parsed->type) == (parsed->type < 128 || parsed->type == 137));
  compare_quote(version, parsed->body);
}

}  // namespace
}  // namespace tcpspec::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tcpspec;
  fuzz::Input input(data, size);
  const IpVersion version = input.octet() % 2 == 0 ? IpVersion::kV4 : IpVersion::kV6;
  const std::string_view prefix = version == IpVersion::kV4 ? "192.0.2." : "2001:db8::";
  const IpAddress source = IpAddress::parse(std::string(prefix) + "1").value();
  const IpAddress destination = IpAddress::parse(std::string(prefix) + "2").value();
  Bytes bytes(input.rest().begin(), input.rest().end());
  fuzz::compare(version, source, destination, bytes);
  if (bytes.size() < 8) return 0;
  store_be16(bytes, 2, 0);
  store_be16(bytes, 2, static_cast<std::uint16_t>(~fuzz::sum(source, destination, bytes)));
  fuzz::compare(version, source, destination, bytes);
  CHECK(wire::parse_icmp(source, destination, bytes).ok());
  return 0;
}
