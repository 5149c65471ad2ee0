// A lowered scenario back as text, and its parts for messages. load_text(print(s)) gives s again (fragments,
// matrix and repeat stay expanded; where, text and from_fragment of steps are new). Scripts keep their id
// only through the path they are loaded from, and their IP version through LoadOptions::versions: they have
// no `//@` lines. Numbers are printed as the IR has them: a Term's literal is never negative in IR that came
// from text.
#ifndef HARNESS_SCENARIO_PRINT_H_
#define HARNESS_SCENARIO_PRINT_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "harness/scenario/scenario.h"

namespace tcpspec::scenario {

// The whole file: title, `//@` lines, steps; ends with a newline.
[[nodiscard]] std::string print(const Scenario& scenario);
// One line, without its alternatives and without a newline: "+0~+0.5 > . 1:1(0) ack 2".
[[nodiscard]] std::string print_step(const Step& step);

[[nodiscard]] std::string print_time(const TimeSpec& time);             // "+0~+0.5", "*", "0.1...0.2"
[[nodiscard]] std::string print_duration(Duration duration);            // seconds: "0", "0.5"
[[nodiscard]] std::string print_number(const Number& number);           // "1+$W-10"; no terms: "0"
[[nodiscard]] std::string print_pattern(const NumberPattern& pattern);  // "...", ">= 1", "let X"
[[nodiscard]] std::string print_flags(std::uint16_t flags);             // "S.", "FP.", "-"
// "S. 0:0(0) ack 1 <mss 1460>", "data 1:11 fin", "ack >= 5"; without connection and arrow.
[[nodiscard]] std::string print_packet(const PacketSpec& packet);
[[nodiscard]] std::string print_icmp(const IcmpSpec& icmp);
[[nodiscard]] std::string print_options(
    const OptionList& options);  // "<mss 1460,nop>"; an empty exact list: ""
[[nodiscard]] std::string print_option(const OptionSpec& option);  // "mss 1460"
[[nodiscard]] std::string_view option_word(OptionKind kind);       // "sackOK"; kRaw: "kind"
[[nodiscard]] std::string print_value(const Value& value);
[[nodiscard]] std::string print_call(const Call& call);
// "or tolerated \"why\" > R. 1:1(0) ack 2 continue"; without its block. `main` is the expectation it stands
// under.
[[nodiscard]] std::string print_alternative(const Alternative& alternative, const Expect& main);

}  // namespace tcpspec::scenario

#endif  // HARNESS_SCENARIO_PRINT_H_
