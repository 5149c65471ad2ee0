#include "harness/run/steps.h"
#include "harness/run/story.h"

namespace tcpspec::run {
namespace {

struct Quiet {
  const scenario::Step& step;
  const Path* only = nullptr;  // null: every connection of the script
  target::Stamp begins;
  Instant certain_end;   // a packet that is certainly before this one breaks the silence
  bool permits = false;  // permitted classes may come
  std::string allowed;
};

bool breaks(const Quiet& quiet, const Arrived& arrived) {
  if (!(arrived.at.latest < quiet.certain_end)) return false;
  const bool before = arrived.at.latest < quiet.begins.earliest;
  return arrived.permitted.empty() || !(quiet.permits || before);
}

// False: the silence is broken, and the verdict stands.
bool check(Session& session, const Quiet& quiet) {
  for (Path& path : session.connections.paths()) {
    if (quiet.only != nullptr && quiet.only != &path) continue;
    while (!path.queue.empty() && path.queue.front().at.latest < quiet.certain_end) {
      const Arrived& head = path.queue.front();
      if (breaks(quiet, head)) {
        Mismatch mismatch;
        mismatch.allowed = quiet.allowed;
        mismatch.actual = event_text(session.outcome.trace.events[head.event], quiet.begins);
        mismatch.differs = "a packet came where none may";
        mismatch.event = head.event;
        session.fail(quiet.step, std::move(mismatch));
        return false;
      }
      session.note("permitted: " + std::string(head.permitted));
      path.queue.pop_front();
    }
  }
  return true;
}

void keep_quiet(Session& session, const Quiet& quiet, Instant end) {
  session.begin_proof();
  do {
    if (!check(session, quiet)) return;
  } while (session.pump(end));
  if (session.over() || !check(session, quiet)) return;
  if (session.proof_missing()) {
    Mismatch nothing;
    nothing.allowed = quiet.allowed;
    nothing.actual = "nothing came";
    nothing.differs = "nothing shows that the stimulus arrived";
    return session.inconclusive(quiet.step, std::move(nothing), "no proof that the stimulus arrived");
  }
  session.unproven = false;
}

}  // namespace

void silence_step(Session& session, const scenario::Step& step, const scenario::Silence& silence) {
  const TimeBase base = session.time_base();
  const Instant begins = planned(step.time, base, session.target.now());
  session.wait_until(begins);
  if (session.over()) return;
  const bool absolute = step.time.kind == scenario::TimeKind::kAbsolute;
  const target::Stamp& origin = absolute ? base.start : base.reference;
  const Instant earliest =
      step.time.kind == scenario::TimeKind::kAny ? begins : origin.earliest + step.time.from;
  Quiet quiet{step, nullptr, {earliest, begins}, earliest + silence.duration, false, {}};
  if (!silence.connection.empty()) {
    const Connection* connection = session.connections.find(silence.connection);
    if (connection == nullptr)
      return session.error(step, "no connection is called '" + silence.connection + "'");
    quiet.only = &session.connections.path_of(*connection);
  }
  quiet.allowed = "nothing at all for " + to_string(silence.duration) + " s";
  keep_quiet(session, quiet, begins + silence.duration);
  session.reference = {earliest + silence.duration, begins + silence.duration};
}

void final_silence(Session& session, const scenario::Step& last) {
  const Duration settle = session.profile.settle;
  const target::Stamp& reference = session.reference;
  Quiet quiet{last, nullptr, reference, reference.earliest + settle, true, {}};
  quiet.allowed = "nothing more at the end of the case, for " + to_string(settle) +
                  " s (repeated ACKs, window updates and retransmissions may come)";
  if (session.strict())
    quiet.allowed = "nothing more at the end of the case, for " + to_string(settle) + " s";
  keep_quiet(session, quiet, reference.latest + settle);
}

}  // namespace tcpspec::run
