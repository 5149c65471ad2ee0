// What a case is called as a test, and how its end is told there. Text only; knows no test framework.
#ifndef HARNESS_LIBRARY_NAMES_H_
#define HARNESS_LIBRARY_NAMES_H_

#include <string>

#include "harness/library/tcpspec.h"
#include "harness/run/report.h"

namespace tcpspec::library {

// "RFC9293_3_10_7_4"; the title where there is no RFC.
[[nodiscard]] std::string suite_name(const std::string& rfc, const std::string& section,
                                     const std::string& title);
// "half_close/data/v4".
[[nodiscard]] std::string test_name(const scenario::Scenario& scenario);

[[nodiscard]] Played told(const run::Report& report, const run::CaseResult& result,
                          const std::string& baseline, Ending ending);

}  // namespace tcpspec::library

#endif  // HARNESS_LIBRARY_NAMES_H_
