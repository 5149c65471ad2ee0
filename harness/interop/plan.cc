#include "harness/interop/plan.h"

#include "stack/base/check.h"

namespace tcpspec::interop {

const char* to_string(Opening opening) {
  switch (opening) {
    case Opening::kPeer:
      return "peer connects";
    case Opening::kTarget:
      return "target connects";
    case Opening::kBoth:
      return "both connect";
  }
  CHECK(false);
  return "";
}

const char* to_string(Ending ending) {
  switch (ending) {
    case Ending::kShutdown:
      return "half-close";
    case Ending::kClose:
      return "close";
    case Ending::kCloseNow:
      return "close at once";
    case Ending::kAbort:
      return "abort";
  }
  CHECK(false);
  return "";
}

}  // namespace tcpspec::interop
