// lwIP in process: a handshake, then whatever segments, pieces of packets, socket calls and waits the input
// says. Nothing may crash, hang, or fail one of lwIP's assertions; a fresh stack for every input.
//
// By default every packet is padded, to get past what is known of lwIP 2.1.3 and look further. To find that,
// let the packets end at a guard page:
//
//   mkdir /tmp/found; TCPSPEC_FUZZ_LWIP=options fuzz_lwip -max_total_time=60 /tmp/found corpus/lwip
//
//   options  tcp_parseopt() reads one octet beyond a header that ends with an option's kind
//   runts    ip4_input() and ip6_input() read the header of a packet that is shorter than one
//
// The seeds in corpus/lwip pass in every way.
#include <array>
#include <cstdlib>
#include <memory>
#include <string_view>
#include <variant>
#include <vector>

#include "fuzz/input.h"
#include "harness/packet/image.h"
#include "harness/packet/stream.h"
#include "harness/target/lwip/lwip.h"
#include "stack/base/check.h"

namespace tcpspec::fuzz {
namespace {

using target::CallKind;
using target::SocketCall;

constexpr std::uint16_t kSyn = 0x02, kRst = 0x04, kAck = 0x10;
constexpr std::uint16_t kService = 8080, kOwnPort = 40'000;
constexpr std::uint32_t kOwnIsn = 0xfffffff0;
constexpr std::size_t kLongestHeader = 40;
constexpr int kMostSteps = 300;
// More than the stack can have a reason to send.
constexpr std::size_t kMostPackets = 20'000;

enum class Known { kSkipped, kOptions, kRunts };

Known wish() {
  const char* text = std::getenv("TCPSPEC_FUZZ_LWIP");
  if (text == nullptr) return Known::kSkipped;
  CHECK(std::string_view(text) == "options" || std::string_view(text) == "runts");
  return std::string_view(text) == "options" ? Known::kOptions : Known::kRunts;
}

const Known kWish = wish();

target::Target& lwip() {
  static const std::unique_ptr<target::Target> kTarget =
      target::make_lwip_target({.padding = kWish == Known::kSkipped ? std::size_t{64} : std::size_t{0}});
  return *kTarget;
}

class Play {
 public:
  explicit Play(Input input) : input_(input) {
    const std::uint8_t how = input_.octet();
    ip_ = (how & 1) != 0 ? IpVersion::kV6 : IpVersion::kV4;
    const target::Place place = target::usual_place(ip_);
    target::CaseSetup setup;
    setup.ip = ip_;
    setup.target = place.target;
    setup.tester = place.tester;
    setup.seed = how;
    CHECK(lwip().start(setup).ok());
    own_ = {place.tester, kOwnPort};
    other_ = {place.target, kService};
    if ((how & 2) != 0) {
      connect(how);
    } else {
      listen(how);
    }
  }
  ~Play() { CHECK(lwip().end().ok()); }
  Play(const Play&) = delete;
  Play& operator=(const Play&) = delete;

  void go() {
    for (int i = 0; i < kMostSteps && !input_.empty(); ++i) step();
    wait(Duration::seconds(20));
  }

 private:
  void connect(std::uint8_t how) {
    const int handle = call({.kind = CallKind::kSocket, .ip = ip_});
    CHECK(handle == 3);
    handle_ = handle;
    own_.port = kService;
    call({.kind = CallKind::kConnect, .handle = handle, .address = own_});
    drain();
    if ((how & 4) == 0) segment(kSyn | kAck, 0, 0, options(how), 0);
  }
  void listen(std::uint8_t how) {
    const int handle = call({.kind = CallKind::kSocket, .ip = ip_});
    call({.kind = CallKind::kBind, .handle = handle, .address = other_});
    call({.kind = CallKind::kListen, .handle = handle, .backlog = 4});
    if ((how & 4) != 0) return;
    segment(kSyn, 0, 0, options(how), 0);
    drain();
    segment(kAck, 1, 0, {}, 0);
    handle_ = call({.kind = CallKind::kAccept, .handle = handle});
  }
  // What the handshake offers.
  static Bytes options(std::uint8_t how) {
    Bytes all;
    if ((how & 8) != 0) append(all, Bytes{2, 4, 2, 24});
    if ((how & 16) != 0) append(all, Bytes{1, 3, 3, 3});
    if ((how & 32) != 0) append(all, Bytes{1, 1, 4, 2});
    if ((how & 64) != 0) append(all, Bytes{1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 0});
    return all;
  }

