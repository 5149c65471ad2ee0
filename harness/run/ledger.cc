#include "harness/run/ledger.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace tcpspec::run {
namespace {

constexpr std::array<std::pair<std::string_view, Level>, 5> kLevels{{{"MUST", Level::kMust},
                                                                     {"MUST NOT", Level::kMustNot},
                                                                     {"SHOULD", Level::kShould},
                                                                     {"SHOULD NOT", Level::kShouldNot},
                                                                     {"MAY", Level::kMay}}};
constexpr std::array<std::pair<std::string_view, Basis>, 3> kBases{
    {{"keyword", Basis::kKeyword}, {"lowercase", Basis::kLowercase}, {"descriptive", Basis::kDescriptive}}};
constexpr std::array<std::pair<std::string_view, Observable>, 4> kObservables{
    {{"wire", Observable::kWire},
     {"socket", Observable::kSocket},
     {"virtual-time", Observable::kVirtualTime},
     {"unobservable", Observable::kUnobservable}}};
constexpr std::array<std::string_view, 5> kRoles{"sender", "receiver", "api", "ip", "icmp"};

enum class Field : std::uint8_t {
  kTitle,
  kLevel,
  kBasis,
  kSection,
  kState,
  kGroup,
  kRole,
  kObservable,
  kBecause,
  kNeeds,
  kCondition,
  kScenario,
  kNote,
  kRestates,
  kSee,
  kTags,
  kCount
};
constexpr std::array<std::string_view, 16> kFields{
    "title",   "level", "basis",     "section",  "state", "group",    "role", "observable",
    "because", "needs", "condition", "scenario", "note",  "restates", "see",  "tags"};
static_assert(kFields.size() == static_cast<std::size_t>(Field::kCount));

template <typename T, std::size_t N>
const char* name_of(const std::array<std::pair<std::string_view, T>, N>& table, T value) {
  for (const std::pair<std::string_view, T>& entry : table) {
    if (entry.second == value) return entry.first.data();  // literals: they end in NUL
  }
  return "?";
}

constexpr bool blank(char c) { return c == ' ' || c == '\t' || c == '\r'; }

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  return text;
}

// The first word, and what stands behind it.
std::pair<std::string_view, std::string_view> split_word(std::string_view text) {
  std::size_t end = 0;
  while (end < text.size() && !blank(text[end])) ++end;
  return {text.substr(0, end), trimmed(text.substr(end))};
}

std::vector<std::string> words(std::string_view text) {
  std::vector<std::string> out;
  while (!text.empty()) {
    const auto [word, rest] = split_word(text);
    out.emplace_back(word);
    text = rest;
  }
  return out;
}

// One file's stanzas; knows where it is, so that every complaint can say it.
class FileParser {
 public:
  FileParser(const std::string& path, std::map<std::string, Requirement, std::less<>>& rows,
             std::map<std::string, std::string, std::less<>>& titles)
      : path_(path), rows_(rows), titles_(titles) {}

  Status parse(std::string_view text) {
    while (!text.empty()) {
      const auto end = text.find('\n');
      std::string_view line = text.substr(0, end);
      text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
      ++line_;
      if (const std::string wrong = take(line); !wrong.empty()) return error(line_, wrong);
    }
    if (const std::string wrong = finish_row(); !wrong.empty()) return error(row_->line, wrong);
    return Ok{};
  }

 private:
  [[nodiscard]] Error error(int line, const std::string& what) const {
    return Error{fmt::format("{}:{}: error: {}", path_, line, what)};
  }

  // Each of these returns what is wrong, or nothing.
  std::string take(std::string_view line) {
    const std::string_view content = trimmed(line);
    if (content.empty() || content.front() == '#') return {};
    if (line.front() == ' ' || line.front() == '\t') return take_field(content);
    const auto [word, rest] = split_word(content);
    if (word == "rfc") return take_rfc(rest);
    if (word == "section") return take_section(rest);
    if (!rest.empty())
      return fmt::format("expected a requirement's id alone on its line, found '{}'", content);
    if (std::string wrong = finish_row(); !wrong.empty()) {
      line_ = row_->line;
      return wrong;
    }
    return begin_row(word);
  }

