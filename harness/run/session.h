// Session: one run of one case while it lasts. Takes the target's events in order of their stamps, records
// each in the trace, shows every packet to the monitor, and hands it to whom it belongs: a connection's
// queue, the peer, the application, a waiting call. Knows no steps; the step files work on it.
#ifndef HARNESS_RUN_SESSION_H_
#define HARNESS_RUN_SESSION_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "harness/monitor/monitor.h"
#include "harness/run/app.h"
#include "harness/run/calls.h"
#include "harness/run/connections.h"
#include "harness/run/peer_steps.h"
#include "harness/run/runner.h"
#include "harness/run/timing.h"

namespace tcpspec::run {

// What a step allowed and what came instead.
struct Mismatch {
  std::string allowed, actual, differs;
  bool timing = false;               // late or early, otherwise as allowed
  std::optional<std::size_t> event;  // the trace event that shows it
};

struct Session {
  Session(const scenario::Scenario& scenario, target::Target& target, const RunOptions& options);

  // Handles the next event, if one comes by `deadline`. False: the deadline is reached, or the target is
  // dead.
  bool pump(Instant deadline);
  void wait_until(Instant deadline);
  // Waits until `when`, remembers it if we come late, and says when we are.
  void act_at(Instant when);
  void noticed_late(Instant planned, Instant acted);

  // Puts bytes on the wire, with trace and monitor.
  [[nodiscard]] Result<target::Stamp> inject(Bytes bytes, const packet::Image& image,
                                             const packet::Numbering& numbering);
  std::size_t record(TraceKind kind, const target::Stamp& at, std::string text, Bytes packet = {});
  void note(std::string text);

  // ---- How it ends. The first word counts.
  void fail(const scenario::Step& step, Mismatch mismatch);
  void inconclusive(const scenario::Step& step, Mismatch mismatch, std::string reason);
  void error(const scenario::Step& step, const std::string& message);
  void not_applicable(std::string reason);
  [[nodiscard]] bool over() const { return decided || died.has_value(); }

  // ---- Delivery, where inject()'s return proves nothing: a control on a closed port, answered after the
  // stimulus.
  void begin_proof();
  [[nodiscard]] bool proof_missing() const { return unproven && !proven; }

  [[nodiscard]] TimeBase time_base() const;
  [[nodiscard]] bool is_script() const { return scenario.kind == scenario::FileKind::kScript; }
  // Whether permitted classes apply.
  [[nodiscard]] bool strict() const { return scenario.strict || is_script(); }
  [[nodiscard]] bool has_calls() const { return service == target::Service::kCalls; }
  [[nodiscard]] bool is_virtual() const { return profile.clock == target::ClockKind::kVirtual; }

  const scenario::Scenario& scenario;
  target::Target& target;
  const target::Profile& profile;
  const RunOptions& options;
  const target::Service service;  // who plays the application: we, by calls, or a service of the box
  const target::Place place;
  Outcome outcome;
  monitor::Monitor monitor;
  Connections connections;
  Calls calls;
  App app;
  PeerSteps peer;

  target::Stamp start, reference;
  int step = -1;  // index of the scenario's step under way
  bool decided = false;
  bool tolerated = false;  // an alternative of that grade was taken
  std::optional<target::TargetDied> died;
  std::string late;       // what we did late; empty: nothing
  bool unproven = false;  // something was injected and nothing since has shown that it arrived
  bool proven = false;

 private:
  [[nodiscard]] bool endless();
  void on_packet(target::Stamp at, Bytes bytes);
  void end_with(Verdict verdict, const scenario::Step& step, Mismatch mismatch);

  std::size_t events_ = 0;
};

}  // namespace tcpspec::run

#endif  // HARNESS_RUN_SESSION_H_
