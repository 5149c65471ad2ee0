// TCP packets: IP prefix, flags, sequence, the fields after them.
#include <algorithm>
#include <array>

#include "harness/scenario/parser.h"
#include "harness/scenario/vocabulary.h"

namespace tcpspec::scenario {
namespace {

constexpr std::int64_t kMostLength = 65535;

std::uint16_t flag_bit(char c) {
  static constexpr std::string_view kLetters = "FSRP.UEWA";
  static constexpr auto kBits =
      std::to_array<std::uint16_t>({kFin, kSyn, kRst, kPsh, kAck, kUrg, kEce, kCwr, kAe});
  const std::size_t at = kLetters.find(c);
  return at == std::string_view::npos ? std::uint16_t{0} : kBits[at];
}

// The three ACE bits of RFC 9768: AE, CWR, ECE.
std::uint16_t ace_bits(int digit) {
  return static_cast<std::uint16_t>(((digit & 4) != 0 ? kAe : 0) | ((digit & 2) != 0 ? kCwr : 0) |
                                    ((digit & 1) != 0 ? kEce : 0));
}

bool is_field(std::string_view word) {
  static constexpr auto kFields =
      std::to_array<std::string_view>({"ack", "win", "urg", "isn", "payload", "damage"});
  return std::ranges::find(kFields, word) != kFields.end();
}

std::vector<std::string> names_of(std::span<const Word> words) {
  std::vector<std::string> names;
  for (const Word& word : words) names.emplace_back(word.name);
  return names;
}

}  // namespace

bool Parser::parse_packet(PacketSpec& packet, Direction direction) {
  direction_ = direction;
  pending_captures_.clear();
  if (!parse_ip(packet.ip)) return false;
  const Token first = lexer_.peek();
  if (first.word("udp")) return not_yet(first.at, "UDP");
  if (first.word("icmp")) return not_yet(first.at, "ICMP from the target");
  if (first.word("gre") || first.word("mpls") || first.word("ipv4") || first.word("ipv6")) {
    return not_yet(first.at, "encapsulation");
  }
  if (direction == Direction::kOut && first.word("data")) {
    if (!parse_data(packet)) return false;
  } else if (direction == Direction::kOut && first.word("ack")) {
    packet.form = PacketForm::kAck;
    packet.options.match = OptionMatch::kAnything;
  } else if (!parse_flags(packet) || !parse_sequence(packet)) {
    return false;
  }
  if (!parse_fields(packet)) return false;
  if (direction == Direction::kIn && !check_injected(packet, first)) return false;
  commit_captures();
  return true;
}

bool Parser::parse_ip(IpSpec& ip) {
  while (accept("[")) {
    do {
      if (!parse_ip_item(ip)) return false;
    } while (accept(","));
    if (!require("]", "]")) return false;
  }
  return true;
}

bool Parser::parse_ip_item(IpSpec& ip) {
  struct Mark {
    std::string_view name;
    EcnMark mark;
  };
  static constexpr auto kMarks = std::to_array<Mark>({{"noecn", EcnMark::kNotEct},
                                                      {"ect0", EcnMark::kEct0},
                                                      {"ect1", EcnMark::kEct1},
                                                      {"ce", EcnMark::kCe}});
  const Token name = lexer_.peek();
  for (const Mark& mark : kMarks) {
    if (!name.word(mark.name)) continue;
    ip.ecn = mark.mark;
    lexer_.take();
    return true;
  }
  if (name.word("flowlabel")) return not_yet(name.at, "the flow label");
  const bool tos = name.word("tos") || name.word("class");
  if (!tos && !name.word("ttl") && !name.word("hlim"))
    return expected("noecn, ect0, ect1, ce, tos N or ttl N");
  lexer_.take();
  std::int64_t value = 0;
  if (!parse_integer(value, 0, 255, name.text)) return false;
  (tos ? ip.tos : ip.ttl) = static_cast<std::uint8_t>(value);
  return true;
}

bool Parser::parse_flags(PacketSpec& packet) {
  static constexpr std::string_view kWhat = "a flag (S F R P . U E W A or -)";
  if (!lexer_.same_line()) return expected(kWhat);
  const Token run = lexer_.take_run(is_not_blank);
  if (run.text.empty()) return expected(kWhat);
  if (run.text.find(':') != std::string_view::npos || run.text == "...") {
    return error_at(run.at, "expected flags (S F R P . U E W A or -) before the sequence numbers, found " +
                                quoted(run.text));
  }
  std::size_t begin = 0;
  for (bool first = true;; first = false) {
    const std::size_t end = std::min(run.text.find('/', begin), run.text.size());
    const Position at{run.at.line, run.at.offset + begin};
    std::uint16_t flags = 0;
    if (!parse_flag_set(run.text.substr(begin, end - begin), at, flags)) return false;
    if (first) {
      packet.flags = flags;
    } else {
      packet.also_flags.push_back(flags);
    }
    if (end == run.text.size()) return true;
    if (direction_ == Direction::kIn) {
      return error_at(Position{run.at.line, run.at.offset + end}, "an injected packet has one set of flags");
    }
    begin = end + 1;
  }
}

bool Parser::parse_flag_set(std::string_view text, Position at, std::uint16_t& flags) {
  if (text == "-") return true;
  if (text.empty()) return error_at(at, "expected a flag (S F R P . U E W A or -)");
  bool digit = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const Position here{at.line, at.offset + i};
    const bool ace = text[i] >= '0' && text[i] <= '7';
    const std::uint16_t bits = ace ? ace_bits(text[i] - '0') : flag_bit(text[i]);
    if (!ace && bits == 0) {
      return error_at(here, "expected a flag (S F R P . U E W A or -), found " + quoted(text.substr(i, 1)));
    }
    if ((flags & bits) != 0 || (ace && digit)) {
      return error_at(here, "the flag " + quoted(text.substr(i, 1)) + " is there twice");
    }
    digit = digit || ace;
    flags |= bits;
  }
  return true;
}

