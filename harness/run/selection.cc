#include "harness/run/selection.h"

#include <fmt/format.h>
#include <fnmatch.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>

namespace tcpspec::run {
namespace {

bool has(const std::vector<std::string>& list, std::string_view word) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

// `inner` is `outer` or stands below it.
bool at_or_below(std::string_view inner, std::string_view outer) {
  while (outer.size() > 1 && outer.back() == '/') outer.remove_suffix(1);
  return inner.substr(0, outer.size()) == outer &&
         (inner.size() == outer.size() || inner[outer.size()] == '/');
}

// "a/b [v4]" or "a/b[v4]": the id and the version.
std::pair<std::string, std::optional<IpVersion>> split_version(std::string_view word) {
  for (const auto& [suffix, ip] : {std::pair<std::string_view, IpVersion>{"[v4]", IpVersion::kV4},
                                   std::pair<std::string_view, IpVersion>{"[v6]", IpVersion::kV6}}) {
    if (word.size() <= suffix.size() || word.substr(word.size() - suffix.size()) != suffix) continue;
    word.remove_suffix(suffix.size());
    while (!word.empty() && word.back() == ' ') word.remove_suffix(1);
    return {std::string(word), ip};
  }
  return {std::string(word), std::nullopt};
}

class Finder {
 public:
  Finder(const std::vector<scenario::Scenario>& cases, const std::vector<std::vector<std::string>>& paths)
      : cases_(cases), paths_(paths) {}

  // Marks what the word means; false: nothing.
  bool find(const std::string& word, std::set<std::size_t>& marked, std::vector<std::string>& remarks) const {
    if (!word.empty() && word.front() == '@') {
      return mark(marked,
                  [&](std::size_t i) { return has(cases_[i].tags, std::string_view(word).substr(1)); });
    }
    const auto [id, ip] = split_version(word);
    const auto fits = [&, version = ip](std::size_t i) { return !version || cases_[i].ip == *version; };
    const std::string& name = id;
    if (mark(marked, [&](std::size_t i) { return fits(i) && cases_[i].id == name; })) return true;
    if (mark(marked, [&](std::size_t i) { return fits(i) && at_or_below(cases_[i].id, name); })) return true;
    if (name.find_first_of("*?[") != std::string::npos && mark(marked, [&](std::size_t i) {
          return fits(i) && ::fnmatch(name.c_str(), cases_[i].id.c_str(), 0) == 0;
        })) {
      return true;
    }
    if (mark(marked, [&](std::size_t i) { return has(cases_[i].covers, word); })) return true;
    if (mark(marked, [&](std::size_t i) {
          return std::any_of(paths_[i].begin(), paths_[i].end(),
                             [&](const std::string& path) { return at_or_below(path, word); });
        })) {
      return true;
    }
    if (mark(marked, [&](std::size_t i) { return has(cases_[i].tags, word); })) return true;
    return find_former(name, fits, marked, remarks);
  }

 private:
  template <typename Wanted>
  bool mark(std::set<std::size_t>& marked, const Wanted& wanted) const {
    bool any = false;
    for (std::size_t i = 0; i < cases_.size(); ++i) {
      if (!wanted(i)) continue;
      any = true;
      marked.insert(i);
    }
    return any;
  }

  // A renamed case keeps its matrix values, so the old name may be the beginning of the old id only.
  template <typename Fits>
  bool find_former(const std::string& name, const Fits& fits, std::set<std::size_t>& marked,
                   std::vector<std::string>& remarks) const {
    std::set<std::string> now;
    mark(marked, [&](std::size_t i) {
      const std::string& old = cases_[i].formerly;
      if (old.empty() || !fits(i) || !(at_or_below(old, name) || at_or_below(name, old))) return false;
      now.insert(cases_[i].id);
      return true;
    });
    if (now.empty()) return false;
    remarks.push_back(fmt::format("{} is now called {}", name, fmt::join(now, ", ")));
    return true;
  }

