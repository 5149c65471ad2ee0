#include "harness/interop/judge.h"

#include <fmt/format.h>

#include <algorithm>

namespace tcpspec::interop {
namespace {

// One side with the other, by name.
struct View {
  const char* name;
  const Account& own;
  const Account& other;
  const Program& program;
  const Program& others;
  const Sent& sent;  // by it
  bool keepalive;
};

std::optional<Wrong> judge_stream(const View& side) {
  if (side.own.bad_at) {
    return Wrong{
        "stream", "every octet that a side receives is the one that was sent at that place",
        fmt::format("octet {} that the {} received is not the stream's", *side.own.bad_at, side.name)};
  }
  if (side.own.received > side.other.offered) {
    return Wrong{"stream", "nothing arrives that was not sent",
                 fmt::format("the {} received {} octets, but only {} were sent", side.name, side.own.received,
                             side.other.offered)};
  }
  // The end of file says that this was all: RFC 9293 §3.6.
  if (side.own.eof && side.own.received != side.other.sent) {
    return Wrong{"stream", "the end of file comes after the last octet",
                 fmt::format("the {} reached the end of file after {} of {} octets", side.name,
                             side.own.received, side.other.sent)};
  }
  if (side.own.eof && side.own.received_digest.text() != side.other.sent_digest.text()) {
    return Wrong{"stream", "the octets received are those that were sent",
                 fmt::format("their hashes differ: {} sent, {} received by the {}",
                             side.other.sent_digest.text(), side.own.received_digest.text(), side.name)};
  }
  return std::nullopt;
}

std::optional<Wrong> judge_stop(const Facts& facts) {
  const std::string allowed = "the conversation comes to its end";
  switch (facts.stop) {
    case Stop::kInOrder:
      return std::nullopt;
    case Stop::kStuck:
      return Wrong{"stuck", allowed, "nothing has moved for too long"};
    case Stop::kLimit:
      return Wrong{"stuck", allowed, "it did not end within its time"};
    case Stop::kEndless:
      return Wrong{"stuck", allowed, "packets go to and fro without end while no time passes"};
  }
  return std::nullopt;
}

std::optional<Wrong> judge_strictly(const View& side) {
  const Sent& sent = side.sent;
  const std::string allowed = "both sides receive everything, reach the end of file and close in order";
  if (!side.own.error.empty()) {
    return Wrong{"end", allowed, fmt::format("the {} was told {}", side.name, side.own.error)};
  }
  if (sent.resets > 0) return Wrong{"end", allowed, fmt::format("the {} sent a reset", side.name)};
  if (!side.own.eof || side.own.received != side.others.sends) {
    return Wrong{"end", allowed,
                 fmt::format("the {} received {} of {} octets{}", side.name, side.own.received,
                             side.others.sends, side.own.eof ? " and the end of file" : "")};
  }
  if (!sent.fin || !sent.fin_acknowledged) {
    return Wrong{"end", allowed,
                 fmt::format("the {}'s FIN was {}", side.name, sent.fin ? "not acknowledged" : "never sent")};
  }
  return std::nullopt;
}

// An error needs a cause, and a side that is not told one has everything.
std::optional<Wrong> judge_leniently(const Plan& plan, const View& side) {
  const Account& own = side.own;
  if (!own.ended && !own.gave_up) {
    return Wrong{"stuck", "every program comes to its end", fmt::format("the {}'s has not ended", side.name)};
  }
  if (own.gave_up && own.established && side.keepalive) {
    return Wrong{"stuck", "keep-alive finds out that nobody is there any more (RFC 9293 §3.8.4)",
                 fmt::format("the {}'s program waited in vain", side.name)};
  }
  const bool somebody_left = own.left || side.other.left || side.other.gave_up || own.gave_up;
  const bool may_reset = somebody_left || plan.may_time_out || plan.opening == Opening::kBoth;
  if (!own.error.empty() && !may_reset) {
    return Wrong{"error", "an error has a cause: a program that left early, or a link that carries nothing",
                 fmt::format("the {} was told {}", side.name, own.error)};
  }
  const bool cut = own.left || own.gave_up || !own.error.empty();
  const bool all = side.program.ending == Ending::kClose ? own.received == side.others.sends : own.eof;
  if (!cut && !all) {
    return Wrong{"end", "a program that is told no error receives everything",
                 fmt::format("the {} received {} of {} octets and no error", side.name, own.received,
                             side.others.sends)};
  }
  return std::nullopt;
}

}  // namespace

std::optional<Wrong> judge(const Plan& plan, const Facts& facts) {
  const bool target_keeps_alive =
      std::any_of(plan.target_options.begin(), plan.target_options.end(), [](const target::SocketCall& call) {
        return call.option == target::SocketOption::kKeepAlive && call.value != 0;
      });
  const View peer{"peer",
                  facts.peer,
                  facts.target,
                  plan.peer,
                  plan.target,
                  facts.by_peer,
                  plan.peer_knobs.keepalive_idle.has_value()};
  const View target{"target",  facts.target,    facts.peer,        plan.target,
                    plan.peer, facts.by_target, target_keeps_alive};
  for (const View& side : {peer, target}) {
    if (auto wrong = judge_stream(side)) return wrong;
  }
  if (plan.strict) {
    // What was told explains best why it is stuck.
    for (const View& side : {peer, target}) {
      if (!side.own.error.empty()) return judge_strictly(side);
    }
  }
  if (auto wrong = judge_stop(facts)) return wrong;
  if (plan.strict) {
    if (auto wrong = judge_strictly(peer)) return wrong;
    if (auto wrong = judge_strictly(target)) return wrong;
  } else {
    if (auto wrong = judge_leniently(plan, peer)) return wrong;
    if (auto wrong = judge_leniently(plan, target)) return wrong;
  }
  if (!plan.until_gone || (facts.peer_gone && facts.target_gone)) return std::nullopt;
  return Wrong{"left", "after the end neither side knows of the connection any more, and no timer runs",
               fmt::format("the {} still has it", facts.peer_gone ? "target" : "peer")};
}

}  // namespace tcpspec::interop