bool Parser::parse_sequence(PacketSpec& packet) {
  if (lexer_.peek().is("...")) {
    if (direction_ == Direction::kIn)
      return error_at(lexer_.peek().at, "an injected packet needs its sequence numbers");
    lexer_.take();
    packet.any_sequence = true;
    return true;
  }
  static constexpr std::string_view kWhat = "a sequence number (start:end(length))";
  if (!parse_ranged(packet.seq_start, kLeastSequence, kMostSequence, kWhat)) return false;
  packet.absolute_sequence = accept("!");
  if (!require(":", "':' and the end of the sequence numbers")) return false;
  if (!parse_ranged(packet.seq_end, kLeastSequence, 2 * kMostSequence, "the end of the sequence numbers"))
    return false;
  if (accept("!") && !packet.absolute_sequence) {
    return error_at(lexer_.last_end(), "both numbers are absolute (N!:N!) or none");
  }
  return parse_length(packet);
}

// packetdrill's rule: the length is end - start; SYN and FIN do not count.
bool Parser::parse_length(PacketSpec& packet) {
  if (!require("(", "'(' and the length")) return false;
  const Position at = lexer_.peek().at;
  if (!parse_integer(packet.length, 0, kMostLength, "the length")) return false;
  const std::optional<std::int64_t> difference_of = difference(packet.seq_end, packet.seq_start);
  if (difference_of &&
      static_cast<std::uint32_t>(*difference_of) != static_cast<std::uint32_t>(packet.length)) {
    return error_at(at, "the length is " + std::to_string(packet.length) + " but end - start is " +
                            std::to_string(*difference_of));
  }
  return require(")", "')'");
}

bool Parser::parse_data(PacketSpec& packet) {
  lexer_.take();
  packet.form = PacketForm::kData;
  packet.options.match = OptionMatch::kAnything;
  if (!parse_ranged(packet.seq_start, kLeastSequence, kMostSequence, "the first octet's number"))
    return false;
  if (!require(":", "':' and the number after the last octet")) return false;
  const Position at = lexer_.peek().at;
  if (!parse_ranged(packet.seq_end, kLeastSequence, 2 * kMostSequence, "the number after the last octet"))
    return false;
  packet.length = difference(packet.seq_end, packet.seq_start).value_or(0);
  packet.with_fin = accept_word("fin");
  if (packet.length < 0 || packet.length > kMostSequence) return error_at(at, "data ends before it begins");
  if (packet.length == 0 && !packet.with_fin && constant_of(packet.seq_end)) {
    return error_at(at, "data A:B needs at least one octet or fin");
  }
  return true;
}

