#include "harness/run/baseline.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

namespace tcpspec::run {
namespace {

constexpr std::array<Verdict, 3> kListable{Verdict::kFail, Verdict::kCrash, Verdict::kHang};

struct Word {
  std::string_view text;
  std::size_t at = 0;
};

// The next word from `at`; empty at the end of the line.
Word word_at(std::string_view line, std::size_t at) {
  const auto begin = std::min(line.find_first_not_of(" \t\r", at), line.size());
  const auto end = std::min(line.find_first_of(" \t\r", begin), line.size());
  return {line.substr(begin, end - begin), begin};
}

std::size_t end_of(const Word& word) { return word.at + word.text.size(); }

// One line's entry, or where and what is wrong with it.
struct LineResult {
  std::optional<BaselineEntry> entry;
  std::size_t at = 0;
  std::string wrong;
};

LineResult parse_line(std::string_view line) {
  BaselineEntry entry;
  const Word id = word_at(line, 0);
  entry.id = id.text;
  Word verdict = word_at(line, end_of(id));
  if (verdict.text == "[v4]" || verdict.text == "[v6]") {
    entry.ip = verdict.text == "[v4]" ? IpVersion::kV4 : IpVersion::kV6;
    verdict = word_at(line, end_of(verdict));
  }
  const auto* listed = std::find_if(kListable.begin(), kListable.end(),
                                    [&](Verdict known) { return verdict.text == to_string(known); });
  if (listed == kListable.end()) {
    return {{},
            verdict.at,
            fmt::format("expected 'fail', 'crash' or 'hang' after the case's id, found {}",
                        verdict.text.empty() ? "the end of the line" : scenario::quoted(verdict.text))};
  }
  entry.verdict = *listed;
  const Word reason = word_at(line, end_of(verdict));
  if (reason.text.empty()) return {{}, line.size(), "expected the reason why this gap is known"};
  std::string_view rest = line.substr(reason.at);
  rest = rest.substr(0, rest.find_last_not_of(" \t\r") + 1);
  entry.reason = rest;
  return {entry, 0, {}};
}

bool passed(Verdict verdict) { return verdict == Verdict::kPass || verdict == Verdict::kTolerated; }

bool names(const BaselineEntry& entry, const scenario::Scenario& scenario) {
  return entry.id == scenario.id && (!entry.ip || *entry.ip == scenario.ip);
}

}  // namespace

std::vector<scenario::Diagnostic> Baseline::parse(const std::string& path, std::string_view text) {
  std::vector<scenario::Diagnostic> wrong;
  int number = 0;
  while (!text.empty()) {
    const auto end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
    ++number;
    const Word first = word_at(line, 0);
    if (first.text.empty() || first.text.front() == '#') continue;
    LineResult result = parse_line(line);
    if (result.entry) {
      const bool twice = std::any_of(entries_.begin(), entries_.end(), [&](const BaselineEntry& other) {
        return other.id == result.entry->id && other.ip == result.entry->ip;
      });
      if (!twice) {
        result.entry->line = number;
        entries_.push_back(*result.entry);
        continue;
      }
      result.at = first.at;
      result.wrong = fmt::format("{} is listed twice", scenario::quoted(first.text));
    }
    wrong.push_back(
        {path, number, scenario::column_of(line, result.at), result.wrong, std::string(line), {}});
  }
  return wrong;
}

const BaselineEntry* Baseline::find(const scenario::Scenario& scenario) const {
  const BaselineEntry* found = nullptr;
  for (const BaselineEntry& entry : entries_) {
    if (names(entry, scenario) && (found == nullptr || entry.ip)) found = &entry;
  }
  return found;
}

void Baseline::apply(const scenario::Scenario& scenario, Outcome& outcome) const {
  const BaselineEntry* entry = find(scenario);
  if (entry == nullptr) return;
  if (outcome.verdict == entry->verdict) {
    outcome.verdict = Verdict::kKnownGap;
  } else if (passed(outcome.verdict)) {
    outcome.verdict = Verdict::kUnexpectedPass;
  } else {
    return;
  }
  outcome.reasons.insert(outcome.reasons.begin(),
                         fmt::format("listed as {}: {}", to_string(entry->verdict), entry->reason));
}

std::vector<BaselineEntry> Baseline::stale(const std::vector<scenario::Scenario>& all) const {
  std::set<std::string_view> there[2];
  for (const scenario::Scenario& scenario : all) {
    there[scenario.ip == IpVersion::kV6 ? 1 : 0].insert(scenario.id);
  }
  std::vector<BaselineEntry> out;
  for (const BaselineEntry& entry : entries_) {
    const bool v4 = entry.ip != IpVersion::kV6 && there[0].count(entry.id) != 0;
    const bool v6 = entry.ip != IpVersion::kV4 && there[1].count(entry.id) != 0;
    if (!v4 && !v6) out.push_back(entry);
  }
  return out;
}

}  // namespace tcpspec::run
