// Steps: what stands on a line after its time, the alternatives of an expectation, and going on after an
// error.
#include <algorithm>

#include "harness/scenario/parser.h"

namespace tcpspec::scenario {
namespace {

std::string line_text(const std::string& text) {
  const std::size_t end = text.find_last_not_of(" \t\r");
  return end == std::string::npos ? "" : text.substr(0, end + 1);
}

bool is_peer_expectation(PeerAction action) {
  switch (action) {
    case PeerAction::kExpectEstablished:
    case PeerAction::kExpectReceived:
    case PeerAction::kExpectEof:
    case PeerAction::kExpectClosed:
    case PeerAction::kExpectReset:
      return true;
    case PeerAction::kConnect:
    case PeerAction::kListen:
    case PeerAction::kSend:
    case PeerAction::kShutdown:
    case PeerAction::kClose:
    case PeerAction::kAbort:
      return false;
  }
  return false;
}

}  // namespace

// ---- Errors and small words
// -----------------------------------------------------------------------------------

bool Parser::error_at(Position at, std::string message) {
  diagnostics_.add(lexer_.line(at.line), at.offset, std::move(message));
  return false;
}

bool Parser::not_yet(Position at, std::string_view what) {
  return error_at(at, std::string(what) + " is not supported yet");
}

bool Parser::expected(std::string_view what) {
  const Token& token = lexer_.peek();
  if (token.kind == TokenKind::kBad) return error_at(token.at, std::string(token.message));
  const Position last = lexer_.last_end();
  const bool missing = last != Position{} && !lexer_.same_line();
  if (missing || token.kind == TokenKind::kEnd) {
    return error_at(last, "expected " + std::string(what) + ", found the end of the line");
  }
  return error_at(token.at, "expected " + std::string(what) + ", found " + quoted(token.text));
}

bool Parser::accept(std::string_view symbol) {
  if (!lexer_.peek().is(symbol)) return false;
  lexer_.take();
  return true;
}

bool Parser::require(std::string_view symbol, std::string_view what) {
  return accept(symbol) || expected(what);
}

bool Parser::accept_word(std::string_view word) {
  if (!lexer_.same_line() || !lexer_.peek().word(word)) return false;
  lexer_.take();
  return true;
}

bool Parser::parse_name(std::string& name, std::string_view what) {
  if (!lexer_.same_line() || lexer_.peek().kind != TokenKind::kWord) return expected(what);
  name = std::string(lexer_.take_run(is_hyphen_name).text);
  return true;
}

bool Parser::at_step_end() const {
  const Token& token = lexer_.peek();
  return token.kind == TokenKind::kEnd || !lexer_.same_line() || token.is("+") || token.is("*") ||
         token.is("{") || token.is("}") || token.word("continue");
}

bool Parser::parse_connection(std::string& connection) {
  const Token token = lexer_.peek();
  if (!parse_name(connection, "a connection's name")) return false;
  if (!scope_.connections.contains(connection)) {
    const std::vector<std::string> known(scope_.connections.begin(), scope_.connections.end());
    return error_at(token.at, "no `//@ connection " + connection + "` declares this connection" +
                                  near_miss(connection, known));
  }
  if (connection == "main") connection.clear();
  return true;
}

// ---- Steps
// ----------------------------------------------------------------------------------------------------

std::vector<Step> Parser::parse_all() {
  std::vector<Step> steps;
  while (lexer_.peek().kind != TokenKind::kEnd) {
    const Position began = lexer_.peek().at;
    Step step;
    if (parse_step(step)) {
      steps.push_back(std::move(step));
    } else {
      recover(began);
    }
  }
  return steps;
}

// On to the next line that begins with a time, outside the blocks of the step that could not be read.
void Parser::recover(Position began) {
  if (lexer_.peek().at == began && lexer_.peek().kind != TokenKind::kEnd) lexer_.take();
  int depth = block_depth_;
  while (lexer_.peek().kind != TokenKind::kEnd) {
    if (depth == 0 && starts_time() && lexer_.first_on_line()) break;
    const Token token = lexer_.take();
    if (token.is("{")) ++depth;
    if (token.is("}") && depth > 0) --depth;
  }
  block_depth_ = 0;
  value_depth_ = 0;
  contained_ = false;
}

bool Parser::parse_step(Step& step) {
  const Token first = lexer_.peek();
  const SourceLine& line = lexer_.line(first.at.line);
  step.where = SourceLocation{line.origin->file, line.number, column_of(line.text, first.at.offset)};
  step.text = line_text(line.text);
  step.from_fragment = line.origin->fragment;
  if (first.kind == TokenKind::kBad) return error_at(first.at, std::string(first.message));
  if (first.kind == TokenKind::kShell) return not_yet(first.at, "a shell command");
  if (first.kind == TokenKind::kPython) return not_yet(first.at, "a Python assertion");
  if (first.is("#")) return not_yet(first.at, "#ifdef");
  if (first.word("or")) return error_at(first.at, "`or` stands directly after an expected packet (`>`)");
  if (first.is("-")) return error_at(first.at, "`--name=value` lines stand at the top of a script");
  if (!starts_time()) {
    return error_at(
        first.at, "expected a time (0, .5, +.1, a~b, *) at the start of a step, found " + quoted(first.text));
  }
  return parse_time(step.time) && parse_action(step) && check_time(step, first);
}

bool Parser::parse_action(Step& step) {
  const Token token = lexer_.peek();
  if (token.kind == TokenKind::kShell) return not_yet(token.at, "a shell command");
  if (token.kind == TokenKind::kPython) return not_yet(token.at, "a Python assertion");
  std::string connection;
  if (lexer_.same_line() && accept("[")) {
    if (!parse_connection(connection) || !require("]", "']'")) return false;
    if (!lexer_.peek().is("<") && !lexer_.peek().is(">") && !lexer_.peek().is(">?"))
      return expected("<, > or >?");
  }
  if (lexer_.peek().is("<") || lexer_.peek().is(">") || lexer_.peek().is(">?")) {
    return parse_packet_action(step, std::move(connection));
  }
  if (token.kind == TokenKind::kWord) return parse_word_action(step);
  return expected("<, >, >?, silence, assert, peer, link or a call");
}

bool Parser::parse_packet_action(Step& step, std::string connection) {
  const Token arrow = lexer_.take();
  if (!arrow.is("<")) {
    auto& expect = step.action.emplace<Expect>();
    expect.optional = arrow.is(">?");
    if (!parse_packet(expect.packet, Direction::kOut)) return false;
    expect.packet.connection = std::move(connection);
    const Token next = lexer_.peek();
    if (next.word("or") && expect.optional)
      return error_at(next.at, "an optional packet (`>?`) has no alternatives");
    return parse_alternatives(expect);
  }
  auto& inject = step.action.emplace<Inject>();
  if (lexer_.peek().word("icmp")) {
    IcmpSpec& icmp = inject.packet.emplace<IcmpSpec>();
    icmp.connection = std::move(connection);
    return parse_icmp(icmp);
  }
  PacketSpec& packet = inject.packet.emplace<PacketSpec>();
  if (!parse_packet(packet, Direction::kIn)) return false;
  packet.connection = std::move(connection);
  return true;
}

bool Parser::parse_word_action(Step& step) {
  const Token word = lexer_.peek();
  if (word.text == "silence" || word.text == "assert" || word.text == "peer" || word.text == "link") {
    lexer_.take();
    if (word.text == "silence") return parse_silence(step.action.emplace<Silence>());
    if (word.text == "assert") return parse_assert(step.action.emplace<Assert>());
    if (word.text == "peer") return parse_peer(step.action.emplace<Peer>());
    return parse_link(step.action.emplace<LinkRule>());
  }
  const std::string& text = lexer_.line(word.at.line).text;
  const std::size_t after = text.find_first_not_of(" \t", word.end.offset);
  if (after != std::string::npos && text[after] == '(') return parse_call(step.action.emplace<Call>());
  static const std::vector<std::string> kWords = {"silence", "assert", "peer", "link"};
  return error_at(word.at, "expected <, >, >?, silence, assert, peer, link or a call, found " +
                               quoted(word.text) + near_miss(word.text, kWords));
}

// packetdrill's rule, kept: a range or `*` says when something comes; only a call can block.
bool Parser::check_time(const Step& step, const Token& first) {
  const auto* peer = std::get_if<Peer>(&step.action);
  const bool awaits =
      std::holds_alternative<Expect>(step.action) || (peer != nullptr && is_peer_expectation(peer->action));
  if (step.time.blocks_until && !std::holds_alternative<Call>(step.action)) {
    return error_at(first.at, "only a call has a time a...b");
  }
  const bool open = step.time.kind == TimeKind::kAny || step.time.from != step.time.to;
  if (open && !awaits)
    return error_at(first.at, "a range or * is for what the target does; this step has one time");
  return true;
}

// ---- Alternatives
// ---------------------------------------------------------------------------------------------

bool Parser::parse_alternatives(Expect& expect) {
  while (lexer_.peek().word("or")) {
    if (expect.alternatives.size() >= 32) return error_at(lexer_.peek().at, "more than 32 alternatives");
    lexer_.take();
    if (!parse_alternative(expect.alternatives.emplace_back(), expect.packet)) return false;
  }
  return true;
}

bool Parser::parse_grade(Alternative& alternative) {
  const bool tolerated = accept_word("tolerated");
  const bool fail = !tolerated && accept_word("fail");
  if (!tolerated && !fail) return true;
  alternative.grade = tolerated ? Grade::kTolerated : Grade::kFail;
  if (!lexer_.same_line()) return expected("why, in quotes");
  return parse_string(alternative.why);
}

bool Parser::parse_alternative(Alternative& alternative, const PacketSpec& main) {
  if (!parse_grade(alternative)) return false;
  std::string connection = main.connection;
  if (accept("[") && !(parse_connection(connection) && require("]", "']'"))) return false;
  if (accept(">")) {
    PacketSpec& packet = alternative.packet.emplace();
    if (!parse_packet(packet, Direction::kOut)) return false;
    packet.connection = std::move(connection);
  } else if (accept_word("silence")) {
    if (!parse_duration(alternative.silence)) return false;
  } else {
    return expected(alternative.grade == Grade::kPass ? "tolerated, fail, > or silence" : "> or silence");
  }
  alternative.rejoins = accept_word("continue");
  if (accept("{")) return parse_block(alternative.steps);
  return at_step_end() || expected("continue, { or the end of the line");
}

// The `{` was taken; takes its `}`.
bool Parser::parse_block(std::vector<Step>& steps) {
  const Position open = lexer_.last_end();
  if (block_depth_ >= kMostDepth) return error_at(open, "blocks nest too deep");
  ++block_depth_;
  while (!lexer_.peek().is("}")) {
    if (lexer_.peek().kind == TokenKind::kEnd) {
      return error_at(Position{open.line, open.offset - 1}, "this block has no closing }");
    }
    if (!parse_step(steps.emplace_back())) return false;
  }
  lexer_.take();
  --block_depth_;
  return true;
}

}  // namespace tcpspec::scenario
