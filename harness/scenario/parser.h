// Recursive descent over expanded lines: steps in, IR out. One Parser per file or fragment of one case; what
// must last from a fragment to the case that uses it (captures, connections) is in the Scope. Internal to
// this folder; the front door is load.h.
#ifndef HARNESS_SCENARIO_PARSER_H_
#define HARNESS_SCENARIO_PARSER_H_

#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "harness/scenario/diagnostic.h"
#include "harness/scenario/lexer.h"
#include "harness/scenario/scenario.h"

namespace tcpspec::scenario {

// What the steps of one case may refer to.
struct Scope {
  FileKind kind = FileKind::kCase;
  bool has_app = false;               // no socket calls of the case's own
  std::set<std::string> connections;  // declared; "main" is always there
  std::set<std::string> captures;     // `let X` so far
};

class Parser {
 public:
  static constexpr int kMostDepth = 16;          // of blocks, of lists within lists
  static constexpr std::size_t kMostTerms = 16;  // of a sum

  Parser(std::span<const SourceLine> lines, Scope& scope, Diagnostics& diagnostics)
      : lexer_(lines), scope_(scope), diagnostics_(diagnostics) {}

  // Every step it can read; each one it cannot leaves a diagnostic and is left out.
  [[nodiscard]] std::vector<Step> parse_all();

 private:
  // All parse_… functions: true, or a diagnostic was added.
  // parse_steps.cc
  [[nodiscard]] bool parse_step(Step& step);
  [[nodiscard]] bool parse_action(Step& step);
  [[nodiscard]] bool parse_packet_action(Step& step, std::string connection);
  [[nodiscard]] bool parse_word_action(Step& step);
  [[nodiscard]] bool parse_alternatives(Expect& expect);
  [[nodiscard]] bool parse_alternative(Alternative& alternative, const PacketSpec& main);
  [[nodiscard]] bool parse_grade(Alternative& alternative);
  [[nodiscard]] bool parse_block(std::vector<Step>& steps);
  [[nodiscard]] bool parse_connection(std::string& connection);  // the name; `main` gives ""
  [[nodiscard]] bool check_time(const Step& step, const Token& first);
  void recover(Position began);

  // parse_time.cc
  [[nodiscard]] bool parse_time(TimeSpec& time);
  [[nodiscard]] bool parse_duration(Duration& duration);

  // parse_number.cc
  [[nodiscard]] bool parse_number(Number& number, std::string_view what);
  [[nodiscard]] bool parse_term(Number& number, bool negative, std::string_view what);
  [[nodiscard]] bool parse_integer(std::int64_t& value, std::int64_t low, std::int64_t high,
                                   std::string_view what);
  // A number within limits where it is constant.
  [[nodiscard]] bool parse_ranged(Number& number, std::int64_t low, std::int64_t high, std::string_view what);
  [[nodiscard]] bool parse_pattern(NumberPattern& pattern, std::int64_t low, std::int64_t high,
                                   std::string_view what);
  [[nodiscard]] bool parse_let(std::string& name);
  [[nodiscard]] bool parse_string(std::string& value);
  [[nodiscard]] bool parse_hex(Bytes& bytes);

  // parse_packet.cc
  [[nodiscard]] bool parse_packet(PacketSpec& packet, Direction direction);
  [[nodiscard]] bool parse_ip(IpSpec& ip);
  [[nodiscard]] bool parse_ip_item(IpSpec& ip);
  [[nodiscard]] bool parse_flags(PacketSpec& packet);
  [[nodiscard]] bool parse_flag_set(std::string_view text, Position at, std::uint16_t& flags);
  [[nodiscard]] bool parse_sequence(PacketSpec& packet);
  [[nodiscard]] bool parse_length(PacketSpec& packet);
  [[nodiscard]] bool parse_data(PacketSpec& packet);
  [[nodiscard]] bool parse_fields(PacketSpec& packet);
  [[nodiscard]] bool parse_field(PacketSpec& packet, std::string_view name);
  [[nodiscard]] bool parse_payload(PacketSpec& packet);
  [[nodiscard]] bool parse_damage(PacketSpec& packet);
  [[nodiscard]] bool check_injected(const PacketSpec& packet, const Token& first);

