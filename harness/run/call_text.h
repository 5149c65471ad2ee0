// Socket calls as text for traces and stories: "read(5, 65536)", "-1 ECONNRESET".
#ifndef HARNESS_RUN_CALL_TEXT_H_
#define HARNESS_RUN_CALL_TEXT_H_

#include <string>

#include "harness/target/target.h"

namespace tcpspec::run {

[[nodiscard]] std::string call_text(const target::SocketCall& call);
[[nodiscard]] std::string result_text(const target::CallResult& result);

}  // namespace tcpspec::run

#endif  // HARNESS_RUN_CALL_TEXT_H_
