// The closed word lists of the language, each in one place: what a case may say after needs, policy, app and
// damage. A word outside its list does not load.
#ifndef HARNESS_SCENARIO_VOCABULARY_H_
#define HARNESS_SCENARIO_VOCABULARY_H_

#include <span>
#include <string_view>

namespace tcpspec::scenario {

struct Word {
  std::string_view name;
  std::string_view meaning;  // one line, for --help and LANGUAGE.md
};

// Capabilities of a target: the ledger's own vocabulary (active-open, api-*, clock, icmp, sack, iss-control,
// …).
[[nodiscard]] std::span<const Word> capabilities();
// Keys of `policy key=value`, each with its permitted values in `meaning`.
[[nodiscard]] std::span<const Word> policies();
[[nodiscard]] std::span<const Word> damage_kinds();
[[nodiscard]] std::span<const Word> link_predicates();
// "echo | sink | source N | …" with what the application does.
[[nodiscard]] std::span<const Word> applications();

[[nodiscard]] bool contains(std::span<const Word> words, std::string_view name);

}  // namespace tcpspec::scenario

#endif  // HARNESS_SCENARIO_VOCABULARY_H_
