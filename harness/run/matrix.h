// Matrix: several JSON reports side by side. Rows are RFC sections, columns are targets, a cell counts
// verdicts by letter; below it stand the cases on which the targets differ. Text in, text out.
#ifndef HARNESS_RUN_MATRIX_H_
#define HARNESS_RUN_MATRIX_H_

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "stack/base/result.h"

namespace tcpspec::run {

struct MatrixCase {
  std::string name, rfc, section, title;
  char letter = '?';
};
struct MatrixColumn {
  std::string target;
  std::vector<MatrixCase> cases;
};

// An Error: no JSON, or not a report of schema 1.
[[nodiscard]] Result<MatrixColumn> read_column(std::string_view json);
[[nodiscard]] std::string matrix_text(const std::vector<MatrixColumn>& columns);

}  // namespace tcpspec::run

#endif  // HARNESS_RUN_MATRIX_H_