  void step() {
    const std::uint8_t what = input_.octet();
    switch (what % 8) {
      case 0:
        return wait(kWaits[input_.octet() % kWaits.size()]);
      case 1:
        return call_something();
      case 2:
        return spoiled();
      case 3:
        return in_pieces();
      default:
        return some_segment(what);
    }
  }

  // Near what the stack expects, or anywhere.
  void some_segment(std::uint8_t what) {
    const auto flags = static_cast<std::uint16_t>(input_.octet() | ((what & 8) != 0 ? 0 : kAck));
    const std::uint32_t seq = (what & 16) != 0 ? input_.number() : next_ + static_cast<std::uint32_t>(near());
    const std::int64_t ack = (what & 32) != 0 ? input_.number() : near();
    const ByteView rest = (what & 64) != 0 ? input_.take(input_.octet() % 41) : ByteView();
    const std::size_t length = (what & 128) != 0 ? input_.word() % 1500 : 0;
    window_ = input_.word();
    segment(flags, seq, ack, Bytes(rest.begin(), rest.end()), length);
    if ((what & 16) == 0 && length > 0) next_ += static_cast<std::uint32_t>(length);
  }
  std::int64_t near() {
    return static_cast<std::int8_t>(input_.octet()) * ((input_.octet() & 1) != 0 ? 100 : 1);
  }

  Bytes built(std::uint16_t flags, std::uint32_t seq, std::int64_t ack, const Bytes& options,
              std::size_t length) {
    packet::Image image = packet::make_tcp(own_, other_);
    image.tcp->flags = flags;
    image.tcp->seq = kOwnIsn + seq;
    image.tcp->ack = (flags & kAck) != 0 ? theirs_ + static_cast<std::uint32_t>(ack) : 0;
    image.tcp->window = window_;
    image.tcp->options = options;
    image.payload = packet::stream(seq, length);
    packet::seal(image);
    return packet::encode(image);
  }
  void segment(std::uint16_t flags, std::uint32_t seq, std::int64_t ack, const Bytes& options,
               std::size_t length) {
    inject(built(flags, seq, ack, options, length));
  }
  // One octet anywhere is another; the checksum is right if it can be.
  void spoiled() {
    Bytes packet = built(input_.octet(), next_, 0, {}, input_.octet());
    const std::size_t at = input_.word() % packet.size();
    packet[at] = input_.octet();
    packet::Image image = packet::decode(packet);
    if (image.tcp && (input_.octet() & 1) != 0) {
      image.tcp->checksum = packet::right_tcp_checksum(image);
      packet = packet::encode(image);
    }
    if ((input_.octet() & 1) != 0) packet.resize(input_.word() % (packet.size() + 1));
    inject(packet);
  }
  // IPv4 fragments of one segment, cut anywhere, in any order.
  void in_pieces() {
    if (ip_ != IpVersion::kV4) return;
    const ByteView rest = input_.take(input_.octet() % 41);
    const Bytes whole = built(input_.octet(), next_, 0, Bytes(rest.begin(), rest.end()), input_.octet());
    for (int i = input_.octet() % 6; i > 0; --i) {
      const std::size_t from = input_.octet() % 32, size = input_.octet() % 32 + 1;
      const std::size_t begin = std::min(whole.size(), 20 + from * 8),
                        end = std::min(whole.size(), begin + size * 8);
      if (begin == end) continue;
      packet::Image piece = packet::decode(ByteView(whole).first(20));
      if (!piece.v4) return;
      piece.tcp.reset();
      piece.v4->total_length = static_cast<std::uint16_t>(20 + end - begin);
      piece.v4->flags_and_offset = static_cast<std::uint16_t>(from | (end < whole.size() ? 0x2000U : 0U));
      piece.payload.assign(whole.begin() + static_cast<std::ptrdiff_t>(begin),
                           whole.begin() + static_cast<std::ptrdiff_t>(end));
      piece.v4->checksum = packet::right_ipv4_checksum(piece);
      inject(packet::encode(piece));
    }
  }

