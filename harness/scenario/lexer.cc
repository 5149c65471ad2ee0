#include "harness/scenario/lexer.h"

#include <algorithm>
#include <array>

#include "stack/base/check.h"

namespace tcpspec::scenario {
namespace {

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\f' || c == '\v'; }

std::size_t run_length(std::string_view text, bool (*fits)(char)) {
  return static_cast<std::size_t>(std::find_if_not(text.begin(), text.end(), fits) - text.begin());
}

}  // namespace

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_hex_digit(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }
bool is_name(char c) { return is_letter(c) || is_digit(c); }
bool is_hyphen_name(char c) { return is_name(c) || c == '-'; }
bool is_not_blank(char c) { return !is_blank(c); }

Lexer::Lexer(std::span<const SourceLine> lines) : lines_(lines) {
  CHECK(!lines.empty());
  advance(Position{});
}

const SourceLine& Lexer::line(std::size_t index) const {
  CHECK(index < lines_.size());
  return lines_[index];
}

std::string_view Lexer::rest(Position at) const {
  const std::string_view text = line(at.line).text;
  return text.substr(std::min(at.offset, text.size()));
}

void Lexer::advance(Position from) { next_ = lex(skip_blank(from)); }

Token Lexer::take() {
  Token token = next_;
  last_end_ = token.end;
  advance(token.end);
  return token;
}

Token Lexer::take_run(bool (*fits)(char)) {
  if (next_.kind == TokenKind::kEnd) return next_;
  const Token token = make(TokenKind::kWord, next_.at, run_length(rest(next_.at), fits));
  if (token.text.empty()) return token;
  last_end_ = token.end;
  advance(token.end);
  return token;
}

bool Lexer::take_note(std::string& note) {
  const std::string_view text = rest(last_end_);
  int depth = 1;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '(') ++depth;
    if (text[i] == ')' && --depth == 0) {
      note = std::string(text.substr(0, i));
      last_end_.offset += i + 1;
      advance(last_end_);
      return true;
    }
  }
  return false;
}

bool Lexer::first_on_line() const {
  const std::string_view before = std::string_view(line(next_.at.line).text).substr(0, next_.at.offset);
  return std::all_of(before.begin(), before.end(), is_blank);
}

Token Lexer::make(TokenKind kind, Position at, std::size_t length) const {
  return Token{kind, rest(at).substr(0, length), at, Position{at.line, at.offset + length}};
}

Token Lexer::bad(Position at, Position end, std::string_view message) const {
  return Token{TokenKind::kBad, rest(at), at, end, message};
}

// Stops at the first character of a token, or at the very end of the last line.
Position Lexer::skip_blank(Position p) const {
  for (;;) {
    const std::string_view text = rest(p);
    const std::size_t blank = run_length(text, is_blank);
    p.offset += blank;
    const std::string_view here = text.substr(blank);
    if (here.empty() || (here.starts_with("//") && !here.starts_with("//@"))) {
      if (p.line + 1 == lines_.size()) return Position{p.line, line(p.line).text.size()};
      p = Position{p.line + 1, 0};
    } else if (here.starts_with("/*")) {
      const Token comment = lex_enclosed(p, "*/", TokenKind::kSymbol);
      if (comment.kind == TokenKind::kBad) return p;
      p = comment.end;
    } else {
      return p;
    }
  }
}

// What begins with two characters at `at` and goes on, over lines, to `close`.
Token Lexer::lex_enclosed(Position at, std::string_view close, TokenKind kind) const {
  const std::size_t opening = kind == TokenKind::kShell ? 1 : 2;
  Position p{at.line, at.offset + opening};
  for (;; p = Position{p.line + 1, 0}) {
    const std::size_t found = rest(p).find(close);
    if (found != std::string_view::npos) {
      return Token{kind, rest(at).substr(0, opening), at, Position{p.line, p.offset + found + close.size()}};
    }
    if (p.line + 1 == lines_.size()) break;
  }
  const Position end{lines_.size() - 1, lines_.back().text.size()};
  switch (kind) {
    case TokenKind::kShell:
      return bad(at, end, "this shell command has no closing `");
    case TokenKind::kPython:
      return bad(at, end, "this %{ has no closing }%");
    case TokenKind::kSymbol:
    case TokenKind::kEnd:
    case TokenKind::kInteger:
    case TokenKind::kFraction:
    case TokenKind::kHex:
    case TokenKind::kWord:
    case TokenKind::kCapture:
    case TokenKind::kString:
    case TokenKind::kBad:
      break;
  }
  return bad(at, end, "this comment has no closing */");
}

Token Lexer::lex_quoted(Position at) const {
  const std::string_view text = rest(at);
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (text[i] == '"') {
      return make(TokenKind::kString, at, i + 1);
    }
  }
  return bad(at, Position{at.line, at.offset + text.size()}, "this string has no closing \"");
}

Token Lexer::lex(Position at) const {
  const std::string_view text = rest(at);
  if (text.empty()) return Token{TokenKind::kEnd, text, at, at};
  if (text.starts_with("//@")) {
    return bad(at, Position{at.line, at.offset + text.size()}, "a `//@` line stands on a line of its own");
  }
  if (text.starts_with("/*")) return lex_enclosed(at, "*/", TokenKind::kSymbol);
  if (text.starts_with("%{")) return lex_enclosed(at, "}%", TokenKind::kPython);
  const char c = text.front();
  if (c == '`') return lex_enclosed(at, "`", TokenKind::kShell);
  if (c == '"') return lex_quoted(at);
  if (is_letter(c)) return make(TokenKind::kWord, at, run_length(text, is_name));
  if (c == '$' && text.size() > 1 && is_letter(text[1])) {
    return make(TokenKind::kCapture, at, 1 + run_length(text.substr(1), is_name));
  }
  if (text.starts_with("0x") || text.starts_with("0X")) {
    const std::size_t digits = run_length(text.substr(2), is_hex_digit);
    if (digits > 0) return make(TokenKind::kHex, at, 2 + digits);
  }
  const std::size_t whole = run_length(text, is_digit);
  if (whole + 1 < text.size() && text[whole] == '.' && is_digit(text[whole + 1])) {
    return make(TokenKind::kFraction, at, whole + 1 + run_length(text.substr(whole + 1), is_digit));
  }
  if (whole > 0) return make(TokenKind::kInteger, at, whole);
  static constexpr auto kLong = std::to_array<std::string_view>({"...", ">=", "<=", "!=", "==", ">?"});
  for (const std::string_view symbol : kLong) {
    if (text.starts_with(symbol)) return make(TokenKind::kSymbol, at, symbol.size());
  }
  // One whole UTF-8 character, so that a message never shows half of one.
  std::size_t length = 1;
  while (length < text.size() && (static_cast<unsigned char>(text[length]) & 0xC0U) == 0x80U && length < 4)
    ++length;
  return make(TokenKind::kSymbol, at, length);
}

}  // namespace tcpspec::scenario
