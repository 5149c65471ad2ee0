// The agent protocol as values: agent.proto's messages to and from the structs of target.h, and the frames
// they travel in (u32 length, big-endian, then the message). Knows no file descriptors and no clock.
#ifndef HARNESS_TARGET_AGENT_PROTOCOL_H_
#define HARNESS_TARGET_AGENT_PROTOCOL_H_

#include <cstdint>
#include <optional>
#include <variant>

#include "harness/target/target.h"
#include "stack/base/bytes.h"
#include "stack/base/result.h"

namespace tcpspec::target {

inline constexpr std::uint32_t kAgentProtocolVersion = 1;
// A longer frame is a broken channel, not a large message.
inline constexpr std::size_t kLargestFrame = std::size_t{64} << 20;

struct AgentCall {
  CallId id = 0;
  SocketCall call;
};
struct AgentCancel {
  CallId id = 0;
};
struct AgentShutdown {};
using AgentRequest = std::variant<AgentCall, AgentCancel, AgentShutdown>;

struct AgentHello {
  std::uint32_t version = 0;
};
struct AgentCompletion {
  CallId id = 0;
  std::int64_t entered = 0;  // CLOCK_REALTIME of the agent, nanoseconds
  std::int64_t returned = 0;
  CallResult result;
};
using AgentReport = std::variant<AgentHello, AgentCompletion>;

// Whole frames, ready to be sent.
[[nodiscard]] Bytes encode(const AgentRequest& request);
[[nodiscard]] Bytes encode(const AgentReport& report);
// One message without its length. An error: not of this protocol.
[[nodiscard]] Result<AgentRequest> decode_request(ByteView message);
[[nodiscard]] Result<AgentReport> decode_report(ByteView message);

// Cuts a stream of octets into messages.
class FrameReader {
 public:
  void append(ByteView bytes);
  // The next whole message; nothing while octets are missing. An error is final.
  [[nodiscard]] Result<std::optional<Bytes>> next();

 private:
  Bytes buffer_;
};

}  // namespace tcpspec::target

#endif  // HARNESS_TARGET_AGENT_PROTOCOL_H_
