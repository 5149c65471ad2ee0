#include "harness/run/peer_steps.h"

#include <algorithm>

#include "harness/run/session.h"
#include "stack/base/check.h"

namespace tcpspec::run {
namespace {

using scenario::PeerAction;

sim::Fault fault_of(scenario::LinkFault fault) {
  switch (fault) {
    case scenario::LinkFault::kLose:
      return sim::Fault::kLose;
    case scenario::LinkFault::kDelay:
      return sim::Fault::kDelay;
    case scenario::LinkFault::kDuplicate:
      return sim::Fault::kDuplicate;
    case scenario::LinkFault::kReorder:
      return sim::Fault::kReorder;
    case scenario::LinkFault::kCorrupt:
      return sim::Fault::kCorrupt;
    case scenario::LinkFault::kClear:
      break;
  }
  CHECK(false);
  return sim::Fault::kLose;
}

std::optional<sim::Toward> side_of(scenario::LinkSide side) {
  switch (side) {
    case scenario::LinkSide::kBoth:
      return std::nullopt;
    case scenario::LinkSide::kToTarget:
      return sim::Toward::kTarget;
    case scenario::LinkSide::kFromTarget:
      return sim::Toward::kPeer;
  }
  CHECK(false);
  return std::nullopt;
}

std::optional<std::uint64_t> count_of(const std::optional<std::int64_t>& count) {
  return count ? std::optional<std::uint64_t>(static_cast<std::uint64_t>(*count)) : std::nullopt;
}

bool is_expectation(PeerAction action) {
  return action == PeerAction::kExpectEstablished || action == PeerAction::kExpectReceived ||
         action == PeerAction::kExpectEof || action == PeerAction::kExpectClosed ||
         action == PeerAction::kExpectReset;
}

std::string wanted_text(const scenario::Peer& peer) {
  switch (peer.action) {
    case PeerAction::kExpectEstablished:
      return "the peer's connection is established";
    case PeerAction::kExpectReceived:
      return "the peer has received " + std::to_string(peer.count) + " octets of the stream";
    case PeerAction::kExpectEof:
      return "the target's FIN has reached the peer";
    case PeerAction::kExpectClosed:
      return "the peer's connection is closed in order";
    case PeerAction::kExpectReset:
      return "the peer's connection is reset";
    case PeerAction::kConnect:
    case PeerAction::kListen:
    case PeerAction::kSend:
    case PeerAction::kShutdown:
    case PeerAction::kClose:
    case PeerAction::kAbort:
      break;
  }
  return "";
}

}  // namespace

void PeerSteps::begin(Session& session) {
  bool wanted = false, listens = false;
  for (const scenario::Step& step : session.scenario.steps) {
    const auto* peer = std::get_if<scenario::Peer>(&step.action);
    wanted = wanted || peer != nullptr || std::holds_alternative<scenario::LinkRule>(step.action);
    listens = listens || (peer != nullptr && peer->action == PeerAction::kListen);
  }
  if (!wanted) return;
  Path& path = session.connections.path_of(*session.connections.find(""));
  path.to_peer = true;
  sim::PeerSetup setup;
  setup.local = {path.tester.address, listens ? session.connections.place().service_port : path.tester.port};
  setup.remote = path.target;
  setup.seed = session.options.seed;
  peer_ = std::make_unique<sim::Peer>(setup);
  link_ = std::make_unique<sim::Link>(session.options.seed);
}

void PeerSteps::from_target(ByteView packet, Instant now) { link_->send(sim::Toward::kPeer, packet, now); }

Instant PeerSteps::next_deadline() const {
  return peer_ == nullptr ? Instant::never() : std::min(peer_->next_deadline(), link_->next_deadline());
}

void PeerSteps::notice(Instant now) {
  const auto remember = [now](std::optional<Instant>& when, bool holds) {
    if (holds && !when) when = now;
  };
  remember(established_, peer_->established());
  remember(eof_, peer_->eof());
  remember(closed_, peer_->closed());
  remember(reset_, peer_->reset());
}

void PeerSteps::run(Session& session) {
  if (peer_ == nullptr) return;
  const Instant now = session.target.now();
  bool more = true;
  while (more) {
    more = false;
    if (peer_->next_deadline() <= now) {
      peer_->on_deadline(now);
      notice(now);
    }
    while (const auto packet = peer_->take_packet()) link_->send(sim::Toward::kTarget, *packet, now);
    while (auto carried = link_->take(now)) {
      more = true;
      if (carried->toward == sim::Toward::kPeer) {
        peer_->on_packet(carried->packet, now);
        notice(now);
        continue;
      }
      const packet::Image image = packet::decode(carried->packet);
      Path& path = session.connections.path_of(*session.connections.find(""));
      Connection& main = *session.connections.find("");
      if (image.tcp && (image.tcp->flags & scenario::kSyn) != 0) main.tester_isn = image.tcp->seq;
      path.used = true;
      if (!session.inject(std::move(carried->packet), image, numbering_in(main)).ok()) {
        session.note("the link could not hand a packet to the target");
      }
    }
  }
}

void PeerSteps::step(Session& session, const scenario::Step& step, const scenario::Peer& peer) {
  if (is_expectation(peer.action)) return expect(session, step, peer);
  session.act_at(planned(step.time, session.time_base(), session.target.now()));
  if (session.over()) return;
  act(session, step, peer);
  session.reference = target::Stamp::at(session.target.now());
}

void PeerSteps::act(Session& session, const scenario::Step& step, const scenario::Peer& peer) {
  const Instant now = session.target.now();
  const bool opens = peer.action == PeerAction::kConnect || peer.action == PeerAction::kListen;
  if (opens && opened_) return session.error(step, "the peer is open already");
  opened_ = opened_ || opens;
  switch (peer.action) {
    case PeerAction::kConnect:
      peer_->connect(now);
      break;
    case PeerAction::kListen:
      peer_->listen();
      break;
    case PeerAction::kSend:
      peer_->send(static_cast<std::uint64_t>(peer.count), now);
      break;
    case PeerAction::kShutdown:
      peer_->shutdown(now);
      break;
    case PeerAction::kClose:
      peer_->close(now);
      break;
    case PeerAction::kAbort:
      peer_->abort(now);
      break;
    case PeerAction::kExpectEstablished:
    case PeerAction::kExpectReceived:
    case PeerAction::kExpectEof:
    case PeerAction::kExpectClosed:
    case PeerAction::kExpectReset:
      break;
  }
  run(session);
  notice(now);
}

bool PeerSteps::holds(const scenario::Peer& peer) const {
  switch (peer.action) {
    case PeerAction::kExpectEstablished:
      return established_.has_value();
    case PeerAction::kExpectReceived:
      return peer_->received() >= static_cast<std::uint64_t>(peer.count);
    case PeerAction::kExpectEof:
      return eof_.has_value();
    case PeerAction::kExpectClosed:
      return closed_.has_value();
    case PeerAction::kExpectReset:
      return reset_.has_value();
    case PeerAction::kConnect:
    case PeerAction::kListen:
    case PeerAction::kSend:
    case PeerAction::kShutdown:
    case PeerAction::kClose:
    case PeerAction::kAbort:
      break;
  }
  return true;
}

void PeerSteps::expect(Session& session, const scenario::Step& step, const scenario::Peer& peer) {
  const TimeBase base = session.time_base();
  const Bounds window = bounds(step.time, base);
  while (!holds(peer) && !peer_->corrupt_at() && session.pump(window.upper)) {
  }
  if (session.over()) return;
  const target::Stamp now = target::Stamp::at(session.target.now());
  Mismatch mismatch;
  mismatch.allowed = wanted_text(peer) + ", " + describe(step.time, base);
  mismatch.actual = "at " + offset_text(now, session.reference) + ": " + peer_->status();
  if (peer_->corrupt_at()) {
    mismatch.differs =
        "octet " + std::to_string(*peer_->corrupt_at()) + " that the peer received is not the stream's";
    return session.fail(step, std::move(mismatch));
  }
  const auto count = static_cast<std::uint64_t>(peer.count);
  if (!holds(peer) || (peer.action == PeerAction::kExpectReceived && peer_->received() != count)) {
    mismatch.differs = holds(peer) ? "more octets than the target was given" : "it has not happened";
    return session.fail(step, std::move(mismatch));
  }
  const std::optional<Instant> when = peer.action == PeerAction::kExpectEstablished ? established_
                                      : peer.action == PeerAction::kExpectEof       ? eof_
                                      : peer.action == PeerAction::kExpectClosed    ? closed_
                                      : peer.action == PeerAction::kExpectReset     ? reset_
                                                                                    : std::nullopt;
  if (when && step.time.from > Duration() && window.too_early(target::Stamp::at(*when))) {
    mismatch.differs = "it happened too early";
    mismatch.timing = true;
    return session.fail(step, std::move(mismatch));
  }
  session.reference = now;
}

void PeerSteps::link_step(Session& session, const scenario::Step& step, const scenario::LinkRule& rule) {
  session.act_at(planned(step.time, session.time_base(), session.target.now()));
  if (session.over()) return;
  if (rule.fault == scenario::LinkFault::kClear) {
    link_->clear();
  } else {
    link_->add({fault_of(rule.fault), side_of(rule.side), rule.predicate, count_of(rule.first),
                count_of(rule.every), count_of(rule.percent), rule.delay});
  }
  session.reference = target::Stamp::at(session.target.now());
}

}  // namespace tcpspec::run
