// Connection::Impl: what a connection holds beside its Tcb, and every step of its processing. Internal to
// stack/tcp. The members stand in the file named above each group; a step reads and writes the Tcb by its
// RFC names. Sending is never done half way: an entry point changes variables, then calls output() once.
#ifndef STACK_TCP_IMPL_H_
#define STACK_TCP_IMPL_H_

#include <cstdint>
#include <memory>
#include <optional>

#include "stack/base/byte_queue.h"
#include "stack/base/check.h"
#include "stack/base/flat_queue.h"
#include "stack/tcp/ack_throttle.h"
#include "stack/tcp/congestion.h"
#include "stack/tcp/connection.h"
#include "stack/tcp/ecn.h"
#include "stack/tcp/path_mtu.h"
#include "stack/tcp/reassembly.h"
#include "stack/tcp/recovery.h"
#include "stack/tcp/sack_report.h"
#include "stack/tcp/sent_queue.h"
#include "stack/tcp/state.h"
#include "stack/tcp/timers.h"
#include "stack/tcp/timestamps.h"
#include "stack/tcp/urgent.h"

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

// What stood before an ACK was processed.
struct AckBefore {
  Seq32 una;
  std::uint32_t window = 0;  // SND.WND
  bool nothing_in_flight = false;
  bool in_recovery = false;      // fast, or after a timeout
  bool congestion_echo = false;  // the ACK has ECE, and ECN was agreed
};

struct Connection::Impl {
  Impl(const Config& config_of, Tcb& tcb_of) : config(config_of), tcb(tcb_of) {}

  const Config& config;
  Tcb& tcb;
  Timers timers;
  FlatQueue<wire::Segment> segments_out;
  FlatQueue<Event> events_out;
  CallError error = CallError::kNone;  // what ended the connection

  // --- Sending. The queue holds everything from SND.UNA on, sent or not. ---
  ByteQueue send_queue;
  Seq32 queue_base;              // number of the queue's first octet
  FlatQueue<Seq32> push_marks;   // the numbers just after each push unit
  bool send_was_full = false;    // a SEND was cut short; kWritable is owed
  bool close_requested = false;  // a FIN follows the queue
  SentQueue retransmission_queue;
  std::unique_ptr<CongestionControl> congestion;  // from the ACK of our SYN on
  RecoveryState recovery;
  std::optional<Seq32> probe_end;  // a zero-window probe sent the octet before this, beyond SND.NXT
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
  ByteQueue receive_queue;
  Reassembly reassembly{reassembly_limits()};
  SackReport sack_report;
  std::unique_ptr<wire::Segment> held_for_established;  // text and FIN that came with the SYN
  bool stopped_receiving = false;
  bool fin_received = false;
  bool syn_acked = false;       // our SYN was acknowledged
  bool scaling_agreed = false;  // both SYNs carried a window scale, RFC 7323 §2.2
  bool syn_trimmed = false;     // the segment in hand was a SYN: its window is not scaled
  // --- Acknowledging ---
  bool ack_now = false;
  std::uint32_t unacked_octets = 0;  // received in order since the last ACK
  int unacked_full_segments = 0;
  Seq32 last_ack_sent;  // RFC 7323 Last.ACK.sent
  TimestampsRecent ts_recent;
  std::uint32_t timestamp_offset = 0;  // RFC 7323 §5.4: added to our clock
  // --- Urgent data, ECN ---
  bool urgent_untold = false;  // an urgent SEND was taken, and no segment has told of it
  bool ecn_retried = false;    // RFC 3168 §6.1.1.1: a refused ECN-setup SYN was repeated without
  UrgentMode urgent;
  EcnState ecn;
  // --- Path MTU, ICMP ---
  PathMtu path;
  std::uint16_t peer_mss = 536;  // what the peer announced, or the default
  bool soft_error = false;       // reported since SND.UNA last moved
  std::optional<std::uint32_t> lowered_by_timeout;
  // --- RFC 5961 §7 ---
  ChallengeBudget challenges;
  AnswerBudget answers;
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