bool Parser::parse_fields(PacketSpec& packet) {
  bool options = false;
  std::vector<std::string> seen;
  if (packet.form == PacketForm::kAck) {
    seen.emplace_back("ack");
    if (!parse_field(packet, lexer_.take().text)) return false;
  }
  for (;;) {
    const Token token = lexer_.peek();
    if (token.is("/")) return not_yet(token.at, "TCP over UDP");
    if (token.is("<")) {
      if (options) return error_at(token.at, "the option list is there twice");
      options = true;
      // Deliberate damage comes last on the line; with it, a list may be longer than TCP allows.
      const std::string& text = lexer_.line(token.at.line).text;
      if (!parse_options(packet.options, text.find("damage", token.at.offset) != std::string::npos))
        return false;
      continue;
    }
    if (token.kind != TokenKind::kWord || token.text == "continue" || token.text == "or") break;
    if (!lexer_.same_line() && !is_field(token.text)) break;
    if (std::ranges::find(seen, token.text) != seen.end()) {
      return error_at(token.at, std::string(token.text) + " is there twice");
    }
    seen.emplace_back(token.text);
    lexer_.take();
    if (!parse_field(packet, token.text)) return false;
  }
  return at_step_end() || expected(direction_ == Direction::kIn
                                       ? "ack, win, urg, <options>, payload, damage or the end of the line"
                                       : "ack, win, urg, isn, <options>, payload or the end of the line");
}

// `name` was taken.
bool Parser::parse_field(PacketSpec& packet, std::string_view name) {
  const Position at{lexer_.last_end().line, lexer_.last_end().offset - name.size()};
  const bool in = direction_ == Direction::kIn;
  if (name == "ack") {
    return parse_pattern(packet.ack.emplace(), kLeastSequence, kMostSequence, "the acknowledgment number");
  }
  if (name == "win") return parse_pattern(packet.window.emplace(), 0, 65535, "the window");
  if (name == "urg") return parse_pattern(packet.urgent.emplace(), 0, 65535, "the urgent pointer");
  if (name == "isn" && !in && packet.form == PacketForm::kSegment) return parse_let(packet.capture_isn);
  if (name == "payload" && packet.form == PacketForm::kSegment && !packet.any_sequence)
    return parse_payload(packet);
  if (name == "damage" && in) return parse_damage(packet);
  if (name == "damage") return error_at(at, "damage is for injected packets (`<`)");
  if (name == "payload") return error_at(at, "payload is for packets with flags and start:end(length)");
  if (name == "isn") return error_at(at, "`isn let X` is for expected packets (`>`) with flags");
  static const std::vector<std::string> kIn = {"ack", "win", "urg", "payload", "damage"};
  static const std::vector<std::string> kOut = {"ack", "win", "urg", "isn", "payload"};
  return error_at(at, std::string("expected ") +
                          (in ? "ack, win, urg, <options>, payload or damage"
                              : "ack, win, urg, isn, <options> or payload") +
                          ", found " + quoted(name) + near_miss(name, in ? kIn : kOut));
}

bool Parser::parse_payload(PacketSpec& packet) {
  const Token first = lexer_.peek();
  Bytes& bytes = packet.payload.emplace();
  if (first.kind == TokenKind::kString) {
    std::string text;
    if (!parse_string(text)) return false;
    bytes.assign(text.begin(), text.end());
  } else if (accept_word("hex")) {
    if (!parse_hex(bytes)) return false;
  } else {
    return expected("a string in quotes or hex AABB");
  }
  if (static_cast<std::int64_t>(bytes.size()) == packet.length) return true;
  return error_at(first.at, "the payload has " + std::to_string(bytes.size()) +
                                " octets, the packet's length is " + std::to_string(packet.length));
}

bool Parser::parse_damage(PacketSpec& packet) {
  do {
    const Token token = lexer_.peek();
    Damage damage;
    if (!parse_name(damage.kind, "a kind of damage (bad-checksum, data-offset=N, …)")) return false;
    const auto words = damage_kinds();
    const auto word = std::ranges::find(words, std::string_view(damage.kind), &Word::name);
    if (word == words.end()) {
      return error_at(token.at,
                      "unknown damage " + quoted(damage.kind) + near_miss(damage.kind, names_of(words)));
    }
    const bool wants_value = word->meaning.starts_with("=N");
    if (wants_value != lexer_.peek().is("=")) {
      return wants_value ? expected("'=' and a number") : expected("no value for " + damage.kind);
    }
    if (accept("=")) {
      std::int64_t value = 0;
      if (!parse_integer(value, 0, 0xFFFFFFFFLL, damage.kind)) return false;
      damage.value = value;
    }
    packet.damage.push_back(std::move(damage));
  } while (lexer_.same_line() && lexer_.peek().kind == TokenKind::kWord);
  return true;
}

bool Parser::check_injected(const PacketSpec& packet, const Token& first) {
  const bool has_ack = (packet.flags & kAck) != 0;
  if (scope_.kind != FileKind::kScript && has_ack && !packet.ack) {
    return error_at(first.at, "an injected packet with the ACK flag needs `ack N`");
  }
  return true;
}

}  // namespace tcpspec::scenario
