#include "harness/run/runner.h"

#include <algorithm>
#include <charconv>
#include <set>

#include "harness/run/control.h"
#include "harness/run/session.h"
#include "harness/run/steps.h"
#include "harness/run/story.h"
#include "stack/base/check.h"

namespace tcpspec::run {
namespace {

constexpr std::uint16_t kDefaultMtu = 1500;
// How long the application may take to come up, in real time.
constexpr Duration kAppPatience = Duration::seconds(5);

std::uint16_t mtu_of(const scenario::Scenario& scenario) {
  const auto option = scenario.options.find("mtu");
  if (option == scenario.options.end()) return kDefaultMtu;
  std::uint16_t mtu = kDefaultMtu;
  const std::string& text = option->second;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), mtu);
  return error == std::errc() ? mtu : kDefaultMtu;
}

std::vector<std::string> choices_of(const scenario::Scenario& scenario, const target::Profile& profile) {
  std::map<std::string, std::string> all = profile.choices;
  for (const auto& [key, value] : scenario.policies) all[key] = value;
  std::vector<std::string> lines;
  lines.reserve(all.size());
  for (const auto& [key, value] : all) {
    lines.push_back(key + "=" + value + (scenario.policies.contains(key) ? " (set by the case)" : ""));
  }
  return lines;
}

// The first line says it; further lines are the evidence.
void give_reasons(Outcome& outcome, const std::string& text) {
  for (std::size_t from = 0; from <= text.size();) {
    const std::size_t end = std::min(text.find('\n', from), text.size());
    outcome.reasons.push_back(text.substr(from, end - from));
    from = end + 1;
  }
}

bool is_applicable(Session& session) {
  std::set<std::string> needs(session.scenario.needs.begin(), session.scenario.needs.end());
  if (session.connections.target_connects()) needs.insert("active-open");
  for (const std::string& need : needs) {
    const auto lack = session.profile.lacks.find(need);
    if (lack == session.profile.lacks.end()) continue;
    session.outcome.reasons.push_back("needs " + need + ": " + lack->second);
  }
  if (const auto lack = session.profile.lacks.find(std::string(lack_word(session.service)));
      lack != session.profile.lacks.end()) {
    const std::string why = control_of(session.scenario).why;
    session.outcome.reasons.push_back((why.empty() ? "" : why + ": ") + lack->second);
  }
  return session.outcome.reasons.empty();
}

// False: the verdict stands.
bool start(Session& session) {
  if (!is_applicable(session)) {
    session.outcome.verdict = Verdict::kNotApplicable;
    return false;
  }
  target::CaseSetup setup;
  setup.id = session.scenario.id;
  setup.ip = session.scenario.ip;
  setup.target = session.place.target;
  setup.tester = session.place.tester;
  setup.service = session.service;
  setup.mtu = mtu_of(session.scenario);
  setup.seed = session.options.seed;
  setup.policies = session.scenario.policies;
  const Status started = session.target.start(setup);
  if (!started.ok()) {
    session.outcome.verdict =
        started.error().starts_with("policy ") ? Verdict::kNotApplicable : Verdict::kError;
    give_reasons(session.outcome, started.error());
    return false;
  }
  session.outcome.choices = choices_of(session.scenario, session.profile);
  return true;
}

// False: the application did not come up.
bool begin_application(Session& session) {
  session.start = session.reference = target::Stamp::at(session.target.now());
  session.app.begin(session);
  const Instant deadline = session.target.now() + (session.is_virtual() ? Duration() : kAppPatience);
  while (!session.app.ready() && session.app.broken().empty() && session.pump(deadline)) {
  }
  session.start = session.reference = {session.is_virtual() ? session.target.now() : session.start.earliest,
                                       session.target.now()};
  if (session.app.ready() || session.died) return true;
  session.outcome.verdict = Verdict::kError;
  session.outcome.reasons.push_back("the application on the target did not start: " + session.app.broken());
  session.decided = true;
  return false;
}

bool expects_anything(const scenario::Scenario& scenario) {
  return std::ranges::any_of(scenario.steps, [](const scenario::Step& step) {
    return std::holds_alternative<scenario::Expect>(step.action) ||
           std::holds_alternative<scenario::Silence>(step.action);
  });
}

void play(Session& session) {
  session.peer.begin(session);
  const std::vector<scenario::Step>& steps = session.scenario.steps;
  const Flow flow = play_steps(session, steps, true);
  if (!session.over()) session.calls.finish(session);
  const bool quiet_end =
      session.scenario.kind == scenario::FileKind::kCase ||
      (session.scenario.kind == scenario::FileKind::kRegression && expects_anything(session.scenario));
  if (!session.over() && quiet_end && flow != Flow::kEndUnasked && !steps.empty())
    final_silence(session, steps.back());
}

