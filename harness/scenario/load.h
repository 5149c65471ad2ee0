// Text in, scenarios out: the front door of the language (cases/LANGUAGE.md). Pure: reads no file, clock or
// environment; fragments come through the SourceReader that the caller passes in. Safe on any bytes: depth,
// numbers, lines and bytes are bounded. Does not know what a ledger holds or what a target can do.
#ifndef HARNESS_SCENARIO_LOAD_H_
#define HARNESS_SCENARIO_LOAD_H_

#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "harness/scenario/diagnostic.h"
#include "harness/scenario/scenario.h"
#include "stack/base/result.h"

namespace tcpspec::scenario {

// Where fragments come from: a folder for the command line, memory for tests and fuzzers.
class SourceReader {
 public:
  virtual ~SourceReader() = default;
  // The text of `path`, which is LoadOptions::fragment_folder + "/NAME.pkt".
  [[nodiscard]] virtual Result<std::string> read(const std::string& path) = 0;
  // Names of the fragments there are, for "did you mean"; may be empty.
  [[nodiscard]] virtual std::vector<std::string> fragment_names() { return {}; }
};

// What one file may expand to. More is an error of that file, never an endless load.
struct LoadLimits {
  std::size_t lines_per_case = 100'000;
  std::size_t lines_per_file = 1'000'000;
  std::size_t bytes_per_file = 64'000'000;
  std::size_t cases_per_file = 10'000;  // sets of matrix values times IP versions
};

struct LoadOptions {
  std::function<bool(std::string_view row)> known_row;  // absent: every ledger row is accepted
  std::function<std::string(std::string_view row)>
      like_row;                       // "; did you mean 'X'?" for an unknown row; may be absent
  SourceReader* fragments = nullptr;  // absent: every `given` is an error
  std::string fragment_folder = "cases/given";
  std::vector<IpVersion> versions = {IpVersion::kV4, IpVersion::kV6};
  LoadLimits limits;
};

struct Loaded {
  std::vector<Scenario> scenarios;  // those without errors, in file order; per matrix value; per IP version
  std::vector<Diagnostic> errors;
  [[nodiscard]] bool ok() const { return errors.empty(); }
};

// `path` is for messages, and its stem is the id of a case without a `//@ case` line.
[[nodiscard]] Loaded load_text(const std::string& path, std::string_view text, const LoadOptions& options);

// Fragments held in memory, by name.
class MemoryReader : public SourceReader {
 public:
  explicit MemoryReader(std::string folder = "cases/given") : folder_(std::move(folder)) {}
  void add(const std::string& name, std::string text) { texts_[name] = std::move(text); }
  [[nodiscard]] Result<std::string> read(const std::string& path) override;
  [[nodiscard]] std::vector<std::string> fragment_names() override;

 private:
  std::string folder_;
  std::map<std::string, std::string> texts_;
};

}  // namespace tcpspec::scenario

#endif  // HARNESS_SCENARIO_LOAD_H_
