// Coverage: rows of the ledger by cases, and by what they came to on each target. A row is covered by a case
// that names it, or through the row that it restates; otherwise it is unobservable and says why, or it is
// open.
#ifndef HARNESS_RUN_COVERAGE_H_
#define HARNESS_RUN_COVERAGE_H_

#include <cstddef>
#include <string>
#include <vector>

#include "harness/run/ledger.h"
#include "harness/run/matrix.h"
#include "harness/scenario/scenario.h"

namespace tcpspec::run {

enum class Covered : std::uint8_t { kByCase, kByTheOther, kUnobservable, kOpen };

struct RowCoverage {
  const Requirement* row = nullptr;
  Covered how = Covered::kOpen;
  std::size_t cases = 0;  // IP versions and matrix values counted once; of the restated row where kByTheOther
  std::string letters;    // one a report: the worst of its cases, '-' where none ran
};
// In the order of reports: RFC, section, then the ledger's own.
[[nodiscard]] std::vector<RowCoverage> cover(const Ledger& ledger,
                                             const std::vector<scenario::Scenario>& cases,
                                             const std::vector<MatrixColumn>& reports);
// RFCs by grades: covered of those that a case could see, unobservable ones, open ones.
[[nodiscard]] std::string coverage_table(const Ledger& ledger, const std::vector<RowCoverage>& rows);
// One line a row: verdicts, id, grade, cases, title or why nothing can see it.
[[nodiscard]] std::string coverage_rows(const std::vector<RowCoverage>& rows,
                                        const std::vector<MatrixColumn>& reports, bool open_only);

}  // namespace tcpspec::run

#endif  // HARNESS_RUN_COVERAGE_H_
