#include "harness/run/story.h"

#include <algorithm>

namespace tcpspec::run {
namespace {

constexpr std::size_t kLinesBefore = 3, kLinesAfter = 1, kLastPackets = 10;

// The last thing our side did and the last thing the target did as it should.
std::string what_led_there(Session& session) {
  const std::vector<TraceEvent>& events = session.outcome.trace.events;
  const auto last = [&](auto fits) {
    const auto found = std::find_if(events.rbegin(), events.rend(), fits);
    return found == events.rend() ? nullptr : &*found;
  };
  const TraceEvent* call = last([](const TraceEvent& e) { return e.kind == TraceKind::kCallEnd; });
  const TraceEvent* in = last([](const TraceEvent& e) { return e.kind == TraceKind::kPacketIn; });
  const TraceEvent* out =
      last([](const TraceEvent& e) { return e.kind == TraceKind::kPacketOut && e.matched && !e.failing; });
  std::vector<const TraceEvent*> parts;
  for (const TraceEvent* event : {call, in, out}) {
    if (event != nullptr) parts.push_back(event);
  }
  std::ranges::sort(parts);  // all of one vector: in order of happening
  std::string text;
  for (const TraceEvent* event : parts) {
    if (!text.empty()) text += "; ";
    const char* mark = event->kind == TraceKind::kPacketIn    ? "< "
                       : event->kind == TraceKind::kPacketOut ? "> "
                                                              : "";
    text += mark + event->text + " at " + offset_text(event->at, session.start);
  }
  const int handle = session.app.handle() >= 0 ? session.app.handle() : session.calls.handle();
  if (handle >= 0 && !session.died) {
    const Result<target::Value> state = session.target.query({target::QueryKind::kState, handle});
    if (state.ok() && std::holds_alternative<std::string>(*state)) {
      text += "; the target says " + std::get<std::string>(*state);
    }
  }
  return text;
}

// The steps of the same file around the failing one.
std::vector<SourceLine> script_around(const Session& session, const scenario::Step& failing) {
  std::vector<SourceLine> lines;
  const auto add = [&](const scenario::Step& step, bool fails) {
    if (step.where.file != failing.where.file) return;
    if (!lines.empty() && lines.back().line == step.where.line && lines.back().text == step.text) return;
    lines.push_back({step.where.line, step.text, fails});
  };
  const auto& steps = session.scenario.steps;
  const std::size_t at = session.step < 0 ? 0 : static_cast<std::size_t>(session.step);
  for (std::size_t i = at > kLinesBefore ? at - kLinesBefore : 0; i < at && i < steps.size(); ++i)
    add(steps[i], false);
  add(failing, true);
  for (std::size_t i = at + 1; i < steps.size() && i <= at + kLinesAfter; ++i) add(steps[i], false);
  std::ranges::stable_sort(lines, {}, &SourceLine::line);
  return lines;
}

std::vector<std::string> last_packets(const Session& session) {
  std::vector<std::string> lines;
  const auto& events = session.outcome.trace.events;
  for (auto event = events.rbegin(); event != events.rend() && lines.size() < kLastPackets; ++event) {
    const bool in = event->kind == TraceKind::kPacketIn;
    if (!in && event->kind != TraceKind::kPacketOut) continue;
    lines.push_back(offset_text(event->at, session.start) + (in ? " < " : " > ") + event->text);
  }
  std::ranges::reverse(lines);
  return lines;
}

}  // namespace

Failure tell_story(Session& session, const scenario::Step& step, Mismatch mismatch) {
  if (mismatch.event) session.outcome.trace.events[*mismatch.event].failing = true;
  Failure failure;
  failure.where = step.where;
  failure.script = script_around(session, step);
  failure.allowed = std::move(mismatch.allowed);
  failure.actual = std::move(mismatch.actual);
  failure.differs = std::move(mismatch.differs);
  failure.timing = mismatch.timing;
  failure.before = what_led_there(session);
  failure.last = last_packets(session);
  return failure;
}

std::string differences_text(const std::vector<packet::Difference>& differences) {
  std::string text;
  for (const packet::Difference& difference : differences) {
    if (!text.empty()) text += "; ";
    text += difference.field + " " + difference.actual + " instead of " + difference.allowed;
  }
  return text + "; everything else as allowed";
}

std::string event_text(const TraceEvent& event, const target::Stamp& reference) {
  return offset_text(event.at, reference) + "  " + event.text;
}

}  // namespace tcpspec::run
