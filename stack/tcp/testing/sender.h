// For unit tests only: a Hand whose connection sends under congestion control, established at time zero with
// segments of 1000 octets; and short names for what the peer answers.
#ifndef STACK_TCP_TESTING_SENDER_H_
#define STACK_TCP_TESTING_SENDER_H_

#include <initializer_list>
#include <string>
#include <utility>

#include "stack/tcp/testing/hand.h"

namespace tcpspec::tcp::testing {

inline Config sender_config(LossRecovery recovery, int initial_segments = 10) {
  Config config = plain_config();
  config.recovery = recovery;
  config.congestion = Congestion::kReno;
  config.initial_window_segments = initial_segments;
  config.nagle = false;
  config.sack_permitted = recovery == LossRecovery::kSack || recovery == LossRecovery::kRack;
  return config;
}

class Sender : public Hand {
 public:
  explicit Sender(const Config& config, Duration round_trip = Duration()) : Hand(config) {
    peer_syn_options.sack_permitted = config.sack_permitted;
    open();
    wait(round_trip);
    peer("S.", 0, 0, 1);
    CHECK(tcb().state == State::kEstablished);
    forget();
  }

  // The peer's ACK, with SACK blocks by our relative numbers.
  void ack(std::uint32_t number, std::initializer_list<std::pair<std::uint32_t, std::uint32_t>> blocks = {}) {
    wire::Segment segment = make(".", 1, 0, number);
    for (const auto& [left, right] : blocks)
      segment.options.sack_blocks.push_back({kOurIss + left, kOurIss + right});
    give(segment);
  }
  // What left since the last look, as "1001 2001 5001": where each segment begins; of other sizes than 1000
  // octets, "1:301".
  std::string begun() {
    std::string text;
    for (const wire::Segment& segment : segments()) {
      const std::uint32_t from = segment.seq.raw() - kOurIss.raw();
      const std::size_t size = segment.payload.size() + (segment.fin() ? 1 : 0);
      if (!text.empty()) text += ' ';
      text += size == 1000 ? fmt::format("{}", from) : fmt::format("{}:{}", from, from + size);
    }
    return text;
  }
  [[nodiscard]] std::uint32_t cwnd() const { return tcb().cwnd; }
  [[nodiscard]] std::uint32_t pipe() const { return tcb().pipe; }
  [[nodiscard]] bool recovering() const { return tcb().in_recovery; }
};

}  // namespace tcpspec::tcp::testing

#endif  // STACK_TCP_TESTING_SENDER_H_
