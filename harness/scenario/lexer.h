// Tokens of the language, on demand: the parser asks for the next token, or for a run of characters where the
// meaning depends on the place (`F.`, `-`, hex, names with hyphens). Newlines are blank, comments too. Owns
// no text; the lines must outlive it. Any byte is fine: what cannot begin a token is kBad or a one-character
// symbol.
#ifndef HARNESS_SCENARIO_LEXER_H_
#define HARNESS_SCENARIO_LEXER_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "harness/scenario/diagnostic.h"

namespace tcpspec::scenario {

enum class TokenKind : std::uint8_t {
  kEnd,
  kInteger,   // 123
  kFraction,  // .5, 1.25
  kHex,       // 0x1f
  kWord,      // letters, digits, _; begins with a letter or _
  kCapture,   // $NAME
  kString,    // "…", as written, quotes included
  kSymbol,    // one character, or ... >= <= != == >?
  kShell,     // `…`
  kPython,    // %{ … }%
  kBad,       // see Token::message
};

struct Position {
  std::size_t line = 0;  // index into the lines
  std::size_t offset = 0;
  bool operator==(const Position&) const = default;
};

struct Token {
  TokenKind kind = TokenKind::kEnd;
  std::string_view text;  // of its first line
  Position at;
  Position end;  // one past
  std::string_view message = {};
  [[nodiscard]] bool is(std::string_view symbol) const {
    return kind == TokenKind::kSymbol && text == symbol;
  }
  [[nodiscard]] bool word(std::string_view name) const { return kind == TokenKind::kWord && text == name; }
};

class Lexer {
 public:
  explicit Lexer(std::span<const SourceLine> lines);

  [[nodiscard]] const Token& peek() const { return next_; }
  Token take();
  // The longest run of characters that `fits` accepts, at the next token's place; takes it. Empty: nothing
  // taken.
  [[nodiscard]] Token take_run(bool (*fits)(char));
  // The rest of the token's line up to the `)` that closes it, for notes; the `(` was taken. False: not
  // closed.
  [[nodiscard]] bool take_note(std::string& note);

  [[nodiscard]] const SourceLine& line(std::size_t index) const;
  // Where the last token that was taken ended.
  [[nodiscard]] Position last_end() const { return last_end_; }
  // Nothing but blank stands between the last token and the next one on the same line.
  [[nodiscard]] bool same_line() const { return next_.at.line == last_end_.line; }
  [[nodiscard]] bool adjacent() const { return next_.at == last_end_; }
  [[nodiscard]] bool first_on_line() const;

 private:
  void advance(Position from);
  [[nodiscard]] Position skip_blank(Position from) const;
  [[nodiscard]] Token lex(Position at) const;
  [[nodiscard]] Token lex_quoted(Position at) const;
  [[nodiscard]] Token lex_enclosed(Position at, std::string_view close, TokenKind kind) const;
  [[nodiscard]] Token make(TokenKind kind, Position at, std::size_t length) const;
  [[nodiscard]] Token bad(Position at, Position end, std::string_view message) const;
  [[nodiscard]] std::string_view rest(Position at) const;

  std::span<const SourceLine> lines_;
  Token next_;
  Position last_end_;
};

[[nodiscard]] bool is_digit(char c);
[[nodiscard]] bool is_letter(char c);  // or _
[[nodiscard]] bool is_hex_digit(char c);
[[nodiscard]] bool is_name(char c);         // letters, digits, _
[[nodiscard]] bool is_hyphen_name(char c);  // and -
[[nodiscard]] bool is_not_blank(char c);

}  // namespace tcpspec::scenario

#endif  // HARNESS_SCENARIO_LEXER_H_