  // path_mtu_actions.cc: RFC 1191 §6.4, RFC 8201 §5.4, RFC 5927 §7.2
  void start_path();
  void set_peer_mss(std::uint16_t mss);
  void update_send_mss();
  [[nodiscard]] std::uint32_t least_path_mtu() const;
  [[nodiscard]] std::uint32_t packet_octets(std::uint32_t text) const;  // headers and all, SACK blocks apart
  void note_packet_sent(const wire::Segment& segment);
  void note_arrived(Seq32 una);
  void path_mtu_timed_out();
  void resend_too_big(Instant now);
  [[nodiscard]] EventKind timeout_event() const;
  [[nodiscard]] CallError timeout_error() const;

  // user_calls.cc
  SendResult user_send(ByteView data, bool push);
  ReceiveResult user_receive(std::size_t most);
  void user_close();
  void user_stop_receiving(Instant now);
  void user_abort(Instant now);

  // arrive_syn_sent.cc: RFC 9293 §3.10.7.3
  void arrives_in_syn_sent(const wire::Segment& segment, Instant now);

  // arrive_synchronized.cc: RFC 9293 §3.10.7.4
  void arrives_in_synchronized(wire::Segment segment, Instant now);
  void act_on(Disposition disposition, const wire::Segment& segment, Instant now);
  void process_held(Instant now);                                               // what came with the SYN
  [[nodiscard]] Disposition process_rest(wire::Segment& segment, Instant now);  // sixth to eighth
  // check_sequence.cc
  [[nodiscard]] Disposition check_sequence(wire::Segment& segment, Instant now);  // first; may trim
  void record_timestamp(const wire::Segment& segment, Seq32 seq, Instant now);
  [[nodiscard]] Disposition check_timestamps(const wire::Segment& segment, Instant now) const;
  [[nodiscard]] bool is_acceptable(const wire::Segment& segment) const;
  [[nodiscard]] Disposition not_acceptable(const wire::Segment& segment, Instant now);
  [[nodiscard]] bool is_crossing_syn_ack(const wire::Segment& segment) const;
  void trim_to_window(wire::Segment& segment) const;
  void note_duplicate(const wire::Segment& segment);
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
  bool update_send_window(const wire::Segment& segment);  // false: it is an old one's, and not taken
  void enter_established();
  void on_syn_acked();
  // check_text.cc
  [[nodiscard]] Disposition process_text(const wire::Segment& segment, Instant now);  // seventh
  [[nodiscard]] Disposition check_fin(const wire::Segment& segment, Instant now);     // eighth
  void accept_text(const wire::Segment& segment, Instant now);
  void note_in_order(std::size_t octets, bool hole_filled, Instant now);
  void accept_fin(Instant now);

  // urgent.cc: RFC 9293 §3.8.5
  SendResult user_send_urgent(ByteView data);
  ReceiveResult user_receive_urgent();
  void add_urgent(wire::Segment& segment);
  void tell_urgent(Instant now);
  void check_urgent(const wire::Segment& segment);  // sixth
  [[nodiscard]] Seq32 consumed() const;             // the next octet that the user reads
  [[nodiscard]] std::uint32_t urgent_remaining() const;
  [[nodiscard]] std::size_t readable(std::size_t most) const;
  void pass_octet_apart();
  void update_urgent_mode();

  // ecn.cc: RFC 3168 §6.1
  void add_ecn_setup(wire::Segment& syn);
  void ecn_syn_again(const wire::Segment& syn);
  void mark_new_text(wire::Segment& segment);
  void ecn_arrived(const wire::Segment& segment, bool with_text, Instant now);
  void react_to_congestion_echo(Instant now);
  [[nodiscard]] bool retry_without_ecn(Instant now);

  // reset.cc, ack_throttle.cc
  void send_reset_for(const wire::Segment& segment);
  void send_abort_reset(Instant now);
  void challenge_ack(Instant now);
  void answer_unacceptable(const wire::Segment& segment, Instant now);

