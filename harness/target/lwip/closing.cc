// How connections end: shutdown(), close(), SO_LINGER.
#include <utility>

#include "harness/target/lwip/callbacks.h"
#include "harness/target/lwip/lwip_api.h"
#include "harness/target/lwip/results.h"
#include "harness/target/lwip/sockets.h"

namespace tcpspec::target::lwip {

const char* state_name(int lwip_state) {
  switch (lwip_state) {
    case LISTEN:
      return "LISTEN";
    case SYN_SENT:
      return "SYN-SENT";
    case SYN_RCVD:
      return "SYN-RECEIVED";
    case ESTABLISHED:
      return "ESTABLISHED";
    case FIN_WAIT_1:
      return "FIN-WAIT-1";
    case FIN_WAIT_2:
      return "FIN-WAIT-2";
    case CLOSE_WAIT:
      return "CLOSE-WAIT";
    case CLOSING:
      return "CLOSING";
    case LAST_ACK:
      return "LAST-ACK";
    case TIME_WAIT:
      return "TIME-WAIT";
    default:
      return "CLOSED";
  }
}

void Sockets::release(Socket& socket) {
  if (socket.released) return;
  socket.released = true;
  tcp_pcb* pcb = record(socket);
  if (pcb == nullptr) return;
  // The record keeps its mark, so that its state can still be seen.
  Callbacks::detach(pcb);
  ::tcp_arg(pcb, &socket);
  if (::tcp_close(pcb) != ERR_OK) abort(socket);
}

void Sockets::abort(Socket& socket) {
  tcp_pcb* pcb = record(socket);
  if (pcb == nullptr) return;
  Callbacks::detach(pcb);
  ::tcp_abort(pcb);
  socket.pcb = nullptr;
}

void Sockets::forget(Socket& socket) {
  if (tcp_pcb* pcb = record(socket)) Callbacks::detach(pcb);
}

bool Sockets::drained(const Socket& socket) {
  const tcp_pcb* pcb = record(socket);
  return pcb == nullptr || pcb->state == FIN_WAIT_2 || pcb->state == TIME_WAIT;
}

CallResult Sockets::shutdown(Socket& socket, const SocketCall& call) {
  if (socket.stage == Stage::kFresh || socket.stage == Stage::kListening) return failed("ENOTCONN");
  tcp_pcb* pcb = record(socket);
  if (pcb == nullptr || opening(socket)) return failed("ENOTCONN");
  const bool reads = call.how != ShutdownHow::kWrite, writes = call.how != ShutdownHow::kRead;
  if (reads && writes && !socket.write_shut) {
    // Both ways is lwIP's close: it keeps the record from then on.
    release(socket);
  } else if (reads) {
    ::tcp_shutdown(pcb, 1, 0);
  } else if (!socket.write_shut && ::tcp_shutdown(pcb, 0, 1) != ERR_OK) {
    return failed("ENOTCONN");
  }
  socket.read_shut = socket.read_shut || reads;
  socket.write_shut = socket.write_shut || writes;
  return ok();
}

Attempt Sockets::close(Waiting& waiting, Instant now) {
  if (waiting.lingering == nullptr) {
    auto found = sockets_.extract(waiting.call.handle);
    if (found.empty()) return failed("EBADF");
    std::unique_ptr<Socket> socket = std::move(found.mapped());
    if (socket->stage == Stage::kFresh || socket->stage == Stage::kListening) {
      for (const auto& child : socket->unaccepted) abort(*child);
      if (socket->pcb != nullptr) {
        Callbacks::detach(socket->pcb);
        ::tcp_close(socket->pcb);
      }
      return ok();
    }
    if (socket->linger == Duration()) {
      abort(*socket);
      return ok();
    }
    const bool unread = !socket->arrived.empty();
    release(*socket);
    if (!socket->linger || socket->non_blocking || unread || drained(*socket)) {
      forget(*socket);
      return ok();
    }
    waiting.until = now + *socket->linger;
    waiting.lingering = std::move(socket);
  }
  if (!drained(*waiting.lingering) && now < waiting.until) return std::nullopt;
  forget(*waiting.lingering);
  return ok();
}

}  // namespace tcpspec::target::lwip
