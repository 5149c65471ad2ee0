// A smoke test through the interface of every target.
#include <fmt/format.h>

#include <chrono>
#include <thread>

#include "harness/target/remote/smoke_talk.h"

namespace tcpspec::target {
namespace {

constexpr std::uint64_t kSeed = 1;
constexpr Duration kHour = Duration::seconds(3600);
constexpr Duration kShort = Duration::millis(50);
constexpr Duration kNoise = Duration::millis(500);           // of a busy machine
constexpr Duration kRetransmission = Duration::seconds(10);  // by then, whatever the RTO began with
constexpr auto kNap = std::chrono::milliseconds(20);
constexpr int kMostInAnHour = 1000;

// Chapters of PROTOCOL.md.
constexpr const char* kVirtual = "Rules, Virtual time";
constexpr const char* kReal = "Rules, Real time";

// Names of steps: others need them.
constexpr const char* kStart = "start() brings a stack up";
constexpr const char* kListener = "socket, bind and listen return, accept waits";
constexpr const char* kSyn = "a SYN is answered by a SYN-ACK";
constexpr const char* kAccept = "the ACK of it completes the accept";
constexpr const char* kRead = "octets that arrive are read";
constexpr const char* kAcked = "they are acknowledged";
constexpr const char* kWrite = "octets that are written come out";
constexpr const char* kStop = "time stops where the stack sends again";
constexpr const char* kFin = "close sends a FIN";
constexpr const char* kEnd = "end() ends the case";
constexpr const char* kAgain = "a second start() knows nothing of the first case";
constexpr const char* kFree = "its port is free again";

class SmokeTarget {
 public:
  SmokeTarget(const MakeTarget& make, SmokeLog& log) : make_(make), log_(log) {}

  void run() {
    if (!log_.run(kStart, {}, "Messages, Start", [&] { return bring_up(); })) return;
    clock();
    const auto lack = target_->profile().lacks.find("calls");
    if (lack != target_->profile().lacks.end()) {
      log_.not_tried(kListener, "the target takes no socket calls: " + lack->second);
    } else {
      log_.run(kListener, {}, "Messages, Call", [&] { return open_listener(*case_); });
    }
    connection();
    time();
    closing();
    again();
  }

 private:
  SmokeFinding bring_up() {
    Result<std::unique_ptr<Target>> made = make_();
    if (!made) {
      log_.unreachable = true;
      return SmokeFinding::wrong("a target", made.error());
    }
    target_ = std::move(*made);
    case_.emplace(*target_);
    const Status started = case_->start(kSeed);
    running_ = started.ok();
    if (started)
      return SmokeFinding::ok(fmt::format("{} {}", target_->profile().name, target_->profile().version));
    log_.unreachable = true;
    return SmokeFinding::wrong("it starts", started.error());
  }

  // A case after the first. Where a real-time target serves one case only, another target.
  Status start_again(std::uint64_t seed, const std::map<std::string, std::string>& policies = {}) {
    end_case();
    case_.emplace(*target_);
    Status started = case_->start(seed, policies);
    running_ = started.ok();
    if (started || case_->is_virtual() || started.error().starts_with("policy ")) return started;
    case_.reset();
    target_.reset();
    Result<std::unique_ptr<Target>> made = make_();
    if (!made) return Error{made.error()};
    target_ = std::move(*made);
    case_.emplace(*target_);
    started = case_->start(seed, policies);
    running_ = started.ok();
    return started;
  }

  void end_case() {
    if (running_) (void)target_->end();
    running_ = false;
  }

  void clock() {
    if (case_->is_virtual()) {
      log_.run("the clock stands still while nobody lets time go on", {}, kVirtual, [&] {
        const Instant before = target_->now();
        std::this_thread::sleep_for(kNap);
        const bool quiet = !case_->step(before);
        const Duration moved = target_->now() - before;
        if (!case_->died().empty()) return SmokeFinding::wrong("it lives", case_->died());
        if (moved == Duration() && before == Instant()) return SmokeFinding::ok();
        if (before != Instant()) return SmokeFinding::wrong("a case begins at 0 s", time_text(before));
        return SmokeFinding::wrong("0 s later",
                                   fmt::format("{} s{}", to_string(moved), quiet ? "" : " and an event"));
      });
      return;
    }
    log_.run("the clock goes on by itself", {}, kReal, [&] {
      const Instant before = target_->now();
      std::this_thread::sleep_for(kNap);
      const Duration moved = target_->now() - before;
      if (moved >= Duration::millis(19) && moved < Duration::millis(20) + kNoise) return SmokeFinding::ok();
      return SmokeFinding::wrong("0.02 s later", fmt::format("{} s", to_string(moved)));
    });
  }

