#include "harness/run/outcome_codec.h"

#include <algorithm>
#include <utility>

#include "outcome.pb.h"

namespace tcpspec::run {
namespace {

std::string text_of(ByteView bytes) { return {bytes.begin(), bytes.end()}; }

void put(const TraceEvent& event, proto::TraceEvent& to) {
  to.set_kind(static_cast<std::uint32_t>(event.kind));
  to.set_earliest(event.at.earliest.nanos());
  to.set_latest(event.at.latest.nanos());
  to.set_step(event.step);
  to.set_packet(text_of(event.packet));
  to.set_text(event.text);
  to.set_matched(event.matched);
  to.set_failing(event.failing);
}

void put(const Failure& failure, proto::Failure& to) {
  to.set_file(failure.where.file);
  to.set_line(failure.where.line);
  to.set_column(failure.where.column);
  to.set_rule(failure.rule);
  for (const SourceLine& line : failure.script) {
    proto::SourceLine& entry = *to.add_script();
    entry.set_line(line.line);
    entry.set_text(line.text);
    entry.set_failing(line.failing);
  }
  to.set_allowed(failure.allowed);
  to.set_actual(failure.actual);
  to.set_differs(failure.differs);
  to.set_before(failure.before);
  for (const std::string& line : failure.last) to.add_last(line);
  to.set_timing(failure.timing);
}

void put(const Outcome& outcome, proto::Outcome& to) {
  to.set_verdict(static_cast<std::uint32_t>(outcome.verdict));
  if (outcome.failure) put(*outcome.failure, *to.mutable_failure());
  for (const std::string& reason : outcome.reasons) to.add_reasons(reason);
  to.set_elapsed(outcome.elapsed.count_nanos());
  for (const std::string& choice : outcome.choices) to.add_choices(choice);
  for (const TraceEvent& event : outcome.trace.events) put(event, *to.add_trace());
  to.set_attempts(outcome.attempts);
  to.set_details(outcome.details);
}

void put(const target::Profile& profile, proto::Profile& to) {
  to.set_name(profile.name);
  to.set_version(profile.version);
  to.set_setting(profile.setting);
  to.set_link(static_cast<std::uint32_t>(profile.link));
  to.set_clock(static_cast<std::uint32_t>(profile.clock));
  to.set_isolation(static_cast<std::uint32_t>(profile.isolation));
  to.set_synchronous_delivery(profile.synchronous_delivery);
  to.set_slack_absolute(profile.slack.absolute.count_nanos());
  to.set_slack_divisor(profile.slack.divisor);
  to.set_settle(profile.settle.count_nanos());
  to.set_min_rto(profile.min_rto.count_nanos());
  to.set_initial_rto(profile.initial_rto.count_nanos());
  to.set_msl(profile.msl.count_nanos());
  to.set_delayed_ack(profile.delayed_ack.count_nanos());
  to.set_request(profile.request);
  const auto put_pair = [](const auto& pair, proto::Pair& entry) {
    entry.set_key(pair.first);
    entry.set_value(pair.second);
  };
  for (const auto& choice : profile.choices) put_pair(choice, *to.add_choices());
  for (const auto& lack : profile.lacks) put_pair(lack, *to.add_lacks());
}

void put(const CaseBegins& begins, proto::Message& to) { to.mutable_begins()->set_index(begins.index); }
void put(const TraceEvent& event, proto::Message& to) { put(event, *to.mutable_event()); }
void put(const CaseEnds& ends, proto::Message& to) {
  to.mutable_ends()->set_index(ends.index);
  put(ends.outcome, *to.mutable_ends()->mutable_outcome());
  for (const Duration late : ends.lateness) to.mutable_ends()->add_lateness(late.count_nanos());
}
void put(const target::Profile& profile, proto::Message& to) { put(profile, *to.mutable_profile()); }
void put(const StartFailed& failed, proto::Message& to) { to.set_start_failed(failed.message); }
void put(const TargetUp&, proto::Message& to) { to.set_target_up(true); }

std::string framed(const proto::Message& message) {
  const std::size_t size = message.ByteSizeLong();
  std::string out;
  out.reserve(size + 4);
  for (unsigned shift = 0; shift < 32; shift += 8) out.push_back(static_cast<char>(size >> shift & 0xff));
  CHECK(message.AppendToString(&out));
  return out;
}

// ---- Back. A number outside its enum is rubbish, and makes the whole message so.

template <typename Enum>
bool get_enum(std::uint32_t raw, Enum last, Enum& to) {
  if (raw > static_cast<std::uint32_t>(last)) return false;
  to = static_cast<Enum>(raw);
  return true;
}

bool get(const proto::TraceEvent& from, TraceEvent& event) {
  event.at = {Instant::from_nanos(from.earliest()), Instant::from_nanos(from.latest())};
  event.step = from.step();
  event.packet.assign(from.packet().begin(), from.packet().end());
  event.text = from.text();
  event.matched = from.matched();
  event.failing = from.failing();
  return get_enum(from.kind(), TraceKind::kNote, event.kind);
}

Failure get(const proto::Failure& from) {
  Failure failure;
  failure.where = {from.file(), from.line(), from.column()};
  failure.rule = from.rule();
  for (const proto::SourceLine& line : from.script()) {
    failure.script.push_back({line.line(), line.text(), line.failing()});
  }
  failure.allowed = from.allowed();
  failure.actual = from.actual();
  failure.differs = from.differs();
  failure.before = from.before();
  failure.last.assign(from.last().begin(), from.last().end());
  failure.timing = from.timing();
  return failure;
}

bool get(const proto::Outcome& from, Outcome& outcome) {
  if (!get_enum(from.verdict(), Verdict::kUnexpectedPass, outcome.verdict)) return false;
  if (from.has_failure()) outcome.failure = get(from.failure());
  outcome.reasons.assign(from.reasons().begin(), from.reasons().end());
  outcome.elapsed = Duration::nanos(from.elapsed());
  outcome.choices.assign(from.choices().begin(), from.choices().end());
  outcome.attempts = from.attempts();
  outcome.details = from.details();
  outcome.trace.events.resize(static_cast<std::size_t>(from.trace_size()));
  for (int i = 0; i < from.trace_size(); ++i) {
    if (!get(from.trace(i), outcome.trace.events[static_cast<std::size_t>(i)])) return false;
  }
  return true;
}

bool get(const proto::Profile& from, target::Profile& profile) {
  profile.name = from.name();
  profile.version = from.version();
  profile.setting = from.setting();
  profile.synchronous_delivery = from.synchronous_delivery();
  profile.slack.absolute = Duration::nanos(from.slack_absolute());
  profile.slack.divisor = from.slack_divisor();
  profile.settle = Duration::nanos(from.settle());
  profile.min_rto = Duration::nanos(from.min_rto());
  profile.initial_rto = Duration::nanos(from.initial_rto());
  profile.msl = Duration::nanos(from.msl());
  profile.delayed_ack = Duration::nanos(from.delayed_ack());
  profile.request = from.request();
  for (const proto::Pair& pair : from.choices()) profile.choices[pair.key()] = pair.value();
  for (const proto::Pair& pair : from.lacks()) profile.lacks[pair.key()] = pair.value();
  return get_enum(from.link(), target::LinkKind::kEthernet, profile.link) &&
         get_enum(from.clock(), target::ClockKind::kReal, profile.clock) &&
         get_enum(from.isolation(), target::Isolation::kShared, profile.isolation);
}

std::optional<Message> get(const proto::Message& from) {
  switch (from.is_case()) {
    case proto::Message::kBegins:
      return CaseBegins{from.begins().index()};
    case proto::Message::kEvent: {
      TraceEvent event;
      if (!get(from.event(), event)) return std::nullopt;
      return event;
    }
    case proto::Message::kEnds: {
      CaseEnds ends;
      ends.index = from.ends().index();
      if (!get(from.ends().outcome(), ends.outcome)) return std::nullopt;
      for (const std::int64_t late : from.ends().lateness()) ends.lateness.push_back(Duration::nanos(late));
      return ends;
    }
    case proto::Message::kProfile: {
      target::Profile profile;
      if (!get(from.profile(), profile)) return std::nullopt;
      return profile;
    }
    case proto::Message::kStartFailed:
      return StartFailed{from.start_failed()};
    case proto::Message::kTargetUp:
      return TargetUp{};
    case proto::Message::IS_NOT_SET:
      break;
  }
  return std::nullopt;
}

}  // namespace

std::string encode_frame(const Message& message) {
  proto::Message wire;
  std::visit([&](const auto& value) { put(value, wire); }, message);
  return framed(wire);
}

std::string encode_frame(const TraceEvent& event) {
  proto::Message wire;
  put(event, wire);
  return framed(wire);
}

void FrameReader::feed(std::string_view bytes) {
  if (taken_ > buffer_.size() / 2) {
    buffer_.erase(0, taken_);
    taken_ = 0;
  }
  buffer_.append(bytes);
}

Result<std::optional<Message>> FrameReader::next() {
  const std::string_view rest = std::string_view(buffer_).substr(taken_);
  if (rest.size() < 4) return std::optional<Message>();
  std::size_t size = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    size |= static_cast<std::size_t>(static_cast<std::uint8_t>(rest[i])) << (8 * i);
  }
  if (size > kLongest) return Error{"a worker's message is too long"};
  if (rest.size() - 4 < size) return std::optional<Message>();
  proto::Message wire;
  const bool whole = wire.ParseFromArray(rest.data() + 4, static_cast<int>(size));
  taken_ += 4 + size;
  std::optional<Message> message = whole ? get(wire) : std::nullopt;
  if (!message) return Error{"a worker's message cannot be decoded"};
  return message;
}

}  // namespace tcpspec::run
