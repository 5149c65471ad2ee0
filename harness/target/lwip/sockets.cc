#include "harness/target/lwip/sockets.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "harness/target/lwip/address.h"
#include "harness/target/lwip/callbacks.h"
#include "harness/target/lwip/lwip_api.h"
#include "harness/target/lwip/results.h"
#include "stack/base/check.h"

namespace tcpspec::target::lwip {
namespace {

bool in_list(const tcp_pcb* list, const tcp_pcb* wanted) {
  for (; list != nullptr; list = list->next) {
    if (list == wanted) return true;
  }
  return false;
}

}  // namespace

void Sockets::begin(CallId id, const SocketCall& call, Instant now) {
  calls_.begin(id, call, now, [&](Waiting& waiting) { return attempt(waiting, now); });
}

void Sockets::cancel(CallId id) {
  const std::optional<Waiting> cancelled = calls_.cancel(id);
  if (cancelled && cancelled->lingering) forget(*cancelled->lingering);
}

void Sockets::retry(Instant now) {
  calls_.retry([&](Waiting& waiting) { return attempt(waiting, now); });
}

std::optional<std::string> Sockets::state(int handle) const {
  const auto found = sockets_.find(handle);
  if (found == sockets_.end()) return std::nullopt;
  const tcp_pcb* pcb = record(*found->second);
  return state_name(pcb != nullptr ? static_cast<int>(pcb->state) : static_cast<int>(CLOSED));
}

tcp_pcb* Sockets::record(const Socket& socket) {
  tcp_pcb* pcb = socket.pcb;
  if (pcb == nullptr || socket.stage == Stage::kFresh || socket.stage == Stage::kListening) return pcb;
  const bool there = in_list(tcp_active_pcbs, pcb) || in_list(tcp_tw_pcbs, pcb);
  return there && pcb->callback_arg == &socket ? pcb : nullptr;
}

bool Sockets::opening(const Socket& socket) {
  const tcp_pcb* pcb = record(socket);
  return pcb != nullptr && (pcb->state == SYN_SENT || pcb->state == SYN_RCVD);
}

std::string Sockets::take_error(Socket& socket) { return std::exchange(socket.error, {}); }

int Sockets::add(std::unique_ptr<Socket> socket) {
  const int handle = next_handle_++;
  sockets_.emplace(handle, std::move(socket));
  return handle;
}

Attempt Sockets::attempt(Waiting& waiting, Instant now) {
  const SocketCall& call = waiting.call;
  if (call.kind == CallKind::kSocket) return open(call);
  if (call.kind == CallKind::kClose) return close(waiting, now);
  const auto found = sockets_.find(call.handle);
  if (found == sockets_.end()) return failed("EBADF");
  return attempt_on(*found->second, waiting);
}

Attempt Sockets::attempt_on(Socket& socket, Waiting& waiting) {
  const SocketCall& call = waiting.call;
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
      return connect(socket, waiting);
    case CallKind::kRead:
      return read(socket, call);
    case CallKind::kWrite:
      return write(socket, waiting);
    case CallKind::kShutdown:
      return shutdown(socket, call);
    case CallKind::kSetOption:
      return set_option(socket, call);
    case CallKind::kGetOption:
      return get_option(socket, call);
    case CallKind::kFcntl:
      socket.non_blocking = call.value != 0;
      return ok();
  }
  CHECK(false);
  return std::nullopt;
}

CallResult Sockets::open(const SocketCall& call) {
  auto socket = std::make_unique<Socket>();
  socket->ip = call.ip;
  socket->no_delay = !nagle_;
  socket->pcb = ::tcp_new_ip_type(call.ip == IpVersion::kV4 ? IPADDR_TYPE_V4 : IPADDR_TYPE_V6);
  if (socket->pcb == nullptr) return failed("ENOBUFS");
  Callbacks::attach(*socket);
  apply_options(*socket);
  return ok(add(std::move(socket)));
}

CallResult Sockets::bind(Socket& socket, const SocketCall& call) {
  if (socket.bound || socket.stage != Stage::kFresh) return failed("EINVAL");
  const ip_addr_t address = to_lwip(call.address.address);
  const err_t error = ::tcp_bind(socket.pcb, &address, call.address.port);
  if (error != ERR_OK) return failed(errno_of(error));
  socket.bound = true;
  return ok();
}

CallResult Sockets::listen(Socket& socket, const SocketCall& call) {
  // lwIP counts in one octet.
  const auto backlog = static_cast<std::uint8_t>(std::clamp(call.backlog, 1, 255));
  if (socket.stage == Stage::kListening) {
    socket.backlog = backlog;
#if TCP_LISTEN_BACKLOG
    tcp_backlog_set(socket.pcb, backlog);
#endif
    return ok();
  }
  if (socket.stage != Stage::kFresh) return failed("EINVAL");
  if (!socket.bound) {
    const ip_addr_t any = to_lwip(IpAddress::any(socket.ip));
    const err_t error = ::tcp_bind(socket.pcb, &any, 0);
    if (error != ERR_OK) return failed(errno_of(error));
    socket.bound = true;
  }
  err_t error = ERR_OK;
  tcp_pcb* listener = ::tcp_listen_with_backlog_and_err(socket.pcb, backlog, &error);
  if (listener == nullptr) return failed(errno_of(error));
  socket.pcb = listener;
  socket.stage = Stage::kListening;
  socket.backlog = backlog;
  Callbacks::listen(socket);
  return ok();
}

