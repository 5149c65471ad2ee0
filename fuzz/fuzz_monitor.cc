// Any packets in any order: the monitor never crashes, never depends on anything but them, and every finding
// names a rule of the list and a packet that was fed.
#include <vector>

#include "fuzz/input.h"
#include "harness/monitor/monitor.h"
#include "harness/packet/edit.h"
#include "harness/packet/image.h"
#include "stack/base/check.h"

namespace tcpspec::fuzz {
namespace {

struct Fed {
  monitor::Side side;
  Bytes bytes;
  Instant at;
};

// Small steps around one point of each direction, so that segments meet.
Bytes segment(Input& input, bool in) {
  const Endpoint target{IpAddress::v4(10, 0, 0, 1), 80}, peer{IpAddress::v4(10, 0, 0, 2), 40000};
  constexpr std::uint32_t kOwn = 0xfffffff8, kPeer = 0x7ffffff8;
  packet::Image image = in ? packet::make_tcp(peer, target) : packet::make_tcp(target, peer);
  image.tcp->flags = input.octet() & 0x3f;
  image.tcp->seq = (in ? kPeer : kOwn) + input.octet();
  image.tcp->ack = (in ? kOwn : kPeer) + input.octet();
  image.tcp->window = input.octet();
  const ByteView options = input.take(input.octet() % 41);
  image.tcp->options.assign(options.begin(), options.end());
  const ByteView text = input.take(input.octet() % 16);
  image.payload.assign(text.begin(), text.end());
  packet::seal(image);
  return packet::encode(image);
}

std::vector<Fed> feed(Input input) {
  std::vector<Fed> packets;
  Instant now;
  while (!input.empty() && packets.size() < 200) {
    const std::uint8_t kind = input.octet();
    const bool in = (kind & 1) != 0;
    now = now + Duration::millis((kind >> 4) * 200);
    Bytes bytes;
    if ((kind & 0x0e) == 0x0e) {
      const ByteView raw = input.take(input.octet());
      bytes.assign(raw.begin(), raw.end());
    } else {
      bytes = segment(input, in);
      if ((kind & 0x0e) == 0x0c) bytes[input.octet() % bytes.size()] ^= input.octet();
    }
    packets.push_back({in ? monitor::Side::kToTarget : monitor::Side::kFromTarget, bytes, now});
  }
  return packets;
}

std::vector<std::string> judge(const std::vector<Fed>& packets, monitor::Before before) {
  monitor::Monitor judge(IpAddress::v4(0, 0, 0, 0), before);
  for (const Fed& fed : packets) judge.packet(fed.side, fed.bytes, fed.at);
  std::vector<std::string> texts;
  for (const monitor::Finding& finding : judge.findings()) {
    CHECK(finding.rule >= monitor::rules().data() &&
          finding.rule < monitor::rules().data() + monitor::rules().size());
    CHECK(finding.packet < packets.size() && packets[finding.packet].side == monitor::Side::kFromTarget);
    CHECK(finding.at == packets[finding.packet].at);
    texts.push_back(std::string(finding.rule->id) + " " + finding.what);
  }
  return texts;
}

}  // namespace
}  // namespace tcpspec::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tcpspec;
  const std::vector<fuzz::Fed> packets = fuzz::feed(fuzz::Input(data, size));
  for (const monitor::Before before : {monitor::Before::kUnknown, monitor::Before::kNothingOpen}) {
    CHECK(fuzz::judge(packets, before) == fuzz::judge(packets, before));
  }
  return 0;
}
