// Sums of literals and captured values, patterns of them, names, strings, hex.
#include <algorithm>
#include <array>

#include "harness/scenario/parser.h"

namespace tcpspec::scenario {
namespace {

// Digits of a token that the lexer found to be a number; none: larger than kMostLiteral.
std::optional<std::int64_t> literal_of(const Token& token) {
  const bool hex = token.kind == TokenKind::kHex;
  std::int64_t value = 0;
  for (const char c : hex ? token.text.substr(2) : token.text) {
    const int digit = is_digit(c) ? c - '0' : (c | 0x20) - 'a' + 10;
    value = value * (hex ? 16 : 10) + digit;
    if (value > kMostLiteral) return std::nullopt;
  }
  return value;
}

std::uint8_t nibble(char c) {
  return static_cast<std::uint8_t>(is_digit(c) ? c - '0' : (c | 0x20) - 'a' + 10);
}

std::string range_text(std::string_view what, std::int64_t low, std::int64_t high) {
  return std::string(what) + " must be " + std::to_string(low) + " to " + std::to_string(high);
}

}  // namespace

std::optional<std::int64_t> constant_of(const Number& number) { return difference(number, Number{}); }

std::optional<std::int64_t> difference(const Number& end, const Number& start) {
  std::int64_t sum = 0;
  std::map<std::string, int> captured;
  const auto add = [&](const Number& number, int sign) {
    for (const Term& term : number.terms) {
      const int factor = term.negative ? -sign : sign;
      if (const auto* literal = std::get_if<std::int64_t>(&term.value)) {
        sum += factor * std::clamp(*literal, -kMostLiteral, kMostLiteral);
      } else {
        captured[std::get<std::string>(term.value)] += factor;
      }
    }
  };
  add(end, 1);
  add(start, -1);
  const bool cancels = std::ranges::all_of(captured, [](const auto& entry) { return entry.second == 0; });
  return cancels ? std::optional(sum) : std::nullopt;
}

bool Parser::parse_term(Number& number, bool negative, std::string_view what) {
  const Token& token = lexer_.peek();
  if (token.kind == TokenKind::kCapture) {
    std::string name(token.text.substr(1));
    if (!scope_.captures.contains(name)) {
      const std::vector<std::string> known(scope_.captures.begin(), scope_.captures.end());
      return error_at(token.at,
                      "$" + name + " is used before any `let " + name + "`" + near_miss(name, known));
    }
    number.terms.push_back(Term{negative, std::move(name)});
  } else if (token.kind == TokenKind::kInteger || token.kind == TokenKind::kHex) {
    const std::optional<std::int64_t> value = literal_of(token);
    if (!value) return error_at(token.at, "the number is too large");
    number.terms.push_back(Term{negative, *value});
  } else {
    return expected(what);
  }
  if (number.terms.size() > kMostTerms) return error_at(token.at, "a sum has at most 16 terms");
  lexer_.take();
  return true;
}

// `1 +0` is a number and the next event's time; `1+0` and `1 + 0` are sums.
bool Parser::parse_number(Number& number, std::string_view what) {
  number.terms.clear();
  const bool minus = accept("-");
  if (!parse_term(number, minus, minus ? "a number" : what)) return false;
  for (;;) {
    const Token sign = lexer_.peek();
    if (!lexer_.same_line() || !(sign.is("+") || sign.is("-"))) return true;
    const std::string& text = lexer_.line(sign.at.line).text;
    const bool blank_after = sign.end.offset >= text.size() || !is_not_blank(text[sign.end.offset]);
    if (!lexer_.adjacent() && !blank_after) return true;
    lexer_.take();
    if (!parse_term(number, sign.is("-"), "a number or $NAME")) return false;
  }
}

bool Parser::parse_ranged(Number& number, std::int64_t low, std::int64_t high, std::string_view what) {
  const Position at = lexer_.peek().at;
  if (!parse_number(number, std::string(what))) return false;
  const std::optional<std::int64_t> value = constant_of(number);
  if (value && (*value < low || *value > high)) return error_at(at, range_text(what, low, high));
  return true;
}

bool Parser::parse_integer(std::int64_t& value, std::int64_t low, std::int64_t high, std::string_view what) {
  const Token& token = lexer_.peek();
  if (token.kind != TokenKind::kInteger && token.kind != TokenKind::kHex) return expected(what);
  const std::optional<std::int64_t> literal = literal_of(token);
  if (!literal || *literal < low || *literal > high) return error_at(token.at, range_text(what, low, high));
  value = *literal;
  lexer_.take();
  return true;
}

bool Parser::parse_let(std::string& name) {
  const Position at = lexer_.peek().at;
  if (!accept_word("let")) return expected("let NAME");
  if (direction_ == Direction::kIn)
    return error_at(at, "only a packet of the target (`>`) can be captured with `let`");
  if (lexer_.peek().kind != TokenKind::kWord || !lexer_.same_line()) return expected("a name after let");
  name = std::string(lexer_.take().text);
  pending_captures_.push_back(name);
  return true;
}

bool Parser::parse_pattern(NumberPattern& pattern, std::int64_t low, std::int64_t high,
                           std::string_view what) {
  struct Operator {
    std::string_view symbol;
    Relation relation;
  };
  static constexpr auto kOperators = std::to_array<Operator>({{"...", Relation::kAny},
                                                              {">=", Relation::kAtLeast},
                                                              {"<=", Relation::kAtMost},
                                                              {"!=", Relation::kNotEqual}});
  const Token first = lexer_.peek();
  if (first.word("let")) {
    pattern.relation = Relation::kAny;
    return parse_let(pattern.capture);
  }
  pattern.relation = Relation::kEqual;
  for (const Operator& op : kOperators) {
    if (!accept(op.symbol)) continue;
    if (direction_ == Direction::kIn)
      return error_at(first.at, "an injected packet has one value here, not a pattern");
    pattern.relation = op.relation;
    break;
  }
  if (pattern.relation != Relation::kAny && !parse_ranged(pattern.number, low, high, what)) return false;
  return !(lexer_.same_line() && lexer_.peek().word("let")) || parse_let(pattern.capture);
}

void Parser::commit_captures() {
  scope_.captures.insert(pending_captures_.begin(), pending_captures_.end());
  pending_captures_.clear();
}

bool Parser::parse_hex(Bytes& bytes) {
  const Token run = lexer_.take_run(is_name);
  if (run.text.empty()) return expected("octets in hex");
  for (std::size_t i = 0; i < run.text.size(); ++i) {
    if (!is_hex_digit(run.text[i])) {
      return error_at(Position{run.at.line, run.at.offset + i},
                      "expected a hex digit, found " + quoted(run.text.substr(i, 1)));
    }
  }
  if (run.text.size() % 2 != 0) return error_at(run.at, "an odd number of hex digits: each octet has two");
  for (std::size_t i = 0; i < run.text.size(); i += 2) {
    bytes.push_back(static_cast<std::uint8_t>(nibble(run.text[i]) << 4U | nibble(run.text[i + 1])));
  }
  return true;
}

// Escapes: \n \r \t \0 \\ \" \xHH.
bool Parser::parse_string(std::string& value) {
  const Token token = lexer_.peek();
  if (token.kind != TokenKind::kString) return expected("a string in quotes");
  const std::string_view inner = token.text.substr(1, token.text.size() - 2);
  static constexpr std::string_view kNames = "nrt0\\\"";
  static constexpr std::string_view kMeanings{"\n\r\t\0\\\"", 6};
  for (std::size_t i = 0; i < inner.size(); ++i) {
    if (inner[i] != '\\') {
      value += inner[i];
      continue;
    }
    const std::size_t slash = i++;
    const std::size_t known = i < inner.size() ? kNames.find(inner[i]) : std::string_view::npos;
    if (known != std::string_view::npos) {
      value += kMeanings[known];
    } else if (i + 2 < inner.size() && inner[i] == 'x' && is_hex_digit(inner[i + 1]) &&
               is_hex_digit(inner[i + 2])) {
      value += static_cast<char>(nibble(inner[i + 1]) << 4U | nibble(inner[i + 2]));
      i += 2;
    } else {
      return error_at(Position{token.at.line, token.at.offset + 1 + slash},
                      R"(expected \n \r \t \0 \\ \" or \xHH)");
    }
  }
  lexer_.take();
  return true;
}

}  // namespace tcpspec::scenario
