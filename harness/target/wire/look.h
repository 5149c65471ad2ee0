// Look: one look at the box over one IP version: does it answer, which ports are open, what do its services
// do, what do its SYN-ACKs say, is something in between. Takes about a second; talks only from its slot's
// ports.
#ifndef HARNESS_TARGET_WIRE_LOOK_H_
#define HARNESS_TARGET_WIRE_LOOK_H_

#include "harness/target/wire/agent_side.h"
#include "harness/target/wire/dialog.h"
#include "harness/target/wire/findings.h"
#include "harness/target/wire/slots.h"

namespace tcpspec::target::wire {

// The box does not answer ARP or neighbour solicitations, with what to look at; Ok when it does.
[[nodiscard]] Status reach(Cable& cable, const std::string& interface, Duration patience);

class Look {
 public:
  // The cable has become() the slot's address and reached the box. `agent`: null where there is none.
  Look(Cable& cable, const Options& options, const Slot& slot, AgentSide* agent);
  // An Error: no case could say anything about the stack (it does not answer, or hardware is missing), with
  // the remedy.
  [[nodiscard]] Result<Side> run();

 private:
  [[nodiscard]] Dialog dialog(std::uint16_t port);
  void look_at_closed();
  // A port for cases that need any open one: the one that was named, else a service's. 0: none.
  [[nodiscard]] std::uint16_t candidate() const;
  void look_at_open(std::uint16_t port);
  void look_at_echo();
  void look_at_discard();
  void look_at_chargen();
  void look_for_closer();
  void look_at_ecn();
  void look_at_path();
  void look_at_checksums();
  void listen_through_agent();
  void compare_peer(int listener, const Endpoint& own);
  void note_syn_ack(const Spoken& spoken);
  void note(const Spoken& spoken);
  // A SYN-ACK; otherwise the word is lacking, with the evidence.
  [[nodiscard]] bool opened(const std::optional<Spoken>& answer, const char* word, std::uint16_t port);

  Cable& cable_;
  const Options& options_;
  const Slot slot_;
  AgentSide* agent_;
  std::uint16_t next_port_ = 0;
  Side side_;
  std::string trap_;
  bool full_mss_ = true;
  bool heard_ = false;  // anything of TCP
  std::optional<Spoken> rst_, syn_ack_;
};

}  // namespace tcpspec::target::wire

#endif  // HARNESS_TARGET_WIRE_LOOK_H_
