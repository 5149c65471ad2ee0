// A smoke test of what only a protocol can get wrong, and of agents that make calls and carry no packets.
#include <fmt/format.h>

#include <map>

#include "harness/target/linux_clock.h"
#include "harness/target/remote/channel.h"
#include "harness/target/remote/printable.h"
#include "harness/target/remote/smoke.h"

namespace tcpspec::target {
namespace {

constexpr Duration kPatience = Duration::seconds(10);
constexpr Duration kSoon = Duration::seconds(2);  // of real time, for what cannot block
constexpr Duration kWhile = Duration::millis(100);
constexpr Duration kNap = Duration::millis(30);

constexpr const char* kHello = "the agent says Hello";
constexpr const char* kStart = "Start is answered by Started";
constexpr const char* kCalls = "socket, bind and listen return, accept waits";
constexpr const char* kConnect = "a connect to it completes both";
constexpr const char* kEnd = "End is answered by Ended";

std::string text_of(const AgentReport& report) { return printable(to_text(NumberedReport{0, report})); }

// Calls over a bare connection. In virtual time what a call caused is told before the answer to an Advance.
class Talk {
 public:
  Talk(Connection& connection, bool is_virtual) : connection_(connection), virtual_(is_virtual) {}

  Result<AgentReport> ask(const AgentRequest& request) {
    return connection_.ask(request, kPatience, [this](const NumberedReport& report) { take(report); });
  }
  CallId begin(const SocketCall& call) {
    const CallId id = ++last_;
    numbers_[connection_.send(AgentCall{id, call})] = id;
    return id;
  }
  void cancel(CallId id) { (void)connection_.send(AgentCancel{id}); }
  const AgentCompletion* await(CallId id, Duration within = kSoon) {
    const Timeout timeout(within);
    while (!done_.contains(id) && !connection_.ended()) {
      flush();
      if (done_.contains(id) || timeout.left() == Duration()) break;
      if (const auto report = connection_.receive(std::min(timeout.left(), kNap))) take(*report);
    }
    const auto at = done_.find(id);
    return at == done_.end() ? nullptr : &at->second;
  }
  const AgentCompletion* make(const SocketCall& call) { return await(begin(call)); }
  void listen(Duration within) {
    flush();
    const Timeout timeout(within);
    while (timeout.left() > Duration() && !connection_.ended()) {
      if (const auto report = connection_.receive(timeout.left())) take(*report);
    }
  }
  [[nodiscard]] int completions(CallId id) const {
    const auto at = count_.find(id);
    return at == count_.end() ? 0 : at->second;
  }
  // "-1 EBADF", "no completion", "unsupported: …", and how the agent ended.
  [[nodiscard]] std::string text(CallId id) const {
    if (connection_.ended()) return connection_.ended()->how;
    const auto at = done_.find(id);
    if (at == done_.end()) return fmt::format("no Completion within {} s", to_string(kSoon));
    const CallResult& result = at->second.result;
    return result.value < 0 ? fmt::format("{} {}", result.value, printable(result.error, 60))
                            : fmt::format("{}", result.value);
  }
  std::int64_t now = 0;  // virtual: the agent's clock

 private:
  void flush() {
    if (virtual_ && !connection_.ended()) (void)ask(AgentAdvance{now});
  }
  void take(const NumberedReport& report) {
    if (const auto* done = std::get_if<AgentCompletion>(&report.body)) {
      ++count_[done->id];
      done_.emplace(done->id, *done);
      return;
    }
    const auto call = numbers_.find(report.id);
    if (call == numbers_.end()) return;
    AgentCompletion refused;
    refused.id = call->second;
    refused.result.value = -1;
    refused.result.error = text_of(report.body);
    done_.emplace(call->second, refused);
  }

  Connection& connection_;
  bool virtual_;
  CallId last_ = 0;
  std::map<std::uint64_t, CallId> numbers_;
  std::map<CallId, AgentCompletion> done_;
  std::map<CallId, int> count_;
};

class SmokeProtocol {
 public:
  SmokeProtocol(const AgentAddress& address, SmokeLog& log) : address_(address), log_(log) {}

