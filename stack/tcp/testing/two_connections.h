// For unit tests only: two connections on a wire in memory, in virtual time. The wire has a delay; a test
// says which segments it loses. Each segment is noted with its instant, so a test can read the conversation.
#ifndef STACK_TCP_TESTING_TWO_CONNECTIONS_H_
#define STACK_TCP_TESTING_TWO_CONNECTIONS_H_

#include <algorithm>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "stack/tcp/testing/hand.h"

namespace tcpspec::tcp::testing {

class TwoConnections {
 public:
  struct Side {
    std::unique_ptr<Connection> tcp;
    Config config;
    Endpoint local;
    Seq32 iss;
    bool listening = false;
    bool reads = true;  // takes everything as it arrives
    Bytes got;
    bool end_of_stream = false;
    Bytes to_send;  // goes into SEND as there is room
    bool close_when_sent = false;
    bool close_at_end_of_stream = false;
    Lines events;
  };
  struct OnWire {
    Instant sent;
    bool from_a;
    wire::Segment segment;
    bool lost;
  };
  // True: the wire loses it. `nth` counts the segments of that side, from 0.
  using Loss = std::function<bool(bool from_a, int nth, const wire::Segment& segment)>;
  // How much longer than `delay` it is under way; others overtake it.
  using Hold = std::function<Duration(bool from_a, int nth, const wire::Segment& segment)>;

  explicit TwoConnections(const Config& config = plain_config()) {
    a.config = b.config = config;
    a.local = ours();
    b.local = theirs();
    a.iss = kOurIss;
    b.iss = kPeerIss;
  }

  void open_a() { open(a, b); }
  void open_b() { open(b, a); }
  // Runs until nothing is due before `end`; the clock then stands at `end`.
  void run(Duration length);
  [[nodiscard]] Instant now() const { return now_; }
  // "a 0.000 S 0:0(0)": sender, seconds, segment, "lost".
  [[nodiscard]] Lines lines() const;
  [[nodiscard]] int count(bool from_a, std::string_view letters) const;
  [[nodiscard]] std::string states() const { return state_of(a) + " " + state_of(b); }
  [[nodiscard]] static std::string state_of(const Side& side) {
    return side.tcp ? to_string(side.tcp->tcb().state) : side.listening ? "LISTEN" : "CLOSED";
  }

  Side a, b;
  Duration delay = Duration::millis(10);
  Loss lose;
  Hold hold;
  Loss repeat;  // true: it arrives twice
  std::vector<OnWire> wire;

 private:
  struct Flight {
    Instant arrives;
    bool to_a;
    wire::Segment segment;
  };
  void open(Side& side, const Side& other) {
    side.tcp = Connection::open_active(side.config, side.local, other.local, side.iss, now_);
  }
  void deliver(const Flight& flight);
  void drain(Side& side);
  void put(Flight flight);
  void play_user(Side& side);
  [[nodiscard]] Instant next_event() const;

  Instant now_;
  std::deque<Flight> flights_;
  int sent_by_a_ = 0;
  int sent_by_b_ = 0;
};

inline Instant TwoConnections::next_event() const {
  Instant next = flights_.empty() ? Instant::never() : flights_.front().arrives;
  if (a.tcp) next = std::min(next, a.tcp->next_deadline());
  if (b.tcp) next = std::min(next, b.tcp->next_deadline());
  return next;
}

inline void TwoConnections::run(Duration length) {
  const Instant end = now_ + length;
  play_user(a);
  play_user(b);
  while (next_event() <= end) {
    now_ = std::max(now_, next_event());
    if (!flights_.empty() && flights_.front().arrives <= now_) {
      const Flight flight = std::move(flights_.front());
      flights_.pop_front();
      deliver(flight);
    } else {
      if (a.tcp) a.tcp->deadline_reached(now_);
      if (b.tcp) b.tcp->deadline_reached(now_);
    }
    play_user(a);
    play_user(b);
  }
  now_ = end;
}

inline void TwoConnections::deliver(const Flight& flight) {
  Side& side = flight.to_a ? a : b;
  if (side.tcp) return side.tcp->segment_arrives(flight.segment, now_);
  std::optional<wire::Segment> reply = reset_for_closed(flight.segment);
  if (side.listening) {
    switch (arrives_at_listen(flight.segment)) {
      case ListenDisposition::kNewConnection:
        side.tcp = Connection::accept_syn(side.config, flight.segment, side.iss, now_);
        return;
      case ListenDisposition::kIgnore:
        return;
      case ListenDisposition::kReset:
        break;
    }
  }
  if (reply) put({now_ + delay, !flight.to_a, std::move(*reply)});
}

// Behind everything that arrives no later.
inline void TwoConnections::put(Flight flight) {
  const auto place = std::find_if(flights_.rbegin(), flights_.rend(),
                                  [&](const Flight& other) { return other.arrives <= flight.arrives; });
  flights_.insert(place.base(), std::move(flight));
}

inline void TwoConnections::play_user(Side& side) {
  if (!side.tcp) return;
  if (!side.to_send.empty()) {
    const SendResult result = side.tcp->send(side.to_send, true, now_);
    side.to_send.erase(side.to_send.begin(),
                       side.to_send.begin() + static_cast<std::ptrdiff_t>(result.accepted));
  }
  const bool opened = is_synchronized(side.tcp->tcb().state);
  if (opened && side.to_send.empty() && side.close_when_sent) {
    side.close_when_sent = false;
    side.tcp->close(now_);
  }
  while (side.reads && !side.end_of_stream) {
    ReceiveResult result = side.tcp->receive(100'000, now_);
    append(side.got, result.data);
    if (result.end_of_stream) side.end_of_stream = true;
    if (result.data.empty()) break;
  }
  if (side.end_of_stream && side.close_at_end_of_stream) {
    side.close_at_end_of_stream = false;
    side.tcp->close(now_);
  }
  drain(side);
}

inline void TwoConnections::drain(Side& side) {
  const bool from_a = &side == &a;
  while (auto segment = side.tcp->take_segment()) {
    const int nth = (from_a ? sent_by_a_ : sent_by_b_)++;
    const bool lost = lose && lose(from_a, nth, *segment);
    wire.push_back({now_, from_a, *segment, lost});
    if (lost) continue;
    const Duration held = hold ? hold(from_a, nth, *segment) : Duration();
    if (repeat && repeat(from_a, nth, *segment)) put({now_ + delay, !from_a, *segment});
    put({now_ + delay + held, !from_a, std::move(*segment)});
  }
  while (const auto event = side.tcp->take_event()) side.events.emplace_back(name_of(event->kind));
}

inline Lines TwoConnections::lines() const {
  Lines all;
  for (const OnWire& one : wire) {
    const Seq32 mine = one.from_a ? a.iss : b.iss;
    const Seq32 its = one.from_a ? b.iss : a.iss;
    all.push_back(fmt::format("{} {:.3f} {}{}", one.from_a ? "a" : "b", (one.sent - Instant()).as_seconds(),
                              text_of(one.segment, mine, its), one.lost ? " lost" : ""));
  }
  return all;
}

inline int TwoConnections::count(bool from_a, std::string_view letters) const {
  return static_cast<int>(std::count_if(wire.begin(), wire.end(), [&](const OnWire& one) {
    return one.from_a == from_a && letters_of(one.segment.flags) == letters;
  }));
}

}  // namespace tcpspec::tcp::testing

#endif  // STACK_TCP_TESTING_TWO_CONNECTIONS_H_
