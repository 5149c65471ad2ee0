// What lwIP calls when something happens to a connection. Each only takes a note in the Socket.
#ifndef HARNESS_TARGET_LWIP_CALLBACKS_H_
#define HARNESS_TARGET_LWIP_CALLBACKS_H_

#include "harness/target/lwip/lwip_api.h"
#include "harness/target/lwip/sockets.h"

namespace tcpspec::target::lwip {

struct Sockets::Callbacks {
  // From now on lwIP tells this socket of its record.
  static void attach(Socket& socket);
  static void listen(Socket& socket);
  // lwIP tells nobody any more.
  static void detach(tcp_pcb* pcb);

  static err_t connected(void* socket, tcp_pcb* pcb, err_t error);

 private:
  static err_t accepted(void* listener, tcp_pcb* pcb, err_t error);
  static err_t received(void* socket, tcp_pcb* pcb, pbuf* data, err_t error);
  static void ended(void* socket, err_t error);
};

}  // namespace tcpspec::target::lwip

#endif  // HARNESS_TARGET_LWIP_CALLBACKS_H_
