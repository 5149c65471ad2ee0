// The peer's program, on sim::Peer.
#include <algorithm>

#include "harness/interop/program.h"

namespace tcpspec::interop {

PeerProgram::PeerProgram(const Plan& plan, const Endpoint& own, const Endpoint& target)
    : plan_(plan), program_(plan.peer) {
  sim::PeerSetup setup = plan.peer_knobs;
  setup.local = own;
  setup.remote = target;
  setup.one_connection = true;
  setup.on_sent = [this](ByteView octets) { account_.sent_digest.add(octets); };
  setup.on_received = [this](ByteView octets) { account_.received_digest.add(octets); };
  peer_ = std::make_unique<sim::Peer>(setup);
}

void PeerProgram::start(Instant now) {
  if (program_.read_pause > Duration()) {
    allowed_ = program_.read_size;
    peer_->read_up_to(allowed_, now);
    next_read_ = now + program_.read_pause;
  }
  if (plan_.opening == Opening::kTarget) {
    peer_->listen();
  } else {
    peer_->connect(now);
  }
}

void PeerProgram::step(Instant now) {
  if (account_.ended) return;
  if (now >= next_read_) {
    // A read takes what is there, at most so much.
    allowed_ = peer_->received() + program_.read_size;
    next_read_ = now + program_.read_pause;
    peer_->read_up_to(allowed_, now);
  }
  account_.established = peer_->established();
  account_.sent = account_.offered = peer_->sent();
  account_.received = peer_->received();
  account_.bad_at = peer_->corrupt_at();
  account_.eof = peer_->eof();
  if (peer_->reset() || peer_->timed_out()) {
    account_.error = peer_->reset() ? "reset" : "timed out";
    account_.ended = true;
    return;
  }
  if (!account_.established) return;
  send_more(now);
  end_side(now);
}

void PeerProgram::send_more(Instant now) {
  while (given_ < program_.sends && (!program_.after_end || account_.eof) && now >= next_write_) {
    const bool paced = program_.write_pause > Duration();
    const std::uint64_t left = program_.sends - given_;
    const std::uint64_t part = paced ? std::min<std::uint64_t>(left, program_.write_size) : left;
    given_ += part;
    if (paced) next_write_ = now + program_.write_pause;
    peer_->send(part, now);
  }
  account_.sent = account_.offered = peer_->sent();
}

void PeerProgram::end_side(Instant now) {
  if (given_ < program_.sends || now - Instant() < program_.not_before) return;
  const bool all_taken = account_.sent == program_.sends;
  switch (program_.ending) {
    case Ending::kShutdown:
      if (program_.after_end && !account_.eof) return;
      if (!shut_) {
        shut_ = true;
        peer_->shutdown(now);
      }
      account_.ended = account_.eof && all_taken;
      return;
    case Ending::kClose:
      if (!all_taken || account_.received < plan_.target.sends) return;
      peer_->release(now);
      account_.ended = true;
      return;
    case Ending::kCloseNow:
    case Ending::kAbort:
      if (!all_taken) return;
      account_.left = account_.ended = true;
      if (program_.ending == Ending::kAbort) {
        peer_->abort(now);
      } else {
        peer_->release(now);
      }
      return;
  }
}

void PeerProgram::give_up(Instant now) {
  if (account_.ended) return;
  account_.gave_up = account_.ended = true;
  peer_->abort(now);
}

Instant PeerProgram::next_deadline(Instant now) const {
  if (account_.ended) return Instant::never();
  Instant next = Instant::never();
  for (const Instant when : {next_read_, next_write_, Instant() + program_.not_before}) {
    if (when > now) next = std::min(next, when);
  }
  return next;
}

std::string PeerProgram::status() const {
  return peer_->status() + (account_.error.empty() ? "" : ", told " + account_.error);
}

}  // namespace tcpspec::interop
