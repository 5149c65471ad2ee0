#include "harness/target/reference_sockets.h"

#include <algorithm>
#include <utility>

#include "harness/target/call_result.h"
#include "harness/target/errno_names.h"
#include "stack/base/check.h"

namespace tcpspec::target {
namespace {

using tcp::CallError;

std::string name_of(CallError error) {
  switch (error) {
    case CallError::kNone:
      return "";
    case CallError::kWouldBlock:
      return "EAGAIN";
    case CallError::kNotConnected:
      return "ENOTCONN";
    case CallError::kClosing:
      return "EPIPE";
    case CallError::kReset:
      return "ECONNRESET";
    case CallError::kRefused:
      return "ECONNREFUSED";
    case CallError::kTimedOut:
      return "ETIMEDOUT";
    case CallError::kUnreachable:
      return "EHOSTUNREACH";
    case CallError::kNoResources:
      return "ENOBUFS";
    case CallError::kAlreadyExists:
      return "EADDRINUSE";
  }
  CHECK(false);
  return "";
}

}  // namespace

void ReferenceSockets::begin(CallId id, const SocketCall& call, Instant now) {
  calls_.begin(id, call, now, [&](Waiting& waiting) { return attempt(waiting, now); });
}

void ReferenceSockets::cancel(CallId id) { calls_.cancel(id); }

void ReferenceSockets::retry(Instant now) {
  calls_.retry([&](Waiting& waiting) { return attempt(waiting, now); });
}

std::optional<std::string> ReferenceSockets::state(int handle) const {
  const auto found = sockets_.find(handle);
  if (found == sockets_.end()) return std::nullopt;
  if (found->second.stage == Stage::kListening) return tcp::to_string(tcp::State::kListen);
  const tcp::Tcb* tcb = host_.status(found->second.id);
  return tcp::to_string(tcb != nullptr ? tcb->state : tcp::State::kClosed);
}

int ReferenceSockets::add(net::SocketId id, Stage stage) {
  Socket socket;
  socket.id = id;
  socket.stage = stage;
  const int handle = next_handle_++;
  sockets_.emplace(handle, std::move(socket));
  return handle;
}

bool ReferenceSockets::opening(const Socket& socket) const {
  const tcp::Tcb* tcb = host_.status(socket.id);
  return tcb != nullptr && (tcb->state == tcp::State::kSynSent || tcb->state == tcp::State::kSynReceived);
}

Attempt ReferenceSockets::attempt(Waiting& waiting, Instant now) {
  const SocketCall& call = waiting.call;
  if (call.kind == CallKind::kSocket) return open(call);
  if (call.kind == CallKind::kClose) return close(waiting, now);
  const auto found = sockets_.find(call.handle);
  if (found == sockets_.end()) return failed("EBADF");
  Socket& socket = found->second;
  switch (call.kind) {
    case CallKind::kSocket:
    case CallKind::kClose:
      break;
    case CallKind::kBind:
      return bind(socket, call);
    case CallKind::kListen:
      return listen(socket, call);
    case CallKind::kAccept:
      return accept(socket);
    case CallKind::kConnect:
      return connect(socket, waiting, now);
    case CallKind::kRead:
      return read(socket, call, now);
    case CallKind::kWrite:
      return write(socket, waiting, now);
    case CallKind::kShutdown:
      return shutdown(socket, call, now);
    case CallKind::kSetOption:
      return set_option(socket, call, now);
    case CallKind::kGetOption:
      return get_option(socket, call);
    case CallKind::kFcntl:
      socket.non_blocking = call.value != 0;
      return ok();
  }
  CHECK(false);
  return std::nullopt;
}

CallResult ReferenceSockets::open(const SocketCall& call) {
  return ok(add(host_.socket(call.ip), Stage::kFresh));
}

CallResult ReferenceSockets::bind(Socket& socket, const SocketCall& call) {
  if (socket.bound || socket.stage != Stage::kFresh) return failed("EINVAL");
  const CallError error = host_.bind(socket.id, call.address);
  if (error != CallError::kNone) return failed(name_of(error));
  socket.bound = true;
  return ok();
}

CallResult ReferenceSockets::listen(Socket& socket, const SocketCall& call) {
  if (socket.stage == Stage::kListening) return ok();
  if (socket.stage != Stage::kFresh) return failed("EINVAL");
  const CallError error = host_.listen(socket.id, call.backlog);
  if (error != CallError::kNone) return failed(name_of(error));
  socket.stage = Stage::kListening;
  return ok();
}

Attempt ReferenceSockets::accept(Socket& socket) {
  if (socket.stage != Stage::kListening) return failed("EINVAL");
  const std::optional<net::SocketId> child = host_.accept(socket.id);
  if (!child) return socket.non_blocking ? Attempt(failed("EAGAIN")) : std::nullopt;
  CallResult result = ok(add(*child, Stage::kConnected));
  if (const auto peer = host_.remote_endpoint(*child)) result.peer = *peer;
  return result;
}

Attempt ReferenceSockets::connect(Socket& socket, Waiting& waiting, Instant now) {
  if (socket.stage == Stage::kListening || socket.stage == Stage::kConnected) return failed("EISCONN");
  const bool first = socket.stage == Stage::kFresh;
  if (first) {
    const CallError error = host_.connect(socket.id, waiting.call.address, now);
    if (error != CallError::kNone) {
      return failed(error == CallError::kAlreadyExists ? "EADDRNOTAVAIL" : name_of(error));
    }
    socket.stage = Stage::kConnecting;
  }
  if (opening(socket)) {
    if (!socket.non_blocking) return std::nullopt;
    return failed(first ? "EINPROGRESS" : "EALREADY");
  }
  if (host_.status(socket.id) != nullptr) {
    socket.stage = Stage::kConnected;
    return ok();
  }
  const CallError error = host_.take_error(socket.id);
  return failed(error == CallError::kNone ? "ECONNABORTED" : name_of(error));
}

Attempt ReferenceSockets::read(Socket& socket, const SocketCall& call, Instant now) {
  if (socket.stage == Stage::kFresh || socket.stage == Stage::kListening) return failed("ENOTCONN");
  if (call.count < 0) return failed("EINVAL");
  if (socket.read_shut && socket.peeked.empty()) return ok();
  const bool waits = !socket.non_blocking && !call.dont_wait;
  if (opening(socket)) return waits ? std::nullopt : Attempt(failed("EAGAIN"));
  const auto most = static_cast<std::size_t>(call.count);
  CallError error = CallError::kNone;
  if (socket.peeked.size() < most) {
    tcp::ReceiveResult got = host_.receive(socket.id, most - socket.peeked.size(), now);
    append(socket.peeked, got.data);
    error = got.end_of_stream ? CallError::kNone : got.error;
  }
  if (!socket.peeked.empty()) {
    CallResult result;
    const auto count = static_cast<std::ptrdiff_t>(std::min(most, socket.peeked.size()));
    result.data.assign(socket.peeked.begin(), socket.peeked.begin() + count);
    if (!call.peek) socket.peeked.erase(socket.peeked.begin(), socket.peeked.begin() + count);
    result.value = count;
    return result;
  }
  if (error == CallError::kWouldBlock) return waits ? std::nullopt : Attempt(failed("EAGAIN"));
  if (error == CallError::kNone) return ok();
  return failed(name_of(error));
}

Attempt ReferenceSockets::write(Socket& socket, Waiting& waiting, Instant now) {
  const SocketCall& call = waiting.call;
  if (socket.stage == Stage::kFresh || socket.stage == Stage::kListening) return failed("ENOTCONN");
  if (socket.write_shut) return failed("EPIPE");
  const bool waits = !socket.non_blocking && !call.dont_wait;
  if (opening(socket)) return waits ? std::nullopt : Attempt(failed("EAGAIN"));
  const auto so_far = static_cast<std::int64_t>(waiting.written);
  if (host_.status(socket.id) == nullptr) {
    if (so_far > 0) return ok(so_far);
    const CallError ended = host_.take_error(socket.id);
    return failed(ended == CallError::kNone ? "EPIPE" : name_of(ended));
  }
  const ByteView rest = ByteView(call.data).subspan(waiting.written);
  const tcp::SendResult sent =
      call.urgent ? host_.send_urgent(socket.id, rest, now) : host_.send(socket.id, rest, true, now);
  waiting.written += sent.accepted;
  const auto count = static_cast<std::int64_t>(waiting.written);
  if (waiting.written == call.data.size()) return ok(count);
  if (sent.error != CallError::kNone && sent.error != CallError::kWouldBlock) {
    return count > 0 ? ok(count)
                     : failed(sent.error == CallError::kNotConnected ? "EPIPE" : name_of(sent.error));
  }
  if (waits) return std::nullopt;
  return count > 0 ? ok(count) : failed("EAGAIN");
}

CallResult ReferenceSockets::shutdown(Socket& socket, const SocketCall& call, Instant now) {
  if (socket.stage == Stage::kFresh || socket.stage == Stage::kListening) return failed("ENOTCONN");
  if (opening(socket) || host_.status(socket.id) == nullptr) return failed("ENOTCONN");
  if (call.how != ShutdownHow::kWrite) socket.read_shut = true;
  if (call.how != ShutdownHow::kRead && !socket.write_shut) {
    socket.write_shut = true;
    host_.shutdown_write(socket.id, now);
  }
  return ok();
}

Attempt ReferenceSockets::close(Waiting& waiting, Instant now) {
  if (!waiting.lingering) {
    const auto found = sockets_.find(waiting.call.handle);
    if (found == sockets_.end()) return failed("EBADF");
    const Socket socket = found->second;
    sockets_.erase(found);
    const bool connected = socket.stage == Stage::kConnecting || socket.stage == Stage::kConnected;
    if (socket.linger && connected && socket.linger_time == Duration()) {
      host_.abort(socket.id, now);
      host_.close(socket.id, now);
      return ok();
    }
    const tcp::Tcb* open = host_.status(socket.id);
    if (!socket.linger || !connected || socket.non_blocking || open == nullptr || open->unread > 0) {
      host_.close(socket.id, now);
      return ok();
    }
    host_.shutdown_write(socket.id, now);
    waiting.lingering = socket.id;
    waiting.until = now + socket.linger_time;
  }
  // SO_LINGER with a time: close() waits until everything, the FIN included, is acknowledged. The host
  // forgets a closed socket, so it is let go only then.
  const tcp::Tcb* tcb = host_.status(*waiting.lingering);
  if (tcb != nullptr && !tcb->fin_acked && now < waiting.until) return std::nullopt;
  host_.close(*waiting.lingering, now);
  return ok();
}

}  // namespace tcpspec::target
