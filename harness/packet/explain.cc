#include "harness/packet/explain.h"

#include <algorithm>
#include <array>
#include <string_view>

#include <fmt/format.h>

namespace tcpspec::packet {
namespace {

constexpr std::uint16_t kAck = 0x10, kUrg = 0x20;

// Numbers just before the ISN are small negative ones to a reader.
std::string relative(std::uint32_t value, std::uint32_t isn) {
  return fmt::format("{}", static_cast<std::int32_t>(value - isn));
}

std::string sack_text(const Option& option, const std::function<std::string(std::uint32_t)>& edge_text) {
  std::string text = "sack";
  for (std::size_t at = 0; at < option.data.size(); at += 8) {
    text += fmt::format(" {}:{}", edge_text(load_be32(option.data, at)),
                        edge_text(load_be32(option.data, at + 4)));
  }
  return text;
}

// An option of unknown kind or odd shape, as scripts write it; its length octet only where it is not the true
// one.
std::string raw_text(const Option& option) {
  std::string text = fmt::format("kind {}", option.kind);
  if (!option.length) return text + " cut off";
  if (*option.length != option.data.size() + 2) text += fmt::format(" length {}", *option.length);
  return option.data.empty() ? text : text + " " + to_hex(option.data);
}

std::string eol_text(const Option& option) {
  std::string text = "eol";
  if (std::ranges::all_of(option.data, [](std::uint8_t octet) { return octet == 0; })) {
    for (std::size_t i = 0; i < option.data.size(); ++i) text += ",eol";
    return text;
  }
  return text + fmt::format(",padding {}", to_hex(option.data));
}

std::string option_text(const Option& option, const std::function<std::string(std::uint32_t)>& edge_text) {
  const Bytes& data = option.data;
  if (option.kind == 0) return eol_text(option);
  if (option.kind == 1) return "nop";
  if (!option.length || *option.length != data.size() + 2) return raw_text(option);
  if (option.kind == 2 && data.size() == 2) return fmt::format("mss {}", load_be16(data, 0));
  if (option.kind == 3 && data.size() == 1) return fmt::format("wscale {}", data[0]);
  if (option.kind == 4 && data.empty()) return "sackOK";
  if (option.kind == 5 && !data.empty() && data.size() % 8 == 0) return sack_text(option, edge_text);
  if (option.kind == 8 && data.size() == 8) {
    return fmt::format("TS val {} ecr {}", load_be32(data, 0), load_be32(data, 4));
  }
  return raw_text(option);
}

std::string tcp_text(const Image& image, const Numbering& numbering) {
  const TcpHeader& tcp = *image.tcp;
  constexpr std::array<std::string_view, 4> kEcn = {"", "[ect1] ", "[ect0] ", "[ce] "};
  const std::uint8_t traffic = image.v4 ? image.v4->tos : image.v6->traffic_class;
  const std::uint32_t end = tcp.seq + static_cast<std::uint32_t>(image.payload.size());
  std::string text = fmt::format("{}{} {}:{}({})", kEcn[traffic & 3], flags_text(tcp.flags),
                                 relative(tcp.seq, numbering.sender_isn), relative(end, numbering.sender_isn),
                                 image.payload.size());
  if ((tcp.flags & kAck) != 0) text += " ack " + relative(tcp.ack, numbering.receiver_isn);
  text += fmt::format(" win {}", tcp.window);
  if ((tcp.flags & kUrg) != 0 || tcp.urgent != 0) text += fmt::format(" urg {}", tcp.urgent);
  const std::string options = options_text(tcp, numbering.receiver_isn);
  if (!options.empty()) text += fmt::format(" <{}>", options);
  if (tcp.data_offset * std::size_t{4} != 20 + tcp.options.size()) {
    text += fmt::format(" (data offset {})", tcp.data_offset);
  }
  if (tcp.reserved != 0) text += fmt::format(" (reserved {})", tcp.reserved);
  return text;
}

struct IcmpName {
  std::uint8_t type;
  int code;  // -1: any
  std::string_view text;
};

std::string icmp_text(bool v6, ByteView payload) {
  static constexpr auto kV4 = std::to_array<IcmpName>({
      {3, 0, "destination unreachable (network)"},
      {3, 1, "destination unreachable (host)"},
      {3, 2, "destination unreachable (protocol)"},
      {3, 3, "destination unreachable (port)"},
      {3, 4, "destination unreachable (fragmentation needed)"},
      {0, -1, "echo reply"},
      {3, -1, "destination unreachable"},
      {4, -1, "source quench"},
      {5, -1, "redirect"},
      {8, -1, "echo request"},
      {11, 0, "time exceeded (in transit)"},
      {11, -1, "time exceeded"},
      {12, -1, "parameter problem"},
  });
  static constexpr auto kV6 = std::to_array<IcmpName>({
      {1, 0, "destination unreachable (no route)"},
      {1, 1, "destination unreachable (prohibited)"},
      {1, 3, "destination unreachable (address)"},
      {1, 4, "destination unreachable (port)"},
      {1, -1, "destination unreachable"},
      {2, -1, "packet too big"},
      {3, -1, "time exceeded"},
      {4, -1, "parameter problem"},
      {128, -1, "echo request"},
      {129, -1, "echo reply"},
      {130, -1, "multicast listener query"},
      {131, -1, "multicast listener report"},
      {133, -1, "router solicitation"},
      {134, -1, "router advertisement"},
      {135, -1, "neighbor solicitation"},
      {136, -1, "neighbor advertisement"},
      {143, -1, "multicast listener report"},
  });
  const std::string name = v6 ? "icmp6" : "icmp";
  if (payload.size() < 2) return fmt::format("{} cut off after {} octets", name, payload.size());
  const std::span<const IcmpName> names =
      v6 ? std::span<const IcmpName>(kV6) : std::span<const IcmpName>(kV4);
  for (const IcmpName& known : names) {
    if (known.type == payload[0] && (known.code < 0 || known.code == payload[1])) {
      return fmt::format("{} {}", name, known.text);
    }
  }
  return fmt::format("{} type {} code {}", name, payload[0], payload[1]);
}

std::string_view protocol_name(std::uint8_t protocol) {
  struct Name {
    std::uint8_t number;
    std::string_view text;
  };
  static constexpr auto kNames = std::to_array<Name>(
      {{1, "icmp"}, {2, "igmp"}, {6, "tcp"}, {17, "udp"}, {44, "fragment"}, {58, "icmp6"}, {132, "sctp"}});
  const auto* const known = std::ranges::find(kNames, protocol, &Name::number);
  return known == kNames.end() ? "unknown" : known->text;
}

}  // namespace

std::string flags_text(std::uint16_t flags) {
  static constexpr std::string_view kLetters = "SFRP.UEWA";
  static constexpr std::array<std::uint16_t, 9> kBits = {0x02, 0x01, 0x04, 0x08, 0x10,
                                                         0x20, 0x40, 0x80, 0x100};
  std::string text;
  for (std::size_t i = 0; i < kBits.size(); ++i) {
    if ((flags & kBits[i]) != 0) text.push_back(kLetters[i]);
  }
  return text.empty() ? "-" : text;
}

std::string options_text(const TcpHeader& tcp, const std::function<std::string(std::uint32_t)>& edge_text) {
  std::string text;
  for (const Option& option : split_options(tcp.options)) {
    if (!text.empty()) text += ",";
    text += option_text(option, edge_text);
  }
  return text;
}

std::string options_text(const TcpHeader& tcp, std::uint32_t receiver_isn) {
  return options_text(tcp, [&](std::uint32_t edge) { return relative(edge, receiver_isn); });
}

std::string summary(const Image& image, const Numbering& numbering) {
  if (!image.version()) return fmt::format("no IP header, {} octets", image.rest.size());
  if (image.tcp) return tcp_text(image, numbering);
  const std::uint8_t protocol = image.protocol();
  const bool fragment = image.v4 && (image.v4->flags_and_offset & 0x3fff) != 0;
  if (!fragment && ((image.v4 && protocol == 1) || (image.v6 && protocol == 58))) {
    return icmp_text(image.v6.has_value(), image.payload);
  }
  std::string text =
      fmt::format("{} ({}) {} octets", protocol, protocol_name(protocol), image.payload.size());
  if (fragment) text += fmt::format(", fragment at {}", (image.v4->flags_and_offset & 0x1fff) * 8);
  return text;
}

std::string hexdump(ByteView bytes) {
  std::string text;
  for (std::size_t line = 0; line < bytes.size(); line += 16) {
    const ByteView row = bytes.subspan(line, std::min<std::size_t>(16, bytes.size() - line));
    std::string hex, printable;
    for (std::size_t i = 0; i < 16; ++i) {
      hex += i < row.size() ? fmt::format("{:02x} ", row[i]) : "   ";
      if (i == 7) hex += " ";
      if (i < row.size())
        printable.push_back(row[i] >= 0x20 && row[i] < 0x7f ? static_cast<char>(row[i]) : '.');
    }
    text += fmt::format("{:04x}  {} {}\n", line, hex, printable);
  }
  return text;
}

}  // namespace tcpspec::packet
