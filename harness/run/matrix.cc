#include "harness/run/matrix.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "harness/run/ladder.h"
#include "harness/run/report.h"

namespace tcpspec::run {
namespace {

constexpr std::string_view kLetters = "PTFKUCHEIN";
constexpr const char* kLegend =
    "P pass · T tolerated · F fail · K known gap · U unexpected pass · C crash · H hang · E our own error · "
    "I inconclusive · N not applicable · - not run";

struct SectionName {
  std::string rfc, section;
  bool operator<(const SectionName& other) const {
    if (section_before(rfc, section, other.rfc, other.section)) return true;
    if (section_before(other.rfc, other.section, rfc, section)) return false;
    return std::pair(rfc, section) < std::pair(other.rfc, other.section);
  }
};

// "12P 1F 3N", in the order of kLetters.
std::string cell(const std::map<char, std::size_t>& counts) {
  std::string out;
  for (const char letter : kLetters) {
    const auto found = counts.find(letter);
    if (found != counts.end()) out += fmt::format("{}{}{}", out.empty() ? "" : " ", found->second, letter);
  }
  return out.empty() ? "-" : out;
}

std::string padded(const std::string& text, std::size_t width) {
  return text + std::string(width - std::min(width, columns(text)) + 2, ' ');
}

std::string table(std::vector<std::vector<std::string>> rows) {
  std::vector<std::size_t> widths(rows.front().size(), 0);
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], columns(row[i]));
  }
  std::string out;
  for (const auto& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) line += padded(row[i], widths[i]);
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + "\n";
  }
  return out;
}

std::string counts_table(const std::vector<MatrixColumn>& targets) {
  std::map<SectionName, std::vector<std::map<char, std::size_t>>> rows;
  std::map<SectionName, std::string> titles;
  std::vector<std::map<char, std::size_t>> totals(targets.size());
  for (std::size_t i = 0; i < targets.size(); ++i) {
    for (const MatrixCase& one : targets[i].cases) {
      const SectionName name{one.rfc, one.rfc.empty() ? one.title : one.section};
      auto& row = rows.try_emplace(name, targets.size()).first->second;
      titles[name] = one.title;
      ++row[i][one.letter];
      ++totals[i][one.letter];
    }
  }
  std::vector<std::vector<std::string>> lines{{"", ""}};
  for (const MatrixColumn& column : targets) lines[0].push_back(column.target);
  for (const auto& [name, counts] : rows) {
    std::vector<std::string> line{name.rfc.empty() ? "" : fmt::format("RFC {} {}", name.rfc, name.section),
                                  fitted(titles[name], 40)};
    for (const auto& count : counts) line.push_back(cell(count));
    lines.push_back(std::move(line));
  }
  std::vector<std::string> last{"all", ""};
  for (const auto& count : totals) last.push_back(cell(count));
  lines.push_back(std::move(last));
  return table(std::move(lines));
}

std::string differences(const std::vector<MatrixColumn>& targets) {
  std::map<std::string, std::string> letters;  // case -> one letter a target
  std::vector<std::string> order;
  for (std::size_t i = 0; i < targets.size(); ++i) {
    for (const MatrixCase& one : targets[i].cases) {
      const auto [found, added] = letters.try_emplace(one.name, std::string(targets.size(), '-'));
      if (added) order.push_back(one.name);
      found->second[i] = one.letter;
    }
  }
  std::vector<std::vector<std::string>> lines{{"case"}};
  for (const MatrixColumn& column : targets) lines[0].push_back(column.target);
  for (const std::string& name : order) {
    const std::string& row = letters[name];
    if (row.find_first_not_of(row[0]) == std::string::npos) continue;
    std::vector<std::string> line{name};
    for (const char letter : row) line.emplace_back(1, letter);
    lines.push_back(std::move(line));
  }
  if (lines.size() == 1) return "no case differs\n";
  return fmt::format("{} case{} differ\n{}", lines.size() - 1, lines.size() == 2 ? "" : "s",
                     table(std::move(lines)));
}

}  // namespace

Result<MatrixColumn> read_column(std::string_view text) {
  using Json = nlohmann::json;
  const Json json = Json::parse(text.begin(), text.end(), nullptr, false);
  if (json.is_discarded() || !json.is_object()) return Error{"not JSON"};
  if (json.value("schema", 0) != 1) return Error{"not a report of tcpspec run --json (schema 1)"};
  MatrixColumn column;
  try {
    column.target = json.at("target").at("name").get<std::string>();
    for (const Json& one : json.at("cases")) {
      const std::string letter = one.at("letter").get<std::string>();
      if (letter.size() != 1 || kLetters.find(letter[0]) == std::string_view::npos) {
        return Error{"a case has no verdict's letter"};
      }
      const Json& section = one.at("section");
      column.cases.push_back({one.at("name").get<std::string>(), section.at("rfc").get<std::string>(),
                              section.at("number").get<std::string>(), section.at("title").get<std::string>(),
                              letter[0]});
    }
  } catch (const Json::exception& error) {
    return Error{fmt::format("not a report of tcpspec run --json: {}", error.what())};
  }
  return column;
}

std::string matrix_text(const std::vector<MatrixColumn>& columns) {
  if (columns.empty()) return "";
  return counts_table(columns) + "\n" + (columns.size() > 1 ? differences(columns) + "\n" : "") + kLegend +
         "\n";
}

}  // namespace tcpspec::run
