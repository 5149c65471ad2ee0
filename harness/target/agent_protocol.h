// The agent protocol (agent.proto, remote/PROTOCOL.md): frames and messages between the tester and an agent
// beside the target. Pure: bytes in, bytes out; who connects to whom, and when, is not its business. Foreign
// bytes are an Error, never a CHECK.
#ifndef HARNESS_TARGET_AGENT_PROTOCOL_H_
#define HARNESS_TARGET_AGENT_PROTOCOL_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>

#include "harness/target/target.h"
#include "stack/base/bytes.h"
#include "stack/base/result.h"

namespace tcpspec::target {

inline constexpr std::uint32_t kAgentProtocolVersion = 1;
// A longer frame is a broken channel, not a large message.
inline constexpr std::size_t kLargestFrame = std::size_t{64} << 20;

// ---- From the tester. `id` is given by the sender; the answer carries it. Calls are answered by their
// Completion.
struct AgentGreeting {
  std::uint32_t version = kAgentProtocolVersion;
  Bytes token;
};
struct AgentStart {
  std::string case_id;
  IpVersion ip = IpVersion::kV4;
  IpAddress target, tester;
  std::uint16_t mtu = 1500;
  std::uint64_t seed = 1;
  std::map<std::string, std::string> policies;
};
struct AgentEnd {};
struct AgentInject {
  Bytes packet;
};
struct AgentQuery {
  std::int64_t handle = -1;
};
struct AgentAdvance {
  std::int64_t until = 0;
};
struct AgentCall {
  CallId id = 0;
  SocketCall call;
};
struct AgentCancel {
  CallId id = 0;
};
struct AgentShutdown {};
// What a decoder makes of a request that this version does not know. Encoded, it is one that no version
// knows: the tester asks it first and demands Unsupported.
struct AgentUnknown {};
using AgentRequest = std::variant<AgentCall, AgentCancel, AgentShutdown, AgentGreeting, AgentStart, AgentEnd,
                                  AgentInject, AgentQuery, AgentAdvance, AgentUnknown>;
struct NumberedRequest {
  std::uint64_t id = 0;
  AgentRequest body;
};

// ---- From the agent. Times are nanoseconds of the agent's clock.
enum class AgentLink : std::uint8_t { kNone, kIp, kEthernet };
struct AgentHello {
  std::uint32_t version = kAgentProtocolVersion;
  AgentLink link = AgentLink::kNone;
  Profile
      profile;  // name, version, setting, clock, slack and times, choices, lacks; `link` above says the link
};
struct AgentCompletion {
  CallId id = 0;
  std::int64_t entered = 0;
  std::int64_t returned = 0;
  CallResult result;
};
struct AgentStarted {
  std::int64_t at = 0;
};
struct AgentEnded {};
struct AgentInjected {
  std::int64_t earliest = 0, latest = 0;
};
struct AgentPacket {
  Bytes packet;
  std::int64_t at = 0;
};
struct AgentValue {
  std::string text;
};
struct AgentAdvanced {
  std::int64_t now = 0;
};
struct AgentUnsupported {
  std::string what;
};
struct AgentFailed {
  std::string why;
};
using AgentReport = std::variant<AgentHello, AgentCompletion, AgentStarted, AgentEnded, AgentInjected,
                                 AgentPacket, AgentValue, AgentAdvanced, AgentUnsupported, AgentFailed>;
struct NumberedReport {
  std::uint64_t id = 0;  // of the request that it answers; 0: an event
  AgentReport body;
};

// Whole frames, ready to be sent.
[[nodiscard]] Bytes encode(const AgentRequest& request, std::uint64_t id = 0);
[[nodiscard]] Bytes encode(const AgentReport& report, std::uint64_t id = 0);
// One message without its length. An error: not of this protocol.
[[nodiscard]] Result<NumberedRequest> decode_request(ByteView message);
[[nodiscard]] Result<NumberedReport> decode_report(ByteView message);
// One line for people: "#3 inject 44 octets", "packet 40 octets at 1.5 s".
[[nodiscard]] std::string to_text(const NumberedRequest& request);
[[nodiscard]] std::string to_text(const NumberedReport& report);

// Cuts a stream of octets into messages.
class FrameReader {
 public:
  void append(ByteView bytes);
  // The next whole message; nothing while octets are missing. An error is final.
  [[nodiscard]] Result<std::optional<Bytes>> next();
  // Octets of a frame that is not whole yet.
  [[nodiscard]] std::size_t waiting() const { return buffer_.size(); }

 private:
  Bytes buffer_;
};

}  // namespace tcpspec::target

#endif  // HARNESS_TARGET_AGENT_PROTOCOL_H_
