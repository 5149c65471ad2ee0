#include "stack/tcp/readout.h"

#include <fmt/format.h>

#include <algorithm>

#include "stack/tcp/impl.h"

namespace tcpspec::tcp {
namespace {

std::string relative(Seq32 seq, Seq32 initial) {
  return fmt::format("{}", static_cast<std::uint32_t>(seq - initial));
}

std::string lines_of_windows(const Tcb& tcb) {
  const auto ours = [&](Seq32 seq) { return relative(seq, tcb.snd.iss); };
  const auto theirs = [&](Seq32 seq) { return relative(seq, tcb.rcv.irs); };
  std::string text = fmt::format("  send     una {} nxt {} wnd {} (most {}, shift {}) mss {}, {} unsent\n",
                                 ours(tcb.snd.una), ours(tcb.snd.nxt), tcb.snd.wnd, tcb.snd.max_wnd,
                                 tcb.snd.shift, tcb.send_mss, tcb.unsent);
  text += fmt::format("  receive  nxt {} wnd {} (shift {}), {} unread, {} out of order\n",
                      theirs(tcb.rcv.nxt), tcb.rcv.wnd, tcb.rcv.shift, tcb.unread, tcb.out_of_order);
  text += fmt::format("  options  timestamps {} sack {} ecn {}\n", tcb.timestamps_on ? "on" : "off",
                      tcb.sack_on ? "on" : "off", tcb.ecn_on ? "on" : "off");
  text += fmt::format("  rto      {} s, srtt {} s, rttvar {} s, {} in a row\n", to_string(tcb.rto),
                      to_string(tcb.srtt), to_string(tcb.rttvar), tcb.retransmissions);
  text += fmt::format("  network  cwnd {} ssthresh {} pipe {}{}, {} duplicate ACKs\n", tcb.cwnd, tcb.ssthresh,
                      tcb.pipe, tcb.in_recovery ? ", in recovery" : "", tcb.duplicate_acks);
  return text;
}

std::string line_of(const Sent& sent, Seq32 iss, Instant now) {
  return fmt::format("    {}:{}  sent {} times, last {} s ago{}{}\n", relative(sent.begin, iss),
                     relative(sent.end, iss), sent.transmissions, to_string(now - sent.last_sent),
                     sent.sacked ? ", sacked" : "", sent.lost ? ", lost" : "");
}

}  // namespace

const char* to_string(Timer timer) {
  switch (timer) {
    case Timer::kTimeWait:
      return "2 MSL";
    case Timer::kFinWait2:
      return "FIN-WAIT-2";
    case Timer::kGiveUp:
      return "give up";
    case Timer::kRetransmit:
      return "retransmission";
    case Timer::kReorder:
      return "reordering";
    case Timer::kTailLossProbe:
      return "tail loss probe";
    case Timer::kPersist:
      return "persist";
    case Timer::kSwsOverride:
      return "silly window override";
    case Timer::kDelayedAck:
      return "delayed ACK";
    case Timer::kCongestionPause:
      return "congestion pause";
    case Timer::kKeepalive:
      return "keep-alive";
    case Timer::kCount:
      break;
  }
  CHECK(false);
}

Readout read_out(const Connection& connection) {
  const Connection::Impl& in = connection.inside();
  Readout readout;
  readout.tcb = connection.tcb();
  for (std::size_t i = 0; i < static_cast<std::size_t>(Timer::kCount); ++i) {
    const auto timer = static_cast<Timer>(i);
    if (in.timers.running(timer)) readout.timers.push_back({timer, in.timers.at(timer)});
  }
  std::stable_sort(readout.timers.begin(), readout.timers.end(),
                   [](const RunningTimer& a, const RunningTimer& b) { return a.at < b.at; });
  const auto sent = in.retransmission_queue.records();
  readout.sent.assign(sent.begin(), sent.end());
  readout.held = in.reassembly.sack_blocks(in.reassembly.blocks());
  std::sort(readout.held.begin(), readout.held.end(),
            [](const wire::SackBlock& a, const wire::SackBlock& b) { return a.left.before(b.left); });
  readout.path_mtu = connection.path_mtu();
  readout.least_rtt = in.recovery.rack.min_rtt();
  readout.reordering_seen = in.recovery.rack.reordering_seen();
  return readout;
}

std::string to_string(const Readout& readout, Instant now) {
  const Tcb& tcb = readout.tcb;
  std::string text = fmt::format("{} {} to {}\n", to_string(tcb.state), tcpspec::to_string(tcb.local),
                                 tcpspec::to_string(tcb.remote));
  text += lines_of_windows(tcb);
  text += fmt::format("  path     mtu {}", readout.path_mtu);
  if (readout.least_rtt) text += fmt::format(", least round trip {} s", to_string(*readout.least_rtt));
  text += readout.reordering_seen ? ", reorders\n" : "\n";
  for (const RunningTimer& running : readout.timers)
    text += fmt::format("  timer    {} in {} s\n", to_string(running.timer), to_string(running.at - now));
  if (!readout.sent.empty()) text += fmt::format("  in flight, {} segments\n", readout.sent.size());
  for (const Sent& sent : readout.sent) text += line_of(sent, tcb.snd.iss, now);
  for (const wire::SackBlock& held : readout.held)
    text += fmt::format("  held     {}:{}\n", relative(held.left, tcb.rcv.irs),
                        relative(held.right, tcb.rcv.irs));
  return text;
}

}  // namespace tcpspec::tcp
