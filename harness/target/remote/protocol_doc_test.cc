// PROTOCOL.md shows a whole conversation, octet by octet. It is made here, so that the manual cannot rot.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "harness/target/reference.h"
#include "harness/target/remote/serve.h"

namespace tcpspec::target {
namespace {

std::string hex_lines(const Bytes& frame) {
  std::string text;
  for (std::size_t i = 0; i < frame.size(); ++i) {
    text += i % 24 == 0 ? (i == 0 ? "    " : "\n    ") : i == 4 ? "  " : " ";
    text += fmt::format("{:02x}", frame[i]);
  }
  return text + "\n";
}

// A case against the reference stack: a SYN for a closed port, then ten seconds of nothing.
std::string conversation() {
  const std::unique_ptr<Target> target = make_reference_target();
  std::string text;
  AgentServer server(*target, {}, [&](const AgentReport& report, std::uint64_t id) {
    AgentReport shown = report;
    if (std::holds_alternative<AgentHello>(report)) {
      AgentHello hello;  // no more than it must say
      hello.profile.name = "example";
      hello.profile.clock = ClockKind::kVirtual;
      hello.link = AgentLink::kIp;
      shown = hello;
    }
    text += fmt::format("agent   {}\n{}", to_text(NumberedReport{id, shown}), hex_lines(encode(shown, id)));
  });
  std::uint64_t number = 0;
  const auto ask = [&](const AgentRequest& request) {
    ++number;
    text += fmt::format("tester  {}\n{}", to_text(NumberedRequest{number, request}),
                        hex_lines(encode(request, number)));
    // As it comes off the wire.
    const Result<NumberedRequest> heard = decode_request(ByteView(encode(request, number)).subspan(4));
    EXPECT_TRUE(heard.ok());
    (void)server.obey(*heard);
  };
  ask(AgentGreeting{});
  ask(AgentUnknown{});
  ask(AgentStart{
      "closed/syn", IpVersion::kV4, IpAddress::v4(192, 0, 2, 2), IpAddress::v4(192, 0, 2, 1), 1500, 1, {}});
  ask(AgentInject{{0x45, 0x00, 0x00, 0x28, 0x00, 0x00, 0x00, 0x00, 0x40, 0x06, 0xf6, 0xcc, 0xc0, 0x00,
                   0x02, 0x01, 0xc0, 0x00, 0x02, 0x02, 0x10, 0x00, 0x00, 0x09, 0x00, 0x00, 0x00, 0x07,
                   0x00, 0x00, 0x00, 0x00, 0x50, 0x02, 0xff, 0xff, 0x1b, 0xcf, 0x00, 0x00}});
  ask(AgentAdvance{10'000'000'000});
  ask(AgentEnd{});
  ask(AgentShutdown{});
  return text;
}

TEST(ProtocolManual, ShowsAConversationAsItIs) {
  std::ifstream file(std::string(TCPSPEC_SOURCE_DIR) + "/harness/target/remote/PROTOCOL.md");
  const std::string manual{std::istreambuf_iterator<char>(file), {}};
  const std::string text = conversation();
  EXPECT_NE(text.find("packet of 40 octets at 0 ns"), std::string::npos) << "the closed port answers\n"
                                                                         << text;
  EXPECT_NE(manual.find(text), std::string::npos) << "PROTOCOL.md must show this:\n" << text;
}

TEST(ProtocolManual, NamesEveryMessageAndItsFields) {
  std::ifstream proto(std::string(TCPSPEC_SOURCE_DIR) + "/harness/target/agent.proto");
  std::ifstream file(std::string(TCPSPEC_SOURCE_DIR) + "/harness/target/remote/PROTOCOL.md");
  const std::string manual{std::istreambuf_iterator<char>(file), {}};
  int messages = 0;
  for (std::string line; std::getline(proto, line);) {
    if (!line.starts_with("message ")) continue;
    const std::string name = line.substr(8, line.find(' ', 8) - 8);
    ++messages;
    EXPECT_NE(manual.find("`" + name + "`"), std::string::npos) << name << " is not in the manual";
  }
  EXPECT_GT(messages, 20);
}

}  // namespace
}  // namespace tcpspec::target
