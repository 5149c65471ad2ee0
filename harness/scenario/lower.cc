#include "harness/scenario/lower.h"

#include <algorithm>

namespace tcpspec::scenario {
namespace {

bool drop_calls_within(std::vector<Step>& steps) {
  bool connects = false;
  Duration carried;
  bool absolute = false;  // the dropped calls began with one at an absolute time
  std::vector<Step> kept;
  for (Step& step : steps) {
    if (const auto* call = std::get_if<Call>(&step.action)) {
      connects = connects || call->name == "connect";
      const bool relative = step.time.kind == TimeKind::kRelative;
      carried = relative ? carried + step.time.from : step.time.from;
      absolute = !relative || absolute;
      continue;
    }
    if (step.time.kind == TimeKind::kRelative) {
      step.time.from += carried;
      step.time.to += carried;
      if (absolute && carried != Duration{}) step.time.kind = TimeKind::kAbsolute;
    }
    carried = Duration{};
    absolute = false;
    if (auto* expect = std::get_if<Expect>(&step.action)) {
      for (Alternative& alternative : expect->alternatives) {
        connects = drop_calls_within(alternative.steps) || connects;
      }
    }
    kept.push_back(std::move(step));
  }
  steps = std::move(kept);
  return connects;
}

struct CanFail {
  bool operator()(const Inject& /*inject*/) const { return false; }
  bool operator()(const Expect& expect) const {
    return !expect.optional || std::ranges::any_of(expect.alternatives, [](const Alternative& alternative) {
      return can_fail(alternative.steps);
    });
  }
  bool operator()(const Silence& /*silence*/) const { return true; }
  bool operator()(const Call& call) const {
    return call.result && !std::holds_alternative<Ellipsis>(call.result->is);
  }
  bool operator()(const Assert& /*assertion*/) const { return true; }
  bool operator()(const Peer& peer) const {
    switch (peer.action) {
      case PeerAction::kExpectEstablished:
      case PeerAction::kExpectReceived:
      case PeerAction::kExpectEof:
      case PeerAction::kExpectClosed:
      case PeerAction::kExpectReset:
        return true;
      case PeerAction::kConnect:
      case PeerAction::kListen:
      case PeerAction::kSend:
      case PeerAction::kShutdown:
      case PeerAction::kClose:
      case PeerAction::kAbort:
        return false;
    }
    return false;
  }
  bool operator()(const LinkRule& /*rule*/) const { return false; }
};

}  // namespace

bool drop_calls(std::vector<Step>& steps) { return drop_calls_within(steps); }

bool can_fail(const std::vector<Step>& steps) {
  return std::ranges::any_of(steps, [](const Step& step) { return std::visit(CanFail{}, step.action); });
}

std::string join_connections(std::vector<ConnectionSpec>& into, const std::vector<ConnectionSpec>& more) {
  for (const ConnectionSpec& connection : more) {
    const auto before = std::ranges::find(into, connection.name, &ConnectionSpec::name);
    if (before == into.end()) {
      into.push_back(connection);
    } else if (connection.name == "main") {
      *before = connection;
    } else {
      return connection.name;
    }
  }
  return "";
}

void apply(const Directives& directives, Scenario& scenario) {
  scenario.catches = directives.catches;
  scenario.covers = directives.covers;
  scenario.finding = directives.finding;
  scenario.formerly = directives.formerly;
  for (const std::string& name : directives.inlined) add_once(scenario.given, name);
  for (const Located& name : directives.given) add_once(scenario.given, name.text);
  scenario.tags = directives.tags;
  for (const std::string& need : directives.needs) add_once(scenario.needs, need);
  for (const auto& [key, value] : directives.policies) scenario.policies[key] = value;
  scenario.app = directives.app;
  scenario.app_count = directives.app_count;
  scenario.app_active = scenario.app_active || directives.app_active;
  if (scenario.app_active) add_once(scenario.needs, "active-open");
  scenario.strict = directives.strict;
}

}  // namespace tcpspec::scenario
