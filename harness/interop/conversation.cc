#include "harness/interop/conversation.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "harness/interop/judge.h"
#include "harness/interop/program.h"
#include "harness/interop/watch.h"
#include "harness/packet/image.h"
#include "harness/sim/link.h"

namespace tcpspec::interop {
namespace {

using target::Death;
constexpr std::uint16_t kAck = 0x10, kRst = 0x04;  // RFC 9293 §3.1
constexpr std::uint16_t kPeerPort = 40'000;
// More packets than this at one instant of virtual time feed themselves.
constexpr std::uint64_t kMostAtOnce = 200'000;
constexpr Duration kAfterwards = Duration::seconds(7'200);
constexpr std::size_t kStoryPackets = 12;

class Conversation {
 public:
  Conversation(const Plan& plan, target::Target& target, const TalkOptions& options)
      : plan_(plan),
        target_(target),
        options_(options),
        place_(target.place(plan.ip, target::Service::kCalls)),
        own_{place_.tester, place_.first_port != 0 ? place_.first_port : kPeerPort},
        other_{place_.target, place_.service_port},
        link_(plan.seed),
        watch_(place_.target, place_.tester, options.keep, options.hash_packets) {
    watch_.on_event = options.on_event;
    for (const sim::Rule& rule : plan.link) link_.add(rule);
  }

  run::Outcome run();

 private:
  Status start();
  void converse();
  void vanish();
  void ask_for_the_dead();
  void turn(Instant until);
  void carry();
  void drain();
  void deliver(sim::Carried carried);
  void handle(target::Event event);
  void step_programs();
  void settle();
  [[nodiscard]] std::uint64_t position();
  void look_for_progress();
  [[nodiscard]] bool is_virtual() const { return target_.profile().clock == target::ClockKind::kVirtual; }
  [[nodiscard]] bool over() const;
  [[nodiscard]] run::Outcome told();
  void tell_failure(run::Outcome& outcome, Wrong wrong);
  void tell_findings(run::Outcome& outcome);
  [[nodiscard]] Figures figures() const;

  const Plan& plan_;
  target::Target& target_;
  const TalkOptions& options_;
  target::Place place_;
  Endpoint own_, other_;
  sim::Link link_;
  Watch watch_;
  std::optional<TargetProgram> target_program_;
  std::optional<PeerProgram> peer_program_;
  bool peer_started_ = false, peer_gone_ = true, target_gone_ = true;
  std::optional<target::TargetDied> died_;
  std::optional<Stop> stop_;
  Instant moved_, at_once_, ended_;
  std::uint64_t events_at_once_ = 0, undelivered_ = 0, position_ = 0, carried_ = 0;
  bool answered_ = false;  // the question after the end, with a reset
  bool asking_ = false;
};

Status Conversation::start() {
  target::CaseSetup setup;
  setup.id = plan_.name;
  setup.ip = plan_.ip;
  setup.target = place_.target;
  setup.tester = place_.tester;
  setup.mtu = plan_.target_mtu;
  setup.seed = plan_.seed;
  setup.policies = plan_.policies;
  if (const Status started = target_.start(setup); !started.ok()) return started;
  // With a target that connects, its service port is the tester's.
  const bool from_target = plan_.opening == Opening::kTarget;
  if (from_target) own_.port = place_.service_port;
  target_program_.emplace(plan_, target_, other_, own_);
  peer_program_.emplace(plan_, own_, other_);
  if (from_target) {
    peer_program_->start(target_.now());
    peer_started_ = true;
  }
  target_program_->start();
  return Ok{};
}

run::Outcome Conversation::run() {
  run::Outcome outcome;
  if (const Status started = start(); !started.ok()) {
    const bool refused = started.error().starts_with("policy ");
    outcome.verdict = refused ? run::Verdict::kNotApplicable : run::Verdict::kError;
    outcome.reasons = {started.error()};
    return outcome;
  }
  converse();
  outcome = told();
  (void)target_.end();
  const std::string disturbance = target_.disturbance();
  if (!disturbance.empty()) {
    outcome.reasons.push_back(disturbance);
    if (outcome.verdict == run::Verdict::kFail) outcome.verdict = run::Verdict::kInconclusive;
  }
  return outcome;
}

bool Conversation::over() const {
  if (died_ || stop_ || !target_program_->trouble().empty()) return true;
  const Account& peer = peer_program_->account();
  const Account& target = target_program_->account();
  if (plan_.strict && (!peer.error.empty() || !target.error.empty())) return true;
  if (!peer.ended || !target.ended) return false;
  if (!plan_.strict) return true;
  return watch_.by_peer().fin_acknowledged && watch_.by_target().fin_acknowledged;
}

void Conversation::converse() {
  while (!over()) {
    settle();
    if (over()) break;
    turn(Instant() + plan_.limit);
    look_for_progress();
  }
  ended_ = target_.now();
  watch_.settled(Instant::never());
  if (plan_.until_gone && !died_ && !stop_) vanish();
}

void Conversation::step_programs() {
  const Instant now = target_.now();
  if (!peer_started_ && target_program_->listening()) {
    peer_program_->start(now);
    peer_started_ = true;
  }
  if (peer_started_) peer_program_->step(now);
  target_program_->step();
}

// Until everybody has done what can be done now.
void Conversation::settle() {
  std::uint64_t before = 0;
  do {
    before = position() + carried_;
    carry();
    step_programs();
    carry();
  } while (position() + carried_ != before && !died_ && !stop_);
}

// Waits for what comes next, at most until `until`.
void Conversation::turn(Instant until) {
  const Instant now = target_.now();
  Instant wake = std::min({until, peer_program_->peer().next_deadline(), link_.next_deadline(),
                           target_program_->next_deadline(now)});
  if (peer_started_) wake = std::min(wake, peer_program_->next_deadline(now));
  wake = std::min(wake, moved_ + plan_.patience);
  std::optional<target::Event> event = target_.next(std::max(wake, now));
  if (event) return handle(std::move(*event));
  watch_.settled(target_.now());
}

void Conversation::carry() {
  sim::Peer& peer = peer_program_->peer();
  for (bool more = true; more && !died_;) {
    more = false;
    const Instant now = target_.now();
    if (now != at_once_) events_at_once_ = 0;
    at_once_ = now;
    if (peer.next_deadline() <= now) {
      peer.on_deadline(now);
      more = peer.next_deadline() <= now;
    }
    while (const auto packet = peer.take_packet()) {
      ++carried_;
      watch_.from_peer(*packet, now);
      link_.send(sim::Toward::kTarget, *packet, now);
    }
    if (auto carried = link_.take(now)) {
      more = true;
      ++carried_;
      deliver(std::move(*carried));
    }
    if (++events_at_once_ > kMostAtOnce && is_virtual()) {
      stop_ = Stop::kEndless;
      return;
    }
  }
}

void Conversation::deliver(sim::Carried carried) {
  const Instant now = target_.now();
  if (carried.toward == sim::Toward::kPeer) {
    watch_.to_peer(carried.packet, now, carried.corrupted);
    peer_program_->peer().on_packet(carried.packet, now);
    return;
  }
  const Result<target::Stamp> stamp = target_.inject(carried.packet);
  if (stamp.ok()) {
    watch_.to_target(carried.packet, *stamp, carried.corrupted);
  } else {
    ++undelivered_;  // one more loss of the link
    watch_.note(stamp.error(), now);
  }
  drain();
}

// What an injection made the target do comes before the next one.
void Conversation::drain() {
  while (!died_) {
    std::optional<target::Event> event = target_.next(target_.now());
    if (!event) return;
    handle(std::move(*event));
  }
}

void Conversation::handle(target::Event event) {
  if (++events_at_once_ > kMostAtOnce && is_virtual() && !stop_) stop_ = Stop::kEndless;
  if (auto* out = std::get_if<target::PacketOut>(&event.what)) {
    watch_.from_target(out->packet, event.at);
    if (asking_) {
      const packet::Image image = packet::decode(out->packet);
      answered_ = answered_ || (image.tcp && (image.tcp->flags & kRst) != 0);
      return;
    }
    link_.send(sim::Toward::kPeer, out->packet, target_.now());
  } else if (const auto* done = std::get_if<target::CallDone>(&event.what)) {
    (void)target_program_->done(*done);
  } else {
    died_ = std::get<target::TargetDied>(std::move(event.what));
  }
}

// Grows with everything that brings the conversation nearer to its end.
std::uint64_t Conversation::position() {
  const Account& peer = peer_program_->account();
  const Account& target = target_program_->account();
  const auto flag = [](bool on) { return std::uint64_t{on}; };
  return peer_program_->peer().received() + peer_program_->peer().sent() + target.received + target.sent +
         flag(peer.established) + flag(target.established) + flag(peer.eof) + flag(target.eof) +
         flag(peer.ended) + flag(target.ended) + flag(watch_.by_peer().fin_acknowledged) +
         flag(watch_.by_target().fin_acknowledged);
}

void Conversation::look_for_progress() {
  const Account& peer = peer_program_->account();
  const Account& target = target_program_->account();
  const Instant now = target_.now();
  if (const std::uint64_t position_now = position(); position_now != position_) {
    position_ = position_now;
    moved_ = now;
  }
  if (now >= Instant() + plan_.limit) {
    stop_ = Stop::kLimit;
  } else if (now >= moved_ + plan_.patience) {
    // When one side has ended, the other may wait for ever: RFC 9293 §3.5.1, half-open connections. So it is
    // when the link lost all answers to the second part of a handshake.
    const bool half_open =
        peer.ended != target.ended || (plan_.may_time_out && peer.established != target.established);
    if (plan_.strict || !half_open) {
      stop_ = Stop::kStuck;
      return;
    }
    moved_ = now;
    if (!peer.ended && (target.ended || peer.established)) {
      peer_program_->give_up(now);
    } else {
      target_program_->give_up();
    }
  }
}

// Both connections run out: TIME-WAIT, last retransmissions, FIN-WAIT-2.
void Conversation::vanish() {
  const Instant until = target_.now() + kAfterwards;
  while (!died_ && !stop_ && target_.now() < until) {
    carry();
    const Instant next = std::min(peer_program_->peer().next_deadline(), link_.next_deadline());
    std::optional<target::Event> event = target_.next(std::min(next, until));
    if (event) handle(std::move(*event));
  }
  peer_gone_ = peer_program_->peer().gone();
  if (!died_ && !stop_) ask_for_the_dead();
}

// RFC 9293 §3.10.7.1: an ACK for a connection that does not exist is answered with a reset; every state that
// does exist, TIME-WAIT too, answers something else or nothing.
void Conversation::ask_for_the_dead() {
  const auto& last = watch_.last_of_target();
  if (!last) return;
  packet::Image question = packet::make_tcp(last->destination, last->source);
  question.tcp->seq = last->ack;
  question.tcp->ack = last->next;
  question.tcp->flags = kAck;
  packet::seal(question);
  asking_ = true;
  watch_.note("is the connection gone? An ACK for it", target_.now());
  if (const auto stamp = target_.inject(packet::encode(question)); stamp.ok()) {
    watch_.to_target(packet::encode(question), *stamp, false);
  }
  drain();
  target_gone_ = answered_;
}

Figures Conversation::figures() const {
  const auto side = [](const Account& account, const Sent& sent) {
    return SideFigures{account.sent,
                       account.received,
                       account.sent_digest.text(),
                       account.received_digest.text(),
                       sent.packets,
                       sent.retransmissions,
                       account.error};
  };
  Figures figures;
  figures.elapsed = ended_ - Instant();
  figures.peer = side(peer_program_->account(), watch_.by_peer());
  figures.target = side(target_program_->account(), watch_.by_target());
  figures.lost = link_.struck(sim::Fault::kLose);
  figures.duplicated = link_.struck(sim::Fault::kDuplicate);
  figures.reordered = link_.struck(sim::Fault::kReorder);
  figures.corrupted = link_.struck(sim::Fault::kCorrupt);
  figures.marked = link_.struck(sim::Fault::kMark);
  figures.undelivered = undelivered_;
  if (options_.hash_packets) figures.packet_hash = watch_.hash();
  return figures;
}

run::Outcome Conversation::told() {
  run::Outcome outcome;
  outcome.elapsed = ended_ - Instant();
  outcome.trace = watch_.trace();
  outcome.details = to_json(figures());
  if (died_) {
    outcome.verdict = died_->kind == Death::kHang     ? run::Verdict::kHang
                      : died_->kind == Death::kBroken ? run::Verdict::kError
                                                      : run::Verdict::kCrash;
    outcome.reasons = {died_->how};
    return outcome;
  }
  if (!target_program_->trouble().empty()) {
    outcome.verdict = run::Verdict::kError;
    outcome.reasons = {target_program_->trouble()};
    return outcome;
  }
  const Facts facts{peer_program_->account(),
                    target_program_->account(),
                    watch_.by_peer(),
                    watch_.by_target(),
                    stop_.value_or(Stop::kInOrder),
                    peer_gone_,
                    target_gone_};
  outcome.verdict = run::Verdict::kPass;
  if (std::optional<Wrong> wrong = judge(plan_, facts)) {
    outcome.verdict = run::Verdict::kFail;
    tell_failure(outcome, std::move(*wrong));
  }
  tell_findings(outcome);
  return outcome;
}

void Conversation::tell_failure(run::Outcome& outcome, Wrong wrong) {
  run::Failure failure;
  failure.rule = std::move(wrong.rule);
  failure.allowed = std::move(wrong.allowed);
  failure.differs = std::move(wrong.differs);
  failure.actual = fmt::format("at +{} s; last progress at +{} s", to_string(target_.now() - Instant()),
                               to_string(moved_ - Instant()));
  failure.before = fmt::format("peer {}; target {}", peer_program_->status(), target_program_->status());
  const auto& events = outcome.trace.events;
  const std::size_t from = events.size() > kStoryPackets ? events.size() - kStoryPackets : 0;
  for (std::size_t i = from; i < events.size(); ++i) {
    const char* arrow = events[i].kind == run::TraceKind::kPacketIn    ? "<"
                        : events[i].kind == run::TraceKind::kPacketOut ? ">"
                                                                       : "·";
    failure.last.push_back(
        fmt::format("+{} s  {}  {}", to_string(events[i].at.earliest - Instant()), arrow, events[i].text));
  }
  outcome.failure = std::move(failure);
}

void Conversation::tell_findings(run::Outcome& outcome) {
  const auto tell = [&](const std::vector<monitor::Finding>& findings, const char* whose) {
    for (const monitor::Finding& finding : findings) {
      const bool fails = finding.rule->severity == monitor::Severity::kFail;
      std::string text =
          fmt::format("monitor/{} ({}) by the {} at +{} s: {}", finding.rule->id, finding.rule->clause, whose,
                      to_string(finding.at - Instant()), finding.what);
      if (fails && outcome.verdict != run::Verdict::kFail) {
        outcome.verdict = run::Verdict::kFail;
        tell_failure(
            outcome,
            {fmt::format("monitor/{}", finding.rule->id),
             fmt::format("{} ({}, {})", finding.rule->says, finding.rule->clause, finding.rule->row),
             fmt::format("the {} at +{} s: {}", whose, to_string(finding.at - Instant()), finding.what)});
      } else if (!fails && outcome.verdict == run::Verdict::kPass) {
        outcome.verdict = run::Verdict::kTolerated;
      }
      outcome.reasons.push_back(std::move(text));
    }
  };
  tell(watch_.about_target(), "target");
  tell(watch_.about_peer(), "peer");
}

}  // namespace

run::Outcome talk(const Plan& plan, target::Target& target, const TalkOptions& options) {
  return Conversation(plan, target, options).run();
}

}  // namespace tcpspec::interop
