#include "harness/target/remote/serve.h"

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

namespace tcpspec::target {
namespace {

// How long a real-time target is watched before the tester is looked at again.
constexpr Duration kWatch = Duration::millis(1);

template <typename... Cases>
struct Overload : Cases... {
  using Cases::operator()...;
};
template <typename... Cases>
Overload(Cases...) -> Overload<Cases...>;

}  // namespace

bool AgentServer::fits(const NumberedRequest& request) {
  const bool anywhere = std::holds_alternative<AgentGreeting>(request.body) ||
                        std::holds_alternative<AgentShutdown>(request.body);
  if (!greeted_ && !anywhere) {
    why_ = fmt::format("the tester said '{}' before its Greeting", to_text(request));
    return false;
  }
  return true;
}

bool AgentServer::obey(const NumberedRequest& request) {
  if (!fits(request)) return false;
  const std::uint64_t id = request.id;
  const bool needs_case =
      std::holds_alternative<AgentInject>(request.body) || std::holds_alternative<AgentQuery>(request.body) ||
      std::holds_alternative<AgentAdvance>(request.body) || std::holds_alternative<AgentCall>(request.body) ||
      std::holds_alternative<AgentEnd>(request.body);
  if (needs_case && !in_case_) {
    say_(AgentFailed{"no case is under way"}, id);
    return true;
  }
  return std::visit(Overload{
                        [&](const AgentGreeting& greeting) { return greet(greeting, id); },
                        [&](const AgentStart& body) { return start(body, id); },
                        [&](const AgentEnd&) { return end(id); },
                        [&](const AgentInject& body) { return inject(body, id); },
                        [&](const AgentAdvance& body) { return advance(body, id); },
                        [&](const AgentQuery& body) {
                          query(body, id);
                          return true;
                        },
                        [&](const AgentCall& call) {
                          calls_[target_.begin(call.call)] = call.id;
                          return report_at_hand();
                        },
                        [&](const AgentCancel& cancel) {
                          interrupt(cancel.id);
                          return true;
                        },
                        [&](const AgentShutdown&) {
                          if (in_case_) (void)target_.end();
                          return false;
                        },
                        [&](const AgentUnknown&) {
                          say_(AgentUnsupported{"a request that this agent does not know"}, id);
                          return true;
                        },
                    },
                    request.body);
}

bool AgentServer::greet(const AgentGreeting& greeting, std::uint64_t id) {
  AgentHello hello;
  hello.profile = target_.profile();
  hello.link = AgentLink::kIp;
  if (!token_.empty() && greeting.token != token_) {
    why_ = "the tester did not bring the token along";
    say_(AgentFailed{"the token is missing or wrong (,token=FILE)"}, id);
    return false;
  }
  greeted_ = true;
  say_(hello, id);
  return true;
}

bool AgentServer::start(const AgentStart& start, std::uint64_t id) {
  if (in_case_) {
    say_(AgentFailed{"a case is under way"}, id);
    return true;
  }
  CaseSetup setup;
  setup.id = start.case_id;
  setup.ip = start.ip;
  setup.target = start.target;
  setup.tester = start.tester;
  setup.mtu = start.mtu;
  setup.seed = start.seed;
  setup.policies = start.policies;
  calls_.clear();
  if (const Status started = target_.start(setup); !started) {
    say_(AgentFailed{started.error()}, id);
    return true;
  }
  in_case_ = true;
  say_(AgentStarted{target_.now().nanos()}, id);
  return true;
}

bool AgentServer::end(std::uint64_t id) {
  while (!calls_.empty()) interrupt(calls_.begin()->second);
  in_case_ = false;
  const Status ended = target_.end();
  if (ended) {
    say_(AgentEnded{}, id);
  } else {
    say_(AgentFailed{ended.error()}, id);
  }
  // Such a target's process has had its case.
  return target_.profile().clock != ClockKind::kReal || target_.profile().isolation != Isolation::kFresh;
}

bool AgentServer::inject(const AgentInject& inject, std::uint64_t id) {
  const Result<Stamp> at = target_.inject(inject.packet);
  if (!report_at_hand()) return false;
  if (at) {
    say_(AgentInjected{at->earliest.nanos(), at->latest.nanos()}, id);
  } else {
    say_(AgentFailed{at.error()}, id);
  }
  return true;
}

bool AgentServer::advance(const AgentAdvance& advance, std::uint64_t id) {
  if (target_.profile().clock != ClockKind::kVirtual) {
    say_(AgentUnsupported{"this clock goes by itself"}, id);
    return true;
  }
  if (std::optional<Event> event = target_.next(Instant::from_nanos(advance.until))) {
    if (!report(std::move(*event)) || !report_at_hand()) return false;
  }
  say_(AgentAdvanced{target_.now().nanos()}, id);
  return true;
}

void AgentServer::query(const AgentQuery& body, std::uint64_t id) {
  const Result<Value> value = target_.query({QueryKind::kState, static_cast<int>(body.handle)});
  if (!value) {
    say_(AgentFailed{value.error()}, id);
  } else if (const auto* text = std::get_if<std::string>(&*value)) {
    say_(AgentValue{*text}, id);
  } else {
    say_(AgentValue{std::to_string(std::get<std::int64_t>(*value))}, id);
  }
}

// A target may or may not tell of a cancelled call; the tester must hear of it, once.
void AgentServer::interrupt(CallId call) {
  const auto at = std::ranges::find_if(calls_, [&](const auto& pair) { return pair.second == call; });
  if (at == calls_.end()) return;
  target_.cancel(at->first);
  calls_.erase(at);
  AgentCompletion done;
  done.id = call;
  done.entered = done.returned = target_.now().nanos();
  done.result.value = -1;
  done.result.error = "EINTR";
  say_(done, 0);
}

bool AgentServer::report_at_hand() {
  // A deadline that is over: events that wait are given, and nothing new can be due.
  const Instant over = target_.now() - Duration::nanos(1);
  while (std::optional<Event> event = target_.next(over)) {
    if (!report(std::move(*event))) return false;
  }
  return true;
}

bool AgentServer::report(Event event) {
  if (auto* packet = std::get_if<PacketOut>(&event.what)) {
    say_(AgentPacket{std::move(packet->packet), event.at.latest.nanos()}, 0);
    return true;
  }
  if (auto* done = std::get_if<CallDone>(&event.what)) {
    const auto call = calls_.find(done->call);
    if (call == calls_.end()) return true;
    say_(AgentCompletion{call->second, done->began.earliest.nanos(), event.at.latest.nanos(),
                         std::move(done->result)},
         0);
    calls_.erase(call);
    return true;
  }
  why_ = "the target died: " + std::get<TargetDied>(event.what).how;
  return false;
}

bool AgentServer::watch(Instant deadline) {
  if (!in_case_) return true;
  while (std::optional<Event> event = target_.next(deadline)) {
    if (!report(std::move(*event))) return false;
  }
  return true;
}

namespace {

// The descriptors' side: frames in, frames out.
class Pump {
 public:
  Pump(Target& target, const Bytes& token, int in, int out)
      : target_(target),
        server_(target, token,
                [this](const AgentReport& report, std::uint64_t id) { write(encode(report, id)); }),
        in_(in),
        out_(out) {}

