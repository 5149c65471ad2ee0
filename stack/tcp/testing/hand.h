// For unit tests only: one connection whose peer is played by hand, in virtual time. Numbers are relative:
// ours count from our ISS, the peer's from its own, so the SYNs have number 0 and text begins at 1.
#ifndef STACK_TCP_TESTING_HAND_H_
#define STACK_TCP_TESTING_HAND_H_

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "stack/base/check.h"
#include "stack/tcp/connection.h"
#include "stack/tcp/state.h"

namespace tcpspec::tcp::testing {

inline constexpr Seq32 kOurIss(0xfffffff0);  // so that every longer test goes round the circle
inline constexpr Seq32 kPeerIss(0x7ffffff0);

inline Endpoint ours() { return {IpAddress::v4(192, 0, 2, 1), 4000}; }
inline Endpoint theirs() { return {IpAddress::v4(192, 0, 2, 2), 80}; }

// No options but the MSS; no delayed ACK surprises: 40 ms as by default. Losses are repaired by the timer
// alone, and the peer's window alone limits, so that a test of something else sees only that.
inline Config plain_config() {
  Config config;
  config.window_scaling = false;
  config.timestamps = false;
  config.sack_permitted = false;
  config.mss = 1000;
  config.path_mss = 1000;
  config.recovery = LossRecovery::kTimeoutOnly;
  config.congestion = Congestion::kNone;
  return config;
}

// The octet of either stream with relative number `n`: a repeated octet must be the same one.
inline std::uint8_t octet(std::uint32_t n) { return static_cast<std::uint8_t>(n * 7 + n / 251); }
inline Bytes stream(std::uint32_t from, std::size_t count) {
  Bytes text(count);
  for (std::size_t i = 0; i < count; ++i) text[i] = octet(from + static_cast<std::uint32_t>(i));
  return text;
}

// "S", "S.", ".", "P.", "F.", "R", "R.", "PU.", "SEW": as packetdrill writes them.
inline wire::Flags flags_of(std::string_view letters) {
  wire::Flags flags;
  for (const char letter : letters) {
    if (letter == 'S') flags = flags | wire::Flag::kSyn;
    if (letter == '.') flags = flags | wire::Flag::kAck;
    if (letter == 'P') flags = flags | wire::Flag::kPsh;
    if (letter == 'F') flags = flags | wire::Flag::kFin;
    if (letter == 'R') flags = flags | wire::Flag::kRst;
    if (letter == 'U') flags = flags | wire::Flag::kUrg;
    if (letter == 'E') flags = flags | wire::Flag::kEce;
    if (letter == 'W') flags = flags | wire::Flag::kCwr;
  }
  return flags;
}
inline std::string letters_of(wire::Flags flags) {
  std::string letters;
  if (flags.has(wire::Flag::kSyn)) letters += 'S';
  if (flags.has(wire::Flag::kFin)) letters += 'F';
  if (flags.has(wire::Flag::kRst)) letters += 'R';
  if (flags.has(wire::Flag::kPsh)) letters += 'P';
  if (flags.has(wire::Flag::kUrg)) letters += 'U';
  if (flags.has(wire::Flag::kEce)) letters += 'E';
  if (flags.has(wire::Flag::kCwr)) letters += 'W';
  if (flags.has(wire::Flag::kAck)) letters += '.';
  return letters;
}

// "P. 1:101(100) ack 1", with our numbers relative to our ISS and the ACK to the peer's.
inline std::string text_of(const wire::Segment& segment, Seq32 our_iss = kOurIss, Seq32 peer_iss = kPeerIss) {
  const std::uint32_t seq = segment.seq.raw() - our_iss.raw();
  std::string text = fmt::format("{} {}:{}({})", letters_of(segment.flags), seq, seq + segment.payload.size(),
                                 segment.payload.size());
  if (segment.has_ack()) text += fmt::format(" ack {}", segment.ack.raw() - peer_iss.raw());
  return text;
}

using Lines = std::vector<std::string>;

inline const char* name_of(EventKind kind) {
  switch (kind) {
    case EventKind::kEstablished:
      return "established";
    case EventKind::kReadable:
      return "readable";
    case EventKind::kUrgent:
      return "urgent";
    case EventKind::kWritable:
      return "writable";
    case EventKind::kRefused:
      return "refused";
    case EventKind::kReset:
      return "reset";
    case EventKind::kTimedOut:
      return "timed out";
    case EventKind::kUnreachable:
      return "unreachable";
    case EventKind::kClosed:
      return "closed";
  }
  CHECK(false);
}

class Hand {
 public:
  explicit Hand(const Config& config = plain_config()) : config_(config) { peer_syn_options.mss = 1000; }

  // --- the connection ---
  void open() { connection_ = Connection::open_active(config_, ours(), theirs(), kOurIss, now_); }
  void accept(const wire::Segment& syn) { connection_ = Connection::accept_syn(config_, syn, kOurIss, now_); }
  void establish();  // actively, with a SYN-ACK of window `peer_window`; what was sent is thrown away
  void establish_passively();
  void reach(State state, bool passive = true);  // by the shortest route
  Connection& tcp() { return *connection_; }
  [[nodiscard]] const Tcb& tcb() const { return connection_->tcb(); }
  [[nodiscard]] std::string state() const { return to_string(tcb().state); }

  // --- the user ---
  SendResult send(std::size_t count, bool push = true) {
    const Bytes text = stream(written_, count);
    const SendResult result = connection_->send(text, push, now_);
    written_ += static_cast<std::uint32_t>(result.accepted);
    return result;
  }
  ReceiveResult receive(std::size_t most = 1'000'000) { return connection_->receive(most, now_); }
  void close() { connection_->close(now_); }