Attempt Sockets::accept(Socket& socket) {
  if (socket.stage != Stage::kListening) return failed("EINVAL");
  if (socket.unaccepted.empty()) return socket.non_blocking ? Attempt(failed("EAGAIN")) : std::nullopt;
  std::unique_ptr<Socket> child = std::move(socket.unaccepted.front());
  socket.unaccepted.pop_front();
  CallResult result;
  if (tcp_pcb* pcb = record(*child)) {
    tcp_backlog_accepted(pcb);
    result.peer = {from_lwip(pcb->remote_ip), pcb->remote_port};
  }
  result.value = add(std::move(child));
  return result;
}

Attempt Sockets::connect(Socket& socket, Waiting& waiting) {
  if (socket.stage == Stage::kListening || socket.stage == Stage::kConnected) return failed("EISCONN");
  const bool first = socket.stage == Stage::kFresh;
  if (first) {
    const ip_addr_t address = to_lwip(waiting.call.address.address);
    // lwIP's own list of active connections: on an error the record stays ours and fresh.
    const err_t error = ::tcp_connect(socket.pcb, &address, waiting.call.address.port, Callbacks::connected);
    if (error != ERR_OK) return failed(error == ERR_USE ? "EADDRNOTAVAIL" : errno_of(error));
    socket.stage = Stage::kConnecting;
  }
  if (opening(socket)) {
    if (!socket.non_blocking) return std::nullopt;
    return failed(first ? "EINPROGRESS" : "EALREADY");
  }
  if (record(socket) != nullptr) {
    socket.stage = Stage::kConnected;
    return ok();
  }
  const std::string error = take_error(socket);
  return failed(error.empty() ? "ECONNABORTED" : error);
}

Attempt Sockets::read(Socket& socket, const SocketCall& call) {
  if (socket.stage == Stage::kFresh || socket.stage == Stage::kListening) return failed("ENOTCONN");
  if (call.count < 0) return failed("EINVAL");
  const bool waits = !socket.non_blocking && !call.dont_wait;
  if (opening(socket)) return waits ? std::nullopt : Attempt(failed("EAGAIN"));
  if (call.count == 0) return ok();
  if (!socket.arrived.empty()) {
    CallResult result;
    const auto count = std::min<std::ptrdiff_t>(call.count, std::ssize(socket.arrived));
    result.value = count;
    result.data.assign(socket.arrived.begin(), socket.arrived.begin() + count);
    if (call.peek) return result;
    socket.arrived.erase(socket.arrived.begin(), socket.arrived.begin() + count);
    // The window opens only now: an application that does not read closes it. lwIP takes sixteen bits.
    for (std::ptrdiff_t left = count; left > 0;) {
      const auto part = static_cast<std::uint16_t>(std::min<std::ptrdiff_t>(left, 0xFFFF));
      left -= part;
      if (tcp_pcb* pcb = record(socket)) ::tcp_recved(pcb, part);
    }
    return result;
  }
  if (socket.end_of_stream || socket.read_shut) return ok();
  if (const std::string error = take_error(socket); !error.empty()) return failed(error);
  if (record(socket) == nullptr) return ok();
  return waits ? std::nullopt : Attempt(failed("EAGAIN"));
}

Attempt Sockets::write(Socket& socket, Waiting& waiting) {
  const SocketCall& call = waiting.call;
  if (socket.stage == Stage::kFresh || socket.stage == Stage::kListening) return failed("ENOTCONN");
  if (socket.write_shut) return failed("EPIPE");
  if (call.urgent) return failed("EOPNOTSUPP");
  const bool waits = !socket.non_blocking && !call.dont_wait;
  if (opening(socket)) return waits ? std::nullopt : Attempt(failed("EAGAIN"));
  tcp_pcb* pcb = record(socket);
  while (pcb != nullptr && waiting.written < call.data.size()) {
    const std::size_t left = call.data.size() - waiting.written;
    const auto part = static_cast<std::uint16_t>(std::min<std::size_t>({left, tcp_sndbuf(pcb), 0xFFFF}));
    if (part == 0) break;
    const std::uint8_t more = part < left ? TCP_WRITE_FLAG_MORE : 0;
    const err_t error = ::tcp_write(pcb, call.data.data() + waiting.written, part,
                                    static_cast<std::uint8_t>(TCP_WRITE_FLAG_COPY | more));
    // No room in lwIP's queues: what is acknowledged makes some.
    if (error == ERR_MEM) break;
    if (error != ERR_OK)
      return waiting.written > 0 ? ok(static_cast<std::int64_t>(waiting.written)) : failed("EPIPE");
    waiting.written += part;
  }
  if (pcb != nullptr) ::tcp_output(pcb);
  const auto count = static_cast<std::int64_t>(waiting.written);
  if (waiting.written == call.data.size()) return ok(count);
  if (record(socket) == nullptr) {
    if (count > 0) return ok(count);
    const std::string error = take_error(socket);
    return failed(error.empty() ? "EPIPE" : error);
  }
  if (waits) return std::nullopt;
  return count > 0 ? ok(count) : failed("EAGAIN");
}

}  // namespace tcpspec::target::lwip
