// Between agent_protocol.cc and agent_messages.cc: the parts that see the generated code.
#ifndef HARNESS_TARGET_AGENT_WIRE_H_
#define HARNESS_TARGET_AGENT_WIRE_H_

#include <string>

#include "harness/target/agent.pb.h"
#include "harness/target/agent_protocol.h"

namespace tcpspec::target {

namespace pb = ::tcpspec::agent::v1;

[[nodiscard]] inline Bytes bytes_of(const std::string& text) { return Bytes(text.begin(), text.end()); }
[[nodiscard]] inline std::string octets(ByteView bytes) { return std::string(bytes.begin(), bytes.end()); }

void put(pb::Call& to, const AgentCall& from);
[[nodiscard]] Result<AgentRequest> take(const pb::Call& from);
void put(pb::Completion& to, const AgentCompletion& from);
[[nodiscard]] Result<AgentReport> take(const pb::Completion& from);
void put(pb::Hello& to, const AgentHello& from);
[[nodiscard]] Result<AgentReport> take(const pb::Hello& from);

}  // namespace tcpspec::target

#endif  // HARNESS_TARGET_AGENT_WIRE_H_