  std::string take_rfc(std::string_view rest) {
    const auto [number, title] = split_word(rest);
    if (!rfc_.empty()) return "a second 'rfc' line";
    if (title.empty()) return "expected 'rfc NUMBER TITLE'";
    if (!titles_.emplace(number, title).second) return fmt::format("RFC {} has a file already", number);
    rfc_ = number;
    return {};
  }

  std::string take_section(std::string_view rest) {
    const auto [number, title] = split_word(rest);
    if (rfc_.empty()) return "expected 'rfc NUMBER TITLE' before the first section";
    if (title.empty()) return "expected 'section NUMBER TITLE'";
    if (!titles_.emplace(fmt::format("{} {}", rfc_, number), title).second) {
      return fmt::format("section {} is named twice", number);
    }
    return {};
  }

  std::string begin_row(std::string_view id) {
    if (rfc_.empty()) return "expected 'rfc NUMBER TITLE' before the first requirement";
    if (id.substr(0, rfc_.size() + 4) != "RFC" + rfc_ + ":" || id.size() == rfc_.size() + 4) {
      return fmt::format("expected an id that begins with 'RFC{}:', found '{}'", rfc_, id);
    }
    const auto [found, added] = rows_.try_emplace(std::string(id));
    if (!added) return fmt::format("{} stands already at {}:{}", id, found->second.file, found->second.line);
    row_ = &found->second;
    seen_ = 0;
    row_->id = id;
    row_->file = path_;
    row_->line = line_;
    return {};
  }

  std::string take_field(std::string_view content) {
    const auto [name, value] = split_word(content);
    if (row_ == nullptr) return fmt::format("field '{}' belongs to no requirement", name);
    const auto found = std::find(kFields.begin(), kFields.end(), name);
    if (found == kFields.end()) {
      return fmt::format("unknown field '{}'; expected one of: {}", name, fmt::join(kFields, " "));
    }
    if (value.empty()) return fmt::format("field '{}' is empty; leave it out", name);
    const auto index = static_cast<unsigned>(found - kFields.begin());
    if (has(static_cast<Field>(index))) return fmt::format("a second field '{}'", name);
    seen_ |= 1U << index;
    return set(static_cast<Field>(index), value);
  }

  std::string set(Field field, std::string_view value) {
    switch (field) {
      case Field::kTitle:
        row_->title = value;
        break;
      case Field::kLevel:
        return set_word(kLevels, value, row_->level);
      case Field::kBasis:
        return set_word(kBases, value, row_->basis);
      case Field::kSection:
        row_->section = value;
        break;
      case Field::kState:
        row_->state = value;
        break;
      case Field::kGroup:
        row_->group = value;
        break;
      case Field::kRole:
        return set_roles(value);
      case Field::kObservable:
        return set_word(kObservables, value, row_->observable);
      case Field::kBecause:
        row_->unobservable_reason = value;
        break;
      case Field::kNeeds:
        row_->needs = words(value);
        break;
      case Field::kCondition:
        row_->condition = value;
        break;
      case Field::kScenario:
        row_->scenario = value;
        break;
      case Field::kNote:
        row_->note = value;
        break;
      case Field::kRestates:
        row_->restates = value;
        break;
      case Field::kSee:
        row_->see = words(value);
        break;
      case Field::kTags:
        row_->tags = words(value);
        break;
      case Field::kCount:
        break;
    }
    return {};
  }

  template <typename T, std::size_t N>
  static std::string set_word(const std::array<std::pair<std::string_view, T>, N>& table,
                              std::string_view value, T& to) {
    std::vector<std::string_view> names;
    for (const std::pair<std::string_view, T>& entry : table) {
      if (entry.first == value) {
        to = entry.second;
        return {};
      }
      names.push_back(entry.first);
    }
    return not_one_of(names, value);
  }

  static std::string not_one_of(const std::vector<std::string_view>& names, std::string_view value) {
    return fmt::format("expected one of: {}; found '{}'", fmt::join(names, ", "), value);
  }

  std::string set_roles(std::string_view value) {
    row_->role = words(value);
    for (const std::string& role : row_->role) {
      if (std::find(kRoles.begin(), kRoles.end(), role) == kRoles.end()) {
        return not_one_of({kRoles.begin(), kRoles.end()}, role);
      }
    }
    return {};
  }

