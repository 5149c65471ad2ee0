// judge(): whether a conversation ended as its plan permits, from what both programs were told and what was
// seen on the wire. Pure.
#ifndef HARNESS_INTEROP_JUDGE_H_
#define HARNESS_INTEROP_JUDGE_H_

#include <optional>
#include <string>

#include "harness/interop/plan.h"
#include "harness/interop/program.h"
#include "harness/interop/watch.h"

namespace tcpspec::interop {

enum class Stop : std::uint8_t { kInOrder, kStuck, kLimit, kEndless };  // why nothing more was waited for

struct Facts {
  const Account& peer;
  const Account& target;
  Sent by_peer, by_target;
  Stop stop = Stop::kInOrder;
  bool peer_gone = true, target_gone = true;  // of a connection that ended; looked at with until_gone
};

struct Wrong {
  std::string rule;     // "stream", "stuck", "end", "reset", "error", "left"
  std::string allowed;  // what the conversation demands
  std::string differs;
};

[[nodiscard]] std::optional<Wrong> judge(const Plan& plan, const Facts& facts);

}  // namespace tcpspec::interop

#endif  // HARNESS_INTEROP_JUDGE_H_
