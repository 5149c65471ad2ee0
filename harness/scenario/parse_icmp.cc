// ICMP towards the target: `icmp TYPE [CODE] [mtu N] [[start:end(length)]]`.
#include <algorithm>
#include <array>

#include "harness/scenario/parser.h"

namespace tcpspec::scenario {
namespace {

constexpr auto kTypes =
    std::to_array<std::string_view>({"destination_unreachable", "source_quench", "redirect", "time_exceeded",
                                     "parameter_problem", "packet_too_big"});
// packetdrill's short names.
constexpr auto kTypeAliases = std::to_array<std::string_view>({"unreachable", "dest_unreachable"});
constexpr auto kUnreachableCodes = std::to_array<std::string_view>({"net_unreachable",
                                                                    "host_unreachable",
                                                                    "protocol_unreachable",
                                                                    "port_unreachable",
                                                                    "frag_needed",
                                                                    "source_route_failed",
                                                                    "net_unknown",
                                                                    "host_unknown",
                                                                    "host_isolated",
                                                                    "net_prohibited",
                                                                    "host_prohibited",
                                                                    "net_unreachable_for_tos",
                                                                    "host_unreachable_for_tos",
                                                                    "communication_prohibited",
                                                                    "precedence_violation",
                                                                    "precedence_cutoff",
                                                                    "no_route",
                                                                    "admin_prohibited",
                                                                    "not_neighbour",
                                                                    "address_unreachable",
                                                                    "policy_fail",
                                                                    "reject_route"});
constexpr auto kTimeExceededCodes = std::to_array<std::string_view>(
    {"ttl_exceeded", "hop_limit_exceeded", "fragment_reassembly_time_exceeded"});

std::span<const std::string_view> codes_of(std::string_view type) {
  if (type == "destination_unreachable") return kUnreachableCodes;
  if (type == "time_exceeded") return kTimeExceededCodes;
  return {};
}

}  // namespace

bool Parser::parse_icmp_word(std::string& word, std::span<const std::string_view> words,
                             std::string_view what) {
  const Token token = lexer_.peek();
  if (token.kind != TokenKind::kWord || !lexer_.same_line())
    return expected("an " + std::string(what) + " by name");
  if (std::ranges::find(words, token.text) == words.end()) {
    const std::vector<std::string> names(words.begin(), words.end());
    return error_at(token.at,
                    "unknown " + std::string(what) + " " + quoted(token.text) + near_miss(token.text, names));
  }
  word = std::string(lexer_.take().text);
  return true;
}

bool Parser::parse_icmp(IcmpSpec& icmp) {
  lexer_.take();
  const Token type = lexer_.peek();
  if (std::ranges::any_of(kTypeAliases, [&](std::string_view alias) { return type.word(alias); })) {
    lexer_.take();
    icmp.type = "destination_unreachable";
  } else if (!parse_icmp_word(icmp.type, kTypes, "ICMP type")) {
    return false;
  }
  const Token code = lexer_.peek();
  const bool has_code = lexer_.same_line() && code.kind == TokenKind::kWord && code.text != "mtu";
  if (has_code && codes_of(icmp.type).empty()) return error_at(code.at, icmp.type + " has no codes here");
  if (has_code && !parse_icmp_word(icmp.code, codes_of(icmp.type), "ICMP code")) return false;
  if (accept_word("mtu")) {
    std::int64_t mtu = 0;
    if (!parse_integer(mtu, 0, 65535, "the MTU")) return false;
    icmp.mtu = mtu;
  }
  if (accept("[")) {
    if (lexer_.peek().kind == TokenKind::kWord)
      return not_yet(lexer_.peek().at, "a quoted packet other than TCP's");
    PacketSpec quote;
    direction_ = Direction::kIn;
    if (!parse_sequence(quote)) return false;
    if (quote.absolute_sequence)
      return error_at(lexer_.last_end(), "the quoted packet's numbers are relative");
    icmp.quoted_seq = quote.seq_start;
    if (!require("]", "']'")) return false;
  }
  return at_step_end() || expected("mtu N, [start:end(length)] or the end of the line");
}

}  // namespace tcpspec::scenario