  void connection() {
    log_.run(kSyn, {kListener}, "Messages, Packet", [&] { return send_syn(*case_); });
    log_.run("its checksums are right", {kSyn}, "Messages, Packet", [&] { return checksums(); });
    log_.run(kAccept, {kSyn}, "Messages, Call", [&] { return complete_accept(*case_); });
    log_.run(kRead, {kAccept}, "Messages, Call", [&] { return send_octets(*case_); });
    log_.run(kAcked, {kRead}, case_->is_virtual() ? kVirtual : kReal, [&] { return hear_ack(*case_); });
    log_.run(kWrite, {kAccept}, "Messages, Packet", [&] { return write_octets(*case_); });
    first_ = case_->transcript();
    log_.run("the state can be asked for", {kAccept}, "Messages, Query", [&] { return state(); });
    log_.run("a cancelled accept is over", {kListener}, "Messages, Cancel", [&] { return cancel(); });
    log_.run("a non-blocking connect is under way, with a SYN", {kListener}, "Rules, Calls",
             [&] { return connect(); });
  }

  SmokeFinding checksums() {
    if (case_->bad_checksum().empty()) return SmokeFinding::ok();
    return SmokeFinding::wrong("whole packets with right checksums: none are left to hardware",
                               case_->bad_checksum());
  }

  SmokeFinding state() {
    const Result<Value> value = target_->query({QueryKind::kState, case_->connection});
    if (!value) return SmokeFinding::note("it cannot be: " + value.error());
    const auto* name = std::get_if<std::string>(&*value);
    if (name != nullptr && *name == "ESTABLISHED") return SmokeFinding::ok();
    return SmokeFinding::wrong("ESTABLISHED, as RFC 9293 prints it", name != nullptr ? *name : "a number");
  }

  SmokeFinding cancel() {
    const CallId call = target_->begin({.kind = CallKind::kAccept, .handle = case_->listener});
    if (const auto early = case_->await(call, Duration::millis(20)))
      return SmokeFinding::wrong("accept() waits while nobody connects", call_text(*case_, early));
    target_->cancel(call);
    const std::optional<CallResult> result = case_->await(call, Duration::millis(100));
    case_->listen_until(target_->now() + kShort);
    if (!case_->died().empty()) return SmokeFinding::wrong("it lives", case_->died());
    if (case_->completions(call) > 1)
      return SmokeFinding::wrong("one completion at most", fmt::format("{}", case_->completions(call)));
    if (!result || (result->value == -1 && result->error == "EINTR")) return SmokeFinding::ok();
    return SmokeFinding::wrong("-1 EINTR, or nothing", call_text(*case_, result));
  }

  // As the cases make their active opens.
  SmokeFinding connect() {
    if (const auto& lacks = target_->profile().lacks; lacks.contains("active-open"))
      return SmokeFinding::note("the profile says that there is none: " + lacks.at("active-open"));
    const std::optional<CallResult> socket =
        case_->make({.kind = CallKind::kSocket, .ip = case_->ours.address.version()});
    if (!socket || socket->value < 0)
      return SmokeFinding::wrong("socket() gives a handle", call_text(*case_, socket));
    const int handle = static_cast<int>(socket->value);
    const std::optional<CallResult> blocking =
        case_->make({.kind = CallKind::kFcntl, .handle = handle, .value = 1});
    if (!blocking || blocking->value < 0)
      return SmokeFinding::wrong("fcntl with value 1 makes it non-blocking", call_text(*case_, blocking));
    const std::size_t before = case_->transcript().size();
    const std::optional<CallResult> result =
        case_->make({.kind = CallKind::kConnect, .handle = handle, .address = {case_->ours.address, 7}});
    if (!result || result->value != -1 || result->error != "EINPROGRESS")
      return SmokeFinding::wrong("connect() returns -1 EINPROGRESS at once", call_text(*case_, result));
    case_->listen_until(target_->now() + kShort);
    for (std::size_t i = before; i < case_->transcript().size(); ++i) {
      const packet::Image image = packet::decode(case_->transcript()[i].second);
      if (!image.tcp || image.destination().port != 7 || image.tcp->flags != kSynFlag) continue;
      (void)case_->make({.kind = CallKind::kClose, .handle = handle});
      return SmokeFinding::ok();
    }
    return SmokeFinding::wrong("a SYN to port 7 of ours", case_->instead());
  }

  static std::string time_text(Instant at) { return to_string(at - Instant()) + " s"; }

