#include "harness/target/agent_protocol.h"

#include <gtest/gtest.h>

namespace tcpspec::target {
namespace {

ByteView body(const Bytes& frame) { return ByteView(frame).subspan(4); }

TEST(AgentProtocol, ACallComesThroughUnchanged) {
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
  sent.call.how = ShutdownHow::kBoth;
  sent.call.option = SocketOption::kTcpInfoState;
  sent.call.value = -1;
  sent.call.value2 = 1LL << 40;
  const Result<AgentRequest> got = decode_request(body(encode(AgentRequest(sent))));
  ASSERT_TRUE(got.ok());
  const auto& call = std::get<AgentCall>(*got);
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
  const Result<AgentReport> got = decode_report(body(encode(AgentReport(sent))));
  ASSERT_TRUE(got.ok());
  const auto& done = std::get<AgentCompletion>(*got);
  EXPECT_EQ(done.id, sent.id);
  EXPECT_EQ(done.entered, sent.entered);
  EXPECT_EQ(done.returned, sent.returned);
  EXPECT_EQ(done.result.value, sent.result.value);
  EXPECT_EQ(done.result.error, sent.result.error);
  EXPECT_EQ(done.result.data, sent.result.data);
  EXPECT_EQ(done.result.peer, sent.result.peer);
  EXPECT_EQ(done.result.option, sent.result.option);
}

TEST(AgentProtocol, CancelShutdownAndHelloComeThrough) {
  const Result<AgentRequest> cancel = decode_request(body(encode(AgentRequest(AgentCancel{9}))));
  ASSERT_TRUE(cancel.ok());
  EXPECT_EQ(std::get<AgentCancel>(*cancel).id, 9U);
  const Result<AgentRequest> shutdown = decode_request(body(encode(AgentRequest(AgentShutdown{}))));
  ASSERT_TRUE(shutdown.ok());
  EXPECT_TRUE(std::holds_alternative<AgentShutdown>(*shutdown));
  const Result<AgentReport> hello = decode_report(body(encode(AgentReport(AgentHello{1}))));
  ASSERT_TRUE(hello.ok());
  EXPECT_EQ(std::get<AgentHello>(*hello).version, 1U);
}

TEST(AgentProtocol, WhatIsNotAMessageIsAnError) {
  const Bytes noise{0xff, 0xff, 0xff};
  EXPECT_FALSE(decode_request(noise).ok());
  EXPECT_FALSE(decode_report(noise).ok());
  EXPECT_FALSE(decode_request(ByteView()).ok()) << "an empty message has no body";
  EXPECT_FALSE(decode_report(ByteView()).ok());
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
