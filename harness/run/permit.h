// Permit: which packets a target may send at any time though no step expects them: repeated equal ACKs,
// window updates, and retransmissions that do not come too early. Keeps what the target has sent on one
// 4-tuple. Judges nothing else: whether a permitted packet is right in itself is the monitor's question.
#ifndef HARNESS_RUN_PERMIT_H_
#define HARNESS_RUN_PERMIT_H_

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "harness/packet/image.h"
#include "harness/target/target.h"
#include "stack/base/seq32.h"

namespace tcpspec::run {

class Permit {
 public:
  // `min_rto`: profile().min_rto.
  explicit Permit(Duration min_rto) : min_rto_(min_rto) {}

  // A packet from the target, in order of arrival. Returns the class that permits it, or "" for one that a
  // step must expect; then counts it as sent.
  [[nodiscard]] std::string_view sent(const packet::Image& image, const target::Stamp& at);
  // An undamaged packet of ours: what it acknowledges ends retransmission and gives a round-trip time.
  void injected(const packet::Image& image, const target::Stamp& at);

 private:
  struct Transmission {
    Seq32 start, end;
    target::Stamp at;
    bool repeated = false;
  };

  [[nodiscard]] std::string_view classify(const packet::Image& image, const target::Stamp& at);
  [[nodiscard]] std::string_view classify_ack(const packet::TcpHeader& tcp) const;
  [[nodiscard]] std::string_view classify_repeat(Seq32 start, Seq32 end, const target::Stamp& at);
  [[nodiscard]] std::uint32_t scaled_window(const packet::TcpHeader& tcp) const;
  void remember(const packet::Image& image, const target::Stamp& at);
  void begin_incarnation(const packet::TcpHeader& syn);
  void acknowledged(Seq32 ack, const target::Stamp& at);

  Duration min_rto_;
  std::vector<Transmission> sent_;  // what holds sequence space, in order
  std::optional<Seq32> first_, una_, max_;
  Seq32 before_una_{0};  // una_ before our last ACK, and when that was sent
  std::optional<target::Stamp> acknowledged_at_;
  std::optional<std::uint32_t> last_ack_;
  std::uint32_t last_window_ = 0;
  std::optional<Duration> srtt_;
  bool probed_ = false;  // a tail-loss probe went out since the last advance of una_
  bool target_sack_ = false, tester_sack_ = false;
  std::optional<std::uint8_t> target_shift_;
  bool tester_shift_ = false;
};

}  // namespace tcpspec::run

#endif  // HARNESS_RUN_PERMIT_H_
