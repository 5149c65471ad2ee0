#include "harness/scenario/diagnostic.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

namespace tcpspec::scenario {
namespace {

bool starts_character(char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }

// Control characters would move the caret or the terminal's colours.
std::string printable(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte < 0x20 && c != '\t') || byte == 0x7F) c = '?';
  }
  return out;
}

// Blank as wide as the line up to `column`: tabs stay tabs, so the caret stands where the character does.
std::string padding(std::string_view line, int column) {
  std::string out;
  int at = 1;
  for (const char c : line) {
    if (!starts_character(c)) continue;
    if (at++ >= column) return out;
    out += c == '\t' ? '\t' : ' ';
  }
  if (column > at) out.append(static_cast<std::size_t>(column - at), ' ');
  return out;
}

// Insertions, deletions, replacements and swaps of neighbours.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::vector<std::size_t>> d(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) d[i][0] = i;
  std::iota(d[0].begin(), d[0].end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replace = d[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      d[i][j] = std::min({replace, d[i - 1][j] + 1, d[i][j - 1] + 1});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) d[i][j] = std::min(d[i][j], d[i - 2][j - 2] + 1);
    }
  }
  return d[a.size()][b.size()];
}

}  // namespace

std::string to_string(const Diagnostic& d) {
  std::string out =
      fmt::format("{}:{}:{}: error: {}\n{:>5} | {}\n      | {}^", d.file, d.line, d.column, d.message, d.line,
                  printable(d.source_line), padding(d.source_line, d.column));
  if (!d.note.empty()) out += "\n      " + d.note;
  return out;
}

int column_of(std::string_view line, std::size_t offset) {
  const std::string_view before = line.substr(0, std::min(offset, line.size()));
  const auto characters = std::count_if(before.begin(), before.end(), starts_character);
  return 1 + static_cast<int>(characters) + static_cast<int>(offset - before.size());
}

void Diagnostics::add(const SourceLine& line, std::size_t offset, std::string message) {
  ++count_;
  if (kept_.size() >= kMost) return;
  const std::string file = line.origin != nullptr ? line.origin->file : "";
  const int column = column_of(line.text, offset);
  if (!seen_.emplace(file, line.number, column, message).second) return;
  kept_.push_back(Diagnostic{file, line.number, column, std::move(message), line.text,
                             line.origin != nullptr ? line.origin->note : ""});
}

std::string near_miss(std::string_view word, const std::vector<std::string>& candidates) {
  if (word.size() > 64) return "";
  std::size_t best = std::max<std::size_t>(1, word.size() / 3) + 1;
  const std::string* closest = nullptr;
  for (const std::string& candidate : candidates) {
    if (candidate.size() >= word.size() + best || word.size() >= candidate.size() + best) continue;
    const std::size_t d = distance(word, candidate);
    if (d < best && d < candidate.size()) {
      best = d;
      closest = &candidate;
    }
  }
  return closest == nullptr ? "" : "; did you mean '" + *closest + "'?";
}

std::string quoted(std::string_view word) {
  constexpr std::size_t kMost = 40;
  std::string out = "'" + printable(word.substr(0, kMost));
  return out + (word.size() > kMost ? "…'" : "'");
}

}  // namespace tcpspec::scenario
