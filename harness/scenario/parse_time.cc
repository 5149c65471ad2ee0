// Times and durations: `0`, `.5`, `+.1`, `a~b`, `+a~+b`, `a...b`, `*`.
#include <algorithm>

#include "harness/scenario/parser.h"

namespace tcpspec::scenario {
namespace {

constexpr std::int64_t kMostSeconds = 1'000'000'000;

}  // namespace

bool Parser::starts_time() const {
  const Token& token = lexer_.peek();
  return token.kind == TokenKind::kInteger || token.kind == TokenKind::kFraction || token.is("+") ||
         token.is("*");
}

bool Parser::parse_duration(Duration& duration) {
  const Token& token = lexer_.peek();
  const bool number = token.kind == TokenKind::kInteger || token.kind == TokenKind::kFraction;
  if (!number) return expected("a time in seconds");
  const std::string_view text = token.text;
  const std::size_t point = std::min(text.find('.'), text.size());
  std::int64_t seconds = 0;
  for (const char c : text.substr(0, point)) {
    seconds = seconds * 10 + (c - '0');
    if (seconds > kMostSeconds) return error_at(token.at, "a time of more than 1000000000 s");
  }
  const std::string_view decimals = point < text.size() ? text.substr(point + 1) : "";
  if (decimals.size() > 9) return error_at(token.at, "a time has at most nine decimals");
  std::int64_t nanos = 0;
  for (std::size_t i = 0; i < 9; ++i) nanos = nanos * 10 + (i < decimals.size() ? decimals[i] - '0' : 0);
  duration = Duration::seconds(seconds) + Duration::nanos(nanos);
  lexer_.take();
  return true;
}

bool Parser::parse_time(TimeSpec& time) {
  if (accept("*")) {
    time = TimeSpec{TimeKind::kAny, {}, {}, {}};
    return true;
  }
  const bool relative = accept("+");
  time.kind = relative ? TimeKind::kRelative : TimeKind::kAbsolute;
  if (!relative && !starts_time()) return expected("a time (0, .5, +.1, a~b, *)");
  if (!parse_duration(time.from)) return false;
  time.to = time.from;
  const Token mark = lexer_.peek();
  if (!lexer_.same_line() || !(mark.is("~") || mark.is("..."))) return true;
  lexer_.take();
  const bool range = mark.is("~");
  const Position sign = lexer_.peek().at;
  const bool plus = accept("+");
  if (relative && range && !plus) return expected("'+' and the end of the range");
  if (plus && !relative) return error_at(sign, "a range is absolute (a~b) or relative (+a~+b), not both");
  const Position at = lexer_.peek().at;
  Duration end;
  if (!parse_duration(end)) return false;
  if (end < time.from) return error_at(at, "the range ends before it begins");
  if (range) {
    time.to = end;
  } else {
    time.blocks_until = end;
  }
  return true;
}

}  // namespace tcpspec::scenario
