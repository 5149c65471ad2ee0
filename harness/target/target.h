// Target: the stack under test during one case. The one narrow interface; time is inside it, so that one
// runner serves virtual, real and foreign clocks. Owns nothing of the case: no expectations, no script.
#ifndef HARNESS_TARGET_TARGET_H_
#define HARNESS_TARGET_TARGET_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "harness/target/profile.h"
#include "stack/base/address.h"
#include "stack/base/bytes.h"
#include "stack/base/result.h"
#include "stack/base/time.h"

namespace tcpspec::target {

// An interval of the target's clock that certainly holds the event. Kernel stamps and virtual time have no
// width; an injected packet lies between the write's entry and its return.
struct Stamp {
  Instant earliest;
  Instant latest;
  [[nodiscard]] static Stamp at(Instant t) { return Stamp{t, t}; }
  bool operator==(const Stamp&) const = default;
};

// What stands behind the port that a case talks to. With kCalls the harness plays the application through the
// target's socket calls; the others are a box's own services.
enum class Service : std::uint8_t {
  kNone,     // nothing listens
  kAny,      // something listens, whatever it is
  kCloser,   // something that answers a request and then closes, as HTTP/1.0 does
  kEcho,     // RFC 862
  kDiscard,  // RFC 863
  kChargen,  // RFC 864
  kCalls
};

// Where a case takes place.
struct Place {
  IpAddress target;  // the stack's own address; the tester's is anything it routes to
  IpAddress tester;
  std::uint16_t service_port = 8080;  // of the target when it listens, of the tester when the target connects
  std::uint16_t closed_port = 9;      // of the target: nothing listens there
  std::uint16_t first_port = 0;       // the tester's first of kPortsPerCase; 0: drawn from the seed
};
inline constexpr std::uint16_t kPortsPerCase = 16;
[[nodiscard]] Place usual_place(IpVersion ip);

struct CaseSetup {
  std::string id;  // for names of devices, logs
  IpVersion ip = IpVersion::kV4;
  IpAddress target;  // as place() said
  IpAddress tester;
  Service service = Service::kCalls;
  std::uint16_t mtu = 1500;
  std::uint64_t seed = 1;
  std::map<std::string, std::string> policies;
};

// ---- Socket calls
// ------------------------------------------------------------------------------------------
using CallId = std::uint64_t;

enum class CallKind : std::uint8_t {
  kSocket,
  kBind,
  kListen,
  kAccept,
  kConnect,
  kRead,
  kWrite,
  kShutdown,
  kClose,
  kSetOption,
  kGetOption,
  kFcntl
};
enum class ShutdownHow : std::uint8_t { kRead, kWrite, kBoth };
// The options that cases use, named as the field names them.
enum class SocketOption : std::uint8_t {
  kReuseAddr,
  kKeepAlive,
  kKeepIdle,
  kKeepInterval,
  kKeepCount,
  kLinger,
  kReceiveBuffer,
  kSendBuffer,
  kNoDelay,
  kMaxSegment,
  kUserTimeout,
  kError,
  kQuickAck,
  kCork,
  kTcpInfoState
};
// One call, typed. Fields that a kind does not use stay at their defaults. Handles are the target's own
// numbers.
struct SocketCall {
  CallKind kind = CallKind::kSocket;
  int handle = -1;
  IpVersion ip = IpVersion::kV4;  // kSocket
  Endpoint address{};             // kBind (port 0: any), kConnect
  int backlog = 0;
  std::int64_t count = 0;                // kRead: the most octets
  Bytes data{};                          // kWrite
  bool peek = false, dont_wait = false;  // MSG_PEEK, MSG_DONTWAIT
  bool urgent = false;                   // kWrite: MSG_OOB, the last octet's end is where urgent data ends
  ShutdownHow how = ShutdownHow::kWrite;
  SocketOption option = SocketOption::kError;
  std::int64_t value = 0;   // kSetOption; kLinger: on/off. kFcntl: 1 non-blocking, 0 blocking
  std::int64_t value2 = 0;  // kLinger: seconds
};
struct CallResult {
  std::int64_t value = 0;   // as the call returns it: a handle, a count, 0, -1
  std::string error;        // "ECONNREFUSED"; empty where value >= 0
  Bytes data;               // kRead
  Endpoint peer;            // kAccept
  std::int64_t option = 0;  // kGetOption
};

// ---- Queries
// -----------------------------------------------------------------------------------------------
enum class QueryKind : std::uint8_t { kState };
struct Query {
  QueryKind kind = QueryKind::kState;
  int handle = -1;
};
using Value = std::variant<std::int64_t, std::string>;

// ---- Events
// ------------------------------------------------------------------------------------------------
struct PacketOut {
  Bytes packet;  // starting at the IP header
};
struct CallDone {
  CallId call = 0;
  CallResult result;
  Stamp began;  // entry; Event::at is the return
};
// kCrash: the stack is gone. kHang: it does not answer. kBroken: what stands between us and the stack says
// things that make no sense; the stack is not to blame.
enum class Death : std::uint8_t { kCrash, kHang, kBroken };
struct TargetDied {
  std::string how;  // "agent ended with signal 11"
  Death kind = Death::kCrash;
};
struct Event {
  Stamp at;
  std::variant<PacketOut, CallDone, TargetDied> what;
};

inline constexpr std::string_view kImpossible = "impossible on this link: ";

class Target {
 public:
  virtual ~Target() = default;
  [[nodiscard]] virtual const Profile& profile() const = 0;
  // Where the next case takes place; asked once, before start(). A box on a cable says its own addresses, and
  // ports of ours that nobody used for four minutes.
  [[nodiscard]] virtual Place place(IpVersion ip, Service service) {
    (void)service;
    return usual_place(ip);
  }
  // Brings a fresh stack up with these addresses and policies; the case's clock starts at zero here.
  // A policy the target cannot set is refused here only if its value also differs from profile().choices.
  // After a TargetDied it makes a new attempt from nothing.
  virtual Status start(const CaseSetup& setup) = 0;
  [[nodiscard]] virtual Instant now() const = 0;
  // Wire -> target, now. The stamp proves delivery where profile().synchronous_delivery; an error: not
  // delivered. One that begins with kImpossible: no link of this kind could carry it.
  virtual Result<Stamp> inject(ByteView packet) = 0;
  // Begins a call; its CallDone follows as an event, at once or when it unblocks.
  virtual CallId begin(const SocketCall& call) = 0;
  virtual void cancel(CallId call) = 0;
  virtual Result<Value> query(const Query& query) = 0;
  // The next event in stamp order, or nothing when `deadline` is reached. Time never passes the deadline; in
  // virtual time it jumps there. Events that a call or an injection caused are returned first.
  [[nodiscard]] virtual std::optional<Event> next(Instant deadline) = 0;
  // Cancels calls, ends every connection, drains. Packets after this are nobody's.
  virtual Status end() = 0;
  // What spoiled the measurement and is the fault of neither side: the wall clock was set, packets were lost
  // on their way to us. Empty: nothing. Not empty: the verdict can only be Inconclusive. Also valid after
  // end().
  [[nodiscard]] virtual std::string disturbance() { return {}; }
};

}  // namespace tcpspec::target

#endif  // HARNESS_TARGET_TARGET_H_
