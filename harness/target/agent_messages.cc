// Calls and completions of the agent protocol, to and from their protobuf messages.
#include <algorithm>
#include <array>
#include <utility>

#include "harness/target/agent_wire.h"
#include "stack/base/check.h"

namespace tcpspec::target {
namespace {

constexpr auto kKinds = std::to_array<std::pair<CallKind, pb::CallKind>>({
    {CallKind::kSocket, pb::CALL_SOCKET},
    {CallKind::kBind, pb::CALL_BIND},
    {CallKind::kListen, pb::CALL_LISTEN},
    {CallKind::kAccept, pb::CALL_ACCEPT},
    {CallKind::kConnect, pb::CALL_CONNECT},
    {CallKind::kRead, pb::CALL_READ},
    {CallKind::kWrite, pb::CALL_WRITE},
    {CallKind::kShutdown, pb::CALL_SHUTDOWN},
    {CallKind::kClose, pb::CALL_CLOSE},
    {CallKind::kSetOption, pb::CALL_SET_OPTION},
    {CallKind::kGetOption, pb::CALL_GET_OPTION},
    {CallKind::kFcntl, pb::CALL_FCNTL},
});

constexpr auto kHows = std::to_array<std::pair<ShutdownHow, pb::ShutdownHow>>({
    {ShutdownHow::kRead, pb::SHUTDOWN_READ},
    {ShutdownHow::kWrite, pb::SHUTDOWN_WRITE},
    {ShutdownHow::kBoth, pb::SHUTDOWN_BOTH},
});

constexpr auto kOptions = std::to_array<std::pair<SocketOption, pb::SocketOption>>({
    {SocketOption::kReuseAddr, pb::OPTION_REUSE_ADDR},
    {SocketOption::kKeepAlive, pb::OPTION_KEEP_ALIVE},
    {SocketOption::kKeepIdle, pb::OPTION_KEEP_IDLE},
    {SocketOption::kKeepInterval, pb::OPTION_KEEP_INTERVAL},
    {SocketOption::kKeepCount, pb::OPTION_KEEP_COUNT},
    {SocketOption::kLinger, pb::OPTION_LINGER},
    {SocketOption::kReceiveBuffer, pb::OPTION_RECEIVE_BUFFER},
    {SocketOption::kSendBuffer, pb::OPTION_SEND_BUFFER},
    {SocketOption::kNoDelay, pb::OPTION_NO_DELAY},
    {SocketOption::kMaxSegment, pb::OPTION_MAX_SEGMENT},
    {SocketOption::kUserTimeout, pb::OPTION_USER_TIMEOUT},
    {SocketOption::kError, pb::OPTION_ERROR},
    {SocketOption::kQuickAck, pb::OPTION_QUICK_ACK},
    {SocketOption::kCork, pb::OPTION_CORK},
    {SocketOption::kTcpInfoState, pb::OPTION_TCP_INFO_STATE},
});

template <typename Ours, typename Theirs, std::size_t N>
Theirs to_wire(const std::array<std::pair<Ours, Theirs>, N>& table, Ours value) {
  const auto at = std::ranges::find(table, value, &std::pair<Ours, Theirs>::first);
  CHECK(at != table.end());
  return at->second;
}

template <typename Ours, typename Theirs, std::size_t N>
std::optional<Ours> from_wire(const std::array<std::pair<Ours, Theirs>, N>& table, Theirs value) {
  const auto at = std::ranges::find(table, value, &std::pair<Ours, Theirs>::second);
  if (at == table.end()) return std::nullopt;
  return at->first;
}

void put_endpoint(pb::Endpoint& to, const Endpoint& from) {
  to.set_address(octets(from.address.bytes()));
  to.set_port(from.port);
}

std::optional<Endpoint> take_endpoint(const pb::Endpoint& from) {
  const Bytes address = bytes_of(from.address());
  if ((address.size() != 4 && address.size() != 16) || from.port() > 0xffff) return std::nullopt;
  return Endpoint{IpAddress::from_bytes(address), static_cast<std::uint16_t>(from.port())};
}

}  // namespace

void put(pb::Call& to, const AgentCall& from) {
  const SocketCall& call = from.call;
  to.set_id(from.id);
  to.set_kind(to_wire(kKinds, call.kind));
  to.set_handle(call.handle);
  to.set_ip_version(static_cast<std::uint32_t>(call.ip));
  put_endpoint(*to.mutable_address(), call.address);
  to.set_backlog(call.backlog);
  to.set_count(call.count);
  to.set_data(octets(call.data));
  to.set_peek(call.peek);
  to.set_dont_wait(call.dont_wait);
  to.set_urgent(call.urgent);
  to.set_how(to_wire(kHows, call.how));
  to.set_option(to_wire(kOptions, call.option));
  to.set_value(call.value);
  to.set_value2(call.value2);
}

// Absent enumerators and addresses keep the defaults of SocketCall: a kind that needs them says so by its own
// error. A kind or an option of a later version makes it a request that this one does not know.
Result<AgentRequest> take(const pb::Call& from) {
  AgentCall to;
  to.id = from.id();
  const std::optional<CallKind> kind = from_wire(kKinds, from.kind());
  const std::optional<SocketOption> option = from_wire(kOptions, from.option());
  if (!kind || (!option && from.option() != pb::OPTION_UNSPECIFIED)) return AgentRequest(AgentUnknown{});
  to.call.kind = *kind;
  to.call.handle = static_cast<int>(from.handle());
  to.call.ip = from.ip_version() == 6 ? IpVersion::kV6 : IpVersion::kV4;
  if (from.has_address()) {
    const std::optional<Endpoint> address = take_endpoint(from.address());
    if (!address) return Error{"a call with a malformed address"};
    to.call.address = *address;
  }
  to.call.backlog = static_cast<int>(from.backlog());
  to.call.count = from.count();
  to.call.data = bytes_of(from.data());
  to.call.peek = from.peek();
  to.call.dont_wait = from.dont_wait();
  to.call.urgent = from.urgent();
  to.call.how = from_wire(kHows, from.how()).value_or(to.call.how);
  to.call.option = option.value_or(to.call.option);
  to.call.value = from.value();
  to.call.value2 = from.value2();
  return AgentRequest(std::move(to));
}

void put(pb::Completion& to, const AgentCompletion& from) {
  to.set_id(from.id);
  to.set_entered(from.entered);
  to.set_returned(from.returned);
  to.set_value(from.result.value);
  to.set_error(from.result.error);
  to.set_data(octets(from.result.data));
  put_endpoint(*to.mutable_peer(), from.result.peer);
  to.set_option(from.result.option);
}

Result<AgentReport> take(const pb::Completion& from) {
  AgentCompletion to;
  to.id = from.id();
  to.entered = from.entered();
  to.returned = from.returned();
  to.result.value = from.value();
  to.result.error = from.error();
  to.result.data = bytes_of(from.data());
  if (from.has_peer()) {
    const std::optional<Endpoint> peer = take_endpoint(from.peer());
    if (!peer) return Error{"a completion with a malformed address"};
    to.result.peer = *peer;
  }
  to.result.option = from.option();
  return AgentReport(std::move(to));
}

}  // namespace tcpspec::target
