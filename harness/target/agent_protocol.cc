#include "harness/target/agent_protocol.h"

#include <fmt/format.h>

#include "harness/target/agent_wire.h"

namespace tcpspec::target {
namespace {

// A field that no message of any version has.
constexpr int kNobodysField = 1000;

template <typename... Cases>
struct Overload : Cases... {
  using Cases::operator()...;
};
template <typename... Cases>
Overload(Cases...) -> Overload<Cases...>;

Bytes frame(const google::protobuf::MessageLite& message) {
  const std::string body = message.SerializeAsString();
  Bytes out;
  out.reserve(4 + body.size());
  append_be32(out, static_cast<std::uint32_t>(body.size()));
  out.insert(out.end(), body.begin(), body.end());
  return out;
}

void put_start(pb::Start& to, const AgentStart& from) {
  to.set_case_id(from.case_id);
  to.set_ip(from.ip == IpVersion::kV4 ? pb::IP_V4 : pb::IP_V6);
  to.set_target(octets(from.target.bytes()));
  to.set_tester(octets(from.tester.bytes()));
  to.set_mtu(from.mtu);
  to.set_seed(from.seed);
  to.mutable_policies()->insert(from.policies.begin(), from.policies.end());
}

Result<AgentRequest> take_start(const pb::Start& from) {
  const std::size_t size = from.ip() == pb::IP_V6 ? 16 : 4;
  if (from.target().size() != size || from.tester().size() != size)
    return Error{"a Start whose addresses are not of its IP version"};
  AgentStart to;
  to.case_id = from.case_id();
  to.ip = from.ip() == pb::IP_V6 ? IpVersion::kV6 : IpVersion::kV4;
  to.target = IpAddress::from_bytes(bytes_of(from.target()));
  to.tester = IpAddress::from_bytes(bytes_of(from.tester()));
  to.mtu = static_cast<std::uint16_t>(from.mtu());
  to.seed = from.seed();
  to.policies.insert(from.policies().begin(), from.policies().end());
  return AgentRequest(std::move(to));
}

Result<AgentRequest> body_of(const pb::Request& message) {
  switch (message.body_case()) {
    case pb::Request::kCall:
      return take(message.call());
    case pb::Request::kCancel:
      return AgentRequest(AgentCancel{message.cancel().id()});
    case pb::Request::kShutdown:
      return AgentRequest(AgentShutdown{});
    case pb::Request::kGreeting:
      return AgentRequest(AgentGreeting{message.greeting().version(), bytes_of(message.greeting().token())});
    case pb::Request::kStart:
      return take_start(message.start());
    case pb::Request::kEnd:
      return AgentRequest(AgentEnd{});
    case pb::Request::kInject:
      return AgentRequest(AgentInject{bytes_of(message.inject().packet())});
    case pb::Request::kQuery:
      return AgentRequest(AgentQuery{message.query().handle()});
    case pb::Request::kAdvance:
      return AgentRequest(AgentAdvance{message.advance().until()});
    case pb::Request::BODY_NOT_SET:
      break;
  }
  return AgentRequest(AgentUnknown{});
}

Result<AgentReport> body_of(const pb::Report& message) {
  switch (message.body_case()) {
    case pb::Report::kHello:
      return take(message.hello());
    case pb::Report::kCompletion:
      return take(message.completion());
    case pb::Report::kStarted:
      return AgentReport(AgentStarted{message.started().at()});
    case pb::Report::kEnded:
      return AgentReport(AgentEnded{});
    case pb::Report::kInjected:
      return AgentReport(AgentInjected{message.injected().earliest(), message.injected().latest()});
    case pb::Report::kPacket:
      return AgentReport(AgentPacket{bytes_of(message.packet().packet()), message.packet().at()});
    case pb::Report::kValue:
      return AgentReport(AgentValue{message.value().text()});
    case pb::Report::kAdvanced:
      return AgentReport(AgentAdvanced{message.advanced().now()});
    case pb::Report::kUnsupported:
      return AgentReport(AgentUnsupported{message.unsupported().what()});
    case pb::Report::kFailed:
      return AgentReport(AgentFailed{message.failed().why()});
    case pb::Report::BODY_NOT_SET:
      break;
  }
  return Error{"a Report of no kind that this version of the agent protocol knows"};
}

}  // namespace

Bytes encode(const AgentRequest& request, std::uint64_t id) {
  pb::Request message;
  message.set_id(id);
  std::visit(
      Overload{
          [&](const AgentCall& call) { put(*message.mutable_call(), call); },
          [&](const AgentCancel& cancel) { message.mutable_cancel()->set_id(cancel.id); },
          [&](const AgentShutdown&) { message.mutable_shutdown(); },
          [&](const AgentGreeting& greeting) {
            message.mutable_greeting()->set_version(greeting.version);
            message.mutable_greeting()->set_token(octets(greeting.token));
          },
          [&](const AgentStart& start) { put_start(*message.mutable_start(), start); },
          [&](const AgentEnd&) { message.mutable_end(); },
          [&](const AgentInject& inject) { message.mutable_inject()->set_packet(octets(inject.packet)); },
          [&](const AgentQuery& query) { message.mutable_query()->set_handle(query.handle); },
          [&](const AgentAdvance& advance) { message.mutable_advance()->set_until(advance.until); },
          [&](const AgentUnknown&) {
            // The generated code keeps fields that it does not know as the octets they came in.
            pb::Request strange;
            const Bytes field{0xc2, 0x3e, 0x00};  // field 1000, length-delimited, empty
            static_assert((kNobodysField << 3 | 2) == (0x42 | 0x3e << 7));
            if (strange.ParseFromArray(field.data(), static_cast<int>(field.size())))
              message.MergeFrom(strange);
          },
      },
      request);
  return frame(message);
}

Bytes encode(const AgentReport& report, std::uint64_t id) {
  pb::Report message;
  message.set_id(id);
  std::visit(Overload{
                 [&](const AgentHello& hello) { put(*message.mutable_hello(), hello); },
                 [&](const AgentCompletion& done) { put(*message.mutable_completion(), done); },
                 [&](const AgentStarted& started) { message.mutable_started()->set_at(started.at); },
                 [&](const AgentEnded&) { message.mutable_ended(); },
                 [&](const AgentInjected& injected) {
                   message.mutable_injected()->set_earliest(injected.earliest);
                   message.mutable_injected()->set_latest(injected.latest);
                 },
                 [&](const AgentPacket& packet) {
                   message.mutable_packet()->set_packet(octets(packet.packet));
                   message.mutable_packet()->set_at(packet.at);
                 },
                 [&](const AgentValue& value) { message.mutable_value()->set_text(value.text); },
                 [&](const AgentAdvanced& advanced) { message.mutable_advanced()->set_now(advanced.now); },
                 [&](const AgentUnsupported& unsupported) {
                   message.mutable_unsupported()->set_what(unsupported.what);
                 },
                 [&](const AgentFailed& failed) { message.mutable_failed()->set_why(failed.why); },
             },
             report);
  return frame(message);
}

Result<NumberedRequest> decode_request(ByteView bytes) {
  pb::Request message;
  if (!message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())))
    return Error{"not a Request of the agent protocol"};
  Result<AgentRequest> body = body_of(message);
  if (!body) return Error{body.error()};
  return NumberedRequest{message.id(), std::move(*body)};
}