  std::optional<AgentHello> run() {
    if (!log_.run(kHello, {}, "Order", [&] { return greet(); })) return std::nullopt;
    const AgentHello hello = connection_->hello();
    talk_.emplace(*connection_, is_virtual());
    log_.run("a request that it does not know is answered by Unsupported", {kHello}, "Rules, Versions",
             [&] { return unknown(); });
    log_.run(kStart, {kHello}, "Messages, Start", [&] { return start(); });
    log_.run(is_virtual() ? "the clock stands still without Advance" : "the clock goes on by itself",
             {kStart}, is_virtual() ? "Rules, Virtual time" : "Rules, Real time", [&] { return clock(); });
    calls();
    log_.run("Query is answered by Value, Failed or Unsupported", {kStart}, "Messages, Query",
             [&] { return query(); });
    log_.run(kEnd, {kStart}, "Messages, End", [&] { return end(); });
    log_.run("a policy that nobody knows is answered by Failed, and no more", {kEnd}, "Messages, Start",
             [&] { return strange_policy(); });
    log_.run("a second Start begins anew", {kEnd}, "Messages, Start", [&] { return second_start(); });
    if (connection_) connection_->close();
    return hello;
  }

 private:
  [[nodiscard]] bool is_virtual() const { return connection_->hello().profile.clock == ClockKind::kVirtual; }
  [[nodiscard]] bool carries_packets() const { return connection_->hello().link != AgentLink::kNone; }
  // What came instead of an answer.
  static std::string instead(const Result<AgentReport>& answer) {
    return answer ? text_of(*answer) : answer.error();
  }

  SmokeFinding greet() {
    Result<std::unique_ptr<Connection>> opened = Connection::open(address_, kPatience);
    if (!opened) {
      // Is anybody there at all?
      log_.unreachable = !Channel::open(address_, kPatience).ok();
      return SmokeFinding::wrong("a Hello, and Unsupported to a request that nobody knows", opened.error());
    }
    connection_ = std::move(*opened);
    const AgentHello& hello = connection_->hello();
    constexpr const char* kLinks[] = {"NONE", "IP", "ETHERNET"};
    const std::string said =
        fmt::format("{} {}, protocol {}, link {}, clock {}", printable(hello.profile.name, 40),
                    printable(hello.profile.version, 40), hello.version,
                    kLinks[static_cast<std::size_t>(hello.link)], is_virtual() ? "VIRTUAL" : "REAL");
    if (hello.version != kAgentProtocolVersion)
      return SmokeFinding::wrong(fmt::format("version {} of the protocol", kAgentProtocolVersion), said);
    if (hello.link == AgentLink::kEthernet) return SmokeFinding::wrong("link IP or NONE", said);
    if (hello.profile.name.empty()) return SmokeFinding::note("it has no name");
    if (hello.link == AgentLink::kNone && is_virtual())
      return SmokeFinding::wrong("clock REAL where the link is NONE: nobody could tell when a packet came",
                                 said);
    return SmokeFinding::ok(said);
  }

  SmokeFinding unknown() {
    const Result<AgentReport> answer = talk_->ask(AgentUnknown{});
    if (answer && std::holds_alternative<AgentUnsupported>(*answer)) return SmokeFinding::ok();
    return SmokeFinding::wrong("Unsupported", instead(answer));
  }

  AgentStart usual_start() const {
    const Place place = usual_place(IpVersion::kV4);
    AgentStart request;
    request.case_id = "smoke";
    request.target = carries_packets() ? place.target : IpAddress::v4(127, 0, 0, 1);
    request.tester = carries_packets() ? place.tester : IpAddress::v4(127, 0, 0, 1);
    return request;
  }

  SmokeFinding start() {
    const Result<AgentReport> answer = talk_->ask(usual_start());
    const auto* started = answer ? std::get_if<AgentStarted>(&*answer) : nullptr;
    if (started == nullptr) return SmokeFinding::wrong("Started", instead(answer));
    zero_ = talk_->now = started->at;
    return SmokeFinding::ok();
  }

  // A call that cannot block and does nothing, for its stamps.
  SmokeFinding clock() {
    const SocketCall nothing{.kind = CallKind::kGetOption, .handle = -1};
    const AgentCompletion* first = talk_->make(nothing);
    talk_->listen(kNap);
    const AgentCompletion* second = first != nullptr ? talk_->make(nothing) : nullptr;
    if (second == nullptr)
      return SmokeFinding::wrong("a call with handle -1 completes with -1 EBADF, at once", talk_->text(1));
    if (second->result.error != "EBADF") return SmokeFinding::note("handle -1 gives " + talk_->text(2));
    const std::int64_t went = second->returned - first->returned;
    const std::string came = fmt::format("{} ns of its clock in {} s", went, to_string(kNap));
    if (first->entered > first->returned)
      return SmokeFinding::wrong("a call enters before it returns",
                                 fmt::format("{} ns before", first->entered));
    if (is_virtual()) {
      if (went == 0 && second->returned == zero_) return SmokeFinding::ok();
      return SmokeFinding::wrong("stamps equal to Started.at", came);
    }
    const std::int64_t since_start = first->entered - zero_;
    if (since_start < 0 || since_start > Duration::seconds(60).count_nanos())
      return SmokeFinding::wrong("Started.at and stamps of calls on one clock, in nanoseconds",
                                 fmt::format("{} ns between them", since_start));
    if (went >= kNap.count_nanos() * 9 / 10 && went < kNap.count_nanos() + kSoon.count_nanos())
      return SmokeFinding::ok();
    return SmokeFinding::wrong("nanoseconds of a clock that goes on", came);
  }

