#include "stack/wire/parsed.h"

namespace tcpspec::wire {

const char* to_string(Fault fault) {
  switch (fault) {
    case Fault::kShort:
      return "short packet";
    case Fault::kVersion:
      return "IP version";
    case Fault::kIpHeaderLength:
      return "IP header length";
    case Fault::kIpTotalLength:
      return "IP total length";
    case Fault::kIpChecksum:
      return "IP header checksum";
    case Fault::kExtensionHeader:
      return "IPv6 extension header";
    case Fault::kFragment:
      return "fragment";
    case Fault::kProtocol:
      return "unknown protocol";
    case Fault::kTcpShort:
      return "short TCP header";
    case Fault::kTcpDataOffset:
      return "TCP data offset";
    case Fault::kTcpChecksum:
      return "TCP checksum";
    case Fault::kTcpOption:
      return "TCP option length";
    case Fault::kIcmpShort:
      return "short ICMP message";
    case Fault::kIcmpChecksum:
      return "ICMP checksum";
    case Fault::kIcmpQuote:
      return "ICMP quote";
    case Fault::kUdpShort:
      return "short UDP header";
    case Fault::kUdpLength:
      return "UDP length";
    case Fault::kUdpChecksum:
      return "UDP checksum";
  }
  return "unknown fault";
}

}  // namespace tcpspec::wire
