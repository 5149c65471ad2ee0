#include "harness/target/remote/connection.h"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <map>
#include <set>
#include <utility>

#include "harness/target/linux_clock.h"
#include "harness/target/remote/channel.h"
#include "harness/target/remote/printable.h"

namespace tcpspec::target {
namespace {

constexpr std::size_t kRemembered = 8;  // messages, both ways together
constexpr std::size_t kFirst = 40;
constexpr Duration kGrace = Duration::millis(200);
// Reports before an answer. More is no stack that works but one that talks without end.
constexpr std::size_t kMostReports = 20'000;

bool is_event(const AgentReport& report) {
  return std::holds_alternative<AgentPacket>(report) || std::holds_alternative<AgentCompletion>(report);
}

// Failed and Unsupported answer everything.
bool fits(const AgentRequest& request, const AgentReport& answer) {
  if (std::holds_alternative<AgentUnsupported>(answer) || std::holds_alternative<AgentFailed>(answer))
    return true;
  if (std::holds_alternative<AgentStart>(request)) return std::holds_alternative<AgentStarted>(answer);
  if (std::holds_alternative<AgentEnd>(request)) return std::holds_alternative<AgentEnded>(answer);
  if (std::holds_alternative<AgentInject>(request)) return std::holds_alternative<AgentInjected>(answer);
  if (std::holds_alternative<AgentQuery>(request)) return std::holds_alternative<AgentValue>(answer);
  if (std::holds_alternative<AgentAdvance>(request)) return std::holds_alternative<AgentAdvanced>(answer);
  return false;
}

}  // namespace

std::string printable(const std::string& text, std::size_t longest) {
  std::string out = text.substr(0, longest);
  for (char& c : out) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
  }
  if (text.size() > longest) out += "…";
  return out;
}

struct Connection::State {
  std::unique_ptr<Channel> channel;
  Duration patience;
  FrameReader frames;
  std::deque<NumberedReport> inbox;
  std::optional<AgentHello> hello;
  Bytes first;  // what it said first of all, for people
  std::uint64_t last_number = 0;
  std::map<std::uint64_t, AgentRequest> unanswered;  // of calls only the id
  std::map<CallId, std::uint64_t> calls;             // under way, with the number of their request
  std::set<CallId> over;                             // completed, or of a case that has ended
  std::set<CallId> forgotten;                        // of a case that has ended, without their Completion
  std::deque<std::string> said;
  std::optional<TargetDied> fate;  // becomes `ended` when the inbox is empty
  std::optional<TargetDied> ended;

  void remember(std::string line) {
    said.push_back(printable(line));
    if (said.size() > kRemembered) said.pop_front();
  }

  void doom(Death kind, const std::string& how) {
    if (fate) return;
    std::string text = how;
    if (channel && channel->process() != nullptr) {
      channel->process()->read_stderr();
      for (const std::string& line : channel->process()->last_lines())
        text += "\non its standard error: " + printable(line);
    }
    for (const std::string& line : said) text += "\n" + line;
    fate = TargetDied{std::move(text), kind};
  }
  void broken(const std::string& how) { doom(Death::kBroken, "the agent " + how); }
  [[nodiscard]] std::string before_hello() const;

  std::uint64_t send(const AgentRequest& request);
  void pull();
  void decode_all();
  void at_end();
  void take(NumberedReport report);
  bool take_hello(const NumberedReport& report);
  bool take_completion(const NumberedReport& report);
  bool take_answer(const NumberedReport& report);
  void forget_case();
};

// A program that prints instead of speaking the protocol is the usual mistake.
std::string Connection::State::before_hello() const {
  if (hello) return {};
  const bool text = first.size() >= 4 && std::all_of(first.begin(), first.begin() + 4, [](std::uint8_t c) {
                      return (c >= 0x20 && c < 0x7f) || c == '\n' || c == '\r' || c == '\t';
                    });
  if (!text) return " before its Hello";
  return fmt::format(
      " before its Hello; it began with the text '{}' (standard output is the channel: let it print to "
      "standard error)",
      printable(std::string(first.begin(), first.end())));
}

std::uint64_t Connection::State::send(const AgentRequest& request) {
  const std::uint64_t number = ++last_number;
  if (fate || ended) return number;
  remember("to the agent: " + to_text(NumberedRequest{number, request}));
  if (const auto* call = std::get_if<AgentCall>(&request)) {
    calls[call->id] = number;
    AgentCall slim;
    slim.id = call->id;
    unanswered.emplace(number, slim);
  } else if (std::holds_alternative<AgentInject>(request)) {
    unanswered.emplace(number, AgentInject{});
  } else {
    unanswered.emplace(number, request);
  }
  Bytes arrived;
  const bool sent = channel->write(encode(request, number), patience, arrived);
  frames.append(arrived);
  if (!sent) {
    decode_all();
    doom(Death::kHang, fmt::format("the agent took no octets for {} s", to_string(patience)));
  }
  return number;
}