  [[nodiscard]] bool has(Field field) const { return (seen_ >> static_cast<unsigned>(field) & 1U) != 0; }

  std::string finish_row() {
    if (row_ == nullptr) return {};
    for (const Field field :
         {Field::kTitle, Field::kLevel, Field::kBasis, Field::kSection, Field::kRole, Field::kObservable}) {
      if (!has(field)) return missing(field);
    }
    const bool hidden = row_->observable == Observable::kUnobservable;
    if (hidden && !has(Field::kBecause)) return missing(Field::kBecause);
    if (!hidden && has(Field::kBecause))
      return fmt::format("{}: 'because' is for unobservable rows", row_->id);
    if (!hidden && !has(Field::kScenario)) return missing(Field::kScenario);
    row_ = nullptr;
    return {};
  }
  [[nodiscard]] std::string missing(Field field) const {
    return fmt::format("{} has no field '{}'", row_->id, kFields[static_cast<std::size_t>(field)]);
  }

  const std::string& path_;
  std::map<std::string, Requirement, std::less<>>& rows_;
  std::map<std::string, std::string, std::less<>>& titles_;
  std::string rfc_;
  Requirement* row_ = nullptr;  // the stanza that is open
  unsigned seen_ = 0;           // bit: Field
  int line_ = 0;
};

// "3.10.7.4-5ack-SYNRCVD" names the fifth of the section's numbered checks.
const char* ordinal(std::string_view id, std::string_view section) {
  static constexpr std::array<const char*, 8> kOrdinals{"first", "second", "third",   "fourth",
                                                        "fifth", "sixth",  "seventh", "eighth"};
  const auto at = id.find(':');
  if (at == std::string_view::npos) return nullptr;
  id.remove_prefix(at + 1);
  if (id.substr(0, section.size()) != section || id.size() < section.size() + 2) return nullptr;
  id.remove_prefix(section.size());
  if (section.substr(0, 7) != "3.10.7." || id[0] != '-' || id[1] < '1' || id[1] > '8') return nullptr;
  return kOrdinals[static_cast<std::size_t>(id[1] - '1')];
}

}  // namespace

const char* to_string(Level level) { return name_of(kLevels, level); }
const char* to_string(Basis basis) { return name_of(kBases, basis); }
const char* to_string(Observable observable) { return name_of(kObservables, observable); }

std::string Requirement::rfc() const { return id.substr(3, id.find(':') - 3); }

std::string Requirement::clause() const {
  const char* check = rfc() == "9293" ? ordinal(id, section) : nullptr;
  const char* sign = !section.empty() && section[0] >= 'A' ? "appendix " : "§";
  return fmt::format("RFC {} {}{}{}{}", rfc(), sign, section, check == nullptr ? "" : " ",
                     check == nullptr ? "" : check);
}

std::string Requirement::grade() const { return basis == Basis::kKeyword ? to_string(level) : "text"; }

Status Ledger::add(const std::string& path, std::string_view text) {
  return FileParser(path, rows_, titles_).parse(text);
}

Status Ledger::check_references() const {
  const auto unknown = [](const Requirement& row, const std::string& name) {
    return Error{
        fmt::format("{}:{}: error: {} refers to {}, which no file has", row.file, row.line, row.id, name)};
  };
  for (const auto& [id, row] : rows_) {
    if (!row.restates.empty() && find(row.restates) == nullptr) return unknown(row, row.restates);
    for (const std::string& other : row.see) {
      if (find(other) == nullptr) return unknown(row, other);
    }
  }
  return Ok{};
}

const Requirement* Ledger::find(std::string_view id) const {
  const auto found = rows_.find(id);
  return found == rows_.end() ? nullptr : &found->second;
}

std::string Ledger::rfc_title(std::string_view rfc) const {
  const auto found = titles_.find(rfc);
  return found == titles_.end() ? std::string() : found->second;
}

std::string Ledger::section_title(std::string_view rfc, std::string_view section) const {
  for (const std::string_view name : {section, section.substr(0, section.find('('))}) {
    if (const auto found = titles_.find(fmt::format("{} {}", rfc, name)); found != titles_.end()) {
      return found->second;
    }
  }
  return {};
}

}  // namespace tcpspec::run
