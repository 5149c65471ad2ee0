// PeerSteps: the language's `peer` and `link` steps. Owns the reference stack that plays our side and the
// link between it and the target, and merges their deadlines with the target's time.
#ifndef HARNESS_RUN_PEER_STEPS_H_
#define HARNESS_RUN_PEER_STEPS_H_

#include <cstdint>
#include <memory>
#include <optional>

#include "harness/scenario/scenario.h"
#include "harness/sim/link.h"
#include "harness/sim/peer.h"

namespace tcpspec::run {

struct Session;

class PeerSteps {
 public:
  // Makes peer and link if a step of the scenario needs them; the main connection is then the peer's.
  void begin(Session& session);
  void step(Session& session, const scenario::Step& step, const scenario::Peer& peer);
  void link_step(Session& session, const scenario::Step& step, const scenario::LinkRule& rule);
  void from_target(ByteView packet, Instant now);
  // Does what is due at the target's now: packets through the link, the peer's timers.
  void run(Session& session);
  [[nodiscard]] Instant next_deadline() const;

 private:
  void expect(Session& session, const scenario::Step& step, const scenario::Peer& peer);
  void act(Session& session, const scenario::Step& step, const scenario::Peer& peer);
  [[nodiscard]] bool holds(const scenario::Peer& peer) const;
  void notice(Instant now);

  std::unique_ptr<sim::Peer> peer_;
  std::unique_ptr<sim::Link> link_;
  bool opened_ = false;
  // When each became true.
  std::optional<Instant> established_, eof_, closed_, reset_;
};

}  // namespace tcpspec::run

#endif  // HARNESS_RUN_PEER_STEPS_H_
