// The target's program: blocking socket calls, at most one read and one write under way.
#include <algorithm>
#include <utility>

#include "harness/interop/program.h"
#include "harness/packet/stream.h"

namespace tcpspec::interop {
namespace {

constexpr std::size_t kOctetsAhead = 256 * 1024;

target::SocketCall option(target::SocketOption name, std::int64_t value, std::int64_t value2 = 0) {
  target::SocketCall call;
  call.kind = target::CallKind::kSetOption;
  call.option = name;
  call.value = value;
  call.value2 = value2;
  return call;
}

}  // namespace

TargetProgram::TargetProgram(const Plan& plan, target::Target& target, const Endpoint& own,
                             const Endpoint& peer)
    : plan_(plan), program_(plan.target), target_(target), own_(own), peer_(peer) {}

target::CallId TargetProgram::call(const target::SocketCall& what) {
  const target::CallId id = target_.begin(what);
  made_.emplace(id, Made{what.kind, what.urgent});
  return id;
}

target::SocketCall TargetProgram::on_socket(Kind kind) const {
  target::SocketCall what;
  what.kind = kind;
  what.handle = handle_;
  return what;
}

void TargetProgram::start() {
  target::SocketCall what;
  what.ip = plan_.ip;
  prelude_.push_back(option(target::SocketOption::kReuseAddr, 1));
  prelude_.insert(prelude_.end(), plan_.target_options.begin(), plan_.target_options.end());
  if (plan_.opening != Opening::kTarget) {
    prelude_.push_back(on_socket(Kind::kBind));
    prelude_.back().address = own_;
  }
  prelude_.push_back(on_socket(plan_.opening == Opening::kPeer ? Kind::kListen : Kind::kConnect));
  prelude_.back().address = peer_;
  prelude_.back().backlog = 1;
  if (plan_.opening == Opening::kPeer) prelude_.push_back(on_socket(Kind::kAccept));
  call(what);
}

void TargetProgram::next_of_prelude() {
  target::SocketCall what = std::move(prelude_.front());
  prelude_.pop_front();
  what.handle = handle_;
  // The last one waits for the peer, which may now begin.
  if (prelude_.empty()) listening_ = true;
  call(what);
}

bool TargetProgram::done(const target::CallDone& done) {
  const auto found = made_.find(done.call);
  if (found == made_.end()) return false;
  const Made made = found->second;
  made_.erase(found);
  const target::CallResult& result = done.result;
  switch (made.kind) {
    case Kind::kSocket:
    case Kind::kBind:
    case Kind::kListen:
    case Kind::kSetOption:
      if (closing_) break;
      if (result.value < 0) {
        trouble_ = "a call that prepares the connection failed: " + result.error;
        account_.ended = true;
        break;
      }
      if (made.kind == Kind::kSocket) handle_ = static_cast<int>(result.value);
      next_of_prelude();
      break;
    case Kind::kAccept:
    case Kind::kConnect:
      opened(result, made.kind);
      break;
    case Kind::kRead:
      read_done(result);
      break;
    case Kind::kWrite:
      write_done(result, made.urgent);
      break;
    case Kind::kShutdown:
      if (result.value < 0) fail(result.error);
      break;
    case Kind::kClose:
      account_.ended = account_.ended || (closing_ && listener_ < 0);
      listener_ = -1;
      break;
    case Kind::kGetOption:
    case Kind::kFcntl:
      break;
  }
  flow();
  return true;
}

void TargetProgram::opened(const target::CallResult& result, Kind kind) {
  if (result.value < 0) return fail(result.error);
  connected_ = account_.established = true;
  if (kind != Kind::kAccept) return;
  listener_ = std::exchange(handle_, static_cast<int>(result.value));
  target::SocketCall what;
  what.kind = Kind::kClose;
  what.handle = listener_;
  call(what);
}

void TargetProgram::read_done(const target::CallResult& result) {
  reading_.reset();
  if (result.value < 0) return fail(result.error);
  if (result.data.empty()) {
    account_.eof = true;
    return;
  }
  const std::size_t good = packet::stream_mismatch(account_.received, result.data);
  if (good < result.data.size() && !account_.bad_at) account_.bad_at = account_.received + good;
  account_.received += result.data.size();
  account_.received_digest.add(result.data);
  next_read_ = target_.now() + program_.read_pause;
}

void TargetProgram::write_done(const target::CallResult& result, bool urgent) {
  writing_.reset();
  if (urgent && result.error == "EOPNOTSUPP") {
    urgent_refused_ = true;  // the same octets again, as ordinary ones
    return;
  }
  if (result.value < 0) return fail(result.error);
  const auto accepted = std::min(static_cast<std::size_t>(result.value), asked_);
  account_.sent_digest.add(
      ByteView(ahead_).subspan(static_cast<std::size_t>(account_.sent - ahead_at_), accepted));
  account_.sent += accepted;
  next_write_ = target_.now() + program_.write_pause;
}

// The connection has ended with an error, or another call will tell so too.
void TargetProgram::fail(const std::string& error) {
  if (account_.error.empty()) account_.error = error;
  close(false);
}

void TargetProgram::close(bool abort) {
  if (closing_) return;
  closing_ = true;
  for (auto& waiting : {std::exchange(reading_, std::nullopt), std::exchange(writing_, std::nullopt)}) {
    if (!waiting) continue;
    target_.cancel(*waiting);
    made_.erase(*waiting);
  }
  if (abort) {
    target::SocketCall linger = option(target::SocketOption::kLinger, 1, 0);
    linger.handle = handle_;
    (void)target_.begin(linger);
  }
  call(on_socket(Kind::kClose));
}

void TargetProgram::give_up() {
  if (account_.ended || closing_) return;
  account_.gave_up = true;
  std::erase_if(made_, [&](const auto& made) {
    const bool waits = made.second.kind == Kind::kAccept || made.second.kind == Kind::kConnect;
    if (waits) target_.cancel(made.first);
    return waits;
  });
  close(connected_);
}

bool TargetProgram::may_send() const {
  return account_.sent < program_.sends && (!program_.after_end || account_.eof);
}

void TargetProgram::step() { flow(); }

void TargetProgram::flow() {
  if (!connected_ || closing_ || account_.ended) return;
  const Instant now = target_.now();
  read_more(now);
  if (!closing_) write_more(now);
  if (!closing_) end_side(now);
}

void TargetProgram::read_more(Instant now) {
  if (reading_ || account_.eof || now < next_read_) return;
  const bool has_all = account_.received >= plan_.peer.sends && !program_.after_end;
  if (program_.ending == Ending::kClose && has_all) return;
  target::SocketCall what = on_socket(Kind::kRead);
  what.count = static_cast<std::int64_t>(program_.read_size);
  reading_ = call(what);
}

void TargetProgram::write_more(Instant now) {
  if (writing_ || !may_send() || now < next_write_) return;
  const std::uint64_t left = program_.sends - account_.sent;
  asked_ = static_cast<std::size_t>(std::min<std::uint64_t>(left, program_.write_size));
  if (account_.sent < ahead_at_ || account_.sent + asked_ > ahead_at_ + ahead_.size()) {
    ahead_ = packet::stream(
        account_.sent,
        std::max(asked_, static_cast<std::size_t>(std::min<std::uint64_t>(left, kOctetsAhead))));
    ahead_at_ = account_.sent;
  }
  const auto from = ahead_.begin() + static_cast<std::ptrdiff_t>(account_.sent - ahead_at_);
  target::SocketCall what = on_socket(Kind::kWrite);
  what.data.assign(from, from + static_cast<std::ptrdiff_t>(asked_));
  what.urgent = !urgent_refused_ && program_.urgent_at && *program_.urgent_at >= account_.sent &&
                *program_.urgent_at < account_.sent + asked_;
  account_.offered = account_.sent + asked_;
  writing_ = call(what);
}

void TargetProgram::end_side(Instant now) {
  const bool all_sent = account_.sent == program_.sends && !writing_;
  if (!all_sent || now - Instant() < program_.not_before) return;
  switch (program_.ending) {
    case Ending::kShutdown:
      if (program_.after_end && !account_.eof) return;
      if (!shut_) {
        shut_ = true;
        call(on_socket(Kind::kShutdown));
      }
      if (account_.eof) close(false);
      return;
    case Ending::kClose:
      if (account_.received >= plan_.peer.sends) close(false);
      return;
    case Ending::kCloseNow:
    case Ending::kAbort:
      account_.left = true;
      close(program_.ending == Ending::kAbort);
      return;
  }
}

Instant TargetProgram::next_deadline(Instant now) const {
  if (!connected_ || closing_ || account_.ended) return Instant::never();
  Instant next = Instant::never();
  for (const Instant when : {next_read_, next_write_, Instant() + program_.not_before}) {
    if (when > now) next = std::min(next, when);
  }
  return next;
}

std::string TargetProgram::status() const {
  std::string text;
  if (!connected_) {
    text = account_.ended ? "never opened" : "opening";
  } else {
    const auto state = closing_ ? Result<target::Value>(Error{"closed by its program"})
                                : target_.query({target::QueryKind::kState, handle_});
    const auto* name = state.ok() ? std::get_if<std::string>(&*state) : nullptr;
    text = name != nullptr ? *name : state.ok() ? "?" : state.error();
  }
  text += ", sent " + std::to_string(account_.sent) + " of " + std::to_string(program_.sends) +
          ", received " + std::to_string(account_.received);
  if (account_.eof) text += ", end of file";
  if (!account_.error.empty()) text += ", told " + account_.error;
  if (reading_) text += ", reading";
  if (writing_) text += ", writing";
  return text;
}

}  // namespace tcpspec::interop
