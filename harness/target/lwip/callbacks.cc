#include "harness/target/lwip/callbacks.h"

#include <memory>
#include <utility>

#include "harness/target/lwip/results.h"

namespace tcpspec::target::lwip {

std::string errno_of(err_t error) {
  switch (error) {
    case ERR_MEM:
    case ERR_BUF:
      return "ENOBUFS";
    case ERR_RTE:
      return "EHOSTUNREACH";
    case ERR_VAL:
    case ERR_ARG:
      return "EINVAL";
    case ERR_USE:
      return "EADDRINUSE";
    case ERR_ALREADY:
      return "EALREADY";
    case ERR_ISCONN:
      return "EISCONN";
    case ERR_CONN:
    case ERR_CLSD:
      return "ENOTCONN";
    case ERR_TIMEOUT:
      return "ETIMEDOUT";
    case ERR_ABRT:
      return "ECONNABORTED";
    case ERR_RST:
      return "ECONNRESET";
    case ERR_WOULDBLOCK:
    case ERR_INPROGRESS:
      return "EAGAIN";
    default:
      return "EIO";
  }
}

void Sockets::Callbacks::attach(Socket& socket) {
  ::tcp_arg(socket.pcb, &socket);
  ::tcp_recv(socket.pcb, received);
  ::tcp_err(socket.pcb, ended);
}

void Sockets::Callbacks::listen(Socket& socket) {
  ::tcp_arg(socket.pcb, &socket);
  ::tcp_accept(socket.pcb, accepted);
}

void Sockets::Callbacks::detach(tcp_pcb* pcb) {
  ::tcp_arg(pcb, nullptr);
  if (pcb->state == LISTEN) return ::tcp_accept(pcb, nullptr);
  ::tcp_recv(pcb, nullptr);
  ::tcp_err(pcb, nullptr);
}

err_t Sockets::Callbacks::connected(void* of, tcp_pcb*, err_t) {
  static_cast<Socket*>(of)->handshake_done = true;
  return ERR_OK;
}

err_t Sockets::Callbacks::accepted(void* of, tcp_pcb* pcb, err_t error) {
  auto* listener = static_cast<Socket*>(of);
  if (listener == nullptr || pcb == nullptr || error != ERR_OK) return ERR_VAL;
#if !TCP_LISTEN_BACKLOG
  if (listener->unaccepted.size() >= listener->backlog) return ERR_VAL;
#endif
  auto child = std::make_unique<Socket>();
  child->pcb = pcb;
  child->ip = listener->ip;
  child->stage = Stage::kConnected;
  child->bound = true;
  child->reuse_address = listener->reuse_address;
  child->keep_alive = listener->keep_alive;
  child->no_delay = listener->no_delay;
  child->keep = listener->keep;
  child->linger = listener->linger;
  attach(*child);
  apply_options(*child);
  // Counts against the backlog until accept() takes it.
  tcp_backlog_delayed(pcb);
  listener->unaccepted.push_back(std::move(child));
  return ERR_OK;
}

err_t Sockets::Callbacks::received(void* of, tcp_pcb*, pbuf* data, err_t) {
  auto* socket = static_cast<Socket*>(of);
  if (data == nullptr) {
    socket->end_of_stream = true;
    return ERR_OK;
  }
  const std::size_t before = socket->arrived.size();
  socket->arrived.resize(before + data->tot_len);
  ::pbuf_copy_partial(data, socket->arrived.data() + before, data->tot_len, 0);
  ::pbuf_free(data);
  return ERR_OK;
}

// lwIP has let go of the record already.
void Sockets::Callbacks::ended(void* of, err_t error) {
  auto* socket = static_cast<Socket*>(of);
  const bool was_opening = socket->stage == Stage::kConnecting && !socket->handshake_done;
  socket->pcb = nullptr;
  if (error == ERR_CLSD) return;  // closed by both sides
  if (error == ERR_RST) {
    socket->error = was_opening ? "ECONNREFUSED" : "ECONNRESET";
  } else if (error == ERR_ABRT) {
    // Connections that the application aborts are detached before, so it was lwIP's own timer.
    socket->error = "ETIMEDOUT";
  } else {
    socket->error = errno_of(error);
  }
}

}  // namespace tcpspec::target::lwip
