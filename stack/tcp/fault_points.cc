#include "stack/tcp/fault_points.h"

#include "stack/tcp/impl.h"

#ifdef TCPSPEC_FAULTS

namespace tcpspec::tcp::point {

void configures(Config& config) {
  if (config.fault != nullptr) config.fault->configures(config);
}

bool arrives(Connection::Impl& in, wire::Segment& segment, Instant now) {
  return in.config.fault == nullptr || in.config.fault->arrives(in, segment, now);
}

Disposition checked(Connection::Impl& in, Check check, wire::Segment& segment, Disposition decided,
                    Instant now) {
  return in.config.fault == nullptr ? decided : in.config.fault->checked(in, check, segment, decided, now);
}

bool leaves(Connection::Impl& in, wire::Segment& segment) {
  return in.config.fault == nullptr || in.config.fault->leaves(in, segment);
}

bool fires(Connection::Impl& in, Timer timer, Instant now) {
  return in.config.fault == nullptr || in.config.fault->fires(in, timer, now);
}

void fired(Connection::Impl& in, Timer timer, Instant now) {
  if (in.config.fault != nullptr) in.config.fault->fired(in, timer, now);
}

bool calls(Connection::Impl& in, UserCall call, Instant now) {
  return in.config.fault == nullptr || in.config.fault->calls(in, call, now);
}

void decided(Connection::Impl& in, Instant now) {
  if (in.config.fault != nullptr) in.config.fault->decided(in, now);
}

void settled(Connection::Impl& in, Instant now) {
  if (in.config.fault != nullptr) in.config.fault->settled(in, now);
}

PacketIn::PacketIn(const Config& config, ByteView packet) : bytes_(packet.begin(), packet.end()) {
  if (config.fault != nullptr) config.fault->packet_in(bytes_);
}

std::optional<Bytes> packet_out(const Config& config, std::optional<Bytes> packet) {
  if (packet && config.fault != nullptr) config.fault->packet_out(*packet);
  return packet;
}

bool admits(const Config& config, const IpAddress& source, const IpAddress& destination) {
  return config.fault != nullptr && config.fault->admits(source, destination);
}

bool reaches(const Config& config, wire::Segment& segment, bool connected) {
  return config.fault == nullptr || config.fault->reaches(segment, connected);
}

std::optional<wire::Segment> answers(const Config& config, const wire::Segment& segment,
                                     std::optional<wire::Segment> reply) {
  return config.fault == nullptr ? std::move(reply) : config.fault->answers(segment, std::move(reply));
}

ListenDisposition listens(const Config& config, const wire::Segment& segment, ListenDisposition decided) {
  return config.fault == nullptr ? decided : config.fault->listens(segment, decided);
}

bool has_room(const Config& config, bool room) {
  return config.fault == nullptr ? room : config.fault->has_room(room);
}

Seq32 numbers(const Config& config, const Endpoint& local, const Endpoint& remote, Instant now, Seq32 iss) {
  return config.fault == nullptr ? iss : config.fault->numbers(local, remote, now, iss);
}

bool icmp(Connection& connection, std::uint8_t type, std::uint8_t code) {
  FaultPoints* fault = connection.config().fault;
  return fault == nullptr || fault->icmp(connection.impl(), type, code);
}

}  // namespace tcpspec::tcp::point

#endif  // TCPSPEC_FAULTS
