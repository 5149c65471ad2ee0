// The `//@` lines of one case or fragment, read into one struct. Words of closed lists are checked here,
// where their place is known. `case` and `matrix` lines are read by the loader: they decide how often the
// others are read.
#ifndef HARNESS_SCENARIO_DIRECTIVES_H_
#define HARNESS_SCENARIO_DIRECTIVES_H_

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "harness/scenario/diagnostic.h"
#include "harness/scenario/load.h"
#include "harness/scenario/scenario.h"

namespace tcpspec::scenario {

// A word of a directive, with its place.
struct Located {
  std::string text;
  SourceLine line;
  std::size_t offset = 0;
};

struct Directives {
  std::vector<std::string> covers;
  std::string finding;
  std::string catches;
  std::string formerly;
  std::vector<Located> given;
  std::vector<std::string> inlined;  // names of fragments that are already in the text
  App app = App::kNone;
  std::int64_t app_count = 0;
  bool app_active = false;
  std::vector<std::string> needs;
  std::map<std::string, std::string> policies;
  std::vector<ConnectionSpec> connections;
  std::vector<std::string> tags;
  std::optional<IpVersion> ip;
  bool strict = false;
};

class DirectiveReader {
 public:
  DirectiveReader(Directives& out, const LoadOptions& options, Diagnostics& diagnostics, bool fragment)
      : out_(out), options_(options), diagnostics_(diagnostics), fragment_(fragment) {}

  // The lines of the case follow those of its file: single values may be said again.
  void begin_case() { said_.clear(); }
  void read(const SourceLine& line);

 private:
  using Words = std::vector<Located>;
  bool read_list(std::string_view name, const Words& words);
  bool read_single(std::string_view name, const Words& words, const Located& directive);
  void read_covers(const Words& words);
  void read_given(const Words& words);
  void read_app(const Words& words, const Located& directive);
  void read_needs(const Words& words);
  void read_policy(const Words& words);
  void read_connection(const Words& words, const Located& directive);
  bool read_connection_part(const Words& words, std::size_t& at, ConnectionSpec& connection);
  bool read_isn(const Located& word, ConnectionSpec& connection);
  void read_ip(const Words& words, const Located& directive);
  bool no_more(const Words& words, std::size_t most);
  bool refuse(const Located& at, std::string message);

  Directives& out_;
  const LoadOptions& options_;
  Diagnostics& diagnostics_;
  bool fragment_;
  std::set<std::string, std::less<>> said_;
};

[[nodiscard]] std::string_view app_word(App app);
// A fragment's name: letters, digits, . _ - and / between parts; no part begins with a dot.
[[nodiscard]] bool is_fragment_name(std::string_view name);

void add_once(std::vector<std::string>& list, const std::string& value);

}  // namespace tcpspec::scenario

#endif  // HARNESS_SCENARIO_DIRECTIVES_H_