  const std::vector<scenario::Scenario>& cases_;
  const std::vector<std::vector<std::string>>& paths_;
};

// The closest of all that could have been meant, at most three.
std::vector<std::string> likely_for(const std::string& word, const std::vector<scenario::Scenario>& cases) {
  std::set<std::string> names;
  const std::string id = split_version(word).first;
  for (const scenario::Scenario& scenario : cases) {
    names.insert(scenario.id);
    for (std::size_t at = scenario.id.find('/'); at != std::string::npos;
         at = scenario.id.find('/', at + 1)) {
      names.insert(scenario.id.substr(0, at));
    }
    names.insert(scenario.tags.begin(), scenario.tags.end());
  }
  std::vector<std::pair<std::size_t, std::string>> near;
  for (const std::string& name : names) {
    const bool contained = id.size() >= 4 && name.find(id) != std::string::npos;
    const std::size_t distance = contained ? 1 : edit_distance(id, name);
    if (distance <= std::max<std::size_t>(2, id.size() / 4)) near.emplace_back(distance, name);
  }
  std::sort(near.begin(), near.end());
  if (near.size() > 3) near.resize(3);
  std::vector<std::string> out;
  for (auto& [distance, name] : near) out.push_back(std::move(name));
  return out;
}

}  // namespace

const char* to_string(Grade grade) {
  switch (grade) {
    case Grade::kMust:
      return "MUST";
    case Grade::kShould:
      return "SHOULD";
    case Grade::kMay:
      return "MAY";
    case Grade::kText:
      return "text";
  }
  CHECK(false);
  return "";
}

Grade grade_of(const Requirement& row) {
  if (row.basis != Basis::kKeyword) return Grade::kText;
  switch (row.level) {
    case Level::kMust:
    case Level::kMustNot:
      return Grade::kMust;
    case Level::kShould:
    case Level::kShouldNot:
      return Grade::kShould;
    case Level::kMay:
      return Grade::kMay;
  }
  CHECK(false);
  return Grade::kText;
}

Grade grade_of(const scenario::Scenario& scenario, const Ledger& ledger) {
  Grade grade = Grade::kText;
  for (const std::string& id : scenario.covers) {
    if (const Requirement* row = ledger.find(id)) grade = std::min(grade, grade_of(*row));
  }
  return grade;
}

Selection select(const std::vector<scenario::Scenario>& cases,
                 const std::vector<std::vector<std::string>>& paths, const std::vector<std::string>& words) {
  CHECK(paths.size() == cases.size());
  Selection out;
  std::set<std::size_t> marked;
  const Finder finder(cases, paths);
  for (const std::string& word : words) {
    if (finder.find(word, marked, out.remarks)) continue;
    out.unknown.push_back(word);
    for (std::string& near : likely_for(word, cases)) out.likely.push_back(std::move(near));
  }
  if (words.empty()) {
    for (std::size_t i = 0; i < cases.size(); ++i) marked.insert(i);
  }
  out.cases.assign(marked.begin(), marked.end());
  return out;
}

std::vector<std::string> repeated_ids(const std::vector<scenario::Scenario>& cases) {
  std::vector<std::string> out;
  std::map<std::pair<std::string_view, IpVersion>, const scenario::Scenario*> first;
  for (const scenario::Scenario& scenario : cases) {
    const auto [found, added] = first.try_emplace({scenario.id, scenario.ip}, &scenario);
    if (added) continue;
    const scenario::SourceLocation& here = scenario.where;
    const scenario::SourceLocation& there = found->second->where;
    std::string text = fmt::format("{}:{}: error: the id '{}' is already that of {}:{}", here.file, here.line,
                                   scenario.id, there.file, there.line);
    if (!has(out, text)) out.push_back(std::move(text));
  }
  return out;
}

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> older(b.size() + 1), last(b.size() + 1), now(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    now[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t changed = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      now[j] = std::min({last[j] + 1, now[j - 1] + 1, changed});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        now[j] = std::min(now[j], older[j - 2] + 1);
    }
    older.swap(last);
    last.swap(now);
  }
  return last[b.size()];
}

}  // namespace tcpspec::run
