#include <algorithm>
#include <vector>

#include "harness/run/expect.h"
#include "harness/run/steps.h"
#include "harness/run/story.h"
#include "harness/scenario/print.h"

namespace tcpspec::run {
namespace {

// How much longer a packet that did not come in time is waited for, to tell "late" from "never".
constexpr Duration kGrace = Duration::seconds(1);

struct Allowed {
  Candidate candidate;
  const scenario::Alternative* alternative = nullptr;  // null: the main expectation
};

class ExpectStep {
 public:
  ExpectStep(Session& session, const scenario::Step& step, const scenario::Expect& expect)
      : session_(session),
        step_(step),
        expect_(expect),
        base_(session.time_base()),
        window_(bounds(step.time, base_)) {}

  Flow play();

 private:
  enum class Look { kNothing, kMatched, kStop };

  bool prepare();
  Look look();
  Look look_at(Path& path);
  Look take(Path& path, Allowed& allowed, Take take);
  Flow nothing_came();
  Flow silence_alternative(const scenario::Alternative& alternative);
  Flow chosen(const scenario::Alternative* alternative);
  void late_or_never();
  void mismatch(const Arrived& head, std::string differs, bool timing);
  [[nodiscard]] std::string allowed_text() const;

  Session& session_;
  const scenario::Step& step_;
  const scenario::Expect& expect_;
  TimeBase base_;
  Bounds window_;
  std::vector<Allowed> allowed_;
  const scenario::Alternative* silent_ = nullptr;
  const scenario::Alternative* chosen_ = nullptr;
  bool begun_ = false;
};

bool ExpectStep::prepare() {
  const auto add = [&](const scenario::PacketSpec& spec, const scenario::Alternative* alternative) {
    Connection* connection = session_.connections.find(spec.connection);
    if (connection == nullptr) {
      session_.error(step_, "no connection is called '" + spec.connection + "'");
      return;
    }
    allowed_.push_back({Candidate(spec, *connection, session_.connections), alternative});
  };
  allowed_.reserve(1 + expect_.alternatives.size());
  add(expect_.packet, nullptr);
  for (const scenario::Alternative& alternative : expect_.alternatives) {
    if (alternative.packet) {
      add(*alternative.packet, &alternative);
    } else {
      silent_ = &alternative;
    }
  }
  return !session_.over();
}

Flow ExpectStep::play() {
  if (!prepare()) return Flow::kEnd;
  // At once: the answer to the control must be there when the time is over.
  if (silent_ != nullptr) session_.begin_proof();
  for (;;) {
    const Look seen = look();
    if (session_.over()) return Flow::kEnd;
    if (seen == Look::kMatched) return chosen(chosen_);
    if (seen == Look::kStop) {
      // Something else came while an optional packet was waited for: what we do next is not late for that.
      session_.reference.latest = std::max(session_.reference.latest, session_.target.now());
      return Flow::kNext;
    }
    if (!session_.pump(window_.upper)) break;
  }
  return session_.over() ? Flow::kEnd : nothing_came();
}

ExpectStep::Look ExpectStep::look() {
  const Path* seen = nullptr;
  for (Allowed& allowed : allowed_) {
    Path& path = session_.connections.path_of(allowed.candidate.connection());
    if (&path == seen) continue;
    seen = &path;
    const Look result = look_at(path);
    if (result != Look::kNothing || session_.over()) return result;
  }
  return Look::kNothing;
}

// The packets of one 4-tuple, in order: each is taken by a candidate, permitted, or wrong.
ExpectStep::Look ExpectStep::look_at(Path& path) {
  while (!path.queue.empty()) {
    const Arrived& head = path.queue.front();
    Allowed* fits = nullptr;
    Take how = Take::kNo;
    std::vector<packet::Difference> differences;
    for (Allowed& allowed : allowed_) {
      if (&session_.connections.path_of(allowed.candidate.connection()) != &path) continue;
      if (begun_ && !allowed.candidate.begun()) continue;
      Judgement judgement = allowed.candidate.judge(head.image);
      if (!judgement.error.empty()) {
        session_.error(step_, judgement.error);
        return Look::kStop;
      }
      how = judgement.take;
      fits = how == Take::kNo ? nullptr : &allowed;
      if (fits != nullptr) break;
      if (differences.empty()) differences = std::move(judgement.differences);
    }
    if (fits != nullptr) {
      const Look taken = take(path, *fits, how);
      if (taken != Look::kNothing || session_.over()) return taken;
      continue;
    }
    if (head.permitted.empty()) {
      if (expect_.optional && !begun_) return Look::kStop;
      mismatch(head, differences_text(differences), false);
      return Look::kStop;
    }
    session_.note("permitted: " + std::string(head.permitted));
    path.queue.pop_front();
  }
  return Look::kNothing;
}

ExpectStep::Look ExpectStep::take(Path& path, Allowed& allowed, Take how) {
  const Arrived& head = path.queue.front();
  if (how == Take::kPart && allowed.candidate.spec().form == scenario::PacketForm::kAck) {
    // A lower ACK, which may also be from before the event that this step counts from.
    session_.outcome.trace.events[head.event].matched = true;
    path.queue.pop_front();
    return Look::kNothing;
  }
  if (window_.too_early(head.at)) {
    // `ack >= N`: lower ones may come first, and that begins before the event which N answers.
    if (how == Take::kPart && allowed.candidate.spec().form == scenario::PacketForm::kAck) {
      path.queue.pop_front();
      return Look::kNothing;
    }
    // A repeated packet from before the event that this one answers.
    if (!head.permitted.empty() && head.at.latest < base_.reference.earliest) {
      session_.note("permitted: " + std::string(head.permitted));
      path.queue.pop_front();
      return Look::kNothing;
    }
    if (expect_.optional) return Look::kStop;
    mismatch(
        head,
        "time: " + to_string(window_.lower - head.at.latest) + " s too early; everything else as allowed",
        true);
    return Look::kStop;
  }
  if (window_.too_late(head.at)) {
    if (expect_.optional) return Look::kStop;
    mismatch(
        head,
        "time: " + to_string(head.at.earliest - window_.upper) + " s too late; everything else as allowed",
        true);
    return Look::kStop;
  }
  allowed.candidate.accept(head.image);
  begun_ = true;
  session_.outcome.trace.events[head.event].matched = true;
  session_.unproven = false;
  session_.reference = head.at;
  chosen_ = allowed.alternative;
  const bool fails = allowed.alternative != nullptr && allowed.alternative->grade == scenario::Grade::kFail;
  if (fails && how == Take::kWhole) {
    session_.reference = base_.reference;
    mismatch(head, allowed.alternative->why, false);
    return Look::kStop;
  }
  path.queue.pop_front();
  return how == Take::kWhole ? Look::kMatched : Look::kNothing;
}

Flow ExpectStep::chosen(const scenario::Alternative* alternative) {
  if (alternative == nullptr) return Flow::kNext;
  if (alternative->grade == scenario::Grade::kTolerated) {
    session_.tolerated = true;
    session_.outcome.reasons.push_back(alternative->why);
  }
  const Flow flow = play_steps(session_, alternative->steps, false);
  if (flow != Flow::kNext || alternative->rejoins) return flow;
  return alternative->steps.empty() ? Flow::kEndUnasked : Flow::kEnd;
}

Flow ExpectStep::nothing_came() {
  if (expect_.optional && !begun_) {
    // The time in which it might have come has passed: it is the event that the next step counts from.
    if (step_.time.kind == scenario::TimeKind::kRelative) {
      // The target's timer slack has passed as well.
      const Instant over = base_.reference.latest + step_.time.to;
      session_.reference = {base_.reference.earliest + step_.time.to, std::max(over, session_.target.now())};
    }
    return Flow::kNext;
  }
  if (silent_ != nullptr && !begun_) return silence_alternative(*silent_);
  late_or_never();
  return Flow::kEnd;
}

Flow ExpectStep::silence_alternative(const scenario::Alternative& alternative) {
  const Instant end = base_.reference.latest + alternative.silence;
  for (;;) {
    const Look seen = look();
    if (session_.over() || seen != Look::kNothing) return Flow::kEnd;
    if (!session_.pump(end)) break;
  }
  if (session_.over()) return Flow::kEnd;
  Mismatch nothing;
  nothing.allowed = allowed_text();
  nothing.actual = "nothing, for " + to_string(session_.target.now() - base_.reference.latest) + " s";
  nothing.differs = alternative.why;
  if (session_.proof_missing()) {
    session_.inconclusive(step_, std::move(nothing), "no proof that the stimulus arrived");
    return Flow::kEnd;
  }
  session_.unproven = false;
  if (alternative.grade == scenario::Grade::kFail) {
    session_.fail(step_, std::move(nothing));
    return Flow::kEnd;
  }
  const Duration waited = std::max(alternative.silence, window_.upper - base_.reference.latest);
  session_.reference = {base_.reference.earliest + waited, base_.reference.latest + waited};
  return chosen(&alternative);
}

// In time it did not come. Waits a little longer, so that the story can say whether it came at all.
void ExpectStep::late_or_never() {
  const Instant gave_up = std::max(session_.target.now(), window_.upper);
  session_.begin_proof();
  while (session_.pump(gave_up + kGrace)) {
    for (Allowed& allowed : allowed_) {
      Path& path = session_.connections.path_of(allowed.candidate.connection());
      for (const Arrived& arrived : path.queue) {
        if (allowed.candidate.judge(arrived.image).take != Take::kWhole) continue;
        mismatch(arrived,
                 "time: " + to_string(arrived.at.earliest - window_.upper) +
                     " s too late; everything else as allowed",
                 true);
        return;
      }
    }
  }
  if (session_.over()) return;
  Mismatch nothing;
  nothing.allowed = allowed_text();
  nothing.actual = std::string(begun_ ? "only a part of it" : "nothing") + ", for " +
                   to_string(gave_up - base_.reference.latest) + " s";
  nothing.differs = begun_ ? "the rest did not come" : "no such packet came";
  for (const Path& path : session_.connections.paths()) {
    if (path.queue.empty()) continue;
    nothing.actual += "; afterwards " +
                      event_text(session_.outcome.trace.events[path.queue.front().event], base_.reference);
    break;
  }
  if (session_.proof_missing()) {
    session_.inconclusive(step_, std::move(nothing), "no proof that the stimulus arrived");
  } else {
    session_.fail(step_, std::move(nothing));
  }
}

std::string ExpectStep::allowed_text() const {
  std::string text;
  for (const Allowed& allowed : allowed_) {
    if (allowed.alternative != nullptr && allowed.alternative->grade == scenario::Grade::kFail) continue;
    if (!text.empty()) text += "; or ";
    const std::string& name = allowed.candidate.spec().connection;
    if (!name.empty()) text += "[" + name + "] ";
    text += scenario::print_packet(allowed.candidate.spec());
  }
  text += ", " + describe(step_.time, base_);
  if (silent_ != nullptr && silent_->grade != scenario::Grade::kFail) {
    text += "; or nothing for " + to_string(silent_->silence) + " s";
  }
  return text;
}

void ExpectStep::mismatch(const Arrived& head, std::string differs, bool timing) {
  Mismatch told;
  told.allowed = allowed_text();
  told.actual = event_text(session_.outcome.trace.events[head.event], base_.reference);
  told.differs = std::move(differs);
  told.timing = timing;
  told.event = head.event;
  session_.fail(step_, std::move(told));
}

}  // namespace

Flow expect_step(Session& session, const scenario::Step& step, const scenario::Expect& expect) {
  return ExpectStep(session, step, expect).play();
}

}  // namespace tcpspec::run