  void call_something() {
    if (handle_ < 0) handle_ = call({.kind = CallKind::kAccept, .handle = 3});
    const std::uint8_t what = input_.octet();
    SocketCall next{.handle = handle_};
    switch (what % 6) {
      case 0:
        next.kind = CallKind::kRead;
        next.count = input_.word();
        break;
      case 1:
      case 2:
        next.kind = CallKind::kWrite;
        next.data = packet::stream(0, input_.word() % 20'000);
        break;
      case 3:
        next.kind = CallKind::kShutdown;
        next.how = static_cast<target::ShutdownHow>(input_.octet() % 3);
        break;
      case 4:
        next.kind = CallKind::kSetOption;
        next.option = static_cast<target::SocketOption>(input_.octet() % 15);
        next.value = input_.octet();
        next.value2 = input_.octet() % 4;
        break;
      default:
        next.kind = CallKind::kClose;
    }
    call(next);
  }
  // What blocks is forgotten.
  int call(const SocketCall& what) {
    const target::CallId id = lwip().begin(what);
    int value = -1;
    drain([&](const target::CallDone& done) {
      if (done.call == id) value = static_cast<int>(done.result.value);
    });
    if ((calls_++ & 1) != 0) lwip().cancel(id);
    return value;
  }

  void inject(const Bytes& packet) {
    if (kWish == Known::kOptions && packet.size() < kLongestHeader) return;
    CHECK(lwip().inject(packet).ok());
  }
  void wait(Duration duration) {
    events(lwip().now() + duration, [](const target::CallDone&) {});
  }
  void drain() { wait(Duration()); }
  template <typename Done>
  void drain(Done done) {
    events(lwip().now(), done);
  }
  template <typename Done>
  void events(Instant deadline, Done done) {
    while (auto event = lwip().next(deadline)) {
      CHECK(event->at.earliest <= deadline);
      CHECK(!std::holds_alternative<target::TargetDied>(event->what));
      if (const auto* finished = std::get_if<target::CallDone>(&event->what)) done(*finished);
      if (const auto* packet = std::get_if<target::PacketOut>(&event->what)) learn(packet->packet);
    }
  }
  void learn(const Bytes& octets) {
    CHECK(++packets_ < kMostPackets);
    const packet::Image image = packet::decode(octets);
    if (!image.tcp || (image.tcp->flags & kRst) != 0) return;
    other_.port = image.tcp->source_port;
    theirs_ = image.tcp->seq + static_cast<std::uint32_t>(image.sequence_length());
    if ((image.tcp->flags & kAck) != 0) next_ = image.tcp->ack - kOwnIsn;
  }

  static constexpr auto kWaits = std::to_array<Duration>(
      {Duration::millis(1), Duration::millis(100), Duration::millis(250), Duration::millis(500),
       Duration::seconds(1), Duration::seconds(3), Duration::seconds(20), Duration::seconds(120)});

  Input input_;
  IpVersion ip_ = IpVersion::kV4;
  Endpoint own_, other_;
  std::uint32_t next_ = 1, theirs_ = 0;
  std::uint16_t window_ = 65'535;
  int handle_ = -1;
  unsigned calls_ = 0;
  std::size_t packets_ = 0;
};

}  // namespace
}  // namespace tcpspec::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  tcpspec::fuzz::Play(tcpspec::fuzz::Input(data, size)).go();
  return 0;
}