  void calls() {
    const auto lack = connection_->hello().profile.lacks.find("calls");
    if (lack != connection_->hello().profile.lacks.end()) {
      log_.not_tried(kCalls, "it takes no socket calls: " + printable(lack->second));
    } else {
      log_.run(kCalls, {kStart}, "Messages, Call", [&] { return open_listener(); });
    }
    log_.run("Cancel ends the accept with EINTR, once", {kCalls}, "Messages, Cancel",
             [&] { return cancel(); });
    if (carries_packets()) return;
    log_.run(kConnect, {kCalls}, "Messages, Call", [&] { return connect(); });
    log_.run("octets that are written are read at the other end", {kConnect}, "Messages, Call",
             [&] { return octets(); });
    log_.run("close is the end of the other's stream", {kConnect}, "Messages, Call", [&] { return close(); });
  }

  // Zero or more, or what came instead.
  std::optional<SmokeFinding> expect_zero(const char* what, const SocketCall& call) {
    const CallId id = talk_->begin(call);
    const AgentCompletion* done = talk_->await(id);
    if (done != nullptr && done->result.value == 0) return std::nullopt;
    return SmokeFinding::wrong(fmt::format("{} returns 0", what), talk_->text(id));
  }

  SmokeFinding open_listener() {
    const CallId made = talk_->begin({.kind = CallKind::kSocket});
    const AgentCompletion* socket = talk_->await(made);
    if (socket == nullptr || socket->result.value < 0)
      return SmokeFinding::wrong("socket() returns a handle, 0 or more", talk_->text(made));
    listener_ = static_cast<int>(socket->result.value);
    SocketCall reuse{.kind = CallKind::kSetOption, .handle = listener_};
    reuse.option = SocketOption::kReuseAddr;
    reuse.value = 1;
    (void)talk_->make(reuse);
    where_ = {usual_start().target, port_};
    auto wrong = expect_zero("bind()", {.kind = CallKind::kBind, .handle = listener_, .address = where_});
    // The port of a host that others use, too.
    for (int i = 0; wrong && wrong->came.ends_with("EADDRINUSE") && !carries_packets() && i < 100; ++i) {
      where_.port = ++port_;
      wrong = expect_zero("bind()", {.kind = CallKind::kBind, .handle = listener_, .address = where_});
    }
    if (wrong) return *wrong;
    wrong = expect_zero("listen()", {.kind = CallKind::kListen, .handle = listener_, .backlog = 4});
    if (wrong) return *wrong;
    accept_ = talk_->begin({.kind = CallKind::kAccept, .handle = listener_});
    if (talk_->await(accept_, kWhile) != nullptr || connection_->ended())
      return SmokeFinding::wrong("accept() waits while nobody connects", talk_->text(accept_));
    return SmokeFinding::ok();
  }

  SmokeFinding cancel() {
    talk_->cancel(accept_);
    const AgentCompletion* done = talk_->await(accept_);
    const char* const expected = "its Completion, with -1 and EINTR, within two seconds";
    if (done == nullptr || done->result.value != -1 || done->result.error != "EINTR")
      return SmokeFinding::wrong(expected, talk_->text(accept_));
    talk_->cancel(accept_);  // of what is over: nothing happens
    talk_->listen(kWhile);
    if (connection_->ended()) return SmokeFinding::wrong(expected, connection_->ended()->how);
    if (talk_->completions(accept_) == 1) return SmokeFinding::ok();
    return SmokeFinding::wrong("one Completion", fmt::format("{}", talk_->completions(accept_)));
  }

  SmokeFinding connect() {
    accept_ = talk_->begin({.kind = CallKind::kAccept, .handle = listener_});
    const AgentCompletion* socket = talk_->make({.kind = CallKind::kSocket});
    if (socket == nullptr || socket->result.value < 0)
      return SmokeFinding::wrong("socket() while an accept waits", "no handle");
    client_ = static_cast<int>(socket->result.value);
    auto wrong = expect_zero("connect()", {.kind = CallKind::kConnect, .handle = client_, .address = where_});
    if (wrong) return *wrong;
    const AgentCompletion* done = talk_->await(accept_);
    if (done == nullptr || done->result.value < 0)
      return SmokeFinding::wrong("accept() returns a handle", talk_->text(accept_));
    server_ = static_cast<int>(done->result.value);
    if (done->result.peer.address == where_.address) return SmokeFinding::ok();
    return SmokeFinding::wrong("its peer is on " + to_string(where_.address), to_string(done->result.peer));
  }

