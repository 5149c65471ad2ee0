#include "harness/target/wire/look.h"

#include <fmt/format.h>

#include <algorithm>

#include "harness/scenario/scenario.h"
#include "harness/target/linux_clock.h"
#include "harness/target/wire/path_echo.h"

namespace tcpspec::target::wire {
namespace {

using scenario::kAck;
using scenario::kFin;
using scenario::kRst;
using scenario::kSyn;

constexpr Duration kAnswer = Duration::seconds(1), kQuiet = Duration::millis(300),
                   kServer = Duration::seconds(3);
constexpr std::uint8_t kMss = 2, kWscale = 3, kSackPermitted = 4, kTimestamps = 8;
constexpr std::uint16_t kEce = 0x40, kCwr = 0x80;

std::string quoted(ByteView octets) {
  std::string text;
  for (const std::uint8_t octet : octets.first(std::min<std::size_t>(octets.size(), 24))) {
    text += octet >= 0x20 && octet < 0x7f ? static_cast<char>(octet) : '.';
  }
  return '"' + text + (octets.size() > 24 ? "…" : "") + '"';
}

}  // namespace

Status reach(Cable& cable, const std::string& interface, Duration patience) {
  if (cable.resolve(patience)) return Ok{};
  if (const std::string trouble = cable.link_trouble(); !trouble.empty()) return Error{trouble};
  const IpAddress& box = cable.station().box();
  return Error{fmt::format("{} does not answer {} on {}", tcpspec::to_string(box),
                           box.is_v4() ? "ARP" : "neighbour solicitations", interface)};
}

Look::Look(Cable& cable, const Options& options, const Slot& slot, AgentSide* agent)
    : cable_(cable), options_(options), slot_(slot), agent_(agent) {}

Dialog Look::dialog(std::uint16_t port) {
  const auto own = static_cast<std::uint16_t>(slot_.first_port + next_port_++ % kPortsPerSlot);
  return {cable_, {slot_.own, own}, {cable_.station().box(), port}};
}

void Look::note(const Spoken& spoken) {
  heard_ = true;
  if (trap_.empty()) trap_ = spoken.trap;
}

bool Look::opened(const std::optional<Spoken>& answer, const char* word, std::uint16_t port) {
  if (answer) note(*answer);
  if (answer && answer->has(kSyn | kAck)) return true;
  side_.lacks[word] = !answer ? fmt::format("port {} does not answer a SYN", port)
                      : answer->has(kRst)
                          ? fmt::format("port {} refuses connections", port)
                          : fmt::format("port {} answers a SYN with neither SYN-ACK nor RST", port);
  return false;
}

void Look::look_at_closed() {
  Dialog closed = dialog(options_.closed);
  rst_ = closed.open(Opening::kPlain);
  if (rst_) note(*rst_);
  if (rst_ && rst_->has(kRst)) return;
  const bool open = rst_ && rst_->has(kSyn);
  closed.reset();
  rst_.reset();
  side_.lacks["closed-port"] =
      fmt::format("port {} {}; closed=N names one where nothing listens", options_.closed,
                  open ? "is open" : "answers no SYN with an RST (a firewall?)");
}

void Look::note_syn_ack(const Spoken& spoken) {
  const IpVersion ip = slot_.own.version();
  const auto choose = [&](const char* policy, const char* need, std::uint8_t kind) {
    const bool there = option_of(spoken.image, kind).has_value();
    side_.choices[policy] = there ? "on" : "off";
    if (!there) side_.lacks[need] = fmt::format("a SYN that offers it was answered without option {}", kind);
  };
  choose("sack", "sack", kSackPermitted);
  choose("timestamps", "ts", kTimestamps);
  choose("wscale", "wscale", kWscale);
  const auto stamps = option_of(spoken.image, kTimestamps);
  if (stamps && stamps->size() == 8 && load_be32(*stamps, 4) != Dialog::kTimestamp)
    side_.remarks.emplace_back("our timestamp came back changed");
  const auto mss = option_of(spoken.image, kMss);
  const int most = cable_.mtu() - (ip == IpVersion::kV4 ? 40 : 60);
  if (mss && mss->size() == 2 && load_be16(*mss, 0) < most) {
    full_mss_ = false;
    side_.remarks.push_back(
        fmt::format("an MSS of {} where the link permits {} (clamped, or the box has a smaller MTU)",
                    load_be16(*mss, 0), most));
  }
}

std::uint16_t Look::candidate() const {
  if (options_.port) return *options_.port;
  if (!side_.lacks.contains("discard")) return options_.discard;
  return side_.lacks.contains("echo") ? 0 : options_.echo;
}

void Look::look_at_open(std::uint16_t port) {
  if (port == 0) return void(side_.lacks["open-port"] = "no open port is known: port=N names one");
  Dialog open = dialog(port);
  const std::optional<Spoken> answer = open.open(Opening::kAllOptions);
  if (!opened(answer, "open-port", port)) return;
  syn_ack_ = answer;
  note_syn_ack(*answer);
  side_.open_port = port;
  const Timeout quiet(kQuiet);
  while (const std::optional<Spoken> spoken = open.hear(quiet.left())) {
    note(*spoken);
    if (spoken->has(kSyn)) continue;
    if (spoken->image.payload.empty() && !spoken->has(kFin) && !spoken->has(kRst)) continue;
    side_.lacks["open-port"] =
        spoken->image.payload.empty()
            ? fmt::format("the server at port {} closes at once: port=N names one that waits", port)
            : fmt::format("the server at port {} speaks first, {}: port=N names one that waits", port,
                          quoted(spoken->image.payload));
    break;
  }
  open.reset();
}

void Look::look_for_closer() {
  if (side_.open_port == 0 || options_.ask.empty() || !options_.port) {
    side_.lacks["closer"] = "no server is known that answers a request and closes: port=N, and ask=REQUEST";
    return;
  }
  Dialog server = dialog(side_.open_port);
  const std::optional<Spoken> answer = server.open(Opening::kPlain);
  if (!opened(answer, "closer", side_.open_port)) return;
  (void)server.say(options_.ask);
  const Timeout patience(kServer);
  std::string what = "does not answer and close";
  while (const std::optional<Spoken> spoken = server.hear(patience.left())) {
    note(*spoken);
    if (spoken->has(kRst)) {
      what = "answers with an RST";
      break;
    }
    if (!spoken->has(kFin)) continue;
    if (spoken->image.payload.empty())
      what.clear();
    else
      what = "closes in the same segment as its answer";
    break;
  }
  server.reset();
  if (!what.empty()) {
    side_.lacks["closer"] =
        fmt::format("asked {}, the server at port {} {}; ask= says what else to ask it",
                    quoted({reinterpret_cast<const std::uint8_t*>(options_.ask.data()), options_.ask.size()}),
                    side_.open_port, what);
  }
}

void Look::look_at_echo() {
  if (options_.echo == 0) return void(side_.lacks["echo"] = "echo=0: the box has no such service");
  Dialog echo = dialog(options_.echo);
  const std::optional<Spoken> answer = echo.open(Opening::kPlain);
  if (!opened(answer, "echo", options_.echo)) return;
  const std::string said = "TCPSPEC";
  (void)echo.say(said);
  std::string back;
  const Timeout patience(kAnswer);
  while (back.size() < said.size()) {
    const std::optional<Spoken> spoken = echo.hear(patience.left());
    if (!spoken) break;
    note(*spoken);
    back.append(spoken->image.payload.begin(), spoken->image.payload.end());
  }
  echo.reset();
  if (back != said)
    side_.lacks["echo"] = fmt::format("the server at port {} does not send back what it gets", options_.echo);
}

void Look::look_at_discard() {
  if (options_.discard == 0) return void(side_.lacks["discard"] = "discard=0: the box has no such service");
  Dialog discard = dialog(options_.discard);
  const std::optional<Spoken> answer = discard.open(Opening::kPlain);
  if (!opened(answer, "discard", options_.discard)) return;
  (void)discard.say("TCPSPEC");
  const Timeout quiet(kQuiet);
  while (const std::optional<Spoken> spoken = discard.hear(quiet.left())) {
    note(*spoken);
    if (spoken->image.payload.empty() && !spoken->has(kFin) && !spoken->has(kRst)) continue;
    side_.lacks["discard"] = fmt::format("the server at port {} does not only read", options_.discard);
  }
  discard.reset();
}

void Look::look_at_chargen() {
  if (options_.chargen == 0) return void(side_.lacks["chargen"] = "chargen=0: the box has no such service");
  Dialog chargen = dialog(options_.chargen);
  const std::optional<Spoken> answer = chargen.open(Opening::kPlain);
  if (!opened(answer, "chargen", options_.chargen)) return;
  const Timeout patience(kAnswer);
  bool speaks = false;
  while (!speaks) {
    const std::optional<Spoken> spoken = chargen.hear(patience.left());
    if (!spoken) break;
    note(*spoken);
    speaks = !spoken->image.payload.empty();
  }
  chargen.reset();
  if (!speaks)
    side_.lacks["chargen"] = fmt::format("the server at port {} does not speak by itself", options_.chargen);
}

void Look::look_at_ecn() {
  if (side_.open_port == 0) return;
  Dialog ecn = dialog(side_.open_port);
  const std::optional<Spoken> answer = ecn.open(Opening::kEcnSetup);
  ecn.reset();
  if (!answer || !answer->has(kSyn | kAck)) return;
  const bool there = answer->has(kEce) && !answer->has(kCwr);
  side_.choices["ecn"] = there ? "on" : "off";
  if (!there) side_.lacks["ecn"] = "an ECN-setup SYN was answered by a SYN-ACK without ECE";
}

// Fragments from a box whose SYN-ACK promised whole packets: only this address of ours has a past.
void Look::look_at_path() {
  const std::optional<bool> whole = full_size_comes_back(cable_, kQuiet);
  side_.answers_echo = whole.has_value() && (*whole || full_mss_);
}

void Look::look_at_checksums() {
  if (side_.open_port == 0) return;
  Dialog bad = dialog(side_.open_port);
  const bool answered = bad.open(Opening::kBadChecksum, 1).has_value();
  bad.reset();
  if (answered) {
    side_.remarks.emplace_back(
        "a SYN with a wrong checksum is answered (a device in between mends it, or nothing checks it: "
        "ethtool -K DEV rx off "
        "on the target)");
  }
}

Result<Side> Look::run() {
  look_at_closed();
  if (agent_ != nullptr) {
    listen_through_agent();
  } else {
    look_at_echo();
    look_at_discard();
    look_at_chargen();
    look_at_open(candidate());
    look_for_closer();
    look_at_ecn();
  }
  look_at_checksums();
  look_at_path();
  if (!trap_.empty()) return Error{trap_};
  if (const std::string rival = cable_.rival(); !rival.empty()) return Error{rival};
  if (!heard_) {
    return Error{fmt::format("{} answers {}, but no SYN: not to port {}{}; does a firewall drop them?",
                             tcpspec::to_string(cable_.station().box()),
                             slot_.own.is_v4() ? "ARP" : "neighbour solicitations", options_.closed,
                             options_.port ? fmt::format(" and not to port {}", *options_.port) : "")};
  }
  if (rst_ && syn_ack_ && rst_->hops() != syn_ack_->hops()) {
    side_.remarks.push_back(
        fmt::format("RST and SYN-ACK have come different ways (TTL {} and {}): does something in between "
                    "answer?",
                    rst_->hops(), syn_ack_->hops()));
  }
  if (rst_ && syn_ack_ && rst_->from != syn_ack_->from) {
    side_.remarks.push_back(fmt::format("RST and SYN-ACK come from two machines ({} and {})",
                                        to_string(rst_->from), to_string(syn_ack_->from)));
  }
  return side_;
}

}  // namespace tcpspec::target::wire
