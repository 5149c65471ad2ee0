// Connections: the connections of one case by name, their 4-tuples, and the numbers of both sides: relative
// as scripts write them, absolute as they are on the wire. Holds what arrived and no step has taken yet, what
// our side sent, and the captured values. Several names may share a 4-tuple (`like`), each with its own ISNs.
// No time, no verdicts.
#ifndef HARNESS_RUN_CONNECTIONS_H_
#define HARNESS_RUN_CONNECTIONS_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/packet/explain.h"
#include "harness/packet/image.h"
#include "harness/run/permit.h"
#include "harness/scenario/scenario.h"
#include "harness/target/target.h"

namespace tcpspec::run {

struct Arrived {
  target::Stamp at;
  packet::Image image;
  std::size_t event = 0;       // index in the trace
  std::string_view permitted;  // the class that permits it, or ""
};

// Octets that we sent to the target: what its reads may return.
struct SentOctets {
  std::uint32_t offset = 0;  // in the stream
  std::uint32_t length = 0;
  Bytes octets;  // empty: those of the stream pattern
};

// One 4-tuple.
struct Path {
  Endpoint tester, target;
  bool used = false;        // a packet went either way
  bool to_peer = false;     // the reference stack plays our side
  bool pattern_out = true;  // what the target sends is the stream pattern
  std::size_t view = 0;     // the connection in whose numbers its packets are shown
  std::uint16_t mss;        // the most octets of text in one segment that we take
  std::deque<Arrived> queue;
  Permit permit;
  std::vector<SentOctets> sent;
};

struct Connection {
  std::string name;  // "" for the main one
  std::size_t path = 0;
  std::uint32_t tester_isn = 0;
  std::optional<std::uint32_t> target_isn;  // until it is known, its numbers are absolute
  // TS val of the target as the script writes it -> as it came.
  std::map<std::int64_t, std::uint32_t> timestamps;
  bool asked = false;  // its server was made to close (ask.h)
};

class Connections {
 public:
  // `letters`: what we send is text without a line's end, for an application that we do not know.
  Connections(const scenario::Scenario& scenario, const target::Place& place, bool letters,
              std::uint64_t seed, Duration min_rto);

  // "" and "main" are the main one. Null for a name that the scenario does not declare.
  [[nodiscard]] Connection* find(std::string_view name);
  [[nodiscard]] Path& path_of(const Connection& connection) { return paths_[connection.path]; }
  [[nodiscard]] std::vector<Path>& paths() { return paths_; }
  [[nodiscard]] Connection& view_of(const Path& path) { return connections_[path.view]; }
  // The same, or, while the target's ISN in it is not known, another one of this 4-tuple in which it is.
  [[nodiscard]] const Connection& numbered_view_of(const Path& path) const;
  void show_as(Path& path, const Connection& connection);
  // The 4-tuple a packet from the target belongs to, or null. A SYN of the target to our service port that
  // belongs to none gives the first unused connection its 4-tuple: an active open of the target.
  [[nodiscard]] Path* from_target(const packet::Image& image);
  [[nodiscard]] Path* by_tester(const Endpoint& tester);
  // A tester's endpoint that no connection uses, for proofs of delivery, and a target's that nobody listens
  // on.
  [[nodiscard]] Endpoint control() const;
  [[nodiscard]] Endpoint closed() const { return {place_.target, place_.closed_port}; }
  // The scenario lets the target open connections.
  [[nodiscard]] bool target_connects() const { return active_; }
  [[nodiscard]] const target::Place& place() const { return place_; }
  // Octets of the stream that we send.
  [[nodiscard]] Bytes text(std::uint64_t offset, std::size_t count) const;

  [[nodiscard]] Result<std::int64_t> value(const scenario::Number& number) const;
  void capture(const std::string& name, std::int64_t value) { captured_[name] = value; }

 private:
  [[nodiscard]] std::size_t add_path(IpVersion version, bool closed_port);
  [[nodiscard]] std::uint16_t announced_mss(IpVersion version) const {
    return version == IpVersion::kV4 ? 536 : 1220;
  }

  std::vector<Connection> connections_;
  std::vector<Path> paths_;
  std::map<std::string, std::int64_t, std::less<>> captured_;
  target::Place place_;
  bool letters_;
  std::uint16_t first_port_;
  Duration min_rto_;
  bool active_ = false;  // the scenario lets the target connect
};

// What its packets' numbers count from, for summaries.
[[nodiscard]] packet::Numbering numbering_out(const Connection& connection);
[[nodiscard]] packet::Numbering numbering_in(const Connection& connection);

}  // namespace tcpspec::run

#endif  // HARNESS_RUN_CONNECTIONS_H_
