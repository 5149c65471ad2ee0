// The ledger: every requirement that binds a TCP endpoint, from cases/ledger/*.txt (format:
// cases/ledger/README.md). Parsing only; text comes in, rows and diagnostics go out.
#ifndef HARNESS_RUN_LEDGER_H_
#define HARNESS_RUN_LEDGER_H_

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "stack/base/result.h"

namespace tcpspec::run {

enum class Level : std::uint8_t { kMust, kMustNot, kShould, kShouldNot, kMay };
// keyword: an RFC 2119 word stands in the text; lowercase, descriptive: the level is a reading, printed as
// "text".
enum class Basis : std::uint8_t { kKeyword, kLowercase, kDescriptive };
enum class Observable : std::uint8_t { kWire, kSocket, kVirtualTime, kUnobservable };

[[nodiscard]] const char* to_string(Level level);  // "MUST NOT"
[[nodiscard]] const char* to_string(Basis basis);
[[nodiscard]] const char* to_string(Observable observable);

struct Requirement {
  std::string id;  // "RFC9293:MUST-13"
  Level level = Level::kMust;
  Basis basis = Basis::kKeyword;
  std::string section, group, title, state, condition, note, scenario, unobservable_reason;
  std::vector<std::string> role, needs, see, tags;
  Observable observable = Observable::kWire;
  std::string restates;  // id of the row that says the same, or empty
  std::string file;      // where the row stands, for messages
  int line = 0;          // of its id

  [[nodiscard]] std::string rfc() const;     // "9293"
  [[nodiscard]] std::string clause() const;  // "RFC 9293 §3.4.1", "RFC 9293 §3.10.7.4 fifth"
  [[nodiscard]] std::string grade() const;   // "MUST", "SHOULD NOT", or "text" where the RFC has no keyword
};

class Ledger {
 public:
  // Adds one file's rows; `path` is for messages. An Error names file:line. Rows before the error stay.
  [[nodiscard]] Status add(const std::string& path, std::string_view text);
  // Every `see` and `restates` names a row. To be asked once, when all files are in.
  [[nodiscard]] Status check_references() const;

  [[nodiscard]] const Requirement* find(std::string_view id) const;
  [[nodiscard]] const std::map<std::string, Requirement, std::less<>>& rows() const { return rows_; }
  // Titles for headings; empty where the ledger names none. "4.2.2.20(a)" falls back to "4.2.2.20".
  [[nodiscard]] std::string rfc_title(std::string_view rfc) const;
  [[nodiscard]] std::string section_title(std::string_view rfc, std::string_view section) const;

 private:
  std::map<std::string, Requirement, std::less<>> rows_;
  std::map<std::string, std::string, std::less<>> titles_;  // "9293" and "9293 3.1" -> title
};

}  // namespace tcpspec::run

#endif  // HARNESS_RUN_LEDGER_H_
