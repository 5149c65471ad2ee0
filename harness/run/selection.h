// Selection: which cases a command line means. Each word is tried, in this order, as: a tag (`@slow`); an id
// with or without its IP version (`half-close/data [v4]`); the beginning of ids up to a '/'; a glob over ids;
// a ledger row; a file or folder of the case tree; a plain tag; an id that a case had formerly. The first way
// that means anything counts. Pure: the caller says what is a path.
#ifndef HARNESS_RUN_SELECTION_H_
#define HARNESS_RUN_SELECTION_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "harness/run/ledger.h"
#include "harness/scenario/scenario.h"

namespace tcpspec::run {

// The strongest keyword among the rows that a case covers; kText where no row has one.
enum class Grade : std::uint8_t { kMust, kShould, kMay, kText };
[[nodiscard]] const char* to_string(Grade grade);  // "MUST", "SHOULD", "MAY", "text"
[[nodiscard]] Grade grade_of(const Requirement& row);
[[nodiscard]] Grade grade_of(const scenario::Scenario& scenario, const Ledger& ledger);

struct Selection {
  std::vector<std::size_t> cases;    // indices, in the order of the tree, each once
  std::vector<std::string> unknown;  // words that mean nothing…
  std::vector<std::string> likely;   // …and what is close to them
  std::vector<std::string> remarks;  // "x/y is now called a/b"
};

// `paths[i]`: spellings of the file that case i stands in; words are compared with them and the folders
// above.
[[nodiscard]] Selection select(const std::vector<scenario::Scenario>& cases,
                               const std::vector<std::vector<std::string>>& paths,
                               const std::vector<std::string>& words);

// Ids (without the IP version) that two places claim: "a/b: x.pkt:3 and y.pkt:9".
[[nodiscard]] std::vector<std::string> repeated_ids(const std::vector<scenario::Scenario>& cases);

// Insertions, deletions, replacements and swaps of neighbours.
[[nodiscard]] std::size_t edit_distance(std::string_view a, std::string_view b);

}  // namespace tcpspec::run

#endif  // HARNESS_RUN_SELECTION_H_
