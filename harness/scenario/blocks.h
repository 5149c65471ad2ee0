// A file cut into the blocks of its cases, line by line, before anything is expanded or parsed. Knows
// comments, strings, shell and Python only as far as needed to tell what is code and what is not.
#ifndef HARNESS_SCENARIO_BLOCKS_H_
#define HARNESS_SCENARIO_BLOCKS_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace tcpspec::scenario {

// A line as it stands in the file; views into the text, which must outlive it.
struct RawLine {
  struct Span {
    std::size_t begin = 0, end = 0;
  };
  int number = 0;
  std::string_view text;
  std::vector<Span> opaque;    // comments, shell, Python: not expanded
  bool begins_in_code = true;  // false: within a comment or the like that began earlier
};

// One case: from its `//@ case` line to the next one. `directives` are the `//@` lines, `body` all others,
// with the lines of directives left blank.
struct Block {
  int line = 1;       // of its first directive, or of the file
  std::string title;  // the comment above, one line, ${…} not replaced
  std::vector<RawLine> directives;
  std::vector<RawLine> body;
};

struct Blocks {
  Block defaults;            // before the first `//@ case`; empty where there is none
  std::vector<Block> cases;  // at least one
  bool has_directives = false;
};

// Without blanks at either end.
[[nodiscard]] std::string_view trim(std::string_view text);
[[nodiscard]] std::vector<RawLine> split_lines(std::string_view text);
[[nodiscard]] Blocks split_blocks(std::string_view text);

// `//@ WORD…` that stands where a directive may stand.
[[nodiscard]] bool is_directive(const RawLine& line);
// The first word after `//@`.
[[nodiscard]] std::string_view directive_word(std::string_view line);

}  // namespace tcpspec::scenario

#endif  // HARNESS_SCENARIO_BLOCKS_H_
