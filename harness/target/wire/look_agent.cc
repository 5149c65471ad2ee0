// What a look shows with an agent's help: the listener is ours, so its side of the connection can be
// compared.
#include <fmt/format.h>

#include "harness/scenario/scenario.h"
#include "harness/target/wire/lease.h"
#include "harness/target/wire/look.h"

namespace tcpspec::target::wire {
namespace {

constexpr Duration kCall = Duration::seconds(2);
constexpr int kBacklog = 8;

}  // namespace

void Look::listen_through_agent() {
  const IpAddress& box = cable_.station().box();
  const auto fail = [&](const std::string& call, const std::string& why) {
    side_.lacks["calls"] =
        fmt::format("the agent cannot listen on {}: {}: {}", tcpspec::to_string(box), call, why);
  };
  const Result<LeasedPort> port = lease_service_port(tcpspec::to_string(box));
  if (!port) return fail("port", port.error());
  const Endpoint local{box, port->port};
  const Result<CallResult> socket = agent_->call({.kind = CallKind::kSocket, .ip = box.version()}, kCall);
  if (!socket) return fail("socket", socket.error());
  const int handle = static_cast<int>(socket->value);
  const Result<CallResult> bound =
      agent_->call({.kind = CallKind::kBind, .handle = handle, .address = local}, kCall);
  if (!bound) return fail("bind", bound.error());
  const Result<CallResult> listening =
      agent_->call({.kind = CallKind::kListen, .handle = handle, .backlog = kBacklog}, kCall);
  if (!listening) return fail("listen", listening.error());
  side_.open_port = port->port;
  Dialog open = dialog(port->port);
  const auto own = static_cast<std::uint16_t>(slot_.first_port + next_port_ - 1);
  syn_ack_ = open.open(Opening::kAllOptions);
  if (opened(syn_ack_, "calls", port->port)) {
    note_syn_ack(*syn_ack_);
    compare_peer(handle, {slot_.own, own});
  } else {
    syn_ack_.reset();
    side_.lacks["calls"] += ", where the agent listens: a firewall?";
  }
  open.reset();
  look_at_ecn();
  look_at_checksums();
  (void)agent_->call({.kind = CallKind::kClose, .handle = handle}, kCall);
  side_.open_port = 0;
}

void Look::compare_peer(int listener, const Endpoint& own) {
  const Result<CallResult> accepted = agent_->call({.kind = CallKind::kAccept, .handle = listener}, kCall);
  if (!accepted) return side_.remarks.push_back("accept does not return: " + accepted.error());
  if (accepted->peer != own) {
    side_.remarks.push_back(fmt::format("the box sees us as {} where we are {} (NAT?)",
                                        tcpspec::to_string(accepted->peer), tcpspec::to_string(own)));
  }
  (void)agent_->call({.kind = CallKind::kClose, .handle = static_cast<int>(accepted->value)}, kCall);
}

}  // namespace tcpspec::target::wire
