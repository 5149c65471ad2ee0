#include "harness/target/agent_protocol.h"

#include <gtest/gtest.h>

#include "harness/target/agent.pb.h"

namespace tcpspec::target {
namespace {

ByteView body(const Bytes& frame) { return ByteView(frame).subspan(4); }

// There and back; the number with it.
template <typename T>
T back(const T& sent, std::uint64_t id = 5) {
  if constexpr (requires(AgentRequest request) { request = sent; }) {
    const Result<NumberedRequest> got = decode_request(body(encode(AgentRequest(sent), id)));
    if (got.ok() && got->id == id && std::holds_alternative<T>(got->body)) return std::get<T>(got->body);
  } else {
    const Result<NumberedReport> got = decode_report(body(encode(AgentReport(sent), id)));
    if (got.ok() && got->id == id && std::holds_alternative<T>(got->body)) return std::get<T>(got->body);
  }
  ADD_FAILURE() << "did not come back as what it was";
  return T{};
}

AgentCall every_field() {
  AgentCall sent;
  sent.id = 7'000'000'000;
  sent.call.kind = CallKind::kSetOption;
  sent.call.handle = -1;
  sent.call.ip = IpVersion::kV6;
  sent.call.address = {IpAddress::any(IpVersion::kV6), 65535};
  sent.call.backlog = -5;
  sent.call.count = 1 << 20;
  sent.call.data = {0, 255, 128};
  sent.call.peek = true;
  sent.call.dont_wait = true;
  sent.call.urgent = true;
  sent.call.how = ShutdownHow::kBoth;
  sent.call.option = SocketOption::kTcpInfoState;
  sent.call.value = -1;
  sent.call.value2 = 1LL << 40;
  return sent;
}

TEST(AgentProtocol, ACallComesThroughUnchanged) {
  const AgentCall sent = every_field();
  const AgentCall call = back(sent);
  EXPECT_EQ(call.id, sent.id);
  EXPECT_EQ(call.call.kind, sent.call.kind);
  EXPECT_EQ(call.call.handle, sent.call.handle);
  EXPECT_EQ(call.call.ip, sent.call.ip);
  EXPECT_EQ(call.call.address, sent.call.address);
  EXPECT_EQ(call.call.backlog, sent.call.backlog);
  EXPECT_EQ(call.call.count, sent.call.count);
  EXPECT_EQ(call.call.data, sent.call.data);
  EXPECT_TRUE(call.call.peek);
  EXPECT_TRUE(call.call.dont_wait);
  EXPECT_TRUE(call.call.urgent);
  EXPECT_EQ(call.call.how, sent.call.how);
  EXPECT_EQ(call.call.option, sent.call.option);
  EXPECT_EQ(call.call.value, sent.call.value);
  EXPECT_EQ(call.call.value2, sent.call.value2);
}

TEST(AgentProtocol, ACompletionComesThroughUnchanged) {
  AgentCompletion sent;
  sent.id = 3;
  sent.entered = 1'700'000'000'000'000'001;
  sent.returned = sent.entered + 1;
  sent.result.value = -1;
  sent.result.error = "ECONNREFUSED";
  sent.result.data = {1, 2};
  sent.result.peer = {IpAddress::v4(192, 0, 2, 1), 80};
  sent.result.option = -9;
  const AgentCompletion done = back(sent);
  EXPECT_EQ(done.id, sent.id);
  EXPECT_EQ(done.entered, sent.entered);
  EXPECT_EQ(done.returned, sent.returned);
  EXPECT_EQ(done.result.value, sent.result.value);
  EXPECT_EQ(done.result.error, sent.result.error);
  EXPECT_EQ(done.result.data, sent.result.data);
  EXPECT_EQ(done.result.peer, sent.result.peer);
  EXPECT_EQ(done.result.option, sent.result.option);
}

TEST(AgentProtocol, TheSmallRequestsComeThrough) {
  EXPECT_EQ(back(AgentCancel{9}).id, 9U);
  (void)back(AgentShutdown{});
  (void)back(AgentEnd{}, UINT64_MAX);
  const AgentGreeting greeting = back(AgentGreeting{7, {1, 0, 255}});
  EXPECT_EQ(greeting.version, 7U);
  EXPECT_EQ(greeting.token, (Bytes{1, 0, 255}));
  EXPECT_EQ(back(AgentInject{{0x45, 0, 0, 20}}).packet, (Bytes{0x45, 0, 0, 20}));
  EXPECT_EQ(back(AgentQuery{-3}).handle, -3);
  EXPECT_EQ(back(AgentAdvance{-(1LL << 60)}).until, -(1LL << 60));
}

TEST(AgentProtocol, AStartComesThroughForBothIpVersions) {
  AgentStart sent{"rfc9293/x",
                  IpVersion::kV4,
                  IpAddress::v4(192, 0, 2, 2),
                  IpAddress::v4(192, 0, 2, 1),
                  576,
                  UINT64_MAX,
                  {{"keepalive_idle", "7200"}, {"", "odd"}}};
  const AgentStart v4 = back(sent);
  EXPECT_EQ(v4.case_id, sent.case_id);
  EXPECT_EQ(v4.ip, sent.ip);
  EXPECT_EQ(v4.target, sent.target);
  EXPECT_EQ(v4.tester, sent.tester);
  EXPECT_EQ(v4.mtu, sent.mtu);
  EXPECT_EQ(v4.seed, sent.seed);
  EXPECT_EQ(v4.policies, sent.policies);
  sent.ip = IpVersion::kV6;
  sent.target = *IpAddress::parse("2001:db8::2");
  sent.tester = *IpAddress::parse("2001:db8::1");
  const AgentStart v6 = back(sent);
  EXPECT_EQ(v6.ip, IpVersion::kV6);
  EXPECT_EQ(v6.target, sent.target);
}

TEST(AgentProtocol, AStartWhoseAddressesAreNotOfItsVersionIsAnError) {
  AgentStart sent;
  sent.ip = IpVersion::kV6;  // the addresses are IPv4
  EXPECT_FALSE(decode_request(body(encode(AgentRequest(sent)))).ok());
}

TEST(AgentProtocol, TheSmallReportsComeThrough) {
  EXPECT_EQ(back(AgentStarted{-4}).at, -4);
  (void)back(AgentEnded{});
  const AgentInjected injected = back(AgentInjected{5, 1LL << 62});
  EXPECT_EQ(injected.earliest, 5);
  EXPECT_EQ(injected.latest, 1LL << 62);
  const AgentPacket packet = back(AgentPacket{{1, 2, 3}, 77}, 0);
  EXPECT_EQ(packet.packet, (Bytes{1, 2, 3}));
  EXPECT_EQ(packet.at, 77);
  EXPECT_EQ(back(AgentValue{"TIME-WAIT"}).text, "TIME-WAIT");
  EXPECT_EQ(back(AgentAdvanced{INT64_MIN}).now, INT64_MIN);
  EXPECT_EQ(back(AgentUnsupported{"query"}).what, "query");
  EXPECT_EQ(back(AgentFailed{"policy a=b: no"}).why, "policy a=b: no");
}

TEST(AgentProtocol, AHelloTellsTheWholeProfile) {
  AgentHello sent;
  sent.link = AgentLink::kIp;
  sent.profile.name = "lwip";
  sent.profile.version = "2.1.3";
  sent.profile.setting = "own process";
  sent.profile.clock = ClockKind::kReal;
  sent.profile.synchronous_delivery = false;
  sent.profile.slack = {Duration::millis(250), 8};
  sent.profile.settle = Duration::millis(1);
  sent.profile.min_rto = Duration::millis(2);
  sent.profile.initial_rto = Duration::millis(3);
  sent.profile.msl = Duration::millis(4);
  sent.profile.delayed_ack = Duration::millis(5);
  sent.profile.choices = {{"nagle", "on"}};
  sent.profile.lacks = {{"ipv6", "not built in"}};
  const AgentHello hello = back(sent);
  EXPECT_EQ(hello.version, kAgentProtocolVersion);
  EXPECT_EQ(hello.link, AgentLink::kIp);
  EXPECT_EQ(hello.profile.name, "lwip");
  EXPECT_EQ(hello.profile.version, "2.1.3");
  EXPECT_EQ(hello.profile.setting, "own process");
  EXPECT_EQ(hello.profile.clock, ClockKind::kReal);
  EXPECT_FALSE(hello.profile.synchronous_delivery);
  EXPECT_EQ(hello.profile.slack.absolute, Duration::millis(250));
  EXPECT_EQ(hello.profile.slack.divisor, 8);
  EXPECT_EQ(hello.profile.settle, Duration::millis(1));
  EXPECT_EQ(hello.profile.min_rto, Duration::millis(2));
  EXPECT_EQ(hello.profile.initial_rto, Duration::millis(3));
  EXPECT_EQ(hello.profile.msl, Duration::millis(4));
  EXPECT_EQ(hello.profile.delayed_ack, Duration::millis(5));
  EXPECT_EQ(hello.profile.choices, sent.profile.choices);
  EXPECT_EQ(hello.profile.lacks, sent.profile.lacks);
}

TEST(AgentProtocol, AHelloThatSaysOnlyWhatItMustHasDefaults) {
  AgentHello sent;
  sent.link = AgentLink::kNone;
  const AgentHello hello = back(sent);
  EXPECT_EQ(hello.link, AgentLink::kNone);
  EXPECT_EQ(hello.profile.clock, ClockKind::kVirtual);
  EXPECT_TRUE(hello.profile.synchronous_delivery);
  EXPECT_GT(hello.profile.settle, Duration());
  EXPECT_EQ(hello.profile.initial_rto, Duration::seconds(1)) << "RFC 6298 §2";
  EXPECT_EQ(hello.profile.msl, Duration::seconds(120)) << "RFC 9293 §3.4.2";
}

TEST(AgentProtocol, AHelloThatDoesNotSayItsLinkOrClockIsAnError) {
  agent::v1::Report report;
  report.mutable_hello()->set_version(1);
  report.mutable_hello()->set_clock(agent::v1::CLOCK_REAL);
  const auto decode = [&] {
    const std::string text = report.SerializeAsString();
    return decode_report(Bytes(text.begin(), text.end()));
  };
  EXPECT_FALSE(decode().ok());
  report.mutable_hello()->set_link(agent::v1::LINK_IP);
  EXPECT_TRUE(decode().ok());
  report.mutable_hello()->clear_clock();
  EXPECT_FALSE(decode().ok());
}

TEST(AgentProtocol, ARequestThatNobodyKnowsKeepsItsNumber) {
  const Bytes frame = encode(AgentRequest(AgentUnknown{}), 12);
  const Result<NumberedRequest> got = decode_request(body(frame));
  ASSERT_TRUE(got.ok());
  EXPECT_EQ(got->id, 12U);
  EXPECT_TRUE(std::holds_alternative<AgentUnknown>(got->body));
  EXPECT_GT(frame.size(), encode(AgentReport(AgentEnded{}), 12).size()) << "it does say something";
}

TEST(AgentProtocol, ACallOfALaterVersionIsARequestThatThisOneDoesNotKnow) {
  agent::v1::Request request;
  request.set_id(3);
  request.mutable_call()->set_id(1);
  const auto decoded = [&] {
    const std::string text = request.SerializeAsString();
    const Result<NumberedRequest> got = decode_request(Bytes(text.begin(), text.end()));
    EXPECT_TRUE(got.ok());
    return got.ok() ? *got : NumberedRequest{0, AgentShutdown{}};
  };
  request.mutable_call()->set_kind(static_cast<agent::v1::CallKind>(99));
  EXPECT_EQ(decoded().id, 3U);
  EXPECT_TRUE(std::holds_alternative<AgentUnknown>(decoded().body));
  request.mutable_call()->set_kind(agent::v1::CALL_SET_OPTION);
  request.mutable_call()->set_option(static_cast<agent::v1::SocketOption>(99));
  EXPECT_TRUE(std::holds_alternative<AgentUnknown>(decoded().body)) << "not silently another option";
  request.mutable_call()->set_option(agent::v1::OPTION_CORK);
  EXPECT_TRUE(std::holds_alternative<AgentCall>(decoded().body));
}

TEST(AgentProtocol, WhatIsNotAMessageIsAnError) {
  const Bytes noise{0xff, 0xff, 0xff};
  EXPECT_FALSE(decode_request(noise).ok());
  EXPECT_FALSE(decode_report(noise).ok());
  EXPECT_FALSE(decode_report(ByteView()).ok()) << "an empty report says nothing";
}

TEST(AgentProtocol, MessagesAreToldInOneLine) {
  EXPECT_EQ(to_text(NumberedRequest{3, AgentInject{Bytes(44)}}), "#3 inject, 44 octets");
  EXPECT_EQ(to_text(NumberedReport{0, AgentPacket{Bytes(40), 1500}}), "packet of 40 octets at 1500 ns");
  EXPECT_EQ(to_text(NumberedReport{4, AgentAdvanced{9}}), "#4 advanced to 9 ns");
}

TEST(FrameReader, AMessageIsThereWithItsLastOctetAndNotBefore) {
  const Bytes frame = encode(AgentRequest(AgentCancel{300}));
  FrameReader reader;
  for (std::size_t i = 0; i + 1 < frame.size(); ++i) {
    reader.append(ByteView(frame).subspan(i, 1));
    const Result<std::optional<Bytes>> none = reader.next();
    ASSERT_TRUE(none.ok());
    EXPECT_FALSE(none->has_value()) << "after " << i + 1 << " octets";
  }
  reader.append(ByteView(frame).last(1));
  const Result<std::optional<Bytes>> one = reader.next();
  ASSERT_TRUE(one.ok() && one->has_value());
  EXPECT_EQ(**one, Bytes(frame.begin() + 4, frame.end()));
  EXPECT_EQ(reader.waiting(), 0U);
}

TEST(FrameReader, SeveralMessagesInOneReadComeOneByOne) {
  Bytes stream = encode(AgentRequest(AgentCancel{1}));
  append(stream, encode(AgentRequest(AgentShutdown{})));
  FrameReader reader;
  reader.append(stream);
  EXPECT_TRUE(reader.next()->has_value());
  EXPECT_TRUE(reader.next()->has_value());
  EXPECT_FALSE(reader.next()->has_value());
}

TEST(FrameReader, ALengthBeyondTheLimitIsAnError) {
  Bytes head(4);
  store_be32(head, 0, static_cast<std::uint32_t>(kLargestFrame));
  FrameReader at_limit;
  at_limit.append(head);
  EXPECT_TRUE(at_limit.next().ok());
  store_be32(head, 0, static_cast<std::uint32_t>(kLargestFrame) + 1);
  FrameReader beyond;
  beyond.append(head);
  EXPECT_FALSE(beyond.next().ok());
}

}  // namespace
}  // namespace tcpspec::target
