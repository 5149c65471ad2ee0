// Station: who we are on the cable and what a frame means to us. Answers questions for our address, learns
// where the box is, notices when somebody else has our address or answers in the box's place. Frames in,
// frames out: no interface, no clock. One own address and one box at a time.
#ifndef HARNESS_TARGET_WIRE_STATION_H_
#define HARNESS_TARGET_WIRE_STATION_H_

#include <cstdint>
#include <optional>
#include <string>

#include "harness/target/wire/frame.h"

namespace tcpspec::target::wire {

struct Reception {
  std::optional<Frame> answer;  // to be sent
  bool box_told = false;        // the box said where it is
  Bytes packet;                 // an IP packet for us, without padding; empty: none
  Mac from{};                   // who sent it
};

class Station {
 public:
  Station(const Mac& mac, std::optional<std::uint16_t> vlan) : mac_(mac), vlan_(vlan) {}
  // From now on we are `own` and talk to `box`, whose hardware address is not known.
  void become(const IpAddress& own, const IpAddress& box);

  [[nodiscard]] Reception hear(const Frame& frame);
  // Around a packet, for the box. Requires box_mac().
  [[nodiscard]] Frame wrap(ByteView packet) const;
  [[nodiscard]] Frame question() const;
  [[nodiscard]] Frame owner_probe(const IpAddress& asked) const;

  [[nodiscard]] const Mac& mac() const { return mac_; }
  [[nodiscard]] const IpAddress& own() const { return own_; }
  [[nodiscard]] const IpAddress& box() const { return box_; }
  [[nodiscard]] const std::optional<Mac>& box_mac() const { return box_mac_; }
  // Another station that has our address, and what showed it.
  struct Rival {
    Mac mac{};
    std::string how;
  };
  [[nodiscard]] const std::optional<Rival>& rival() const { return rival_; }
  // For the kernel (pcap's language): all that may concern us.
  [[nodiscard]] std::string filter() const;

 private:
  void hear_neighbour(const Neighbour& neighbour, const Frame& frame, Reception& reception);
  void hear_packet(const Frame& frame, Reception& reception);
  [[nodiscard]] Frame tagged(Frame frame) const;
  void notice(const Mac& mac, std::string how);

  Mac mac_;
  std::optional<std::uint16_t> vlan_;
  IpAddress own_, box_;
  std::optional<Mac> box_mac_;
  std::optional<Rival> rival_;
};

}  // namespace tcpspec::target::wire

#endif  // HARNESS_TARGET_WIRE_STATION_H_