void Connection::State::pull() {
  if (fate) return;
  Bytes arrived;
  const bool open = channel->read(arrived);
  if (!hello && first.size() < kFirst)
    append(first, ByteView(arrived).first(std::min(arrived.size(), kFirst - first.size())));
  frames.append(arrived);
  decode_all();
  if (!open && !fate) at_end();
}

void Connection::State::decode_all() {
  while (!fate) {
    const Result<std::optional<Bytes>> message = frames.next();
    if (!message) return broken(fmt::format("sent {}{}", message.error(), before_hello()));
    if (!message->has_value()) return;
    Result<NumberedReport> report = decode_report(**message);
    if (!report) {
      const std::string head =
          to_hex(ByteView(**message).first(std::min<std::size_t>((*message)->size(), 16)));
      return broken(fmt::format("sent {} octets that are {}: {}…", (*message)->size(), report.error(), head));
    }
    take(std::move(*report));
  }
}

// Nothing will come any more.
void Connection::State::at_end() {
  const bool half = frames.waiting() > 0;
  const std::string half_text =
      half ? fmt::format(", {} octets into a message", frames.waiting()) : std::string();
  AgentProcess* process = channel->process();
  const std::optional<std::string> how = process == nullptr ? std::nullopt : process->ended_within(kGrace);
  if (half && !(how && process->by_signal()))
    return broken(how.value_or("closed the channel") + half_text + before_hello());
  doom(Death::kCrash, "the agent " + how.value_or("closed the channel") + half_text + before_hello());
}

void Connection::State::take(NumberedReport report) {
  remember("from the agent: " + to_text(report));
  if (!hello) {
    if (!take_hello(report)) return;
  } else if (std::holds_alternative<AgentHello>(report.body)) {
    return broken("said Hello a second time");
  } else if (std::holds_alternative<AgentCompletion>(report.body)) {
    if (!take_completion(report)) return;
  } else if (report.id != 0) {
    if (!take_answer(report)) return;
  } else if (!is_event(report.body)) {
    return broken(fmt::format("said '{}' without the number of what it answers", to_text(report)));
  }
  inbox.push_back(std::move(report));
}

bool Connection::State::take_hello(const NumberedReport& report) {
  const auto* said_hello = std::get_if<AgentHello>(&report.body);
  if (said_hello == nullptr) {
    broken(fmt::format("said '{}' before its Hello", to_text(report)));
  } else if (said_hello->version != kAgentProtocolVersion) {
    broken(fmt::format("speaks version {} of the agent protocol; this tcpspec speaks version {}",
                       said_hello->version, kAgentProtocolVersion));
  } else {
    hello = *said_hello;
    if (report.id != 0) unanswered.erase(report.id);
  }
  return hello.has_value();
}

// True: it is somebody's.
bool Connection::State::take_completion(const NumberedReport& report) {
  const CallId id = std::get<AgentCompletion>(report.body).id;
  if (forgotten.erase(id) > 0) return false;
  const auto call = calls.find(id);
  if (call == calls.end()) {
    broken(fmt::format(
        "{} call {}",
        over.contains(id) ? "completed a second time" : "completed a call that was never made:", id));
    return false;
  }
  if (report.id != 0 && report.id != call->second) {
    broken(fmt::format("completed call {} with the number {} of another request", id, report.id));
    return false;
  }
  unanswered.erase(call->second);
  calls.erase(call);
  over.insert(id);
  return true;
}

bool Connection::State::take_answer(const NumberedReport& report) {
  const auto asked = unanswered.find(report.id);
  if (asked == unanswered.end()) {
    broken(report.id > last_number
               ? fmt::format("answered a request that was never made: {}", to_text(report))
               : fmt::format("answered a second time: {}", to_text(report)));
    return false;
  }
  if (!fits(asked->second, report.body)) {
    broken(fmt::format("answered '{}' with '{}'", to_text(NumberedRequest{report.id, asked->second}),
                       to_text(report)));
    return false;
  }
  if (const auto* call = std::get_if<AgentCall>(&asked->second)) {
    calls.erase(call->id);
    over.insert(call->id);
  }
  unanswered.erase(asked);
  if (std::holds_alternative<AgentEnded>(report.body)) forget_case();
  return true;
}

