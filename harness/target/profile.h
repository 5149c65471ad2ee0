// Profile: what a target is and which permitted choices it makes. Data, never code: a case asks for words
// (vocabulary.h), and the profile answers. What a target gets wrong is not here but in its baseline.
#ifndef HARNESS_TARGET_PROFILE_H_
#define HARNESS_TARGET_PROFILE_H_

#include <map>
#include <string>

#include "stack/base/time.h"

namespace tcpspec::target {

enum class LinkKind { kIp, kEthernet };
enum class ClockKind { kVirtual, kReal };
enum class Isolation { kFresh, kReset, kShared };

// By how much a target may be late: Linux's timer wheel rounds up by an eighth, and by a tick or two.
struct TimerSlack {
  Duration absolute;
  std::int64_t divisor = 0;  // of the awaited time; 0: none
  [[nodiscard]] Duration of(Duration awaited) const {
    return absolute + (divisor > 0 && awaited > Duration() ? awaited / divisor : Duration());
  }
};

struct Profile {
  std::string name;     // "linux"
  std::string version;  // "6.1.0"
  std::string setting;  // "own namespaces, TUN, real time": for the first line of a report
  LinkKind link = LinkKind::kIp;
  ClockKind clock = ClockKind::kVirtual;
  Isolation isolation = Isolation::kFresh;
  bool synchronous_delivery = true;  // inject()'s return proves that the stack has the packet
  TimerSlack slack;
  Duration settle;   // how long the implicit silence at the end of a case lasts
  Duration min_rto;  // a retransmission earlier than this after the last transmission is never permitted
  Duration initial_rto;
  Duration msl;
  Duration delayed_ack;                        // the longest this target holds an ACK back
  std::string request;                         // what makes Service::kCloser answer and close
  std::map<std::string, std::string> choices;  // policy key -> what it does when nothing is set
  std::map<std::string, std::string> lacks;  // capability -> evidence that it is not there; absent: it has it
};

}  // namespace tcpspec::target

#endif  // HARNESS_TARGET_PROFILE_H_
