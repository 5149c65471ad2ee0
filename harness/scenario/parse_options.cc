// TCP options: exact lists, `<...>`, `<opts contain … lack …>`.
#include <algorithm>
#include <array>

#include "harness/scenario/parser.h"

namespace tcpspec::scenario {
namespace {

struct Name {
  std::string_view text;
  OptionKind kind;
};
constexpr auto kNames = std::to_array<Name>({{"mss", OptionKind::kMss},
                                             {"wscale", OptionKind::kWscale},
                                             {"sackOK", OptionKind::kSackPermitted},
                                             {"sack", OptionKind::kSack},
                                             {"TS", OptionKind::kTimestamps},
                                             {"nop", OptionKind::kNop},
                                             {"eol", OptionKind::kEol},
                                             {"kind", OptionKind::kRaw}});
constexpr std::string_view kWhat = "an option (mss, wscale, sackOK, sack, TS, nop, eol, kind N)";
constexpr std::uint8_t kMd5Kind = 19, kFastOpenKind = 34, kExperimentKind = 254;

std::size_t wire_length_of(const OptionSpec& option) {
  switch (option.kind) {
    case OptionKind::kEol:
    case OptionKind::kNop:
      return 1;
    case OptionKind::kMss:
      return 4;
    case OptionKind::kWscale:
      return 3;
    case OptionKind::kSackPermitted:
      return 2;
    case OptionKind::kSack:
      return 2 + 4 * option.values.size();
    case OptionKind::kTimestamps:
      return 10;
    case OptionKind::kRaw:
      return 2 + option.raw_data.size();
  }
  return 0;
}

}  // namespace

std::size_t wire_length(const std::vector<OptionSpec>& options) {
  std::size_t length = 0;
  for (const OptionSpec& option : options) length += wire_length_of(option);
  return length;
}

bool Parser::parse_options(OptionList& list, bool damaged) {
  const Token open = lexer_.take();
  list = OptionList{};
  if (accept("...")) {
    list.match = OptionMatch::kAnything;
    if (direction_ == Direction::kIn) return error_at(open.at, "an injected packet needs its options");
  } else if (lexer_.peek().word("opts")) {
    if (direction_ == Direction::kIn)
      return error_at(lexer_.peek().at, "an injected packet needs its options");
    lexer_.take();
    list.match = OptionMatch::kContains;
    const bool contain = accept_word("contain");
    contained_ = true;
    const bool read = !contain || parse_option_list(list);
    contained_ = false;
    if (!read) return false;
    const bool lack = accept_word("lack");
    if (lack && !parse_lacking(list)) return false;
    if (!contain && !lack) return expected("contain or lack");
  } else if (!parse_option_list(list)) {
    return false;
  }
  if (!require(">", list.match == OptionMatch::kContains ? "',', lack or '>'" : "',' or '>'")) return false;
  const std::size_t length = wire_length(list.options);
  if (length <= 40 || damaged) return true;
  return error_at(open.at, "these options take " + std::to_string(length) + " octets; TCP has room for 40");
}

bool Parser::parse_option_list(OptionList& list) {
  do {
    if (list.options.size() > 64) return error_at(lexer_.peek().at, "more than 64 options");
    if (!parse_option(list.options.emplace_back())) return false;
  } while (accept(","));
  return true;
}

bool Parser::parse_lacking(OptionList& list) {
  do {
    const Token token = lexer_.peek();
    const auto name = std::ranges::find(kNames, token.text, &Name::text);
    if (token.kind != TokenKind::kWord || name == kNames.end() || name->kind == OptionKind::kRaw) {
      return expected("an option's name (mss, wscale, sackOK, sack, TS, nop, eol)");
    }
    list.lacking.push_back(name->kind);
    lexer_.take();
  } while (accept(",") || lexer_.peek().kind == TokenKind::kWord);
  return true;
}

bool Parser::parse_option(OptionSpec& option) {
  const Token token = lexer_.peek();
  if (token.kind != TokenKind::kWord) return expected(kWhat);
  const auto name = std::ranges::find(kNames, token.text, &Name::text);
  if (name == kNames.end()) return parse_known_raw(option, token);
  option.kind = name->kind;
  lexer_.take();
  return parse_option_values(option);
}

bool Parser::parse_option_values(OptionSpec& option) {
  // `opts contain mss` without a value is any value.
  const bool left_out =
      contained_ && (lexer_.peek().is(",") || lexer_.peek().is(">") || lexer_.peek().word("lack"));
  switch (option.kind) {
    case OptionKind::kMss:
      option.values.emplace_back();
      return left_out || parse_pattern(option.values[0], 0, 65535, "the MSS");
    case OptionKind::kWscale:
      option.values.emplace_back();
      return left_out || parse_pattern(option.values[0], 0, 255, "the window scale");
    case OptionKind::kTimestamps:
      if (!left_out) return parse_timestamps(option);
      option.values.resize(2);
      return true;
    case OptionKind::kSack:
      return left_out || parse_sack(option);
    case OptionKind::kRaw:
      return parse_raw(option);
    case OptionKind::kEol:
    case OptionKind::kNop:
    case OptionKind::kSackPermitted:
      return true;
  }
  return true;
}

bool Parser::parse_timestamps(OptionSpec& option) {
  option.values.resize(2);
  if (!accept_word("val")) return expected("val N");
  if (!parse_pattern(option.values[0], 0, 0xFFFFFFFFLL, "the timestamp value")) return false;
  if (!accept_word("ecr")) return expected("ecr N");
  return parse_pattern(option.values[1], 0, 0xFFFFFFFFLL, "the timestamp echo");
}

bool Parser::parse_sack(OptionSpec& option) {
  do {
    if (option.values.size() > 32) return error_at(lexer_.peek().at, "more than 16 SACK blocks");
    if (!parse_pattern(option.values.emplace_back(), kLeastSequence, kMostSequence, "a block's left edge"))
      return false;
    if (!require(":", "':' and the block's right edge")) return false;
    if (!parse_pattern(option.values.emplace_back(), kLeastSequence, kMostSequence, "a block's right edge")) {
      return false;
    }
  } while (!lexer_.peek().is(",") && !lexer_.peek().is(">") && !lexer_.peek().word("lack"));
  return true;
}

bool Parser::parse_raw(OptionSpec& option) {
  std::int64_t kind = 0;
  if (!parse_integer(kind, 0, 255, "the option's kind")) return false;
  option.raw_kind = static_cast<std::uint8_t>(kind);
  if (accept_word("length")) {
    std::int64_t length = 0;
    if (!parse_integer(length, 0, 255, "the option's length octet")) return false;
    option.raw_length = static_cast<std::uint8_t>(length);
  }
  const Token& next = lexer_.peek();
  const bool ends = next.is(",") || next.is(">") || next.word("lack");
  return ends || parse_hex(option.raw_data);
}

// packetdrill's names for options without a form of their own: FO [cookie], FOEXP [cookie], md5 DIGEST.
bool Parser::parse_known_raw(OptionSpec& option, const Token& name) {
  const bool fast_open = name.text == "FO", experiment = name.text == "FOEXP", md5 = name.text == "md5";
  if (name.text == "ECN" || name.text == "gre")
    return not_yet(name.at, "the option " + std::string(name.text));
  if (!fast_open && !experiment && !md5) {
    std::vector<std::string> names = {"FO", "FOEXP", "md5"};
    for (const Name& known : kNames) names.emplace_back(known.text);
    return error_at(name.at, "expected " + std::string(kWhat) + ", found " + quoted(name.text) +
                                 near_miss(name.text, names));
  }
  lexer_.take();
  option.kind = OptionKind::kRaw;
  option.raw_kind = fast_open ? kFastOpenKind : experiment ? kExperimentKind : kMd5Kind;
  if (experiment) option.raw_data = {0xF9, 0x89};
  const Token next = lexer_.peek();
  if (!next.is(",") && !next.is(">")) {
    const bool hex = next.kind == TokenKind::kInteger ||
                     (next.kind == TokenKind::kWord && std::ranges::all_of(next.text, is_hex_digit));
    if (!hex) return not_yet(next.at, "a cookie or key by name");
    if (!parse_hex(option.raw_data)) return false;
  }
  if (md5 && option.raw_data.size() != 16) return not_yet(name.at, "md5 without its 16 octets in hex");
  return true;
}

}  // namespace tcpspec::scenario
