// PcapPort: libpcap on one interface: frames out, frames in with the kernel's stamps. Promiscuous, since our
// hardware address is not the interface's; filtered in the kernel. Knows nothing of what a frame says.
#ifndef HARNESS_TARGET_WIRE_PCAP_PORT_H_
#define HARNESS_TARGET_WIRE_PCAP_PORT_H_

#include <pcap/pcap.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "stack/base/bytes.h"
#include "stack/base/result.h"

namespace tcpspec::target::wire {

struct Heard {
  Bytes frame;             // as much as was captured
  std::size_t octets = 0;  // that it had on the wire
  std::int64_t stamp = 0;  // CLOCK_REALTIME, nanoseconds since 1970
};

class PcapPort {
 public:
  // `most`: octets of a frame that are kept. An Error says what is missing and the remedy.
  [[nodiscard]] static Result<PcapPort> open(const std::string& interface, std::size_t most);
  // In pcap's own language. Frames that came before stay in the queue.
  Status set_filter(const std::string& filter);
  Status send(ByteView frame);
  // The oldest frame that waits; nothing when none does. Both directions, our own frames too.
  [[nodiscard]] std::optional<Heard> take();
  // Readable when a frame waits.
  [[nodiscard]] int fd() const { return fd_; }
  // Frames that were dropped on their way to us since it was opened.
  [[nodiscard]] std::uint64_t lost();
  // The last thing that reading complained about ("The interface went down").
  [[nodiscard]] const std::string& complaint() const { return complaint_; }

 private:
  struct Close {
    void operator()(pcap_t* handle) const { pcap_close(handle); }
  };
  explicit PcapPort(pcap_t* handle) : handle_(handle) {}

  std::unique_ptr<pcap_t, Close> handle_;
  int fd_ = -1;
  std::int64_t nanos_per_fraction_ = 1;
  std::string complaint_;
};

}  // namespace tcpspec::target::wire

#endif  // HARNESS_TARGET_WIRE_PCAP_PORT_H_
