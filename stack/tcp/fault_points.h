// Fault points: where a fault that is switched on for a test may reach into the stack. They stand at the
// boundaries of the protocol and between its checks, never inside a rule: what is wrong with a faulty stack
// is written in stack/faults, and the protocol's own text stays right.
//
// Only a build with the CMake option TCPSPEC_FAULTS has the switch, Config::fault, and the class below. In
// every other build each point is an empty inline function, and nothing can be switched on.
#ifndef STACK_TCP_FAULT_POINTS_H_
#define STACK_TCP_FAULT_POINTS_H_

#include <cstdint>
#include <optional>
#include <utility>

#include "stack/base/address.h"
#include "stack/base/bytes.h"
#include "stack/tcp/connection.h"
#include "stack/tcp/timers.h"
#include "stack/wire/segment.h"

namespace tcpspec::tcp {

enum class Disposition;

// The checks of RFC 9293 §3.10.7.4 after which there is a point.
enum class Check : std::uint8_t { kSequence, kReset, kSyn, kAck, kText, kFin };
enum class UserCall : std::uint8_t { kSend, kReceive, kClose, kStopReceiving, kAbort };

#ifdef TCPSPEC_FAULTS

class FaultPoints {
 public:
  using Inside = Connection::Impl;
  virtual ~FaultPoints() = default;

  // A connection takes its configuration; values that validate() refuses are possible here.
  virtual void configures(Config&) {}
  // Before a segment is looked at. False: it never arrived.
  virtual bool arrives(Inside&, wire::Segment&, Instant) { return true; }
  // After a check, which decided so; what is returned counts.
  virtual Disposition checked(Inside&, Check, wire::Segment&, Disposition decided, Instant) {
    return decided;
  }
  // Before a segment leaves the connection. False: it does not.
  virtual bool leaves(Inside&, wire::Segment&) { return true; }
  // Before a timer is served. False: nothing is done; the timer is off.
  virtual bool fires(Inside&, Timer, Instant) { return true; }
  virtual void fired(Inside&, Timer, Instant) {}
  // Before a user call. False: the call does nothing.
  virtual bool calls(Inside&, UserCall, Instant) { return true; }
  // A segment, timeout or call is dealt with, and its answer not yet sent; and once it was sent.
  virtual void decided(Inside&, Instant) {}
  virtual void settled(Inside&, Instant) {}

  // The host around it: bytes of a packet before they are parsed, and as they leave.
  virtual void packet_in(Bytes&) {}
  virtual void packet_out(Bytes&) {}
  // True: these are a source and a destination for us, whatever the rules say.
  virtual bool admits(const IpAddress& /*source*/, const IpAddress& /*destination*/) { return false; }
  // A parsed segment, before its connection or listener is looked up. False: it never arrived.
  virtual bool reaches(wire::Segment&, bool /*connected*/) { return true; }
  // The reply to a segment that belongs to no connection (RFC 9293 §3.10.7.1, §3.10.7.2 second).
  virtual std::optional<wire::Segment> answers(const wire::Segment&, std::optional<wire::Segment> reply) {
    return reply;
  }
  virtual ListenDisposition listens(const wire::Segment&, ListenDisposition decided) { return decided; }
  // May this listener take one more connection?
  virtual bool has_room(bool room) { return room; }
  virtual Seq32 numbers(const Endpoint& /*local*/, const Endpoint& /*remote*/, Instant, Seq32 iss) {
    return iss;
  }
  // An ICMP error about one of our connections, or one that quotes its addresses at least. False: the stack
  // does no more about it.
  virtual bool icmp(Inside&, std::uint8_t /*type*/, std::uint8_t /*code*/) { return true; }
};

#endif  // TCPSPEC_FAULTS

// The points themselves, as the sources of stack/tcp and stack/net name them.
namespace point {

#ifdef TCPSPEC_FAULTS

void configures(Config& config);
[[nodiscard]] bool arrives(Connection::Impl& in, wire::Segment& segment, Instant now);
[[nodiscard]] Disposition checked(Connection::Impl& in, Check check, wire::Segment& segment,
                                  Disposition decided, Instant now);
[[nodiscard]] bool leaves(Connection::Impl& in, wire::Segment& segment);
[[nodiscard]] bool fires(Connection::Impl& in, Timer timer, Instant now);
void fired(Connection::Impl& in, Timer timer, Instant now);
[[nodiscard]] bool calls(Connection::Impl& in, UserCall call, Instant now);
void decided(Connection::Impl& in, Instant now);
void settled(Connection::Impl& in, Instant now);

class PacketIn {
 public:
  PacketIn(const Config& config, ByteView packet);
  [[nodiscard]] ByteView bytes() const { return bytes_; }