  void time() {
    if (!case_->is_virtual()) {
      log_.run("what is not acknowledged is sent again", {kWrite}, kReal, [&] { return sent_again(); });
      log_.run("a wait ends at its deadline", {kListener}, kReal, [&] { return short_wait(); });
      return;
    }
    log_.run(kStop, {kWrite}, kVirtual, [&] { return stop_at_retransmission(); });
    log_.run("time never passes the deadline", {kListener}, kVirtual, [&] { return never_past(); });
    log_.run("an idle hour passes at once", {kWrite}, kVirtual, [&] { return idle_hour(); });
  }

  bool acknowledge_one() {
    ++case_->next;
    return case_->send(kAckFlag, case_->our_next, case_->next).ok();
  }

  SmokeFinding sent_again() {
    if (SmokeFinding out = write_one(*case_); out.mark != SmokeMark::kOk) return out;
    const std::uint32_t seq = case_->next;
    const bool again =
        case_->hear([&](const packet::Image& image) { return has_text_at(image, seq); }, kRetransmission)
            .has_value();
    if (!again) {
      return SmokeFinding::wrong(fmt::format("the segment again within {} s", to_string(kRetransmission)),
                                 case_->instead());
    }
    return acknowledge_one() ? SmokeFinding::ok() : SmokeFinding::wrong("its ACK is delivered", "it is not");
  }

  SmokeFinding short_wait() {
    case_->listen_until(target_->now() + kShort);
    const Instant deadline = target_->now() + kShort;
    case_->listen_until(deadline);
    const Duration late = target_->now() - deadline;
    if (late >= Duration() && late <= kNoise) return SmokeFinding::ok();
    return SmokeFinding::wrong("next() returns nothing at its deadline",
                               fmt::format("{} s later", to_string(late)));
  }

  // One event at most, and where it leaves the clock.
  SmokeFinding stop_at_retransmission() {
    if (SmokeFinding out = write_one(*case_); out.mark != SmokeMark::kOk) return out;
    const std::uint32_t seq = case_->next;
    const Instant before = target_->now();
    const auto expected =
        "next(an hour from now) returns when the segment is sent again, the clock at that moment";
    const std::optional<Heard> again =
        case_->hear([&](const packet::Image& image) { return has_text_at(image, seq); }, kHour);
    if (!again) return SmokeFinding::wrong(expected, case_->instead());
    const Instant now = target_->now();
    if (again->at.earliest <= before || again->at.latest > now)
      return SmokeFinding::wrong(expected, "sent again at " + time_text(again->at.latest) +
                                               ", the clock at " + time_text(now) + ", sent first at " +
                                               time_text(before));
    if (now != again->at.latest) {
      return SmokeFinding::wrong(expected, fmt::format("the clock at {}, the segment at {}", time_text(now),
                                                       time_text(again->at.latest)));
    }
    if (!acknowledge_one()) return SmokeFinding::wrong("its ACK is delivered", "it is not");
    return SmokeFinding::ok(fmt::format("after {} s", to_string(now - before)));
  }

  SmokeFinding never_past() {
    for (const Duration wait :
         {Duration::nanos(1), Duration::millis(1), Duration::millis(333), Duration::seconds(5)}) {
      const Instant deadline = target_->now() + wait;
      while (case_->step(deadline)) {
        if (target_->now() > deadline || case_->last_at().latest > deadline) break;
      }
      if (!case_->died().empty()) return SmokeFinding::wrong("it lives", case_->died());
      if (target_->now() == deadline) continue;
      return SmokeFinding::wrong(fmt::format("after next({}) without an event the clock is at {}",
                                             time_text(deadline), time_text(deadline)),
                                 time_text(target_->now()));
    }
    return SmokeFinding::ok();
  }

  SmokeFinding idle_hour() {
    const Instant deadline = target_->now() + kHour;
    const auto began = std::chrono::steady_clock::now();
    int events = 0;
    while (events < kMostInAnHour && case_->step(deadline)) ++events;
    const auto took = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
    if (!case_->died().empty()) return SmokeFinding::wrong("it lives", case_->died());
    if (target_->now() != deadline)
      return SmokeFinding::wrong("the clock at " + time_text(deadline), time_text(target_->now()));
    if (took > 5) return SmokeFinding::note(fmt::format("it took {:.1f} s", took));
    if (events > 0) return SmokeFinding::note(fmt::format("{} events in it", events));
    return SmokeFinding::ok();
  }

  void closing() {
    log_.run(kFin, {kAccept}, "Messages, Call", [&] { return close(); });
    log_.run("all its checksums were right", {"its checksums are right"}, "Messages, Packet",
             [&] { return checksums(); });
    log_.run(kEnd, {}, "Messages, End", [&] {
      const Status ended = target_->end();
      running_ = false;
      return ended ? SmokeFinding::ok() : SmokeFinding::wrong("it does", ended.error());
    });
  }

