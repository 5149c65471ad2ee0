// The case tree on disk: its ledger, its fragments and its cases, loaded whole. Reads files;
// says what cannot be read and loads nothing less than everything silently.
#ifndef HARNESS_RUN_CASE_TREE_H_
#define HARNESS_RUN_CASE_TREE_H_

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "harness/run/ledger.h"
#include "harness/scenario/load.h"
#include "stack/base/result.h"

namespace tcpspec::run {

// Whether there is a case tree in this folder.
[[nodiscard]] bool is_case_tree(const std::string& folder);

[[nodiscard]] Result<std::string> read_file(const std::string& path);

// Fragments of a folder, each read once.
class FolderReader : public scenario::SourceReader {
 public:
  explicit FolderReader(std::string folder) : folder_(std::move(folder)) {}
  [[nodiscard]] Result<std::string> read(const std::string& path) override;
  [[nodiscard]] std::vector<std::string> fragment_names() override;

 private:
  std::string folder_;
  std::map<std::string, Result<std::string>> texts_;
};

class CaseTree {
 public:
  // Reads the ledger of the tree at `folder`.
  explicit CaseTree(std::string folder);

  // All .pkt files of the tree, but for fragments.
  void load_cases();
  // What these words of a selection need: a file that is not the tree's own as it is named, the whole tree
  // for any other word or for none, or if `whole`. Checks the ids.
  void load_for(const std::vector<std::string>& words, bool whole);
  // One file, of the tree or anybody's.
  void load_file(const std::string& path);
  // Whether a path that the user named is a file outside the tree.
  [[nodiscard]] bool is_own_file(const std::string& path) const;

  [[nodiscard]] const std::string& folder() const { return folder_; }
  [[nodiscard]] const Ledger& ledger() const { return ledger_; }
  [[nodiscard]] const std::vector<scenario::Scenario>& cases() const { return cases_; }
  [[nodiscard]] std::vector<scenario::Scenario>& cases() { return cases_; }
  // For each case: how its file may be called, for selections.
  [[nodiscard]] std::vector<std::vector<std::string>> paths() const;
  // Complaints, ready to print. Empty: all is well.
  [[nodiscard]] const std::vector<std::string>& errors() const { return errors_; }
  // Also that every id stands once and every former id leads somewhere; to be called when all is loaded.
  void check_ids();

 private:
  void load_ledger();

  std::string folder_;  // as shown to people
  std::filesystem::path canonical_;
  Ledger ledger_;
  std::vector<std::string> row_ids_;
  std::unique_ptr<FolderReader> fragments_;
  scenario::LoadOptions options_;
  std::vector<scenario::Scenario> cases_;
  std::vector<std::string> errors_;
};

}  // namespace tcpspec::run

#endif  // HARNESS_RUN_CASE_TREE_H_
