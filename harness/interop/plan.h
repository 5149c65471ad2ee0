// Plan: one conversation between the target and our reference stack as data: who opens, what each side's
// program does, what the link does on the way, which knobs are set. Everything that a run depends on stands
// here; the same plan, on a target with virtual time, gives the same packets.
#ifndef HARNESS_INTEROP_PLAN_H_
#define HARNESS_INTEROP_PLAN_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "harness/sim/link.h"
#include "harness/sim/peer.h"
#include "harness/target/target.h"
#include "stack/base/address.h"
#include "stack/base/time.h"

namespace tcpspec::interop {

enum class Opening : std::uint8_t { kPeer, kTarget, kBoth };  // kBoth: simultaneous open, RFC 9293 §3.5

// How a program ends its side, once its last octet is with its stack.
enum class Ending : std::uint8_t {
  kShutdown,  // shuts down its sending side, reads to the end of file, closes
  kClose,     // closes when it has also read everything that the other side has to say
  kCloseNow,  // closes at once, whatever still comes
  kAbort,     // resets the connection
};

// What one program does. Octets are those of packet/stream.h.
struct Program {
  std::uint64_t sends = 0;
  bool after_end = false;  // begins to send only after the other's end of file
  Ending ending = Ending::kShutdown;
  Duration not_before;              // its ending waits for this time
  std::size_t write_size = 65'536;  // of one call
  Duration write_pause;             // between two of them
  std::size_t read_size = 256 * 1024;
  Duration read_pause;
  std::optional<std::uint64_t>
      urgent_at;  // the call that holds this octet is one with urgent data (target only)
};

struct Plan {
  std::string name;
  IpVersion ip = IpVersion::kV4;
  std::uint64_t seed = 1;
  Opening opening = Opening::kPeer;
  Program peer, target;
  sim::PeerSetup peer_knobs;  // addresses are filled in later
  std::uint16_t target_mtu = 1500;
  std::map<std::string, std::string> policies;     // of the target
  std::vector<target::SocketCall> target_options;  // kSetOption, before the connection is opened
  std::vector<sim::Rule> link;
  // Every octet must arrive and both ends must be in order. Otherwise an error that the programs are told,
  // and that has a cause, is as good.
  bool strict = true;
  bool may_time_out = false;  // not strict: the link is bad enough for that
  bool until_gone = false;    // also waits until neither side knows of the connection any more; virtual time
  Duration patience;          // so long without any progress: stuck
  Duration limit;             // of the whole
};

[[nodiscard]] const char* to_string(Opening opening);
[[nodiscard]] const char* to_string(Ending ending);

}  // namespace tcpspec::interop

#endif  // HARNESS_INTEROP_PLAN_H_