  // --- the peer ---
  [[nodiscard]] wire::Segment make(std::string_view letters, std::uint32_t seq, std::size_t count,
                                   std::uint32_t ack = 0) const;
  // A segment from the peer, with text of its stream.
  void peer(std::string_view letters, std::uint32_t seq, std::size_t count, std::uint32_t ack = 0) {
    give(make(letters, seq, count, ack));
  }
  void give(const wire::Segment& segment) { connection_->segment_arrives(segment, now_); }

  // --- time ---
  [[nodiscard]] Instant now() const { return now_; }
  void wait(Duration duration) { wait_until(now_ + duration); }
  void wait_until(Instant until);
  // Due now, or how long from now; negative: nothing is armed.
  [[nodiscard]] Duration until_deadline() const {
    const Instant next = connection_->next_deadline();
    return next == Instant::never() ? -Duration::nanos(1) : next - now_;
  }

  // --- what came out since the last look ---
  Lines sent();
  std::vector<wire::Segment> segments();
  Lines events();
  void forget() {
    (void)segments();
    (void)events();
  }

  std::uint16_t peer_window = 60000;
  wire::TcpOptions peer_syn_options;
  std::optional<wire::Timestamps> peer_timestamps;  // on every segment of the peer

 private:
  Config config_;
  Instant now_;
  std::unique_ptr<Connection> connection_;
  std::uint32_t written_ = 1;
};

inline wire::Segment Hand::make(std::string_view letters, std::uint32_t seq, std::size_t count,
                                std::uint32_t ack) const {
  wire::Segment segment;
  segment.source = theirs();
  segment.destination = ours();
  segment.flags = flags_of(letters);
  segment.seq = kPeerIss + seq;
  if (segment.has_ack()) segment.ack = kOurIss + ack;
  segment.window = peer_window;
  segment.payload = stream(seq + (segment.syn() ? 1 : 0), count);
  if (segment.syn()) segment.options = peer_syn_options;
  if (peer_timestamps) segment.options.timestamps = peer_timestamps;
  return segment;
}

inline void Hand::wait_until(Instant until) {
  CHECK(until >= now_);
  while (connection_ && connection_->next_deadline() <= until) {
    now_ = std::max(now_, connection_->next_deadline());
    connection_->deadline_reached(now_);
  }
  now_ = until;
}

inline std::vector<wire::Segment> Hand::segments() {
  std::vector<wire::Segment> all;
  while (auto segment = connection_->take_segment()) all.push_back(std::move(*segment));
  return all;
}

inline Lines Hand::sent() {
  Lines lines;
  for (const wire::Segment& segment : segments()) {
    lines.push_back(text_of(segment));
    // What is sent is always the stream that was written.
    const std::uint32_t first = segment.seq.raw() - kOurIss.raw() + (segment.syn() ? 1 : 0);
    if (segment.payload != stream(first, segment.payload.size())) lines.back() += " WRONG TEXT";
  }
  return lines;
}

inline Lines Hand::events() {
  Lines lines;
  while (const auto event = connection_->take_event()) lines.emplace_back(name_of(event->kind));
  return lines;
}

inline void Hand::establish() {
  open();
  peer("S.", 0, 0, 1);
  CHECK(tcb().state == State::kEstablished);
  forget();
}

inline void Hand::establish_passively() {
  accept(make("S", 0, 0));
  peer(".", 1, 0, 1);
  CHECK(tcb().state == State::kEstablished);
  forget();
}

inline void Hand::reach(State state, bool passive) {
  if (state == State::kSynSent || (state == State::kSynReceived && !passive)) {
    open();
    if (state == State::kSynReceived) peer("S", 0, 0);
  } else if (state == State::kSynReceived) {
    accept(make("S", 0, 0));
  } else {
    passive ? establish_passively() : establish();
  }
  switch (state) {
    case State::kSynSent:
    case State::kSynReceived:
    case State::kEstablished:
      break;
    case State::kFinWait1:
      close();
      break;
    case State::kFinWait2:
      close();
      peer(".", 1, 0, 2);
      break;
    case State::kCloseWait:
      peer("F.", 1, 0, 1);
      break;
    case State::kClosing:
      close();
      peer("F.", 1, 0, 1);
      break;
    case State::kLastAck:
      peer("F.", 1, 0, 1);
      close();
      break;
    case State::kTimeWait:
      close();
      peer("F.", 1, 0, 2);
      break;
    case State::kClosed:
      connection_->abort(now_);
      break;
    case State::kListen:
      CHECK(false);
  }
  forget();
  CHECK(tcb().state == state);
}

// The states that a connection object can be in while it exists, by §3.10.7.4.
inline constexpr State kSynchronized[] = {
    State::kEstablished, State::kFinWait1, State::kFinWait2, State::kCloseWait,
    State::kClosing,     State::kLastAck,  State::kTimeWait,
};
// Where our numbers stand after reach(): SND.NXT and RCV.NXT, relative.
inline std::uint32_t our_next(const Hand& hand) { return hand.tcb().snd.nxt.raw() - kOurIss.raw(); }
inline std::uint32_t peer_next(const Hand& hand) { return hand.tcb().rcv.nxt.raw() - kPeerIss.raw(); }

}  // namespace tcpspec::tcp::testing

#endif  // STACK_TCP_TESTING_HAND_H_