// Calls that the agent still owes an answer: one that is late does no harm.
void Connection::State::forget_case() {
  forgotten.clear();
  over.clear();
  for (const auto& [id, number] : calls) {
    forgotten.insert(id);
    unanswered.erase(number);
  }
  calls.clear();
}

Connection::Connection(std::unique_ptr<State> state) : state_(std::move(state)) {}
Connection::~Connection() { close(); }

Result<std::unique_ptr<Connection>> Connection::open(const AgentAddress& address, Duration patience) {
  const Timeout timeout(patience);
  Result<std::unique_ptr<Channel>> channel = Channel::open(address, patience);
  if (!channel) return Error{channel.error()};
  std::unique_ptr<Connection> connection(new Connection(std::make_unique<State>()));
  State& state = *connection->state_;
  state.channel = std::move(*channel);
  state.patience = patience;
  (void)connection->send(AgentGreeting{kAgentProtocolVersion, address.token});
  while (!state.hello && !state.fate && timeout.left() > Duration())
    (void)connection->receive(timeout.left());
  if (!state.hello && !state.fate)
    state.doom(Death::kHang, fmt::format("the agent did not say Hello within {} s", to_string(patience)));
  if (state.fate) return Error{state.fate->how};
  const Result<AgentReport> answer =
      connection->ask(AgentUnknown{}, std::max(timeout.left(), patience / 10), [](const NumberedReport&) {});
  if (!answer) return Error{answer.error()};
  if (!std::holds_alternative<AgentUnsupported>(*answer)) {
    state.broken(
        "must answer Unsupported to a request that it does not know, and keep its number; so that later "
        "versions "
        "of the tester can ask for more");
    return Error{state.fate->how};
  }
  return connection;
}

const AgentHello& Connection::hello() const { return *state_->hello; }
int Connection::fd() const { return state_->channel->fd(); }
std::uint64_t Connection::send(const AgentRequest& request) { return state_->send(request); }
const std::optional<TargetDied>& Connection::ended() const { return state_->ended; }

std::optional<NumberedReport> Connection::receive(Duration wait) {
  const Timeout timeout(wait);
  for (bool pulled = false;;) {
    if (!state_->inbox.empty()) {
      std::optional<NumberedReport> report = std::move(state_->inbox.front());
      state_->inbox.pop_front();
      return report;
    }
    if (state_->fate) {
      state_->ended = state_->fate;
      return std::nullopt;
    }
    if (pulled) {
      const Duration left = timeout.left();
      if (left == Duration()) return std::nullopt;
      state_->channel->wait(left);
    }
    state_->pull();
    pulled = true;
  }
}

Result<AgentReport> Connection::ask(const AgentRequest& request, Duration patience,
                                    const std::function<void(const NumberedReport&)>& event) {
  const std::uint64_t number = send(request);
  for (std::size_t count = 0; count < kMostReports; ++count) {
    std::optional<NumberedReport> report = receive(patience);
    if (!report) {
      if (!state_->ended) {
        state_->doom(Death::kHang,
                     fmt::format("the agent did not answer '{}' within {} s",
                                 to_text(NumberedRequest{number, request}), to_string(patience)));
        state_->ended = state_->fate;
      }
      return Error{state_->ended->how};
    }
    if (report->id == number) return std::move(report->body);
    event(*report);
  }
  condemn(fmt::format("reported {} times and did not answer '{}'", kMostReports,
                      to_text(NumberedRequest{number, request})));
  return Error{state_->ended->how};
}

void Connection::condemn(const std::string& why) {
  state_->inbox.clear();
  state_->broken(why);
  state_->ended = state_->fate;
}

void Connection::close() {
  if (!state_->channel) return;
  if (!state_->fate) {
    // No patience for an agent that takes no octets: a moment, then the end.
    state_->patience = kGrace;
    (void)state_->send(AgentShutdown{});
    const Timeout grace(kGrace);
    Bytes dropped;
    while (state_->channel->read(dropped) && grace.left() > Duration()) {
      state_->channel->wait(grace.left());
      dropped.clear();
    }
    if (AgentProcess* process = state_->channel->process(); process != nullptr)
      (void)process->ended_within(grace.left());
  }
  state_->doom(Death::kCrash, "the connection is closed");
  if (!state_->ended) state_->ended = state_->fate;
  state_->inbox.clear();
  state_->channel.reset();
}

}  // namespace tcpspec::target
