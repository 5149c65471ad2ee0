#include "harness/run/call_text.h"

#include "stack/base/check.h"

namespace tcpspec::run {
namespace {

const char* name_of(target::CallKind kind) {
  switch (kind) {
    case target::CallKind::kSocket:
      return "socket";
    case target::CallKind::kBind:
      return "bind";
    case target::CallKind::kListen:
      return "listen";
    case target::CallKind::kAccept:
      return "accept";
    case target::CallKind::kConnect:
      return "connect";
    case target::CallKind::kRead:
      return "read";
    case target::CallKind::kWrite:
      return "write";
    case target::CallKind::kShutdown:
      return "shutdown";
    case target::CallKind::kClose:
      return "close";
    case target::CallKind::kSetOption:
      return "setsockopt";
    case target::CallKind::kGetOption:
      return "getsockopt";
    case target::CallKind::kFcntl:
      return "fcntl";
  }
  CHECK(false);
  return "";
}

const char* how_text(target::ShutdownHow how) {
  switch (how) {
    case target::ShutdownHow::kRead:
      return "SHUT_RD";
    case target::ShutdownHow::kWrite:
      return "SHUT_WR";
    case target::ShutdownHow::kBoth:
      return "SHUT_RDWR";
  }
  CHECK(false);
  return "";
}

}  // namespace

std::string call_text(const target::SocketCall& call) {
  std::string text = name_of(call.kind);
  text += '(';
  if (call.kind != target::CallKind::kSocket) text += std::to_string(call.handle);
  if (call.kind == target::CallKind::kBind || call.kind == target::CallKind::kConnect) {
    text += ", " + to_string(call.address);
  } else if (call.kind == target::CallKind::kRead) {
    text += ", " + std::to_string(call.count);
  } else if (call.kind == target::CallKind::kWrite) {
    text += ", " + std::to_string(call.data.size());
  } else if (call.kind == target::CallKind::kShutdown) {
    text += std::string(", ") + how_text(call.how);
  }
  return text + ")";
}

std::string result_text(const target::CallResult& result) {
  std::string text = std::to_string(result.value);
  if (!result.error.empty()) text += " " + result.error;
  return text;
}

}  // namespace tcpspec::run
