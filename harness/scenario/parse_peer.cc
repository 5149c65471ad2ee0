// What is not packets or calls: `silence`, `assert`, `peer`, `link`.
#include <algorithm>
#include <array>

#include "harness/scenario/parser.h"
#include "harness/scenario/vocabulary.h"

namespace tcpspec::scenario {
namespace {

struct PeerWord {
  std::string_view name;
  PeerAction action;
  bool counted;
};
constexpr auto kPeerWords = std::to_array<PeerWord>({{"connect", PeerAction::kConnect, false},
                                                     {"listen", PeerAction::kListen, false},
                                                     {"send", PeerAction::kSend, true},
                                                     {"shutdown", PeerAction::kShutdown, false},
                                                     {"close", PeerAction::kClose, false},
                                                     {"abort", PeerAction::kAbort, false},
                                                     {"established", PeerAction::kExpectEstablished, false},
                                                     {"received", PeerAction::kExpectReceived, true},
                                                     {"eof", PeerAction::kExpectEof, false},
                                                     {"closed", PeerAction::kExpectClosed, false},
                                                     {"reset", PeerAction::kExpectReset, false}});

struct FaultWord {
  std::string_view name;
  LinkFault fault;
};
constexpr auto kFaultWords = std::to_array<FaultWord>({{"lose", LinkFault::kLose},
                                                       {"delay", LinkFault::kDelay},
                                                       {"duplicate", LinkFault::kDuplicate},
                                                       {"reorder", LinkFault::kReorder},
                                                       {"corrupt", LinkFault::kCorrupt},
                                                       {"clear", LinkFault::kClear}});

struct ComparisonSymbol {
  std::string_view symbol;
  Comparison comparison;
};
constexpr auto kComparisons = std::to_array<ComparisonSymbol>({{"==", Comparison::kEqual},
                                                               {"!=", Comparison::kNotEqual},
                                                               {"<=", Comparison::kAtMost},
                                                               {">=", Comparison::kAtLeast},
                                                               {"<", Comparison::kLess},
                                                               {">", Comparison::kGreater}});

template <typename Words>
std::vector<std::string> names_of(const Words& words) {
  std::vector<std::string> names;
  for (const auto& word : words) names.emplace_back(word.name);
  return names;
}

}  // namespace

bool Parser::parse_peer(Peer& peer) {
  static constexpr std::string_view kWhat =
      "connect, listen, send N, shutdown, close, abort, established, received N, eof, closed or reset";
  const Token token = lexer_.peek();
  const auto word = std::ranges::find(kPeerWords, token.text, &PeerWord::name);
  if (word == kPeerWords.end() || !lexer_.same_line()) return expected(kWhat);
  lexer_.take();
  peer.action = word->action;
  if (word->counted && !parse_integer(peer.count, 0, 1LL << 32, "the number of octets")) return false;
  return at_step_end() || expected("the end of the line");
}

bool Parser::parse_link(LinkRule& rule) {
  const Token first = lexer_.peek();
  const auto fault = std::ranges::find(kFaultWords, first.text, &FaultWord::name);
  if (fault == kFaultWords.end() || !lexer_.same_line()) {
    return expected("lose, delay, duplicate, reorder, corrupt or clear");
  }
  lexer_.take();
  rule.fault = fault->fault;
  while (lexer_.same_line() && lexer_.peek().kind == TokenKind::kWord) {
    if (!parse_link_detail(rule)) return false;
  }
  return check_link(rule, first) && (at_step_end() || expected("the end of the line"));
}

bool Parser::parse_link_detail(LinkRule& rule) {
  const Token at = lexer_.peek();
  std::string name;
  if (!parse_name(name, "a word")) return false;
  if (name == "to-target" || name == "from-target") {
    rule.side = name == "to-target" ? LinkSide::kToTarget : LinkSide::kFromTarget;
    return true;
  }
  std::int64_t value = 0;
  if (name == "first" || name == "every") {
    if (!parse_integer(value, 1, 1'000'000, "the number of packets")) return false;
    (name == "first" ? rule.first : rule.every) = value;
    return true;
  }
  if (name == "percent") {
    if (!parse_integer(value, 0, 100, "the share in percent")) return false;
    rule.percent = value;
    return true;
  }
  if (name == "by") return parse_duration(rule.delay);
  if (contains(link_predicates(), name)) {
    rule.predicate = name;
    return true;
  }
  std::vector<std::string> known = names_of(link_predicates());
  for (const char* word : {"to-target", "from-target", "first", "every", "percent", "by"})
    known.emplace_back(word);
  return error_at(at.at, "unknown predicate " + quoted(name) + near_miss(name, known));
}

bool Parser::check_link(const LinkRule& rule, const Token& first) {
  const bool delays = rule.fault == LinkFault::kDelay || rule.fault == LinkFault::kReorder;
  if (delays && rule.delay == Duration{})
    return error_at(first.at, std::string(first.text) + " needs `by DURATION`");
  if (!delays && rule.delay != Duration{}) {
    return error_at(first.at, "`by DURATION` is for delay and reorder, not " + std::string(first.text));
  }
  const bool narrowed = rule.predicate != "any" || rule.first || rule.every || rule.percent;
  if (rule.fault == LinkFault::kClear && narrowed) {
    return error_at(first.at, "clear removes every rule of its side; it takes no predicate");
  }
  return true;
}

bool Parser::parse_silence(Silence& silence) {
  if (!parse_duration(silence.duration)) return false;
  if (silence.duration == Duration{}) return error_at(lexer_.last_end(), "a silence of 0 s asserts nothing");
  if (accept_word("on") && !parse_connection(silence.connection)) return false;
  return true;
}

bool Parser::parse_assert(Assert& assertion) {
  direction_ = Direction::kOut;
  if (!parse_number(assertion.left, "a number or $NAME")) return false;
  const Token token = lexer_.peek();
  const auto op =
      std::ranges::find_if(kComparisons, [&](const auto& known) { return token.is(known.symbol); });
  if (op == kComparisons.end() || !lexer_.same_line()) return expected("== != < <= > or >=");
  lexer_.take();
  assertion.comparison = op->comparison;
  if (!parse_number(assertion.right, "a number or $NAME")) return false;
  return at_step_end() || expected("the end of the line");
}

}  // namespace tcpspec::scenario
