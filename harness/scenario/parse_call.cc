// Calls as packetdrill writes them: `name(arguments) = result [ERRNO] [(note)]`.
#include <algorithm>
#include <array>

#include "harness/scenario/parser.h"

namespace tcpspec::scenario {

const std::vector<std::string>& supported_calls() {
  static const std::vector<std::string> kCalls = {
      "socket", "bind", "listen", "accept", "connect",  "read",       "recv",       "recvfrom",
      "write",  "send", "sendto", "close",  "shutdown", "setsockopt", "getsockopt", "fcntl"};
  return kCalls;
}

bool Parser::parse_call(Call& call) {
  const Token name = lexer_.take();
  call.name = std::string(name.text);
  const std::vector<std::string>& known = supported_calls();
  if (std::ranges::find(known, call.name) == known.end()) {
    return error_at(name.at, "call not supported: " + call.name + near_miss(call.name, known));
  }
  if (scope_.has_app)
    return error_at(name.at, "the application of `//@ app` makes the calls; a case with it has none");
  direction_ = Direction::kIn;
  lexer_.take();  // the parenthesis
  if (!parse_values(call.arguments, ")")) return false;
  if (!accept("=")) return at_step_end() || expected("'=' and the result, or the end of the line");
  return parse_result(call);
}

bool Parser::parse_result(Call& call) {
  if (!parse_value(call.result.emplace())) return false;
  if (lexer_.same_line() && lexer_.peek().kind == TokenKind::kWord) {
    const Token error = lexer_.peek();
    const bool looks_right =
        error.text.size() > 1 && error.text[0] == 'E' &&
        std::ranges::all_of(error.text, [](char c) { return is_name(c) && !(c >= 'a' && c <= 'z'); });
    if (!looks_right) return expected("an error (ECONNREFUSED, …), a (note) or the end of the line");
    call.error = std::string(lexer_.take().text);
  }
  if (lexer_.same_line() && lexer_.peek().is("(")) {
    const Token open = lexer_.take();
    if (!lexer_.take_note(call.note)) return error_at(open.at, "this note has no closing )");
  }
  return at_step_end() || expected("an error (ECONNREFUSED, …), a (note) or the end of the line");
}

// `opening` was taken; takes `close`.
bool Parser::parse_values(ValueList& values, std::string_view close) {
  if (accept(close)) return true;
  do {
    if (!parse_value(values.emplace_back())) return false;
  } while (accept(","));
  return require(close, "',' or '" + std::string(close) + "'");
}

bool Parser::parse_value(Value& value) {
  if (value_depth_ >= kMostDepth) return error_at(lexer_.peek().at, "lists and structs nest too deep");
  ++value_depth_;
  const bool read = parse_plain_value(value);
  --value_depth_;
  return read;
}

bool Parser::parse_plain_value(Value& value) {
  const Token token = lexer_.peek();
  if (accept("...")) {
    value.is = Ellipsis{};
    return true;
  }
  if (accept("[")) return parse_values(value.is.emplace<ValueList>(), "]");
  if (accept("{")) return parse_fields_of(value.is.emplace<std::vector<Value::Field>>());
  if (token.kind == TokenKind::kString) return parse_string(value.is.emplace<std::string>());
  if (token.kind == TokenKind::kWord) return parse_symbols(value);
  value.hex = token.kind == TokenKind::kHex;
  if (!parse_number(value.is.emplace<Number>(), "a value")) return false;
  value.hex = value.hex && std::get<Number>(value.is).terms.size() == 1;
  if (!lexer_.peek().is("|")) return true;
  // 0x1|O_NONBLOCK
  Symbols symbols{{std::string(token.text)}};
  value = Value{};
  value.is = std::move(symbols);
  lexer_.take();
  return parse_symbols(value);
}

// A|B|C; htons(N) and inet_addr("…") stand for what is in them.
bool Parser::parse_symbols(Value& value) {
  Symbols symbols;
  if (const auto* begun = std::get_if<Symbols>(&value.is)) symbols = *begun;
  do {
    const Token token = lexer_.peek();
    const bool number = token.kind == TokenKind::kInteger || token.kind == TokenKind::kHex;
    if (token.kind != TokenKind::kWord && !number) return expected("a constant");
    if (symbols.names.size() >= 64) return error_at(token.at, "more than 64 constants");
    symbols.names.emplace_back(token.text);
    lexer_.take();
    if (token.kind != TokenKind::kWord || !lexer_.peek().is("(")) continue;
    static constexpr auto kTransparent =
        std::to_array<std::string_view>({"htons", "htonl", "inet_addr", "inet6_addr", "inet_pton"});
    if (std::ranges::find(kTransparent, token.text) == kTransparent.end() || symbols.names.size() > 1) {
      return not_yet(token.at, std::string(token.text) + "(…) as a value");
    }
    lexer_.take();
    return parse_value(value) && require(")", "')'");
  } while (accept("|"));
  value.is = std::move(symbols);
  return true;
}

bool Parser::parse_fields_of(std::vector<Value::Field>& fields) {
  if (accept("}")) return true;
  do {
    if (!parse_struct_field(fields.emplace_back())) return false;
  } while (accept(","));
  return require("}", "',' or '}'");
}

// `name=value`, `name(N)=value` (of a msghdr) or a bare value.
bool Parser::parse_struct_field(Value::Field& field) {
  const Token name = lexer_.peek();
  if (name.kind != TokenKind::kWord) return parse_value(field.value);
  Value bare;
  const Position at = name.at;
  lexer_.take();
  field.name = std::string(name.text);
  if (lexer_.peek().is("(") && name.text.starts_with("msg_")) {
    lexer_.take();
    const Token size = lexer_.peek();
    if (size.kind != TokenKind::kInteger && !size.is("...")) return expected("a count");
    field.name += "(" + std::string(lexer_.take().text) + ")";
    if (!require(")", "')'")) return false;
    if (!require("=", "'=' and the field's value")) return false;
    return parse_value(field.value);
  }
  if (accept("=")) return parse_value(field.value);
  // Not a name after all: a constant, maybe of several.
  field.name.clear();
  Symbols first{{std::string(name.text)}};
  if (lexer_.peek().is("(")) return not_yet(at, std::string(name.text) + "(…) as a value");
  field.value.is = std::move(first);
  return !accept("|") || parse_symbols(field.value);
}

}  // namespace tcpspec::scenario