Result<NumberedReport> decode_report(ByteView bytes) {
  pb::Report message;
  if (!message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())))
    return Error{"not a Report of the agent protocol"};
  Result<AgentReport> body = body_of(message);
  if (!body) return Error{body.error()};
  return NumberedReport{message.id(), std::move(*body)};
}

std::string to_text(const NumberedRequest& request) {
  const std::string what = std::visit(
      Overload{
          [](const AgentCall& call) {
            return fmt::format("call {} of kind {}", call.id, static_cast<int>(call.call.kind));
          },
          [](const AgentCancel& cancel) { return fmt::format("cancel call {}", cancel.id); },
          [](const AgentShutdown&) { return std::string("shutdown"); },
          [](const AgentGreeting& greeting) { return fmt::format("greeting, version {}", greeting.version); },
          [](const AgentStart& start) { return fmt::format("start of {}", start.case_id); },
          [](const AgentEnd&) { return std::string("end"); },
          [](const AgentInject& inject) { return fmt::format("inject, {} octets", inject.packet.size()); },
          [](const AgentQuery& query) { return fmt::format("query of handle {}", query.handle); },
          [](const AgentAdvance& advance) { return fmt::format("advance until {} ns", advance.until); },
          [](const AgentUnknown&) { return std::string("a request that nobody can know"); },
      },
      request.body);
  return fmt::format("#{} {}", request.id, what);
}

std::string to_text(const NumberedReport& report) {
  const std::string what = std::visit(
      Overload{
          [](const AgentHello& hello) {
            return fmt::format("hello, version {}, {}", hello.version, hello.profile.name);
          },
          [](const AgentCompletion& done) {
            return fmt::format("call {} returned {} {}", done.id, done.result.value, done.result.error);
          },
          [](const AgentStarted& started) { return fmt::format("started at {} ns", started.at); },
          [](const AgentEnded&) { return std::string("ended"); },
          [](const AgentInjected& injected) { return fmt::format("injected by {} ns", injected.latest); },
          [](const AgentPacket& packet) {
            return fmt::format("packet of {} octets at {} ns", packet.packet.size(), packet.at);
          },
          [](const AgentValue& value) { return fmt::format("value {}", value.text); },
          [](const AgentAdvanced& advanced) { return fmt::format("advanced to {} ns", advanced.now); },
          [](const AgentUnsupported& unsupported) {
            return fmt::format("unsupported: {}", unsupported.what);
          },
          [](const AgentFailed& failed) { return fmt::format("failed: {}", failed.why); },
      },
      report.body);
  return report.id == 0 ? what : fmt::format("#{} {}", report.id, what);
}

void FrameReader::append(ByteView bytes) { tcpspec::append(buffer_, bytes); }

Result<std::optional<Bytes>> FrameReader::next() {
  if (buffer_.size() < 4) return std::optional<Bytes>();
  const std::size_t length = load_be32(buffer_, 0);
  if (length > kLargestFrame) {
    return Error{fmt::format(
        "a frame longer than the agent protocol permits (its length, {:02x} {:02x} {:02x} {:02x}, is read "
        "big-endian)",
        buffer_[0], buffer_[1], buffer_[2], buffer_[3])};
  }
  if (buffer_.size() < 4 + length) return std::optional<Bytes>();
  const auto begin = buffer_.begin() + 4;
  const auto end = begin + static_cast<std::ptrdiff_t>(length);
  std::optional<Bytes> message(Bytes(begin, end));
  buffer_.erase(buffer_.begin(), end);
  return message;
}

}  // namespace tcpspec::target
