// What a person is told about a script that cannot be read: where, which line, what was expected.
// Owns its texts, so it outlives the file it speaks of. Does not print anything by itself.
#ifndef HARNESS_SCENARIO_DIAGNOSTIC_H_
#define HARNESS_SCENARIO_DIAGNOSTIC_H_

#include <cstddef>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

namespace tcpspec::scenario {

struct Diagnostic {
  std::string file;
  int line = 0;    // from 1
  int column = 0;  // from 1, in characters of `source_line`
  std::string message;
  std::string source_line;  // as the parser saw it: after ${…} was replaced
  std::string note;         // "in fragment NAME, given by FILE:LINE"; empty: none
  bool operator==(const Diagnostic&) const = default;
};

// `file:line:column: error: …`, the line with its number, a caret below it, and the note if there is one.
// Several lines, without a newline at the end.
[[nodiscard]] std::string to_string(const Diagnostic& diagnostic);

// Where a text comes from; shared by all lines of one file or one use of a fragment.
struct Origin {
  std::string file;
  std::string note;  // see Diagnostic::note
  bool fragment = false;
};

// One line as the parser sees it. `origin` is owned by whoever loads the file.
struct SourceLine {
  const Origin* origin = nullptr;
  int number = 0;
  std::string text;
};

// The column of byte `offset` of a line, from 1; characters are counted, not bytes.
[[nodiscard]] int column_of(std::string_view line, std::size_t offset);

// Collects errors. The same error at the same place is kept once: a case is read once per set of matrix
// values and IP version. Stops keeping them after kMost, but goes on counting.
class Diagnostics {
 public:
  static constexpr std::size_t kMost = 100;
  void add(const SourceLine& line, std::size_t offset, std::string message);
  [[nodiscard]] std::size_t count() const {
    return count_;
  }  // of all that were added, repeated ones included
  [[nodiscard]] std::vector<Diagnostic> take() { return std::move(kept_); }

 private:
  std::vector<Diagnostic> kept_;
  std::set<std::tuple<std::string, int, int, std::string>> seen_;
  std::size_t count_ = 0;
};

// "; did you mean 'X'?" for the candidate closest to `word`, or "" if none is close.
[[nodiscard]] std::string near_miss(std::string_view word, const std::vector<std::string>& candidates);

// 'word', with control characters replaced and a long one cut, for messages.
[[nodiscard]] std::string quoted(std::string_view word);

}  // namespace tcpspec::scenario

#endif  // HARNESS_SCENARIO_DIAGNOSTIC_H_
