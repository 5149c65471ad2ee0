// Socket options of the reference target: which field of tcp::Config each one is.
#include <algorithm>
#include <limits>

#include "harness/target/call_result.h"
#include "harness/target/errno_names.h"
#include "harness/target/reference_sockets.h"
#include "stack/base/check.h"

namespace tcpspec::target {
namespace {

// False: the value is impossible.
bool apply_seconds(Duration& to, std::int64_t value) {
  if (value < 1 || value > 32767) return false;
  to = Duration::seconds(value);
  return true;
}

// What Linux calls the states in TCP_INFO; scripts compare with these numbers.
std::int64_t info_number(tcp::State state) {
  switch (state) {
    case tcp::State::kEstablished:
      return 1;
    case tcp::State::kSynSent:
      return 2;
    case tcp::State::kSynReceived:
      return 3;
    case tcp::State::kFinWait1:
      return 4;
    case tcp::State::kFinWait2:
      return 5;
    case tcp::State::kTimeWait:
      return 6;
    case tcp::State::kClosed:
      return 7;
    case tcp::State::kCloseWait:
      return 8;
    case tcp::State::kLastAck:
      return 9;
    case tcp::State::kListen:
      return 10;
    case tcp::State::kClosing:
      return 11;
  }
  CHECK(false);
  return 0;
}

std::int64_t number_of(tcp::CallError error) {
  switch (error) {
    case tcp::CallError::kNone:
    case tcp::CallError::kWouldBlock:
      return 0;
    case tcp::CallError::kNotConnected:
      return errno_number("ENOTCONN");
    case tcp::CallError::kClosing:
      return errno_number("EPIPE");
    case tcp::CallError::kReset:
      return errno_number("ECONNRESET");
    case tcp::CallError::kRefused:
      return errno_number("ECONNREFUSED");
    case tcp::CallError::kTimedOut:
      return errno_number("ETIMEDOUT");
    case tcp::CallError::kUnreachable:
      return errno_number("EHOSTUNREACH");
    case tcp::CallError::kNoResources:
      return errno_number("ENOBUFS");
    case tcp::CallError::kAlreadyExists:
      return errno_number("EADDRINUSE");
  }
  CHECK(false);
  return 0;
}

bool apply_buffer(std::uint32_t& to, std::int64_t value) {
  if (value < 1 || value > std::numeric_limits<std::int32_t>::max()) return false;
  to = static_cast<std::uint32_t>(value);
  return true;
}

// The options that are fields of the connection's configuration. False: the value is impossible.
bool apply(tcp::Config& config, SocketOption option, std::int64_t value) {
  switch (option) {
    case SocketOption::kKeepAlive:
      config.keepalive = value != 0;
      return true;
    case SocketOption::kKeepIdle:
      return apply_seconds(config.keepalive_idle, value);
    case SocketOption::kKeepInterval:
      return apply_seconds(config.keepalive_interval, value);
    case SocketOption::kKeepCount:
      config.keepalive_probes = static_cast<int>(std::clamp<std::int64_t>(value, 0, 127));
      return value >= 1 && value <= 127;
    case SocketOption::kReceiveBuffer:
      return apply_buffer(config.receive_buffer, value);
    case SocketOption::kSendBuffer:
      return apply_buffer(config.send_buffer, value);
    case SocketOption::kNoDelay:
      config.nagle = value == 0;
      return true;
    case SocketOption::kMaxSegment:
      config.mss = static_cast<std::uint16_t>(std::clamp<std::int64_t>(value, 0, config.path_mss));
      return value >= 64 && value <= 32767;
    case SocketOption::kUserTimeout:
      config.user_timeout = Duration::millis(value);
      return value >= 0 && value <= std::numeric_limits<std::int32_t>::max();
    case SocketOption::kQuickAck:
      config.delayed_ack = value != 0 ? Duration() : tcp::Config().delayed_ack;
      return true;
    case SocketOption::kReuseAddr:
    case SocketOption::kLinger:
    case SocketOption::kError:
    case SocketOption::kCork:
    case SocketOption::kTcpInfoState:
      break;
  }
  CHECK(false);
  return false;
}

std::int64_t value_in(const tcp::Config& config, SocketOption option) {
  switch (option) {
    case SocketOption::kKeepAlive:
      return config.keepalive ? 1 : 0;
    case SocketOption::kKeepIdle:
      return config.keepalive_idle.count_nanos() / 1'000'000'000;
    case SocketOption::kKeepInterval:
      return config.keepalive_interval.count_nanos() / 1'000'000'000;
    case SocketOption::kKeepCount:
      return config.keepalive_probes;
    case SocketOption::kReceiveBuffer:
      return config.receive_buffer;
    case SocketOption::kSendBuffer:
      return config.send_buffer;
    case SocketOption::kNoDelay:
      return config.nagle ? 0 : 1;
    case SocketOption::kMaxSegment:
      return config.mss;
    case SocketOption::kUserTimeout:
      return config.user_timeout.count_nanos() / 1'000'000;
    case SocketOption::kQuickAck:
      return config.delayed_ack == Duration() ? 1 : 0;
    case SocketOption::kReuseAddr:
    case SocketOption::kLinger:
    case SocketOption::kError:
    case SocketOption::kCork:
    case SocketOption::kTcpInfoState:
      break;
  }
  CHECK(false);
  return 0;
}

}  // namespace

CallResult ReferenceSockets::set_option(Socket& socket, const SocketCall& call, Instant now) {
  if (call.option == SocketOption::kReuseAddr) return CallResult{};
  if (call.option == SocketOption::kError || call.option == SocketOption::kTcpInfoState ||
      call.option == SocketOption::kCork) {
    return failed("ENOPROTOOPT");
  }
  if (call.option == SocketOption::kLinger) {
    if (call.value2 < 0) return failed("EINVAL");
    socket.linger = call.value != 0;
    socket.linger_time = Duration::seconds(call.value2);
    return CallResult{};
  }
  tcp::Config config = host_.configuration(socket.id);
  if (!apply(config, call.option, call.value) || !validate(config).ok()) return failed("EINVAL");
  host_.configure(socket.id, config, now);
  return CallResult{};
}

CallResult ReferenceSockets::get_option(Socket& socket, const SocketCall& call) {
  CallResult result;
  if (call.option == SocketOption::kError) {
    result.option = number_of(host_.take_error(socket.id));
  } else if (call.option == SocketOption::kTcpInfoState) {
    const tcp::Tcb* tcb = host_.status(socket.id);
    result.option = socket.stage == Stage::kListening
                        ? info_number(tcp::State::kListen)
                        : info_number(tcb != nullptr ? tcb->state : tcp::State::kClosed);
  } else if (call.option == SocketOption::kLinger) {
    result.option = socket.linger ? 1 : 0;
  } else if (call.option == SocketOption::kReuseAddr) {
    result.option = 1;
  } else if (call.option == SocketOption::kCork) {
    return failed("ENOPROTOOPT");
  } else {
    result.option = value_in(host_.configuration(socket.id), call.option);
  }
  return result;
}

}  // namespace tcpspec::target
