#include "harness/run/app.h"

#include <algorithm>

#include "harness/packet/stream.h"
#include "harness/run/call_text.h"
#include "harness/run/session.h"
#include "stack/base/check.h"

namespace tcpspec::run {
namespace {

using target::CallKind;
using target::SocketCall;

constexpr std::int64_t kChunk = 65'536;
constexpr int kBacklog = 64;

SocketCall on(int handle, CallKind kind) {
  SocketCall call;
  call.kind = kind;
  call.handle = handle;
  return call;
}

}  // namespace

void App::call(Session& session, const SocketCall& what) {
  Waiting waiting{what, "app: " + call_text(what)};
  session.record(TraceKind::kCallBegin, target::Stamp::at(session.target.now()), waiting.text);
  waiting_.emplace(session.target.begin(what), std::move(waiting));
}

void App::begin(Session& session) {
  if (kind_ == scenario::App::kNone) return;
  SocketCall open;
  open.kind = CallKind::kSocket;
  open.ip = session.scenario.ip;
  call(session, open);
}

bool App::on_done(Session& session, const target::CallDone& done, const target::Stamp& at) {
  auto found = waiting_.extract(done.call);
  if (found.empty()) return false;
  const Waiting& waiting = found.mapped();
  session.record(TraceKind::kCallEnd, at, waiting.text + " = " + result_text(done.result));
  react(session, waiting.call, done.result);
  return true;
}

void App::react(Session& session, const SocketCall& what, const target::CallResult& result) {
  switch (what.kind) {
    case CallKind::kSocket: {
      if (result.value < 0) return void(broken_ = "socket: " + result.error);
      const int handle = static_cast<int>(result.value);
      SocketCall next = on(handle, active_ ? CallKind::kConnect : CallKind::kBind);
      const target::Place& place = session.connections.place();
      next.address = {active_ ? place.tester : place.target, place.service_port};
      call(session, next);
      ready_ = active_;
      return;
    }
    case CallKind::kBind: {
      if (result.value < 0) return void(broken_ = "bind: " + result.error);
      listener_ = what.handle;
      SocketCall next = on(listener_, CallKind::kListen);
      next.backlog = kBacklog;
      return call(session, next);
    }
    case CallKind::kListen:
      if (result.value < 0) return void(broken_ = "listen: " + result.error);
      ready_ = true;
      return call(session, on(listener_, CallKind::kAccept));
    case CallKind::kAccept:
      return after_accept(session, result);
    case CallKind::kConnect:
      return result.value < 0 ? close(session, what.handle) : opened(session, what.handle);
    case CallKind::kRead:
      return after_read(session, what.handle, result);
    case CallKind::kWrite:
      if (result.value < 0) return close(session, what.handle);
      if (kind_ == scenario::App::kSource) {
        written_[what.handle] += static_cast<std::uint64_t>(result.value);
        return write_on(session, what.handle);
      }
      return read_on(session, what.handle);
    case CallKind::kShutdown:
      return read_on(session, what.handle);
    case CallKind::kClose:
    case CallKind::kSetOption:
    case CallKind::kGetOption:
    case CallKind::kFcntl:
      return;
  }
}

void App::after_accept(Session& session, const target::CallResult& result) {
  if (result.value < 0) return;
  call(session, on(listener_, CallKind::kAccept));
  opened(session, static_cast<int>(result.value));
}

void App::opened(Session& session, int handle) {
  last_handle_ = handle;
  switch (kind_) {
    case scenario::App::kNone:
    case scenario::App::kStall:
      return;
    case scenario::App::kEcho:
    case scenario::App::kSink:
    case scenario::App::kHold:
      return read_on(session, handle);
    case scenario::App::kSource:
      return write_on(session, handle);
    case scenario::App::kCloser:
      return close(session, handle);
    case scenario::App::kShutwr:
      return call(session, on(handle, CallKind::kShutdown));
  }
  CHECK(false);
}

void App::read_on(Session& session, int handle) {
  SocketCall next = on(handle, CallKind::kRead);
  next.count = kChunk;
  call(session, next);
}

void App::write_on(Session& session, int handle) {
  const std::uint64_t written = written_[handle];
  const std::int64_t left = count_ - static_cast<std::int64_t>(written);
  if (left <= 0) return read_on(session, handle);
  SocketCall next = on(handle, CallKind::kWrite);
  next.data = packet::stream(written, static_cast<std::size_t>(std::min(left, kChunk)));
  call(session, next);
}

void App::after_read(Session& session, int handle, const target::CallResult& result) {
  if (result.value < 0) return close(session, handle);
  if (result.value == 0) {
    if (kind_ != scenario::App::kHold) close(session, handle);
    return;
  }
  if (kind_ != scenario::App::kEcho) return read_on(session, handle);
  SocketCall next = on(handle, CallKind::kWrite);
  next.data = result.data;
  call(session, next);
}

void App::close(Session& session, int handle) { call(session, on(handle, CallKind::kClose)); }

}  // namespace tcpspec::run
