// Connection::Impl: what a connection holds beside its Tcb, and every step of its processing. Internal to
// stack/tcp. The members stand in the file named above each group; a step reads and writes the Tcb by its
// RFC names. Sending is never done half way: an entry point changes variables, then calls output() once.
#ifndef STACK_TCP_IMPL_H_
#define STACK_TCP_IMPL_H_

#include <cstdint>
#include <deque>
#include <optional>

#include "stack/base/check.h"
#include "stack/tcp/connection.h"
#include "stack/tcp/reassembly.h"
#include "stack/tcp/state.h"
#include "stack/tcp/timers.h"
#include "stack/tcp/timestamps.h"

namespace tcpspec::tcp {

// What a check of RFC 9293 §3.10.7.4 decides about the segment.
enum class Disposition {
  kContinue,      // go on with the next check
  kDrop,          // drop the segment, say nothing
  kDropAndAck,    // drop it; <SEQ=SND.NXT><ACK=RCV.NXT><CTL=ACK>
  kChallenge,     // drop it; the same ACK, within the budget of RFC 5961 §7
  kDropAndReset,  // drop it; <SEQ=SEG.ACK><CTL=RST>, the connection stays
  kGone,          // the connection was closed by it
};

// One segment of the retransmission queue.
struct Sent {
  Seq32 begin;
  Seq32 end;
  Instant first_sent;
  Instant last_sent;
  int transmissions = 1;
};

struct Connection::Impl {
  Impl(const Config& config_of, Tcb& tcb_of) : config(config_of), tcb(tcb_of) {}

  const Config& config;
  Tcb& tcb;
  Timers timers;
  std::deque<wire::Segment> segments_out;
  std::deque<Event> events_out;
  CallError error = CallError::kNone;  // what ended the connection

  // --- Sending. The queue holds everything from SND.UNA on, sent or not. ---
  std::deque<std::uint8_t> send_queue;
  Seq32 queue_base;              // number of the queue's first octet
  std::deque<Seq32> push_marks;  // the numbers just after each push unit
  bool send_was_full = false;    // a SEND was cut short; kWritable is owed
  bool close_requested = false;  // a FIN follows the queue
  std::deque<Sent> retransmission_queue;
  Seq32 cursor;                    // next octet to transmit: SND.NXT, or less while going back
  std::optional<Seq32> probe_end;  // a zero-window probe sent the octet before this, beyond SND.NXT
  int resend_budget = 0;           // segments that may be sent again now
  bool syn_retransmitted = false;  // RFC 6298 rule 5.7
  bool override_fired = false;     // RFC 9293 §3.8.6.2.1 (4)
  // --- RFC 6298 ---
  struct Timed {
    Seq32 end;
    Instant sent;
  };
  std::optional<Timed> timed;  // the one segment whose round trip is measured
  bool have_sample = false;
  Duration persist_interval;
  Instant progress_at;  // when SND.UNA last moved or something first became outstanding
  bool was_outstanding = false;
  // --- Receiving ---
  std::deque<std::uint8_t> receive_queue;
  Reassembly reassembly;
  std::optional<wire::Segment> held_for_established;  // text and FIN that came with the SYN
  bool stopped_receiving = false;
  bool fin_received = false;
  bool syn_acked = false;       // our SYN was acknowledged
  bool scaling_agreed = false;  // both SYNs carried a window scale, RFC 7323 §2.2
  // --- Acknowledging ---
  bool ack_now = false;
  std::uint32_t unacked_octets = 0;  // received in order since the last ACK
  int unacked_full_segments = 0;
  Seq32 last_ack_sent;  // RFC 7323 Last.ACK.sent
  TimestampsRecent ts_recent;
  // --- RFC 5961 §7 ---
  Instant challenge_second;
  int challenges_in_second = 0;
  bool challenged_before = false;
  // --- Keep-alive ---
  Instant heard_at;  // when the peer was last heard
  int probes_unanswered = 0;
  Instant probed_at;  // when the last probe left

  // connection.cc
  void emit(EventKind kind) { events_out.push_back({kind}); }
  void finish_entry(Instant now);  // at the end of every entry point: output, timers, Tcb counters
  void serve(Timer timer, Instant now);
  void become_closed(std::optional<EventKind> tell, CallError why);
  void return_to_listen();
  void enter_time_wait(Instant now);
  void start_fin_wait_2_timer(Instant now);
  void set_give_up_timer(Instant now);

  // negotiate.cc: options of SYN segments, RFC 9293 §3.7.1, RFC 7323 §2 §3.2, RFC 2018 §2
  void start_active(const Endpoint& local, const Endpoint& remote, Seq32 iss, Instant now);
  void start_passive(const wire::Segment& syn, Seq32 iss, Instant now);
  void initialize_send(Seq32 iss, Instant now);
  void accept_peer_syn(const wire::Segment& syn, Instant now);
  [[nodiscard]] std::uint8_t own_shift() const;
  void add_syn_options(wire::TcpOptions& options, bool answer) const;

  // user_calls.cc
  SendResult user_send(ByteView data, bool push);
  ReceiveResult user_receive(std::size_t most);
  void user_close();
  void user_stop_receiving(Instant now);
  void user_abort(Instant now);

