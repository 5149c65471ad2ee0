// Times, numbers, packets and options as text.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "harness/scenario/print.h"

namespace tcpspec::scenario {
namespace {

std::string_view ecn_text(EcnMark mark) {
  switch (mark) {
    case EcnMark::kUnset:
      return "";
    case EcnMark::kNotEct:
      return "[noecn] ";
    case EcnMark::kEct0:
      return "[ect0] ";
    case EcnMark::kEct1:
      return "[ect1] ";
    case EcnMark::kCe:
      return "[ce] ";
  }
  return "";
}

std::string print_ip(const IpSpec& ip) {
  std::string out(ecn_text(ip.ecn));
  if (ip.tos) out += fmt::format("[tos {:#x}] ", *ip.tos);
  if (ip.ttl) out += fmt::format("[ttl {}] ", *ip.ttl);
  return out;
}

std::string print_sequence(const PacketSpec& packet) {
  if (packet.any_sequence) return "...";
  const std::string_view mark = packet.absolute_sequence ? "!" : "";
  return fmt::format("{}{}:{}{}({})", print_number(packet.seq_start), mark, print_number(packet.seq_end),
                     mark, packet.length);
}

std::string print_payload(const Bytes& payload) {
  const bool plain = std::ranges::all_of(
      payload, [](std::uint8_t c) { return c >= 0x20 && c < 0x7F && c != '"' && c != '\\' && c != '$'; });
  if (plain) return " payload \"" + std::string(payload.begin(), payload.end()) + "\"";
  return " payload hex " + to_hex(payload);
}

std::string print_head(const PacketSpec& packet) {
  switch (packet.form) {
    case PacketForm::kSegment: {
      std::string flags = print_flags(packet.flags);
      for (const std::uint16_t more : packet.also_flags) flags += "/" + print_flags(more);
      return flags + " " + print_sequence(packet);
    }
    case PacketForm::kData:
      return fmt::format("data {}:{}{}", print_number(packet.seq_start), print_number(packet.seq_end),
                         packet.with_fin ? " fin" : "");
    case PacketForm::kAck:
      return "ack " + print_pattern(packet.ack.value_or(NumberPattern{}));
  }
  return "";
}

}  // namespace

std::string print_duration(Duration duration) {
  std::string text = to_string(duration);
  if (text.ends_with(".0")) text.resize(text.size() - 2);
  return text;
}

std::string print_time(const TimeSpec& time) {
  if (time.kind == TimeKind::kAny) return "*";
  const std::string sign = time.kind == TimeKind::kRelative ? "+" : "";
  std::string out = sign + print_duration(time.from);
  if (time.blocks_until) return out + "..." + sign + print_duration(*time.blocks_until);
  if (time.to != time.from) out += "~" + sign + print_duration(time.to);
  return out;
}

std::string print_number(const Number& number) {
  if (number.terms.empty()) return "0";
  std::string out;
  for (const Term& term : number.terms) {
    if (term.negative) {
      out += "-";
    } else if (!out.empty()) {
      out += "+";
    }
    const auto* literal = std::get_if<std::int64_t>(&term.value);
    out += literal != nullptr ? std::to_string(*literal) : "$" + std::get<std::string>(term.value);
  }
  return out;
}

std::string print_pattern(const NumberPattern& pattern) {
  const std::string capture = pattern.capture.empty() ? "" : "let " + pattern.capture;
  const std::string then = capture.empty() ? "" : " " + capture;
  switch (pattern.relation) {
    case Relation::kAny:
      return capture.empty() ? "..." : capture;
    case Relation::kEqual:
      return print_number(pattern.number) + then;
    case Relation::kAtLeast:
      return ">= " + print_number(pattern.number) + then;
    case Relation::kAtMost:
      return "<= " + print_number(pattern.number) + then;
    case Relation::kNotEqual:
      return "!= " + print_number(pattern.number) + then;
  }
  return "";
}

std::string print_flags(std::uint16_t flags) {
  struct Letter {
    std::uint16_t bit;
    char letter;
  };
  static constexpr auto kLetters = std::to_array<Letter>({{kFin, 'F'},
                                                          {kSyn, 'S'},
                                                          {kRst, 'R'},
                                                          {kPsh, 'P'},
                                                          {kAck, '.'},
                                                          {kUrg, 'U'},
                                                          {kEce, 'E'},
                                                          {kCwr, 'W'},
                                                          {kAe, 'A'}});
  std::string out;
  for (const Letter& known : kLetters) {
    if ((flags & known.bit) != 0) out += known.letter;
  }
  return out.empty() ? "-" : out;
}

std::string_view option_word(OptionKind kind) {
  switch (kind) {
    case OptionKind::kEol:
      return "eol";
    case OptionKind::kNop:
      return "nop";
    case OptionKind::kMss:
      return "mss";
    case OptionKind::kWscale:
      return "wscale";
    case OptionKind::kSackPermitted:
      return "sackOK";
    case OptionKind::kSack:
      return "sack";
    case OptionKind::kTimestamps:
      return "TS";
    case OptionKind::kRaw:
      return "kind";
  }
  return "";
}

std::string print_option(const OptionSpec& option) {
  const auto value = [&](std::size_t i) {
    return print_pattern(i < option.values.size() ? option.values[i] : NumberPattern{});
  };
  const std::string word(option_word(option.kind));
  switch (option.kind) {
    case OptionKind::kEol:
    case OptionKind::kNop:
    case OptionKind::kSackPermitted:
      return word;
    case OptionKind::kMss:
    case OptionKind::kWscale:
      return word + " " + value(0);
    case OptionKind::kTimestamps:
      return word + " val " + value(0) + " ecr " + value(1);
    case OptionKind::kSack: {
      std::string out = word;
      for (std::size_t i = 0; i + 1 < option.values.size(); i += 2)
        out += " " + value(i) + ":" + value(i + 1);
      return out;
    }
    case OptionKind::kRaw: {
      std::string out = fmt::format("{} {}", word, option.raw_kind);
      if (option.raw_length) out += fmt::format(" length {}", *option.raw_length);
      return out + (option.raw_data.empty() ? "" : " " + to_hex(option.raw_data));
    }
  }
  return "";
}

std::string print_options(const OptionList& list) {
  std::string options;
  for (const OptionSpec& option : list.options)
    options += (options.empty() ? "" : ",") + print_option(option);
  switch (list.match) {
    case OptionMatch::kAnything:
      return "<...>";
    case OptionMatch::kExactly:
      return options.empty() ? "" : "<" + options + ">";
    case OptionMatch::kContains:
      break;
  }
  std::string lacking;
  for (const OptionKind kind : list.lacking)
    lacking += (lacking.empty() ? "" : ", ") + std::string(option_word(kind));
  return "<opts" + (options.empty() ? "" : " contain " + options) +
         (lacking.empty() ? "" : " lack " + lacking) + ">";
}

std::string print_packet(const PacketSpec& packet) {
  const bool segment = packet.form == PacketForm::kSegment;
  std::string out = print_ip(packet.ip) + print_head(packet);
  if (packet.ack && packet.form != PacketForm::kAck) out += " ack " + print_pattern(*packet.ack);
  if (packet.window) out += " win " + print_pattern(*packet.window);
  if (packet.urgent) out += " urg " + print_pattern(*packet.urgent);
  if (!packet.capture_isn.empty()) out += " isn let " + packet.capture_isn;
  // `data` and `ack` compare no options unless a list is there; a segment without one has none.
  if (segment || packet.options.match != OptionMatch::kAnything) {
    const std::string options = print_options(packet.options);
    if (!options.empty()) out += " " + options;
  }
  if (packet.payload) out += print_payload(*packet.payload);
  for (std::size_t i = 0; i < packet.damage.size(); ++i) {
    out += (i == 0 ? " damage " : " ") + packet.damage[i].kind;
    if (packet.damage[i].value) out += "=" + std::to_string(*packet.damage[i].value);
  }
  return out;
}

std::string print_icmp(const IcmpSpec& icmp) {
  std::string out = "icmp " + icmp.type + (icmp.code.empty() ? "" : " " + icmp.code);
  if (icmp.mtu) out += " mtu " + std::to_string(*icmp.mtu);
  if (!icmp.quoted_seq.terms.empty()) {
    const std::string number = print_number(icmp.quoted_seq);
    out += fmt::format(" [{}:{}(0)]", number, number);
  }
  return out;
}

}  // namespace tcpspec::scenario
