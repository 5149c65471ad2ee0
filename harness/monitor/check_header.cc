// Rules that need nothing but the packet.
#include <algorithm>

#include <fmt/format.h>

#include "harness/monitor/checks.h"

namespace tcpspec::monitor {
namespace {

struct FixedLength {
  std::uint8_t kind, length;
  const char* name;
};
// RFC 9293 §3.2, RFC 7323 §2.2 and §3.2, RFC 2018 §2.
constexpr FixedLength kFixed[] = {
    {2, 4, "MSS"}, {3, 3, "window scale"}, {4, 2, "SACK-permitted"}, {8, 10, "timestamps"}};

bool cut_off(const packet::Option& option) {
  if (option.kind < 2) return false;
  return !option.length || *option.length != option.data.size() + 2;
}

}  // namespace

void check_ip_header(const packet::Image& image, const Report& report) {
  if (!image.v4) return;
  const packet::Ipv4Header& header = *image.v4;
  if (header.ihl > 5 && header.options.size() < (header.ihl - 5) * std::size_t{4})
    return;  // not all of it is here
  // RFC 791 §3.1 IHL: five words at least, and the total length counts them.
  if (header.ihl < 5) report(RuleId::kIpHeader, fmt::format("header length of {} words", header.ihl));
  if (header.total_length < header.ihl * 4) {
    report(RuleId::kIpHeader, fmt::format("total length {} is less than the header's", header.total_length));
  }
  const std::uint16_t right = packet::right_ipv4_checksum(image);
  // RFC 791 §3.1 Header Checksum.
  if (header.checksum != right && !(right == 0 && header.checksum == 0xffff)) {
    report(RuleId::kIpHeader,
           fmt::format("header checksum 0x{:04x}, right is 0x{:04x}", header.checksum, right));
  }
}

bool check_tcp_header(const Segment& segment, const Report& report) {
  const packet::TcpHeader& tcp = *segment.image->tcp;
  const std::size_t size = 20 + tcp.options.size();
  // RFC 9293 §3.1 Data Offset [text]: the header is twenty octets and what more it says, all of it there.
  if (tcp.data_offset < 5 || tcp.data_offset * std::size_t{4} != size) {
    report(RuleId::kDataOffset,
           fmt::format("data offset of {} words, the segment has {} octets", tcp.data_offset,
                       20 + tcp.options.size() + segment.image->payload.size()));
    return false;
  }
  // RFC 9293 §3.1 Checksum [MUST-2].
  const std::uint16_t right = packet::right_tcp_checksum(*segment.image);
  if (tcp.checksum != right && !(right == 0 && tcp.checksum == 0xffff)) {
    report(RuleId::kTcpChecksum,
           fmt::format("checksum 0x{:04x}, right is 0x{:04x}{}", tcp.checksum, right,
                       segment.offloaded
                           ? " (it holds the pseudo-header only: captured before the network card?)"
                           : ""));
  }
  // RFC 9293 §3.1 Reserved: zero when sent; AE (RFC 9768) is a flag and not among these three.
  if (tcp.reserved != 0) report(RuleId::kReservedBits, fmt::format("reserved bits are {}", tcp.reserved));
  // RFC 9293 §3.1 ACK [text]: always sent once a connection is there; RFC 9293 §3.10.7.1: a RST to nobody may
  // lack it.
  if (!segment.has(kAck | kSyn | kRst)) report(RuleId::kAckFlag, "no ACK, SYN or RST flag");
  return true;
}

void check_option_form(const Segment& segment, const Report& report) {
  const bool syn = segment.has(kSyn);
  for (const packet::Option& option : packet::split_options(segment.image->tcp->options)) {
    // RFC 9293 §3.1 Options [MUST-68]: kind, then a length that counts both and stays in the header.
    if (cut_off(option)) {
      const std::string length = option.length ? fmt::format("{}", *option.length) : "no";
      report(RuleId::kOptionSyntax, fmt::format("option kind {} with {} length, {} octets are left",
                                                option.kind, length, option.data.size()));
      continue;
    }
    for (const FixedLength& fixed : kFixed) {
      if (option.kind == fixed.kind && *option.length != fixed.length) {
        report(RuleId::kOptionLength,
               fmt::format("{} option of length {}, it is {}", fixed.name, *option.length, fixed.length));
      }
    }
    // RFC 9293 §3.1 Options [MUST-69]: after EOL, zeros up to the data offset.
    if (option.kind == 0 && std::ranges::any_of(option.data, [](std::uint8_t octet) { return octet != 0; })) {
      report(RuleId::kOptionPadding, fmt::format("padding [{}]", to_hex(option.data)));
    }
  }
  const Options& options = segment.options;
  // RFC 9293 §3.2 [MUST-65]; RFC 2018 §2; RFC 7323 §2.2 tells receivers to ignore it, so it is only useless.
  if (options.mss && !syn) report(RuleId::kMssOnSyn, "MSS option without SYN");
  if (options.sack_permitted && !syn) report(RuleId::kSackPermittedOnSyn, "SACK-permitted without SYN");
  if (options.wscale && !syn) report(RuleId::kWscaleOnSyn, "window scale without SYN");
  // RFC 7323 §2.3 [MUST]: one's own shift count is 14 or less.
  if (options.wscale && syn && *options.wscale > 14) {
    report(RuleId::kWscaleRange, fmt::format("window scale {}", *options.wscale));
  }
  // RFC 7323 §3.2 [SHOULD]: without ACK there is nothing to echo. A RST echoes what provoked it (§5.2).
  if (options.timestamps && !segment.has(kAck | kRst) && options.timestamps->echo != 0) {
    report(RuleId::kTimestampsEchoUnset, fmt::format("TSecr {} without ACK", options.timestamps->echo));
  }
}

}  // namespace tcpspec::monitor
