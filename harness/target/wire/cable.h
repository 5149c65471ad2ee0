// Cable: our end of it: the interface, and us on it (station.h). Sends packets to the box, gives what the box
// sends to us, and answers for our address whenever it is asked to look. In real time. Knows no cases and no
// ports.
#ifndef HARNESS_TARGET_WIRE_CABLE_H_
#define HARNESS_TARGET_WIRE_CABLE_H_

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "harness/target/wire/interface.h"
#include "harness/target/wire/options.h"
#include "harness/target/wire/pcap_port.h"
#include "harness/target/wire/station.h"

namespace tcpspec::target::wire {

struct Arrival {
  Bytes packet;            // for us, from the IP header on, without padding
  std::size_t octets = 0;  // that the packet had on the wire, where not all was captured
  std::int64_t stamp = 0;  // CLOCK_REALTIME, nanoseconds since 1970
  Mac from{};
};

class Cable {
 public:
  // An Error says what is wrong with the interface, and the remedy.
  [[nodiscard]] static Result<Cable> open(const Options& options);

  Status become(const IpAddress& own, const IpAddress& box);
  // Where the box is, asked even when it is known: our question also tells the box where we are. False: no
  // answer.
  [[nodiscard]] bool resolve(Duration patience);
  // Which of these somebody else has; waits for `patience`.
  [[nodiscard]] std::map<IpAddress, Mac> owners_of(const std::vector<IpAddress>& addresses,
                                                   Duration patience);

  // An Error: not sent.
  Status send(ByteView packet);
  // The oldest packet that waits for us; nothing when none does.
  [[nodiscard]] std::optional<Arrival> take();
  // The next packet for us, waiting at most so long.
  [[nodiscard]] std::optional<Arrival> next(Duration wait);

  [[nodiscard]] int fd() const { return port_.fd(); }
  [[nodiscard]] std::uint16_t mtu() const { return mtu_; }
  [[nodiscard]] const Station& station() const { return station_; }
  // Frames lost on their way to us since become().
  [[nodiscard]] std::uint64_t lost();
  // Why the interface cannot be used now, or that it could not for a while since become(); empty: all is
  // well.
  [[nodiscard]] std::string link_trouble() const;
  // Somebody else who has our address, with the remedy; empty: nobody.
  [[nodiscard]] std::string rival() const;

 private:
  Cable(std::string interface, PcapPort port, Station station, std::uint16_t mtu, const Mac& interface_mac)
      : interface_(std::move(interface)),
        port_(std::move(port)),
        station_(std::move(station)),
        mtu_(mtu),
        interface_mac_(interface_mac) {}
  void wait(Duration time) const;

  std::string interface_;
  PcapPort port_;
  Station station_;
  std::uint16_t mtu_;
  Mac interface_mac_;
  std::uint64_t lost_before_ = 0;
  std::uint32_t carrier_changes_ = 0;
};

}  // namespace tcpspec::target::wire

#endif  // HARNESS_TARGET_WIRE_CABLE_H_
