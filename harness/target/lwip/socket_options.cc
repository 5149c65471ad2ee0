// Socket options: which field of lwIP's record each one is. Those that lwIP has none for are refused with
// ENOPROTOOPT.
#include <limits>

#include "harness/target/errno_names.h"
#include "harness/target/lwip/lwip_api.h"
#include "harness/target/lwip/results.h"
#include "harness/target/lwip/sockets.h"
#include "stack/base/check.h"

namespace tcpspec::target::lwip {
namespace {

constexpr std::int64_t kMillis = 1000;

// What Linux calls the states in TCP_INFO; scripts compare with these numbers.
std::int64_t info_number(int state) {
  switch (state) {
    case ESTABLISHED:
      return 1;
    case SYN_SENT:
      return 2;
    case SYN_RCVD:
      return 3;
    case FIN_WAIT_1:
      return 4;
    case FIN_WAIT_2:
      return 5;
    case TIME_WAIT:
      return 6;
    case CLOSE_WAIT:
      return 8;
    case LAST_ACK:
      return 9;
    case LISTEN:
      return 10;
    case CLOSING:
      return 11;
    default:
      return 7;
  }
}

bool seconds_in_range(std::int64_t value) { return value >= 1 && value <= 32767; }

CallResult value_of(std::int64_t value) {
  CallResult result;
  result.option = value;
  return result;
}

}  // namespace

void Sockets::apply_options(const Socket& socket) {
  // A listener has no room for them: those that it hands over get them.
  tcp_pcb* pcb = record(socket);
  if (pcb == nullptr) return;
  if (socket.keep_alive) {
    ip_set_option(pcb, SOF_KEEPALIVE);
  } else {
    ip_reset_option(pcb, SOF_KEEPALIVE);
  }
  if (socket.reuse_address) ip_set_option(pcb, SOF_REUSEADDR);
  if (socket.stage == Stage::kListening) return;
  if (socket.no_delay) {
    tcp_nagle_disable(pcb);
  } else {
    tcp_nagle_enable(pcb);
  }
  if (socket.keep.idle) pcb->keep_idle = *socket.keep.idle;
#if LWIP_TCP_KEEPALIVE
  if (socket.keep.interval) pcb->keep_intvl = *socket.keep.interval;
  if (socket.keep.count) pcb->keep_cnt = *socket.keep.count;
#endif
}

CallResult Sockets::set_option(Socket& socket, const SocketCall& call) {
  const auto millis = static_cast<std::uint32_t>(seconds_in_range(call.value) ? call.value * kMillis : 0);
  switch (call.option) {
    case SocketOption::kReuseAddr:
      socket.reuse_address = call.value != 0;
      break;
    case SocketOption::kKeepAlive:
      socket.keep_alive = call.value != 0;
      break;
    case SocketOption::kNoDelay:
      socket.no_delay = call.value != 0;
      break;
    case SocketOption::kKeepIdle:
      if (millis == 0) return failed("EINVAL");
      socket.keep.idle = millis;
      break;
    case SocketOption::kKeepInterval:
      if (millis == 0) return failed("EINVAL");
      socket.keep.interval = millis;
      break;
    case SocketOption::kKeepCount:
      if (call.value < 1 || call.value > 127) return failed("EINVAL");
      socket.keep.count = static_cast<std::uint32_t>(call.value);
      break;
    case SocketOption::kLinger:
      if (call.value2 < 0) return failed("EINVAL");
      socket.linger = call.value != 0 ? std::optional(Duration::seconds(call.value2)) : std::nullopt;
      return ok();
    case SocketOption::kReceiveBuffer:
      // Every connection has TCP_WND. A wish that it happens to fulfil is granted; as under Linux, twice as
      // much will do.
      return call.value <= TCP_WND && TCP_WND <= 2 * call.value ? ok() : failed("ENOPROTOOPT");
    case SocketOption::kSendBuffer:
    case SocketOption::kMaxSegment:
    case SocketOption::kUserTimeout:
    case SocketOption::kError:
    case SocketOption::kQuickAck:
    case SocketOption::kCork:
    case SocketOption::kTcpInfoState:
      return failed("ENOPROTOOPT");
  }
  apply_options(socket);
  return ok();
}

CallResult Sockets::get_option(Socket& socket, const SocketCall& call) {
  const tcp_pcb* pcb = record(socket);
  switch (call.option) {
    case SocketOption::kReuseAddr:
      return value_of(socket.reuse_address ? 1 : 0);
    case SocketOption::kKeepAlive:
      return value_of(socket.keep_alive ? 1 : 0);
    case SocketOption::kNoDelay:
      return value_of(socket.no_delay ? 1 : 0);
    case SocketOption::kKeepIdle:
      return value_of(socket.keep.idle.value_or(TCP_KEEPIDLE_DEFAULT) / kMillis);
    case SocketOption::kKeepInterval:
      return value_of(socket.keep.interval.value_or(TCP_KEEPINTVL_DEFAULT) / kMillis);
    case SocketOption::kKeepCount:
      return value_of(socket.keep.count.value_or(TCP_KEEPCNT_DEFAULT));
    case SocketOption::kLinger:
      return value_of(socket.linger ? 1 : 0);
    case SocketOption::kMaxSegment:
      return value_of(pcb != nullptr && pcb->state != LISTEN ? pcb->mss : TCP_MSS);
    case SocketOption::kReceiveBuffer:
      return value_of(TCP_WND);
    case SocketOption::kSendBuffer:
      return value_of(TCP_SND_BUF);
    case SocketOption::kError: {
      const std::string error = take_error(socket);
      return value_of(error.empty() ? 0 : errno_number(error));
    }
    case SocketOption::kTcpInfoState:
      return value_of(info_number(pcb != nullptr ? static_cast<int>(pcb->state) : static_cast<int>(CLOSED)));
    case SocketOption::kUserTimeout:
    case SocketOption::kQuickAck:
    case SocketOption::kCork:
      return failed("ENOPROTOOPT");
  }
  CHECK(false);
  return ok();
}

}  // namespace tcpspec::target::lwip
