// Text-level expansion, before parsing: `${…}` over the variables of one case, and `repeat N … end`. Pure;
// bounded by a budget shared by the whole file. Does not look at strings, and leaves comments, shell and
// Python alone.
#ifndef HARNESS_SCENARIO_EXPAND_H_
#define HARNESS_SCENARIO_EXPAND_H_

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "harness/scenario/blocks.h"
#include "harness/scenario/diagnostic.h"
#include "stack/base/result.h"

namespace tcpspec::scenario {

using Variables = std::map<std::string, std::string>;

// What may still be expanded.
struct Budget {
  std::size_t case_lines = 0;
  std::size_t file_lines = 0;
  std::size_t file_bytes = 0;
};

// The text that stands for `${expression}`: a variable's value as it is, or a sum computed.
[[nodiscard]] Result<std::string> evaluate(std::string_view expression, const Variables& variables);

// One axis of the matrix: `VAR in a b c`, or `A,B in x,1 y,2`.
struct Axis {
  std::vector<std::string> names;
  std::vector<std::vector<std::string>> values;  // each as long as names
};
[[nodiscard]] std::optional<Axis> parse_matrix(const SourceLine& line, Diagnostics& diagnostics);

class Expander {
 public:
  Expander(const Variables& variables, const Origin& origin, Budget& budget, Diagnostics& diagnostics)
      : variables_(variables), origin_(origin), budget_(budget), diagnostics_(diagnostics) {}

  // False: a diagnostic was added.
  [[nodiscard]] bool expand_line(const RawLine& line, SourceLine& out);
  [[nodiscard]] bool expand_body(std::span<const RawLine> lines, std::vector<SourceLine>& out);

 private:
  [[nodiscard]] bool expand_repeat(std::span<const RawLine> lines, std::size_t& at,
                                   std::vector<SourceLine>& out);
  [[nodiscard]] bool spend(const SourceLine& line);
  [[nodiscard]] SourceLine raw(const RawLine& line) const;

  Variables variables_;
  const Origin& origin_;
  Budget& budget_;
  Diagnostics& diagnostics_;
  int depth_ = 0;
};

// Replaces what is known and leaves the rest: for titles.
[[nodiscard]] std::string expand_leniently(std::string_view text, const Variables& variables);

}  // namespace tcpspec::scenario

#endif  // HARNESS_SCENARIO_EXPAND_H_
