#include "harness/run/case_tree.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <set>
#include <system_error>
#include <utility>

#include "harness/run/selection.h"

namespace tcpspec::run {
namespace {

namespace fs = std::filesystem;
constexpr std::size_t kBiggestFile = 64'000'000;

// Below the working directory a relative path reads better; elsewhere it would be a row of "..".
std::string shown(const fs::path& path) {
  std::error_code error;
  const fs::path relative = fs::proximate(path, error);
  if (error || relative.empty() || *relative.begin() == "..") return path.lexically_normal().string();
  return relative.string();
}

// Regular files with this extension, in the order of their paths; what cannot be walked is an error.
std::vector<std::string> files_below(const fs::path& folder, const char* extension, bool deep,
                                     std::vector<std::string>& errors) {
  std::vector<std::string> out;
  std::error_code error;
  fs::recursive_directory_iterator entry(folder, error);
  for (; !error && entry != fs::recursive_directory_iterator(); entry.increment(error)) {
    const fs::path& path = entry->path();
    std::error_code ignored;
    if (entry->is_directory(ignored)) {
      const bool skip = !deep || path == folder / "given" || path == folder / "ledger";
      if (skip) entry.disable_recursion_pending();
    } else if (path.extension() == extension) {
      out.push_back(path.string());
    }
  }
  if (error) errors.push_back(fmt::format("{}: error: {}", folder.string(), error.message()));
  std::sort(out.begin(), out.end());
  return out;
}

}  // namespace

bool is_case_tree(const std::string& folder) {
  std::error_code ignored;
  return fs::is_directory(fs::path(folder) / "ledger", ignored);
}

Result<std::string> read_file(const std::string& path) {
  errno = 0;
  std::FILE* file = std::fopen(path.c_str(), "re");
  if (file == nullptr) return Error{std::strerror(errno)};
  std::string text;
  char buffer[65536];
  std::size_t got = 0;
  while (text.size() <= kBiggestFile && (got = std::fread(buffer, 1, sizeof buffer, file)) > 0) {
    text.append(buffer, got);
  }
  const bool failed = std::ferror(file) != 0;
  const int why = errno;
  std::fclose(file);
  if (failed) return Error{std::strerror(why)};  // a folder opens, and then cannot be read
  if (text.size() > kBiggestFile) return Error{"more than 64 MB"};
  return text;
}

Result<std::string> FolderReader::read(const std::string& path) {
  const auto known = texts_.find(path);
  if (known != texts_.end()) return known->second;
  return texts_.emplace(path, read_file(path)).first->second;
}

std::vector<std::string> FolderReader::fragment_names() {
  std::vector<std::string> names;
  std::vector<std::string> ignored;
  const fs::path folder(folder_);
  for (const std::string& path : files_below(folder, ".pkt", true, ignored)) {
    fs::path name = fs::path(path).lexically_relative(folder);
    names.push_back(name.replace_extension().string());
  }
  return names;
}

CaseTree::CaseTree(std::string folder) : folder_(shown(folder)) {
  std::error_code ignored;
  canonical_ = fs::weakly_canonical(folder, ignored);
  load_ledger();
  for (const auto& [id, row] : ledger_.rows()) row_ids_.push_back(id);
  options_.fragment_folder = folder_ + "/given";
  fragments_ = std::make_unique<FolderReader>(options_.fragment_folder);
  options_.fragments = fragments_.get();
  options_.known_row = [this](std::string_view row) { return ledger_.find(row) != nullptr; };
  options_.like_row = [this](std::string_view row) { return scenario::near_miss(row, row_ids_); };
}

void CaseTree::load_ledger() {
  for (const std::string& path : files_below(fs::path(folder_) / "ledger", ".txt", true, errors_)) {
    const Result<std::string> text = read_file(path);
    if (!text.ok()) {
      errors_.push_back(fmt::format("{}: error: {}", path, text.error()));
      continue;
    }
    const Status added = ledger_.add(path, *text);
    if (!added.ok()) errors_.push_back(added.error());
  }
  if (!errors_.empty()) return;
  if (const Status whole = ledger_.check_references(); !whole.ok()) errors_.push_back(whole.error());
}

void CaseTree::load_cases() {
  for (const std::string& path : files_below(folder_, ".pkt", true, errors_)) load_file(path);
}

void CaseTree::load_for(const std::vector<std::string>& words, bool whole) {
  std::vector<std::string> own;
  for (const std::string& word : words) {
    if (is_own_file(word)) own.push_back(word);
  }
  if (whole || own.size() < words.size() || words.empty()) load_cases();
  check_ids();
  for (const std::string& path : own) load_file(path);
}

void CaseTree::load_file(const std::string& path) {
  const Result<std::string> text = read_file(path);
  if (!text.ok()) {
    errors_.push_back(fmt::format("{}: error: {}", path, text.error()));
    return;
  }
  scenario::Loaded loaded = scenario::load_text(path, *text, options_);
  for (const scenario::Diagnostic& error : loaded.errors) errors_.push_back(scenario::to_string(error));
  std::move(loaded.scenarios.begin(), loaded.scenarios.end(), std::back_inserter(cases_));
}

bool CaseTree::is_own_file(const std::string& path) const {
  std::error_code error;
  if (!fs::exists(path, error) || fs::is_directory(path, error)) return false;
  const fs::path relative = fs::weakly_canonical(path, error).lexically_relative(canonical_);
  return relative.empty() || *relative.begin() == "..";
}

std::vector<std::vector<std::string>> CaseTree::paths() const {
  std::vector<std::vector<std::string>> out;
  std::map<std::string, std::vector<std::string>> known;
  for (const scenario::Scenario& scenario : cases_) {
    const std::string& file = scenario.where.file;
    auto [found, added] = known.try_emplace(file);
    if (added) {
      std::error_code ignored;
      const fs::path whole = fs::weakly_canonical(file, ignored);
      const std::string below = whole.lexically_relative(canonical_).string();
      // As shown, absolute, relative to where we are, below the tree, and below "cases".
      found->second = {file, whole.string(), shown(whole), "./" + shown(whole), below, "cases/" + below};
    }
    out.push_back(found->second);
  }
  return out;
}

void CaseTree::check_ids() {
  for (std::string& error : repeated_ids(cases_)) errors_.push_back(std::move(error));
  std::set<std::string_view> ids;
  for (const scenario::Scenario& scenario : cases_) ids.insert(scenario.id);
  for (const scenario::Scenario& scenario : cases_) {
    if (scenario.formerly.empty() || ids.count(scenario.formerly) == 0) continue;
    std::string error = fmt::format("{}:{}: error: formerly '{}' is the id of a case that exists",
                                    scenario.where.file, scenario.where.line, scenario.formerly);
    if (std::find(errors_.begin(), errors_.end(), error) == errors_.end())
      errors_.push_back(std::move(error));
  }
}

}  // namespace tcpspec::run