 private:
  Bytes bytes_;
};
[[nodiscard]] std::optional<Bytes> packet_out(const Config& config, std::optional<Bytes> packet);
[[nodiscard]] bool admits(const Config& config, const IpAddress& source, const IpAddress& destination);
[[nodiscard]] bool reaches(const Config& config, wire::Segment& segment, bool connected);
[[nodiscard]] std::optional<wire::Segment> answers(const Config& config, const wire::Segment& segment,
                                                   std::optional<wire::Segment> reply);
[[nodiscard]] ListenDisposition listens(const Config& config, const wire::Segment& segment,
                                        ListenDisposition decided);
[[nodiscard]] bool has_room(const Config& config, bool room);
[[nodiscard]] Seq32 numbers(const Config& config, const Endpoint& local, const Endpoint& remote, Instant now,
                            Seq32 iss);
[[nodiscard]] bool icmp(Connection& connection, std::uint8_t type, std::uint8_t code);

#else

inline void configures(Config&) {}
[[nodiscard]] constexpr bool arrives(Connection::Impl&, wire::Segment&, Instant) { return true; }
[[nodiscard]] constexpr Disposition checked(Connection::Impl&, Check, wire::Segment&, Disposition decided,
                                            Instant) {
  return decided;
}
[[nodiscard]] constexpr bool leaves(Connection::Impl&, wire::Segment&) { return true; }
[[nodiscard]] constexpr bool fires(Connection::Impl&, Timer, Instant) { return true; }
inline void fired(Connection::Impl&, Timer, Instant) {}
[[nodiscard]] constexpr bool calls(Connection::Impl&, UserCall, Instant) { return true; }
inline void decided(Connection::Impl&, Instant) {}
inline void settled(Connection::Impl&, Instant) {}

class PacketIn {
 public:
  PacketIn(const Config&, ByteView packet) : bytes_(packet) {}
  [[nodiscard]] ByteView bytes() const { return bytes_; }

 private:
  ByteView bytes_;
};
[[nodiscard]] inline std::optional<Bytes> packet_out(const Config&, std::optional<Bytes> packet) {
  return packet;
}
[[nodiscard]] constexpr bool admits(const Config&, const IpAddress&, const IpAddress&) { return false; }
[[nodiscard]] constexpr bool reaches(const Config&, wire::Segment&, bool) { return true; }
[[nodiscard]] inline std::optional<wire::Segment> answers(const Config&, const wire::Segment&,
                                                          std::optional<wire::Segment> reply) {
  return reply;
}
[[nodiscard]] constexpr ListenDisposition listens(const Config&, const wire::Segment&,
                                                  ListenDisposition decided) {
  return decided;
}
[[nodiscard]] constexpr bool has_room(const Config&, bool room) { return room; }
[[nodiscard]] inline Seq32 numbers(const Config&, const Endpoint&, const Endpoint&, Instant, Seq32 iss) {
  return iss;
}
[[nodiscard]] constexpr bool icmp(Connection&, std::uint8_t, std::uint8_t) { return true; }

#endif  // TCPSPEC_FAULTS

}  // namespace point
}  // namespace tcpspec::tcp

#endif  // STACK_TCP_FAULT_POINTS_H_