  // send.cc: the output engine
  void output(Instant now);
  void send_new(Instant now);
  void resend(Instant now);  // what is marked lost
  void resend_unsure(Instant now);
  [[nodiscard]] std::uint32_t usable_window() const;
  [[nodiscard]] Seq32 resend_edge() const;
  [[nodiscard]] bool retransmit(std::size_t i, Instant now);       // the record, or as much as may leave
  [[nodiscard]] bool retransmit_tail(std::size_t i, Instant now);  // its last segment's worth
  void resegment_to(std::uint32_t limit);
  bool may_send_now(std::uint32_t queued, std::uint32_t usable, std::uint32_t mss) const;
  void transmit(Seq32 begin, Seq32 end, Instant now);  // data, SYN and FIN alike
  void record_sent(Seq32 begin, Seq32 end, Instant now);
  [[nodiscard]] Instant transmission_stamp(Seq32 end, Instant now);
  [[nodiscard]] bool ends_push_unit(Seq32 begin, Seq32 end) const;
  // segment_out.cc
  wire::Segment make_segment(Seq32 seq, wire::Flags flags, Instant now);
  [[nodiscard]] std::uint32_t own_timestamp(Instant now) const {
    return timestamp_clock(now) + timestamp_offset;
  }
  void put_out(wire::Segment segment);
  void send_ack(Instant now);
  [[nodiscard]] std::uint32_t payload_limit() const;  // Eff.snd.MSS less the options of a segment sent now
  [[nodiscard]] std::vector<wire::SackBlock> sack_blocks_now() const;
  void set_fin_sent(Seq32 seq);
  // What is queued, in sequence numbers.
  [[nodiscard]] Seq32 queue_end() const { return queue_base + static_cast<std::uint32_t>(send_queue.size()); }
  [[nodiscard]] bool fin_unsent() const { return close_requested && tcb.snd.nxt.at_or_before(queue_end()); }
  [[nodiscard]] std::uint32_t unsent_octets() const;
  [[nodiscard]] bool outstanding() const;  // sent and unacknowledged, or waiting to be sent

  // receive_window.cc: RFC 9293 §3.8.6.2.2
  [[nodiscard]] Reassembly::Limits reassembly_limits() const;  // reads the configuration only
  [[nodiscard]] std::uint32_t receive_space() const;
  void update_receive_window();
  [[nodiscard]] bool window_update_due() const;

  // rto.cc: RFC 6298
  void take_rtt_sample(Duration rtt, Instant now);
  void sample_on_ack(const wire::Segment& segment, Instant now);
  void on_retransmission_timeout(Instant now);
  void restart_retransmission_timer(Instant now);

  // recovery.cc: RFC 5681 §3.2, RFC 6582, RFC 6675, RFC 3042
  [[nodiscard]] LossRecovery repair() const;  // what is configured, as far as SACK was agreed
  [[nodiscard]] bool repairs_by_sack() const;
  [[nodiscard]] std::uint32_t smss() const;
  void start_congestion_control();
  [[nodiscard]] AckBefore begin_ack(const wire::Segment& segment, Instant now);
  void finish_ack(const wire::Segment& segment, const AckBefore& before, Instant now);
  [[nodiscard]] SackNews read_sack_blocks(const wire::Segment& segment);
  void on_new_data_acked(const AckBefore& before, Instant now);
  void on_partial_ack(std::uint32_t acked);
  [[nodiscard]] bool is_later_partial_ack() const;  // SND.UNA has moved, and nothing else yet
  void count_duplicate_ack(const wire::Segment& segment, const AckBefore& before, const SackNews& news);
  [[nodiscard]] bool is_duplicate_ack(const wire::Segment& segment, const AckBefore& before) const;
  void detect_by_duplicates(Instant now);
  [[nodiscard]] bool may_enter_by_duplicates() const;
  void detect_by_sack(Instant now);
  void enter_fast_recovery(Instant now);
  void leave_fast_recovery();
  void enter_timeout_recovery(Instant now);
  void reduce_window(std::uint32_t flight, Instant now);
  void enter_cwr(Instant now);  // RFC 3168 §6.1.2
  [[nodiscard]] std::uint32_t congestion_room() const;
  [[nodiscard]] bool congestion_allows(std::uint32_t octets) const;
  void read_out_recovery();
  // recovery_rack.cc: RFC 8985
  void adapt_rack(const AckBefore& before, const SackNews& news, Instant now);
  void detect_by_rack(Instant now);
  void mark_by_rack_on_timeout(Instant now);
  void judge_probe(const wire::Segment& segment, const AckBefore& before, const SackNews& news, Instant now);
  void update_tail_loss_probe(Instant now);
  void on_tail_loss_probe(Instant now);

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
