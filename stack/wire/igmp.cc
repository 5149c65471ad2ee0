#include "stack/wire/igmp.h"

#include "stack/wire/checksum.h"

namespace tcpspec::wire {
namespace {

constexpr std::uint8_t kQuery = 0x11, kReportV1 = 0x12, kReportV2 = 0x16, kLeave = 0x17, kReportV3 = 0x22;
constexpr Duration kTenth = Duration::millis(100);

// RFC 3376 §4.1.1: from 128 on, three bits of exponent and four of mantissa.
std::int64_t from_code(std::uint8_t code) {
  if (code < 128) return code;
  return std::int64_t{(code & 0x0f) | 0x10} << (((code >> 4) & 7) + 3);
}

Parsed<IgmpMessage> query(ByteView bytes, IgmpMessage message) {
  message.kind = IgmpMessage::Kind::kQuery;
  // RFC 3376 §7.1: 8 octets are of version 1 or 2, told apart by the code; 12 and more are of version 3; any
  // other length is of none, and silently ignored.
  if (bytes.size() == kIgmpSize) {
    message.version = bytes[1] == 0 ? 1 : 2;
    // RFC 2236 §4: an IGMPv1 querier leaves 10 s for the answer.
    message.most_response_time = bytes[1] == 0 ? Duration::seconds(10) : kTenth * bytes[1];
  } else if (bytes.size() >= kIgmpV3QuerySize) {
    message.version = 3;
    message.most_response_time = kTenth * from_code(bytes[1]);
    const std::size_t count = load_be16(bytes, 10);
    if (bytes.size() < kIgmpV3QuerySize + 4 * count) return Fault::kIgmpShort;
    for (std::size_t i = 0; i < count; ++i) {
      message.sources.push_back(IpAddress::from_bytes(bytes.subspan(kIgmpV3QuerySize + 4 * i, 4)));
    }
  } else {
    return Fault::kIgmpShort;
  }
  if (!message.group.is_unspecified() && !message.group.is_multicast()) return Fault::kIgmpGroup;
  return message;
}

}  // namespace

Parsed<IgmpMessage> parse_igmp(ByteView bytes) {
  if (bytes.size() < kIgmpSize) return Fault::kIgmpShort;
  // RFC 2236 §2.3, RFC 3376 §4.1.2: over the whole IP payload, and to be verified before anything else.
  if (checksum(bytes) != 0) return Fault::kIgmpChecksum;
  IgmpMessage message;
  if (bytes[0] != kReportV3) message.group = IpAddress::from_bytes(bytes.subspan(4, 4));
  switch (bytes[0]) {
    case kQuery:
      return query(bytes, std::move(message));
    case kReportV1:
    case kReportV2:
    case kLeave:
      message.kind = bytes[0] == kLeave ? IgmpMessage::Kind::kLeave : IgmpMessage::Kind::kReport;
      message.version = bytes[0] == kReportV1 ? 1 : 2;
      if (!message.group.is_multicast()) return Fault::kIgmpGroup;
      return message;
    case kReportV3:
      message.kind = IgmpMessage::Kind::kReport;
      return message;
    default:
      // RFC 3376 §4: unrecognized message types are silently ignored.
      return Fault::kIgmpType;
  }
}

}  // namespace tcpspec::wire