  // arrive_syn_sent.cc: RFC 9293 §3.10.7.3
  void arrives_in_syn_sent(const wire::Segment& segment, Instant now);

  // arrive_synchronized.cc: RFC 9293 §3.10.7.4
  void arrives_in_synchronized(const wire::Segment& segment, Instant now);
  void act_on(Disposition disposition, const wire::Segment& segment, Instant now);
  void process_held(Instant now);  // what came with the SYN
  [[nodiscard]] Disposition process_rest(const wire::Segment& segment, Instant now);  // sixth to eighth
  // check_sequence.cc
  [[nodiscard]] Disposition check_sequence(wire::Segment& segment, Instant now);  // first; may trim
  [[nodiscard]] Disposition check_timestamps(const wire::Segment& segment, Instant now) const;
  [[nodiscard]] bool is_acceptable(const wire::Segment& segment) const;
  [[nodiscard]] Disposition not_acceptable(const wire::Segment& segment, Instant now);
  [[nodiscard]] bool is_crossing_syn_ack(const wire::Segment& segment) const;
  void trim_to_window(wire::Segment& segment) const;
  // check_control.cc
  [[nodiscard]] Disposition check_rst(const wire::Segment& segment);  // second
  void reset_by_peer();
  [[nodiscard]] Disposition check_syn(const wire::Segment& segment);  // fourth
  // time_wait.cc
  [[nodiscard]] bool wants_reopen(const wire::Segment& syn) const;
  [[nodiscard]] Disposition segment_in_time_wait(const wire::Segment& segment) const;
  // check_ack.cc
  [[nodiscard]] Disposition check_ack(const wire::Segment& segment, Instant now);  // fifth
  [[nodiscard]] Disposition ack_in_syn_received(const wire::Segment& segment, Instant now);
  [[nodiscard]] Disposition ack_in_synchronized(const wire::Segment& segment, Instant now);
  [[nodiscard]] Disposition ack_by_state(Instant now);
  void advance_una(const wire::Segment& segment, Instant now);
  void update_send_window(const wire::Segment& segment);
  void enter_established();
  void on_syn_acked();
  // check_text.cc
  [[nodiscard]] Disposition process_text(const wire::Segment& segment, Instant now);  // seventh
  [[nodiscard]] Disposition check_fin(const wire::Segment& segment, Instant now);     // eighth
  void accept_text(const wire::Segment& segment, Instant now);
  void note_in_order(std::size_t octets, bool hole_filled, Instant now);
  void accept_fin(Instant now);

  // reset.cc, challenge_ack.cc
  void send_reset_for(const wire::Segment& segment);
  void send_abort_reset(Instant now);
  void challenge_ack(Instant now);

  // send.cc: the output engine
  void output(Instant now);
  void send_new(Instant now);
  void resend(Instant now);
  bool may_send_now(std::uint32_t queued, std::uint32_t usable, std::uint32_t mss) const;
  void transmit(Seq32 begin, Seq32 end, Instant now);  // data, SYN and FIN alike
  void record_sent(Seq32 begin, Seq32 end, Instant now);
  [[nodiscard]] bool ends_push_unit(Seq32 begin, Seq32 end) const;
  // segment_out.cc
  wire::Segment make_segment(Seq32 seq, wire::Flags flags, Instant now);
  void put_out(wire::Segment segment);
  void send_ack(Instant now);
  [[nodiscard]] std::uint32_t payload_limit() const;  // Eff.snd.MSS less the options of a segment sent now
  [[nodiscard]] std::size_t sack_blocks_now() const;
  void set_fin_sent(Seq32 seq);
  // What is queued, in sequence numbers.
  [[nodiscard]] Seq32 queue_end() const { return queue_base + static_cast<std::uint32_t>(send_queue.size()); }
  [[nodiscard]] bool fin_unsent() const { return close_requested && tcb.snd.nxt.at_or_before(queue_end()); }
  [[nodiscard]] std::uint32_t unsent_octets() const;
  [[nodiscard]] bool outstanding() const;  // sent and unacknowledged, or waiting to be sent

  // receive_window.cc: RFC 9293 §3.8.6.2.2
  [[nodiscard]] std::uint32_t receive_space() const;
  void update_receive_window();
  [[nodiscard]] bool window_update_due() const;

  // rto.cc: RFC 6298
  void take_rtt_sample(Duration rtt);
  void sample_on_ack(const wire::Segment& segment, Instant now);
  void on_retransmission_timeout(Instant now);
  void restart_retransmission_timer(Instant now);

  // persist.cc: RFC 9293 §3.8.6.1
  [[nodiscard]] bool must_probe_window() const;
  void leave_persist();
  void enter_persist(Instant now);
  void start_persist_timer(Instant now);
  void on_persist_timeout(Instant now);

  // keepalive.cc: RFC 9293 §3.8.4
  void heard_from_peer(Instant now);
  void update_keepalive_timer();
  void on_keepalive_timeout(Instant now);
};

}  // namespace tcpspec::tcp

#endif  // STACK_TCP_IMPL_H_