Verdict verdict_of(target::Death death) {
  switch (death) {
    case target::Death::kCrash:
      return Verdict::kCrash;
    case target::Death::kHang:
      return Verdict::kHang;
    case target::Death::kBroken:
      return Verdict::kError;
  }
  CHECK(false);
  return Verdict::kError;
}

void conclude(Session& session) {
  Outcome& outcome = session.outcome;
  if (session.decided) return;
  if (session.died) {
    outcome.verdict = verdict_of(session.died->kind);
    give_reasons(outcome, session.died->how);
    static const scenario::Step kNowhere;
    const auto& steps = session.scenario.steps;
    const bool known = session.step >= 0 && static_cast<std::size_t>(session.step) < steps.size();
    Mismatch mismatch;
    mismatch.allowed = "the target goes on";
    mismatch.actual = session.died->how.substr(0, session.died->how.find('\n'));
    mismatch.differs = "the target died";
    outcome.failure = tell_story(session, known ? steps[static_cast<std::size_t>(session.step)] : kNowhere,
                                 std::move(mismatch));
    return;
  }
  outcome.verdict = session.tolerated ? Verdict::kTolerated : Verdict::kPass;
}

// The trace event of the monitor's nth packet.
std::optional<std::size_t> event_of(const Trace& trace, std::size_t packet) {
  std::size_t seen = 0;
  for (std::size_t i = 0; i < trace.events.size(); ++i) {
    const TraceKind kind = trace.events[i].kind;
    if (kind != TraceKind::kPacketIn && kind != TraceKind::kPacketOut) continue;
    if (seen++ == packet) return i;
  }
  return std::nullopt;
}

Failure monitor_failure(Session& session, const monitor::Finding& finding) {
  Mismatch mismatch;
  mismatch.allowed = std::string(finding.rule->clause) + ": " + std::string(finding.rule->says);
  mismatch.differs = finding.what;
  mismatch.event = event_of(session.outcome.trace, finding.packet);
  scenario::Step step;
  step.where = session.scenario.where;
  if (mismatch.event) {
    const TraceEvent& event = session.outcome.trace.events[*mismatch.event];
    mismatch.actual = event_text(event, session.start) + " (from the start)";
    const auto index = static_cast<std::size_t>(event.step);
    if (event.step >= 0 && index < session.scenario.steps.size()) {
      step = session.scenario.steps[index];
      session.step = event.step;
    }
  }
  Failure failure = tell_story(session, step, std::move(mismatch));
  failure.rule = std::string(finding.rule->id);
  return failure;
}

// A rule broken in passing: a case that passes on its own terms fails, or is only tolerated.
void hear_monitor(Session& session) {
  if (session.is_script()) return;
  Outcome& outcome = session.outcome;
  for (const monitor::Finding& finding : session.monitor.findings()) {
    const bool fails = finding.rule->severity == monitor::Severity::kFail;
    const bool green = outcome.verdict == Verdict::kPass || outcome.verdict == Verdict::kTolerated;
    outcome.reasons.push_back("monitor " + std::string(finding.rule->id) + ": " + finding.what);
    if (!green) continue;
    if (fails || !outcome.failure) outcome.failure = monitor_failure(session, finding);
    outcome.verdict = fails ? Verdict::kFail : Verdict::kTolerated;
  }
}

// The measurement itself was spoiled: neither a pass nor a failure may be read out of it.
void hear_disturbance(Session& session) {
  Outcome& outcome = session.outcome;
  const std::string disturbance = session.target.disturbance();
  if (disturbance.empty()) return;
  outcome.reasons.push_back(disturbance);
  const bool judged = outcome.verdict == Verdict::kPass || outcome.verdict == Verdict::kTolerated ||
                      outcome.verdict == Verdict::kFail;
  if (judged) outcome.verdict = Verdict::kInconclusive;
}

}  // namespace

Outcome run_case(const scenario::Scenario& scenario, target::Target& target, const RunOptions& options) {
  Session session(scenario, target, options);
  if (!start(session)) return std::move(session.outcome);
  if (begin_application(session)) {
    play(session);
    conclude(session);
  }
  session.outcome.elapsed = target.now() - session.start.latest;
  hear_monitor(session);
  const Status ended = target.end();
  if (!ended.ok()) {
    give_reasons(session.outcome, "the target did not end the case: " + ended.error());
    if (session.outcome.verdict == Verdict::kPass) session.outcome.verdict = Verdict::kError;
  }
  hear_disturbance(session);
  return std::move(session.outcome);
}

}  // namespace tcpspec::run