  // parse_icmp.cc
  [[nodiscard]] bool parse_icmp(IcmpSpec& icmp);
  [[nodiscard]] bool parse_icmp_word(std::string& word, std::span<const std::string_view> words,
                                     std::string_view what);

  // parse_options.cc
  [[nodiscard]] bool parse_options(OptionList& list, bool damaged);
  [[nodiscard]] bool parse_option_list(OptionList& list);
  [[nodiscard]] bool parse_option(OptionSpec& option);
  [[nodiscard]] bool parse_lacking(OptionList& list);
  [[nodiscard]] bool parse_option_values(OptionSpec& option);
  [[nodiscard]] bool parse_sack(OptionSpec& option);
  [[nodiscard]] bool parse_timestamps(OptionSpec& option);
  [[nodiscard]] bool parse_raw(OptionSpec& option);
  [[nodiscard]] bool parse_known_raw(OptionSpec& option, const Token& name);

  // parse_call.cc
  [[nodiscard]] bool parse_call(Call& call);
  [[nodiscard]] bool parse_result(Call& call);
  [[nodiscard]] bool parse_values(ValueList& values, std::string_view close);
  [[nodiscard]] bool parse_value(Value& value);
  [[nodiscard]] bool parse_plain_value(Value& value);
  [[nodiscard]] bool parse_fields_of(std::vector<Value::Field>& fields);
  [[nodiscard]] bool parse_struct_field(Value::Field& field);
  [[nodiscard]] bool parse_symbols(Value& value);

  // parse_peer.cc
  [[nodiscard]] bool parse_peer(Peer& peer);
  [[nodiscard]] bool parse_link(LinkRule& rule);
  [[nodiscard]] bool parse_link_detail(LinkRule& rule);
  [[nodiscard]] bool check_link(const LinkRule& rule, const Token& first);
  [[nodiscard]] bool parse_silence(Silence& silence);
  [[nodiscard]] bool parse_assert(Assert& assertion);

  // "expected WHAT, found X" at the next token, or at the end of the last one's line if that is where it is
  // missing.
  bool expected(std::string_view what);
  bool error_at(Position at, std::string message);
  bool not_yet(Position at, std::string_view what);  // "WHAT is not supported yet"
  [[nodiscard]] bool accept(std::string_view symbol);
  [[nodiscard]] bool require(std::string_view symbol, std::string_view what);
  [[nodiscard]] bool accept_word(std::string_view word);  // on the same line
  // A word that may hold hyphens.
  [[nodiscard]] bool parse_name(std::string& name, std::string_view what);
  // The step is over: the next token is on another line, or begins a step or a brace.
  [[nodiscard]] bool at_step_end() const;
  [[nodiscard]] bool starts_time() const;
  void commit_captures();

  Lexer lexer_;
  Scope& scope_;
  Diagnostics& diagnostics_;
  Direction direction_ =
      Direction::kIn;       // of the packet being read: patterns and `let` stand in expected ones only
  bool contained_ = false;  // within `opts contain`: values may be left out
  int block_depth_ = 0;
  int value_depth_ = 0;
  std::vector<std::string> pending_captures_;  // of the packet being read: known only after it
};

// The sum of a number without captures; none if it has some. Literals are bounded, so this does not overflow.
[[nodiscard]] std::optional<std::int64_t> constant_of(const Number& number);
// end - start, where every capture in them cancels out.
[[nodiscard]] std::optional<std::int64_t> difference(const Number& end, const Number& start);
// The octets an option list takes on the wire, padding not counted.
[[nodiscard]] std::size_t wire_length(const std::vector<OptionSpec>& options);
// Calls the runner can play.
[[nodiscard]] const std::vector<std::string>& supported_calls();

inline constexpr std::int64_t kMostSequence = 0xFFFFFFFFLL;
inline constexpr std::int64_t kLeastSequence = -0x80000000LL;
inline constexpr std::int64_t kMostLiteral = 1LL << 53;

}  // namespace tcpspec::scenario

#endif  // HARNESS_SCENARIO_PARSER_H_
