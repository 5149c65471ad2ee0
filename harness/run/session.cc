#include "harness/run/session.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "harness/packet/explain.h"
#include "harness/run/control.h"
#include "harness/run/story.h"

namespace tcpspec::run {
namespace {

// In virtual time nobody's patience ends an exchange that feeds itself.
constexpr std::size_t kMostEvents = 300'000;
constexpr Duration kScriptTolerance = Duration::millis(4);  // packetdrill's default

Duration tolerance_of(const scenario::Scenario& scenario) {
  if (scenario.kind != scenario::FileKind::kScript) return Duration();
  const auto option = scenario.options.find("tolerance_usecs");
  if (option == scenario.options.end()) return kScriptTolerance;
  std::int64_t micros = 0;
  const std::string& text = option->second;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), micros);
  return error == std::errc() && micros >= 0 ? Duration::micros(micros) : kScriptTolerance;
}

}  // namespace

Session::Session(const scenario::Scenario& s, target::Target& t, const RunOptions& o)
    : scenario(s),
      target(t),
      profile(t.profile()),
      options(o),
      service(service_for(control_of(s), profile)),
      place(t.place(s.ip, service)),
      monitor(place.target, monitor::Before::kNothingOpen),
      connections(s, place, service == target::Service::kAny, o.seed, profile.min_rto),
      app(has_calls() ? s.app : scenario::App::kNone, s.app_count, s.app_active) {}

TimeBase Session::time_base() const {
  return {start, reference, profile.slack, tolerance_of(scenario),
          is_virtual() ? Duration::seconds(3600) : Duration::seconds(60)};
}

std::size_t Session::record(TraceKind kind, const target::Stamp& at, std::string text, Bytes packet) {
  TraceEvent event;
  event.kind = kind;
  event.at = at;
  event.step = step;
  event.text = std::move(text);
  event.packet = std::move(packet);
  if (options.on_event) options.on_event(event);
  outcome.trace.events.push_back(std::move(event));
  return outcome.trace.events.size() - 1;
}

void Session::note(std::string text) {
  record(TraceKind::kNote, target::Stamp::at(target.now()), std::move(text));
}

bool Session::endless() {
  if (!is_virtual() || ++events_ <= kMostEvents) return false;
  if (!decided) {
    decided = true;
    outcome.verdict = Verdict::kHang;
    outcome.reasons.push_back(std::to_string(kMostEvents) + " events, and no end of it");
  }
  return true;
}

bool Session::pump(Instant deadline) {
  if (died || endless()) return false;
  peer.run(*this);
  const Instant until = std::min(deadline, peer.next_deadline());
  std::optional<target::Event> event = target.next(until);
  if (!event) return peer.next_deadline() <= target.now();
  if (auto* packet = std::get_if<target::PacketOut>(&event->what)) {
    on_packet(event->at, std::move(packet->packet));
  } else if (auto* done = std::get_if<target::CallDone>(&event->what)) {
    if (!app.on_done(*this, *done, event->at)) calls.on_done(*this, *done, event->at);
  } else {
    died = std::get<target::TargetDied>(std::move(event->what));
    record(TraceKind::kNote, event->at, "the target died: " + died->how.substr(0, died->how.find('\n')));
    return false;
  }
  return true;
}

void Session::wait_until(Instant deadline) {
  while (pump(deadline)) {
  }
}

void Session::act_at(Instant when) {
  wait_until(when);
  noticed_late(when, target.now());
}

void Session::noticed_late(Instant planned_at, Instant acted) {
  if (acted <= planned_at + profile.slack.absolute + time_base().tolerance) return;
  std::string text = "tester late by " + to_string(acted - planned_at) + " s";
  note(text);
  if (late.empty()) late = std::move(text);
}

void Session::on_packet(target::Stamp at, Bytes bytes) {
  packet::Image image = packet::decode(bytes);
  monitor.packet(monitor::Side::kFromTarget, bytes, at.earliest);
  Path* path = connections.from_target(image);
  if (path == nullptr) {
    if (image.tcp && image.destination() == connections.control()) proven = true;
    std::string text = packet::summary(image, {});
    record(TraceKind::kPacketOut, at, std::move(text), std::move(bytes));
    return;
  }
  path->used = true;
  const bool syn = (image.tcp->flags & scenario::kSyn) != 0;
  const Connection& view = syn ? connections.view_of(*path) : connections.numbered_view_of(*path);
  packet::Numbering numbering = numbering_out(view);
  if (!view.target_isn && syn) numbering.sender_isn = image.tcp->seq;
  const std::size_t index = record(TraceKind::kPacketOut, at, packet::summary(image, numbering), bytes);
  const std::string_view permitted = path->permit.sent(image, at);
  if (path->to_peer) {
    if (syn) connections.view_of(*path).target_isn = numbering.sender_isn;
    outcome.trace.events[index].matched = true;
    peer.from_target(bytes, target.now());
    return;
  }
  path->queue.push_back({at, std::move(image), index, strict() ? std::string_view() : permitted});
}

Result<target::Stamp> Session::inject(Bytes bytes, const packet::Image& image,
                                      const packet::Numbering& numbering) {
  const Result<target::Stamp> stamp = target.inject(bytes);
  if (!stamp.ok()) return stamp;
  monitor.packet(monitor::Side::kToTarget, bytes, stamp->latest);
  record(TraceKind::kPacketIn, *stamp, packet::summary(image, numbering), std::move(bytes));
  return stamp;
}

void Session::begin_proof() {
  if (!unproven || died) return;
  packet::Image syn = packet::make_tcp(connections.control(), connections.closed());
  syn.tcp->flags = scenario::kSyn;
  packet::seal(syn);
  proven = false;
  note("control: a SYN to a closed port, to prove that packets arrive");
  if (!inject(packet::encode(syn), syn, {}).ok()) note("control: not sent");
}

void Session::end_with(Verdict verdict, const scenario::Step& at_step, Mismatch mismatch) {
  if (decided) return;
  decided = true;
  outcome.verdict = verdict;
  outcome.failure = tell_story(*this, at_step, std::move(mismatch));
}

void Session::fail(const scenario::Step& at_step, Mismatch mismatch) {
  if (late.empty()) {
    end_with(Verdict::kFail, at_step, std::move(mismatch));
  } else {
    inconclusive(at_step, std::move(mismatch), late);
  }
}

void Session::inconclusive(const scenario::Step& at_step, Mismatch mismatch, std::string reason) {
  if (decided) return;
  end_with(Verdict::kInconclusive, at_step, std::move(mismatch));
  outcome.reasons.push_back(std::move(reason));
}

void Session::not_applicable(std::string reason) {
  if (decided) return;
  decided = true;
  outcome.verdict = Verdict::kNotApplicable;
  outcome.reasons.push_back(std::move(reason));
}

void Session::error(const scenario::Step& at_step, const std::string& message) {
  if (decided) return;
  decided = true;
  outcome.verdict = Verdict::kError;
  outcome.reasons.push_back(at_step.where.file + ":" + std::to_string(at_step.where.line) + ": " + message);
}

}  // namespace tcpspec::run
