#include "harness/target/wire/dialog.h"

#include "harness/scenario/scenario.h"
#include "harness/target/linux_clock.h"
#include "harness/target/wire/checksum.h"

namespace tcpspec::target::wire {
namespace {

using scenario::kAck;
using scenario::kFin;
using scenario::kPsh;
using scenario::kRst;
using scenario::kSyn;

constexpr Duration kSynRepeat = Duration::millis(500);
constexpr std::uint16_t kWindow = 65'535;
constexpr std::uint16_t kMssV4 = 1460, kMssV6 = 1440;
constexpr std::uint16_t kEce = 0x40, kCwr = 0x80;

Bytes mss_option(IpVersion ip) {
  Bytes option{2, 4};
  append_be16(option, ip == IpVersion::kV4 ? kMssV4 : kMssV6);
  return option;
}

// SACK-permitted, timestamps, window scale (RFC 2018, RFC 7323), behind the MSS.
Bytes all_options(IpVersion ip) {
  Bytes options = mss_option(ip);
  append(options, Bytes{4, 2, 8, 10});
  append_be32(options, Dialog::kTimestamp);
  append_be32(options, 0);
  append(options, Bytes{1, 3, 3, 7});
  return options;
}

}  // namespace

Dialog::Dialog(Cable& cable, const Endpoint& own, const Endpoint& box)
    : cable_(cable), own_(own), box_(box), next_send_(static_cast<std::uint32_t>(realtime_nanos() >> 10)) {}

packet::Image Dialog::segment(std::uint16_t flags) const {
  packet::Image image = packet::make_tcp(own_, box_);
  image.tcp->flags = flags;
  image.tcp->seq = next_send_;
  if ((flags & kAck) != 0) image.tcp->ack = next_receive_;
  image.tcp->window = kWindow;
  return image;
}

Status Dialog::send(packet::Image image, bool good_checksum) {
  packet::seal(image);
  if (!good_checksum) image.tcp->checksum = static_cast<std::uint16_t>(image.tcp->checksum + 1);
  return cable_.send(packet::encode(image));
}

std::optional<Spoken> Dialog::next(Duration wait) {
  const Timeout timeout(wait);
  do {
    const std::optional<Arrival> arrival = cable_.next(timeout.left());
    if (!arrival) continue;
    Spoken spoken{packet::decode(arrival->packet), arrival->from,
                  offload_trap(arrival->packet, arrival->octets, cable_.mtu())};
    if (!spoken.image.tcp || spoken.image.source() != box_ || spoken.image.destination() != own_) continue;
    return spoken;
  } while (timeout.left() > Duration());
  return std::nullopt;
}

std::optional<Spoken> Dialog::open(Opening opening, int tries) {
  packet::Image syn = segment(kSyn);
  syn.tcp->options = opening == Opening::kAllOptions ? all_options(own_.address.version())
                                                     : mss_option(own_.address.version());
  if (opening == Opening::kEcnSetup) syn.tcp->flags = kSyn | kEce | kCwr;
  for (int i = 0; i < tries; ++i) {
    if (!send(syn, opening != Opening::kBadChecksum)) return std::nullopt;
    std::optional<Spoken> answer = next(kSynRepeat);
    if (!answer) continue;
    if (answer->has(kSyn | kAck)) {
      next_send_ = answer->image.tcp->ack;
      next_receive_ = answer->image.tcp->seq + 1;
      open_ = true;
      if (opening == Opening::kPlain || opening == Opening::kAllOptions) (void)send(segment(kAck));
    }
    return answer;
  }
  return std::nullopt;
}

Status Dialog::say(const std::string& text) {
  packet::Image image = segment(kAck | kPsh);
  image.payload.assign(text.begin(), text.end());
  Status sent = send(image);
  next_send_ += static_cast<std::uint32_t>(text.size());
  return sent;
}

std::optional<Spoken> Dialog::hear(Duration wait) {
  std::optional<Spoken> spoken = next(wait);
  if (!spoken) return spoken;
  const packet::TcpHeader& tcp = *spoken->image.tcp;
  if (spoken->has(kRst)) open_ = false;
  if (tcp.seq != next_receive_ || (spoken->image.payload.empty() && !spoken->has(kFin))) return spoken;
  next_receive_ += static_cast<std::uint32_t>(spoken->image.payload.size()) + (spoken->has(kFin) ? 1 : 0);
  (void)send(segment(kAck));
  return spoken;
}

void Dialog::reset() {
  if (!open_) return;
  (void)send(segment(kRst | kAck));
  open_ = false;
}

std::optional<Bytes> option_of(const packet::Image& image, std::uint8_t kind) {
  for (const packet::Option& option : packet::split_options(image.tcp->options)) {
    if (option.kind == kind && option.length) return option.data;
  }
  return std::nullopt;
}

}  // namespace tcpspec::target::wire
