// Fault: one way in which a real stack was wrong, or could be, as a change of behaviour that can be switched
// on for a test of the suite. Never memory corruption: a faulty stack is a working program with one rule
// broken. What it breaks is written here; the protocol's own text in stack/tcp does not know of it.
#ifndef STACK_FAULTS_FAULT_H_
#define STACK_FAULTS_FAULT_H_

#include <cstdint>
#include <optional>

#include "stack/tcp/fault_points.h"
#include "stack/tcp/impl.h"

namespace tcpspec::faults {

using tcp::Check;
using tcp::Disposition;
using tcp::State;
using tcp::Timer;
using tcp::UserCall;
using wire::Flag;
using wire::Segment;

// What a fault remembers between points; fresh for every host, one for all of its connections.
struct Notes {
  int count = 0;
  bool seen = false;
  std::uint32_t number = 0;
  Seq32 seq;
  Instant at;
  std::optional<Segment> segment;
};

// Where a connection's point was reached.
struct Here {
  tcp::Connection::Impl& in;
  tcp::Tcb& tcb;
  Instant now;
  Notes& notes;
};

// What a fault does at the points of stack/tcp/fault_points.h, where each is explained; null: nothing.
struct Hooks {
  void (*configures)(tcp::Config&) = nullptr;
  bool (*reaches)(Notes&, Segment&, bool connected) = nullptr;
  bool (*arrives)(Here&, Segment&) = nullptr;
  Disposition (*checked)(Here&, Check, Segment&, Disposition) = nullptr;
  bool (*leaves)(Here&, Segment&) = nullptr;
  bool (*fires)(Here&, Timer) = nullptr;
  void (*fired)(Here&, Timer) = nullptr;
  bool (*calls)(Here&, UserCall) = nullptr;
  void (*decided)(Here&) = nullptr;
  void (*settled)(Here&) = nullptr;
  void (*packet_in)(Notes&, Bytes&) = nullptr;
  void (*packet_out)(Notes&, Bytes&) = nullptr;
  bool (*admits)(const IpAddress& source, const IpAddress& destination) = nullptr;
  std::optional<Segment> (*answers)(const Segment&, std::optional<Segment>) = nullptr;
  tcp::ListenDisposition (*listens)(Notes&, const Segment&, tcp::ListenDisposition) = nullptr;
  bool (*has_room)(bool) = nullptr;
  Seq32 (*numbers)(const Endpoint& local, const Endpoint& remote, Instant, Seq32) = nullptr;
  bool (*icmp)(Here&, std::uint8_t type, std::uint8_t code) = nullptr;
};

struct Fault {
  const char* id;      // kebab-case, named for the wrong behaviour
  const char* origin;  // the stacks that had it, in a word or two; "seen in none" where it is ours
  const char* says;    // one line: what it does wrong
  const char* rule;    // the clause it breaks
  const char* row;     // that clause's row in cases/ledger; empty where no row asks for it
  Hooks hooks;
};

}  // namespace tcpspec::faults

#endif  // STACK_FAULTS_FAULT_H_
