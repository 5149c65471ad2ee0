// What passes between a worker and the scheduler (outcome.proto), as C++ values: one length-framed message
// each. Bytes in, values out; no pipes here. A frame that cannot be decoded is an Error: the worker wrote
// rubbish.
#ifndef HARNESS_RUN_OUTCOME_CODEC_H_
#define HARNESS_RUN_OUTCOME_CODEC_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "harness/run/verdict.h"
#include "harness/target/profile.h"
#include "stack/base/result.h"

namespace tcpspec::run {

struct CaseBegins {
  std::uint64_t index = 0;
  bool operator==(const CaseBegins&) const = default;
};
struct CaseEnds {
  std::uint64_t index = 0;
  Outcome outcome;
  std::vector<Duration> lateness;  // how late the worker woke up, in real time
  bool operator==(const CaseEnds&) const = default;
};
struct StartFailed {
  std::string message;
  bool operator==(const StartFailed&) const = default;
};
// The target of the case that began is there; the case itself begins now.
struct TargetUp {
  bool operator==(const TargetUp&) const = default;
};
using Message = std::variant<CaseBegins, TraceEvent, CaseEnds, target::Profile, StartFailed, TargetUp>;

// Length and message, ready to be written. The same value gives the same bytes.
[[nodiscard]] std::string encode_frame(const Message& message);
[[nodiscard]] std::string encode_frame(const TraceEvent& event);

// Takes bytes as they come and gives whole messages back.
class FrameReader {
 public:
  // No message is longer: more is rubbish.
  static constexpr std::size_t kLongest = std::size_t{1} << 30;
  void feed(std::string_view bytes);
  // Nothing: more bytes are needed.
  [[nodiscard]] Result<std::optional<Message>> next();

 private:
  std::string buffer_;
  std::size_t taken_ = 0;
};

}  // namespace tcpspec::run

#endif  // HARNESS_RUN_OUTCOME_CODEC_H_
