#include "harness/run/control.h"

#include <algorithm>
#include <array>

#include "stack/base/check.h"

namespace tcpspec::run {
namespace {

using scenario::Scenario;
using scenario::Step;
using target::Service;

// What a case does to the application, all its branches together.
struct Demands {
  bool calls = false;  // beyond opening a port and accepting
  bool opens = false;  // opens a port by calls
  bool closed = true;  // every connection goes to a closed port
  bool peer = false;   // the reference stack plays our side
  bool timestamps = false;
  bool fin = false;  // the application sees the end of our stream
  std::int64_t octets = 0;
  std::int64_t right_edge = 0;  // the last octet we ever permit the target to send
  bool edge_known = true;
};

bool only_opens(std::string_view call) {
  static constexpr auto kSetUp = std::to_array<std::string_view>({"socket", "bind", "listen", "accept"});
  return std::ranges::find(kSetUp, call) != kSetUp.end();
}

bool is_reuse_address(const scenario::Call& call) {
  if (call.name != "setsockopt" || call.arguments.size() < 3) return false;
  const auto* symbols = std::get_if<scenario::Symbols>(&call.arguments[2].is);
  return symbols != nullptr && symbols->names == std::vector<std::string>{"SO_REUSEADDR"};
}

std::optional<std::int64_t> literal(const scenario::Number& number) {
  std::int64_t sum = 0;
  for (const scenario::Term& term : number.terms) {
    const auto* value = std::get_if<std::int64_t>(&term.value);
    if (value == nullptr) return std::nullopt;
    sum += term.negative ? -*value : *value;
  }
  return sum;
}

std::optional<std::int64_t> literal(const std::optional<scenario::NumberPattern>& field) {
  if (!field || field->relation != scenario::Relation::kEqual) return std::nullopt;
  return literal(field->number);
}

void note_header(const scenario::PacketSpec& packet, Demands& demands) {
  const auto window = literal(packet.window),
             ack = packet.ack ? literal(packet.ack) : std::optional<std::int64_t>(1);
  const auto is_timestamp = [](const scenario::OptionSpec& option) {
    return option.kind == scenario::OptionKind::kTimestamps;
  };
  demands.timestamps = demands.timestamps || std::ranges::any_of(packet.options.options, is_timestamp);
  const bool scaled = std::ranges::any_of(packet.options.options, [](const scenario::OptionSpec& option) {
    return option.kind == scenario::OptionKind::kWscale;
  });
  if ((packet.flags & scenario::kRst) != 0 || (!packet.window && !packet.ack)) return;
  if (!window || !ack || scaled) return void(demands.edge_known = false);
  demands.right_edge = std::max(demands.right_edge, *ack - 1 + *window);
}

void note(const std::vector<Step>& steps, Demands& demands) {
  for (const Step& step : steps) {
    if (const auto* call = std::get_if<scenario::Call>(&step.action)) {
      only_opens(call->name) || is_reuse_address(*call) ? demands.opens = true : demands.calls = true;
    } else if (const auto* inject = std::get_if<scenario::Inject>(&step.action)) {
      const auto* packet = std::get_if<scenario::PacketSpec>(&inject->packet);
      if (packet == nullptr) continue;
      demands.fin = demands.fin || (packet->flags & scenario::kFin) != 0;
      demands.octets += packet->payload ? static_cast<std::int64_t>(packet->payload->size()) : packet->length;
      note_header(*packet, demands);
    } else if (const auto* peer = std::get_if<scenario::Peer>(&step.action)) {
      if (peer->action == scenario::PeerAction::kListen) demands.calls = true;
      if (peer->action == scenario::PeerAction::kSend) demands.octets += peer->count;
      if (peer->action == scenario::PeerAction::kShutdown || peer->action == scenario::PeerAction::kClose)
        demands.fin = true;
      demands.edge_known = false;
      demands.peer = true;
    } else if (const auto* expect = std::get_if<scenario::Expect>(&step.action)) {
      for (const scenario::Alternative& other : expect->alternatives) note(other.steps, demands);
    }
  }
}

Demands demands_of(const Scenario& scenario) {
  Demands demands;
  note(scenario.steps, demands);
  const auto to_closed = [](const scenario::ConnectionSpec& one) { return one.closed_port; };
  demands.closed = !scenario.connections.empty() && std::ranges::all_of(scenario.connections, to_closed);
  return demands;
}

// Octets with a value of their own could be a request that the application acts on; so could options, where
// the data offset says that they are text.
bool says_something(const std::vector<Step>& steps) {
  return std::ranges::any_of(steps, [](const Step& step) {
    const auto* inject = std::get_if<scenario::Inject>(&step.action);
    const auto* packet = inject == nullptr ? nullptr : std::get_if<scenario::PacketSpec>(&inject->packet);
    if (packet == nullptr) return false;
    const bool shifted = std::ranges::any_of(
        packet->damage, [](const scenario::Damage& damage) { return damage.kind == "data-offset"; });
    return (packet->payload && !packet->payload->empty()) || (shifted && !packet->options.options.empty());
  });
}

Control l2(std::string why) { return {ControlLevel::kL2, Service::kCalls, std::move(why)}; }
Control l1(Service service, std::string why) { return {ControlLevel::kL1, service, std::move(why)}; }
Control l0() { return {ControlLevel::kL0, Service::kAny, {}}; }

// An application that reads, and closes when we have closed: as nearly every server does.
Control for_reader(const Scenario& scenario, const Demands& demands, Service service) {
  const bool echoes = service == Service::kEcho && demands.octets > 0;
  if (echoes) return l1(service, "what is sent must come back");
  if (demands.octets > kMostHarmlessOctets)
    return l1(Service::kDiscard, "much is sent that must only be read");
  if (says_something(scenario.steps))
    return l1(Service::kDiscard, "octets are sent that a server could act on");
  return l0();
}

// Nothing may be read, closed or written at any time of its own.
Control for_waiter(const Scenario& scenario, const Demands& demands, bool reads) {
  if (demands.fin) return l2("the application must not close when we do");
  if (!reads && demands.octets > kMostHarmlessOctets) return l2("the application must not read");
  return for_reader(scenario, demands, Service::kDiscard);
}

// A server that answers a request and closes does so in full: what we send after that meets no reader.
Control for_closer(const Demands& demands, std::string why) {
  if (demands.octets > 0 || demands.peer || demands.timestamps) return l2(std::move(why));
  return {ControlLevel::kL0, Service::kCloser, {}};
}

}  // namespace

Control control_of(const Scenario& scenario) {
  const Demands demands = demands_of(scenario);
  if (scenario.app_active) return l2("the target must connect");
  if (demands.calls) return l2("the case makes socket calls");
  switch (scenario.app) {
    case scenario::App::kNone:
      if (demands.opens) return for_waiter(scenario, demands, false);
      return {ControlLevel::kL0, Service::kNone, {}};
    case scenario::App::kStall:
      return for_waiter(scenario, demands, false);
    case scenario::App::kHold:
      return for_waiter(scenario, demands, true);
    case scenario::App::kSink:
      return for_reader(scenario, demands, Service::kDiscard);
    case scenario::App::kEcho:
      return for_reader(scenario, demands, Service::kEcho);
    case scenario::App::kSource:
      // chargen never ends: it is a source of N octets as long as the window never permits more than N.
      if (demands.edge_known && demands.right_edge > 0 && demands.right_edge <= scenario.app_count)
        return l1(Service::kChargen, "the application must send");
      return l2("the application must send so much and no more");
    case scenario::App::kCloser:
      return for_closer(demands, "the application must close at once, and the peer then speaks");
    case scenario::App::kShutwr:
      return for_closer(demands, "the application must only half-close, since the peer goes on speaking");
  }
  CHECK(false);
  return l2({});
}

Service service_for(const Control& control, const target::Profile& profile) {
  return profile.lacks.contains(std::string(lack_word(Service::kCalls))) ? control.service : Service::kCalls;
}

std::string_view to_string(ControlLevel level) {
  switch (level) {
    case ControlLevel::kL0:
      return "L0";
    case ControlLevel::kL1:
      return "L1";
    case ControlLevel::kL2:
      return "L2";
  }
  CHECK(false);
  return {};
}

std::string_view lack_word(Service service) {
  switch (service) {
    case Service::kNone:
      return "closed-port";
    case Service::kAny:
      return "open-port";
    case Service::kCloser:
      return "closer";
    case Service::kEcho:
      return "echo";
    case Service::kDiscard:
      return "discard";
    case Service::kChargen:
      return "chargen";
    case Service::kCalls:
      return "calls";
  }
  CHECK(false);
  return {};
}

}  // namespace tcpspec::run
