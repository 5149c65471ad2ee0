// Tlp: the tail loss probe of RFC 8985 §7: when a probe is due, what it carries, and what its ACK tells.
// Decides only: it owns no timer and sends nothing. Constant memory.
//
// How a sender drives it. reset() when the connection, fast recovery or RTO recovery begins; on_rtt_sample()
// for each measured round trip, the handshake's too. After sending new data that is no probe, and on an ACK
// that moved SND.UNA, it arms the PTO by timeout() if may_arm(). When the PTO fires: choose(), send, sent(),
// and in any case the retransmission timer is started anew, never the PTO, while anything is in flight.
#ifndef STACK_TCP_TLP_H_
#define STACK_TCP_TLP_H_

#include <cstdint>
#include <optional>

#include "stack/base/seq32.h"
#include "stack/base/time.h"

namespace tcpspec::tcp {

// What a probe carries.
enum class TlpProbe : std::uint8_t {
  kNone,         // none may be sent: only the retransmission timer is started
  kNewData,      // the next segment never sent; the congestion window may be overrun by it
  kLastSegment,  // the highest segment sent, again
};

// What an ACK says of the probe in flight.
enum class TlpVerdict : std::uint8_t {
  kNothing,       // no probe in flight, or nothing known of it yet
  kDelivered,     // the episode is over, and nothing was lost
  kRepairedLoss,  // the probe repaired a loss: congestion control reacts as it does to fast recovery
};

struct TlpSituation {
  bool in_recovery = false;           // fast or RTO recovery
  std::uint32_t segments_sacked = 0;  // above SND.UNA
  std::uint32_t segments_in_flight = 0;
};

struct TlpAck {
  Seq32 ack;
  std::optional<Seq32> dsack_end;  // right edge of the duplicate it reports, RFC 2883
  bool has_sack = false;           // any SACK block
  bool duplicate = false;          // a duplicate ACK by RFC 5681 §2
};

class Tlp {
 public:
  static constexpr Duration kTimeoutWithoutSrtt = Duration::seconds(1);

  // §7.1.
  void reset();
  void on_rtt_sample() { sample_since_probe_ = true; }

  // §7.2: may the PTO be armed?
  [[nodiscard]] static bool may_arm(const TlpSituation& situation);
  // §7.2: how long from now. `srtt` zero: no sample yet. Never negative.
  [[nodiscard]] static Duration timeout(Duration srtt, std::uint32_t segments_in_flight,
                                        Duration max_ack_delay, Instant now, Instant rto_expires);
  // §7.3: what is sent now that the PTO fired. `new_data`: an unsent segment exists and the peer's window
  // takes it.
  [[nodiscard]] TlpProbe choose(bool new_data, std::uint32_t segments_in_flight) const;
  // §7.3: the probe left. `snd_nxt` after it; `ends_with_fin`: its last number is our FIN.
  void sent(TlpProbe probe, Seq32 snd_nxt, bool ends_with_fin);

  // §7.4.2: on each ACK that is acceptable.
  [[nodiscard]] TlpVerdict on_ack(const TlpAck& ack);

  // Read out.
  [[nodiscard]] const std::optional<Seq32>& end_seq() const { return end_seq_; }
  [[nodiscard]] bool is_retrans() const { return is_retrans_; }
  [[nodiscard]] bool sample_since_probe() const { return sample_since_probe_; }

 private:
  std::optional<Seq32> end_seq_;
  bool is_retrans_ = false;
  bool ends_with_fin_ = false;
  bool sample_since_probe_ = false;
};

}  // namespace tcpspec::tcp

#endif  // STACK_TCP_TLP_H_
