#include "harness/run/calls.h"

#include <algorithm>

#include <fmt/format.h>

#include "harness/packet/stream.h"
#include "harness/run/call_text.h"
#include "harness/run/session.h"

namespace tcpspec::run {
namespace {

using target::CallKind;

// In real time a call that does not block may still take a while to come back; in virtual time it takes none.
constexpr Duration kCallPatience = Duration::seconds(1);

std::optional<std::int64_t> script_number(const Session& session,
                                          const std::optional<scenario::Value>& value) {
  if (!value) return std::nullopt;
  const auto* number = std::get_if<scenario::Number>(&value->is);
  if (number == nullptr) return std::nullopt;
  const Result<std::int64_t> got = session.connections.value(*number);
  return got.ok() ? std::optional<std::int64_t>(*got) : std::nullopt;
}

bool makes_descriptor(const MadeCall& made) {
  return made.call.kind == CallKind::kSocket || made.call.kind == CallKind::kAccept;
}

std::string expected_text(const Session& session, const scenario::Call& call) {
  const std::optional<std::int64_t> value = script_number(session, call.result);
  std::string text = value ? std::to_string(*value) : "any result";
  if (!call.error.empty()) text += " " + call.error;
  return text;
}

}  // namespace

// The call as the reader wrote it.
std::string Calls::text_of(const scenario::Step& step, const scenario::Call& call) const {
  const std::size_t start = step.text.find(call.name + "(");
  if (start == std::string::npos) return call.name + "()";
  int depth = 0;
  for (std::size_t i = start + call.name.size(); i < step.text.size(); ++i) {
    if (step.text[i] == '(') ++depth;
    if (step.text[i] == ')' && --depth == 0) return step.text.substr(start, i + 1 - start);
  }
  return step.text.substr(start);
}

int Calls::handle() const {
  for (auto d = descriptors_.rbegin(); d != descriptors_.rend(); ++d) {
    if (d->second.accepted_from || d->second.connected) return d->second.handle;
  }
  return -1;
}

// A descriptor that a blocking accept is about to give: in real time it may come a moment after the packet
// did.
void Calls::wait_for_descriptor(Session& session, std::int64_t descriptor) {
  const auto gives_it = [&](const UnderWay& call) {
    return !call.result && makes_descriptor(call.made) &&
           script_number(session, call.call->result) == descriptor;
  };
  const auto giver = std::ranges::find_if(under_way_, gives_it);
  if (descriptors_.contains(descriptor) || giver == under_way_.end()) return;
  const Instant deadline = giver->return_by ? giver->return_by->upper : session.target.now();
  while (!descriptors_.contains(descriptor) && session.pump(deadline)) {
  }
}

void Calls::step(Session& session, const scenario::Step& step, const scenario::Call& call) {
  session.act_at(planned(step.time, session.time_base(), session.target.now()));
  if (session.over()) return;
  UnderWay mine;
  mine.step = &step;
  mine.call = &call;
  mine.text = text_of(step, call);
  const auto lookup = [&](std::int64_t descriptor) {
    wait_for_descriptor(session, descriptor);
    mine.descriptor = descriptor;
    const auto found = descriptors_.find(descriptor);
    if (found == descriptors_.end()) return DescriptorView{};
    return DescriptorView{found->second.handle, found->second.written, found->second.non_blocking};
  };
  Result<MadeCall> made = make_call(call, session.connections, session.scenario.ip, lookup);
  if (!made.ok()) return session.error(step, made.error());
  mine.made = std::move(*made);
  if (mine.made.is_get_flags) return get_flags(session, mine);
  if (step.time.blocks_until) {
    mine.return_by = return_bounds(step.time, session.time_base());
    mine.return_text = "by " + to_string(mine.return_by->upper - session.start.latest) + " s from the start";
  }
  const bool blocks = step.time.blocks_until.has_value();
  UnderWay& begun = begin(session, std::move(mine));
  if (!blocks) return await(session, begun.id);
  session.reference = begun.began;
}

Calls::UnderWay& Calls::begin(Session& session, UnderWay call) {
  const Instant before = session.target.now();
  session.record(TraceKind::kCallBegin, target::Stamp::at(before), call.text);
  call.id = session.target.begin(call.made.call);
  call.began = {before, session.target.now()};
  under_way_.push_back(std::move(call));
  return under_way_.back();
}

void Calls::await(Session& session, const target::CallId& id) {
  const Instant limit = session.target.now() + (session.is_virtual() ? Duration() : kCallPatience);
  const auto mine = [&] { return std::ranges::find(under_way_, id, &UnderWay::id); };
  const target::CallId wanted = id;
  while (mine() != under_way_.end() && !mine()->result && session.pump(limit)) {
  }
  const auto found = std::ranges::find(under_way_, wanted, &UnderWay::id);
  if (session.over() || found == under_way_.end()) return;
  const UnderWay call = std::move(*found);
  under_way_.erase(found);
  if (!call.result) {
    session.target.cancel(wanted);
    return overdue(session, call);
  }
  session.reference = {call.began.earliest, call.returned.latest};
  judge(session, call);
  if (session.over() || !call.made.non_blocking_socket || call.result->value < 0) return;
  UnderWay flags;
  flags.step = call.step;
  static const scenario::Call kUnchecked;
  flags.call = &kUnchecked;
  flags.text = call.text + ": O_NONBLOCK";
  flags.descriptor = script_number(session, call.call->result).value_or(call.result->value);
  flags.made.call.kind = CallKind::kFcntl;
  flags.made.call.handle = static_cast<int>(call.result->value);
  flags.made.call.value = 1;
  const target::CallId next = begin(session, std::move(flags)).id;
  await(session, next);
}

void Calls::on_done(Session& session, const target::CallDone& done, const target::Stamp& at) {
  const auto found = std::ranges::find(under_way_, done.call, &UnderWay::id);
  if (found == under_way_.end()) return;
  found->result = done.result;
  found->began = done.began;
  found->returned = at;
  session.record(TraceKind::kCallEnd, at, found->text + " = " + result_text(done.result));
  learn(session, *found);
}

// What a finished call changes about the descriptors.
void Calls::learn(Session& session, const UnderWay& call) {
  const target::CallResult& result = *call.result;
  if (makes_descriptor(call.made)) {
    if (result.value < 0) return;
    const std::int64_t number = script_number(session, call.call->result).value_or(result.value);
    Descriptor fresh;
    fresh.handle = static_cast<int>(result.value);
    if (call.made.call.kind == CallKind::kAccept) fresh.accepted_from = result.peer;
    descriptors_[number] = fresh;
    return;
  }
  const auto found = descriptors_.find(call.descriptor);
  if (found == descriptors_.end()) return;
  Descriptor& descriptor = found->second;
  if (call.made.call.kind == CallKind::kConnect && !descriptor.connected) descriptor.connected = connects_++;
  if (result.value < 0) return;
  if (call.made.call.kind == CallKind::kFcntl) descriptor.non_blocking = call.made.call.value != 0;
  if (call.made.call.kind == CallKind::kWrite) descriptor.written += static_cast<std::uint64_t>(result.value);
}

bool Calls::right_value(const Session& session, const UnderWay& call, Mismatch& mismatch) const {
  const target::CallResult& result = *call.result;
  const std::optional<std::int64_t> wanted = script_number(session, call.call->result);
  if (wanted && makes_descriptor(call.made)) {
    // Numbers of descriptors are the script's own; only success is compared.
    if ((*wanted >= 0) != (result.value >= 0)) mismatch.differs = "the result";
  } else if (wanted && *wanted != result.value) {
    mismatch.differs = "the result";
  }
  if (mismatch.differs.empty() && !call.call->error.empty() && call.call->error != result.error) {
    mismatch.differs = "the error";
  }
  if (mismatch.differs.empty() && call.made.expected_option && result.value >= 0 &&
      *call.made.expected_option != result.option) {
    mismatch.differs =
        fmt::format("the option's value is {} instead of {}", result.option, *call.made.expected_option);
  }
  return mismatch.differs.empty();
}

void Calls::judge(Session& session, const UnderWay& call) {
  Mismatch mismatch;
  mismatch.allowed = call.text + " = " + expected_text(session, *call.call);
  mismatch.actual =
      result_text(*call.result) + " at " + offset_text(call.returned, session.start) + " from the start";
  if (!right_value(session, call, mismatch)) return session.fail(*call.step, std::move(mismatch));
  if (call.return_by &&
      (call.return_by->too_early(call.returned) || call.return_by->too_late(call.returned))) {
    mismatch.allowed += ", " + call.return_text;
    mismatch.differs = call.return_by->too_late(call.returned) ? "the call returned too late"
                                                               : "the call returned too early";
    mismatch.timing = true;
    return session.fail(*call.step, std::move(mismatch));
  }
  if (call.made.call.kind == CallKind::kRead && call.result->value > 0) judge_read(session, call);
  const auto found = descriptors_.find(call.descriptor);
  if (call.made.explicit_data && found != descriptors_.end()) {
    // What the target now sends is no longer the pattern.
    for (Path& path : session.connections.paths()) {
      if (&path == path_of(session, found->second)) path.pattern_out = false;
    }
  }
}

const Path* Calls::path_of(Session& session, const Descriptor& descriptor) const {
  if (descriptor.accepted_from) return session.connections.by_tester(*descriptor.accepted_from);
  if (!descriptor.connected) return nullptr;
  std::size_t nth = 0;
  for (const Path& path : session.connections.paths()) {
    if (path.tester.port == session.connections.place().service_port && nth++ == *descriptor.connected)
      return &path;
  }
  return nullptr;
}

void Calls::judge_read(Session& session, const UnderWay& call) {
  const auto found = descriptors_.find(call.descriptor);
  if (found == descriptors_.end()) return;
  Descriptor& descriptor = found->second;
  const Bytes& data = call.result->data;
  const Path* path = path_of(session, descriptor);
  const std::uint64_t offset = descriptor.read;
  if (!call.made.call.peek) descriptor.read += data.size();
  if (path == nullptr || session.is_script()) return;  // packetdrill does not look at the octets
  const std::size_t good =
      path->to_peer ? packet::stream_mismatch(offset, data) : unsent_octet(*path, offset, data);
  if (good == data.size()) return;
  Mismatch mismatch;
  mismatch.allowed = "the octets that were sent to it";
  mismatch.actual = fmt::format("{} = {}, octet {} of the stream is 0x{:02x}", call.text, data.size(),
                                offset + good, data[good]);
  mismatch.differs = fmt::format("octet {} of the stream was never sent with this value", offset + good);
  session.fail(*call.step, std::move(mismatch));
}

void Calls::get_flags(Session& session, const UnderWay& call) {
  constexpr std::int64_t kReadWrite = 2, kNonBlocking = 04000;
  const auto found = descriptors_.find(call.descriptor);
  UnderWay done = call;
  done.result.emplace();
  done.result->value =
      found == descriptors_.end() ? -1 : kReadWrite | (found->second.non_blocking ? kNonBlocking : 0);
  if (found == descriptors_.end()) done.result->error = "EBADF";
  done.began = done.returned = target::Stamp::at(session.target.now());
  session.reference = done.began;
  judge(session, done);
}

void Calls::overdue(Session& session, const UnderWay& call) {
  Mismatch mismatch;
  mismatch.allowed = call.text + " = " + expected_text(session, *call.call) +
                     (call.return_text.empty() ? "" : ", " + call.return_text);
  mismatch.actual = "the call has not returned";
  mismatch.differs = "the call blocks";
  session.fail(*call.step, std::move(mismatch));
}

void Calls::judge_returned(Session& session) {
  for (std::size_t i = 0; i < under_way_.size() && !session.over();) {
    UnderWay& call = under_way_[i];
    const bool late = call.return_by && session.target.now() > call.return_by->upper;
    if (!call.result && !late) {
      ++i;
      continue;
    }
    const UnderWay taken = std::move(call);
    under_way_.erase(under_way_.begin() + static_cast<std::ptrdiff_t>(i));
    if (taken.result) {
      judge(session, taken);
    } else {
      overdue(session, taken);
    }
  }
}

void Calls::finish(Session& session) {
  while (!under_way_.empty() && !session.over()) {
    const UnderWay& oldest = under_way_.front();
    const Instant deadline = oldest.return_by ? oldest.return_by->upper : session.target.now();
    if (!oldest.result && session.pump(deadline)) continue;
    if (session.over()) return;
    const UnderWay taken = std::move(under_way_.front());
    under_way_.pop_front();
    if (taken.result) {
      judge(session, taken);
    } else {
      overdue(session, taken);
    }
  }
}

std::size_t unsent_octet(const Path& path, std::uint64_t offset, ByteView data) {
  std::size_t at = 0;
  while (at < data.size()) {
    const auto position = static_cast<std::uint32_t>(offset + at);
    std::size_t run = 0;  // the most octets that one piece of ours explains
    for (const SentOctets& piece : path.sent) {
      const std::uint32_t skip = position - piece.offset;
      if (skip >= piece.length) continue;
      const std::size_t most = std::min<std::size_t>(piece.length - skip, data.size() - at);
      const ByteView part = data.subspan(at, most);
      std::size_t same = 0;
      if (piece.octets.empty()) {
        same = packet::stream_mismatch(position, part);
      } else {
        while (same < most && part[same] == piece.octets[skip + same]) ++same;
      }
      run = std::max(run, same);
    }
    if (run == 0) return at;
    at += run;
  }
  return at;
}

}  // namespace tcpspec::run