  int run(std::string& why) {
    const bool real = target_.profile().clock == ClockKind::kReal;
    bool goes_on = true;
    while (goes_on && !lost_) {
      if (real && server_.in_case() && !readable(0)) {
        goes_on = server_.watch(target_.now() + kWatch);
        continue;
      }
      goes_on = read() && obey_all();
    }
    why = complaint_.empty() ? server_.why() : complaint_;
    return why.empty() ? 0 : 1;
  }

 private:
  [[nodiscard]] bool readable(int milliseconds) const {
    pollfd waiting{.fd = in_, .events = POLLIN, .revents = 0};
    return ::poll(&waiting, 1, milliseconds) > 0;
  }

  bool read() {
    std::array<std::uint8_t, 65536> buffer;
    ssize_t n = 0;
    while ((n = ::read(in_, buffer.data(), buffer.size())) < 0 && errno == EINTR) {
    }
    if (n <= 0) return false;  // the tester has gone: the usual end
    frames_.append(ByteView(buffer).first(static_cast<std::size_t>(n)));
    return true;
  }

  bool obey_all() {
    for (;;) {
      const Result<std::optional<Bytes>> message = frames_.next();
      if (!message) return complain("the tester sent " + message.error());
      if (!message->has_value()) return true;
      const Result<NumberedRequest> request = decode_request(**message);
      if (!request) return complain("the tester sent " + request.error());
      if (!server_.obey(*request)) return false;
    }
  }

  bool complain(std::string what) {
    complaint_ = std::move(what);
    return false;
  }

  void write(const Bytes& frame) {
    for (std::size_t sent = 0; sent < frame.size() && !lost_;) {
      const ssize_t n = ::write(out_, frame.data() + sent, frame.size() - sent);
      if (n >= 0) sent += static_cast<std::size_t>(n);
      if (n < 0 && errno != EINTR) lost_ = true;
    }
  }

  Target& target_;
  AgentServer server_;
  FrameReader frames_;
  int in_, out_;
  bool lost_ = false;
  std::string complaint_;
};

}  // namespace

int serve_agent(Target& target, const Bytes& token, int in, int out, std::string& why) {
  return Pump(target, token, in, out).run(why);
}

}  // namespace tcpspec::target