  SmokeFinding close() {
    const std::optional<CallResult> result =
        case_->make({.kind = CallKind::kClose, .handle = case_->connection});
    if (!result || result->value != 0)
      return SmokeFinding::wrong("close() returns 0", call_text(*case_, result));
    const std::optional<Heard> fin =
        case_->hear([](const packet::Image& image) { return (image.tcp->flags & kFinFlag) != 0; });
    const std::string expected = fmt::format("a FIN at sequence number {} within {} s",
                                             case_->next - case_->isn, to_string(kSmokeSoon));
    if (!fin) return SmokeFinding::wrong(expected, case_->instead());
    if (fin->image.tcp->seq != case_->next)
      return SmokeFinding::wrong(expected, fmt::format("a FIN at {}", fin->image.tcp->seq - case_->isn));
    ++case_->next;
    (void)case_->send(kAckFlag, case_->our_next, case_->next);  // FIN-WAIT-2, if it outlived the case
    return SmokeFinding::ok();
  }

  void again() {
    old_next_ = case_->next;
    old_our_next_ = case_->our_next;
    const bool had_connection = case_->connection >= 0;
    log_.run(kAgain, {kStart, kEnd}, "Messages, Start", [&] { return fresh(had_connection); });
    log_.run(kFree, {kAgain, kListener}, "Messages, Start", [&] { return open_listener(*case_); });
    const bool was_virtual = case_->is_virtual();
    if (was_virtual)
      log_.run("the same seed gives the same packets", {kFree, kRead, kAcked, kWrite}, "Messages, Start",
               [&] { return twin(); });
    log_.run("a policy that nobody knows is refused, and no more", {kAgain}, "Messages, Start",
             [&] { return strange_policy(); });
    end_case();
  }

  SmokeFinding fresh(bool had_connection) {
    const Status started = start_again(kSeed);
    if (!started) return SmokeFinding::wrong("it starts", started.error());
    if (case_->is_virtual() && target_->now() != Instant())
      return SmokeFinding::wrong("the clock at 0 s", time_text(target_->now()));
    const auto any = [](const packet::Image&) { return true; };
    const Duration quiet = case_->is_virtual() ? Duration::seconds(600) : Duration::millis(300);
    if (case_->hear(any, quiet)) return SmokeFinding::wrong("silence", "a packet of the old connection");
    if (!case_->died().empty()) return SmokeFinding::wrong("it lives", case_->died());
    if (!had_connection) return SmokeFinding::ok();
    if (const Status sent = case_->send(kAckFlag, old_our_next_, old_next_); !sent)
      return SmokeFinding::wrong("inject() delivers the packet", sent.error());
    const auto reset = [](const packet::Image& image) { return (image.tcp->flags & kRstFlag) != 0; };
    if (case_->hear(reset)) return SmokeFinding::ok();
    return SmokeFinding::wrong("an RST to a segment of the old connection (RFC 9293 §3.10.7.1)",
                               case_->instead());
  }

  SmokeFinding twin() {
    const Status started = start_again(kSeed);
    if (!started) return SmokeFinding::wrong("it starts", started.error());
    for (const auto step : {open_listener, send_syn, complete_accept, send_octets, hear_ack, write_octets}) {
      if (SmokeFinding found = step(*case_); found.mark == SmokeMark::kWrong) return found;
    }
    if (case_->transcript() == first_) return SmokeFinding::ok(fmt::format("{} of them", first_.size()));
    return SmokeFinding::note(
        "they differ: findings cannot be seen again exactly (initial sequence numbers?)");
  }

  SmokeFinding strange_policy() {
    const Status refused = start_again(kSeed, {{"smoke", "unknown"}});
    if (refused)
      return SmokeFinding::wrong("an Error that begins with \"policy \"", "it starts as if it knew");
    if (!refused.error().starts_with("policy "))
      return SmokeFinding::wrong("an Error that begins with \"policy \"", refused.error());
    const Status started = start_again(kSeed);
    if (started) return SmokeFinding::ok();
    return SmokeFinding::wrong("the next start() goes well", started.error());
  }

  const MakeTarget& make_;
  SmokeLog& log_;
  std::unique_ptr<Target> target_;
  std::optional<SmokeCase> case_;
  std::vector<std::pair<Instant, Bytes>> first_;
  bool running_ = false;  // between start() and end()
  std::uint32_t old_next_ = 0, old_our_next_ = 0;
};

}  // namespace

void smoke_target(const MakeTarget& make, SmokeLog& log) { SmokeTarget(make, log).run(); }

}  // namespace tcpspec::target