  SmokeFinding octets() {
    const Bytes sent{1, 2, 3, 0, 255};
    const CallId read = talk_->begin({.kind = CallKind::kRead, .handle = server_, .count = 100});
    const AgentCompletion* wrote = talk_->make({.kind = CallKind::kWrite, .handle = client_, .data = sent});
    if (wrote == nullptr || wrote->result.value != static_cast<std::int64_t>(sent.size()))
      return SmokeFinding::wrong(fmt::format("write() returns {}", sent.size()),
                                 "something else, or nothing");
    const AgentCompletion* done = talk_->await(read);
    const std::string expected =
        fmt::format("read() returns {} and the octets {}", sent.size(), to_hex(sent));
    if (done == nullptr || done->result.data != sent ||
        done->result.value != static_cast<std::int64_t>(sent.size()))
      return SmokeFinding::wrong(
          expected, talk_->text(read) + (done != nullptr ? " " + to_hex(done->result.data) : ""));
    return SmokeFinding::ok();
  }

  SmokeFinding close() {
    if (auto wrong = expect_zero("close()", {.kind = CallKind::kClose, .handle = client_})) return *wrong;
    const CallId read = talk_->begin({.kind = CallKind::kRead, .handle = server_, .count = 100});
    const AgentCompletion* done = talk_->await(read);
    if (done != nullptr && done->result.value == 0) return SmokeFinding::ok();
    return SmokeFinding::wrong("read() returns 0", talk_->text(read));
  }

  SmokeFinding query() {
    const Result<AgentReport> answer = talk_->ask(AgentQuery{listener_});
    if (answer && std::holds_alternative<AgentUnsupported>(*answer))
      return SmokeFinding::note("it cannot tell states");
    const auto* value = answer ? std::get_if<AgentValue>(&*answer) : nullptr;
    if (value != nullptr && (listener_ < 0 || value->text == "LISTEN")) return SmokeFinding::ok();
    if (listener_ < 0 && answer && std::holds_alternative<AgentFailed>(*answer)) return SmokeFinding::ok();
    return SmokeFinding::wrong("Value \"LISTEN\", or Unsupported", instead(answer));
  }

  SmokeFinding end() {
    const Result<AgentReport> answer = talk_->ask(AgentEnd{});
    if (answer && std::holds_alternative<AgentEnded>(*answer)) return SmokeFinding::ok();
    return SmokeFinding::wrong("Ended", instead(answer));
  }

  // An agent that serves one case closes after Ended, in good order.
  bool reconnect() {
    (void)connection_->receive(kWhile);
    if (!connection_->ended()) return true;
    Result<std::unique_ptr<Connection>> opened = Connection::open(address_, kPatience);
    if (!opened) return false;
    talk_.reset();
    connection_ = std::move(*opened);
    talk_.emplace(*connection_, is_virtual());
    return true;
  }

  SmokeFinding strange_policy() {
    if (!reconnect()) return SmokeFinding::wrong("the agent still lives, or can be started again", "neither");
    AgentStart request = usual_start();
    request.policies = {{"smoke", "unknown"}};
    const Result<AgentReport> answer = talk_->ask(request);
    const auto* failed = answer ? std::get_if<AgentFailed>(&*answer) : nullptr;
    if (failed != nullptr && failed->why.starts_with("policy ")) return SmokeFinding::ok();
    return SmokeFinding::wrong("Failed \"policy smoke=unknown: …\"", instead(answer));
  }

  SmokeFinding second_start() {
    if (!reconnect()) return SmokeFinding::wrong("the agent still lives, or can be started again", "neither");
    if (SmokeFinding found = start(); found.mark != SmokeMark::kOk) return found;
    if (listener_ >= 0) {
      if (SmokeFinding found = open_listener(); found.mark != SmokeMark::kOk) return found;
    }
    return end();
  }

  const AgentAddress& address_;
  SmokeLog& log_;
  std::unique_ptr<Connection> connection_;
  std::optional<Talk> talk_;
  std::int64_t zero_ = 0;
  std::uint16_t port_ = 8080;
  Endpoint where_;
  int listener_ = -1, client_ = -1, server_ = -1;
  CallId accept_ = 0;
};

}  // namespace

std::optional<AgentHello> smoke_protocol(const AgentAddress& address, SmokeLog& log) {
  return SmokeProtocol(address, log).run();
}

}  // namespace tcpspec::target
