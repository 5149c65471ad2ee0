#include "stack/net/drop.h"

namespace tcpspec::net {

Drop drop_for(wire::Fault fault) {
  switch (fault) {
    case wire::Fault::kShort:
      return Drop::kShort;
    case wire::Fault::kVersion:
      return Drop::kVersion;
    case wire::Fault::kIpHeaderLength:
      return Drop::kIpHeaderLength;
    case wire::Fault::kIpTotalLength:
      return Drop::kIpTotalLength;
    case wire::Fault::kIpChecksum:
      return Drop::kIpChecksum;
    case wire::Fault::kExtensionHeader:
      return Drop::kExtensionHeader;
    case wire::Fault::kFragment:
      return Drop::kFragment;
    case wire::Fault::kProtocol:
      return Drop::kProtocol;
    case wire::Fault::kTcpShort:
      return Drop::kTcpShort;
    case wire::Fault::kTcpDataOffset:
      return Drop::kTcpDataOffset;
    case wire::Fault::kTcpChecksum:
      return Drop::kTcpChecksum;
    case wire::Fault::kTcpOption:
      return Drop::kTcpOption;
    case wire::Fault::kIcmpShort:
      return Drop::kIcmpShort;
    case wire::Fault::kIcmpChecksum:
      return Drop::kIcmpChecksum;
    case wire::Fault::kIcmpQuote:
      return Drop::kIcmpQuote;
    case wire::Fault::kUdpShort:
      return Drop::kUdpShort;
    case wire::Fault::kUdpLength:
      return Drop::kUdpLength;
    case wire::Fault::kUdpChecksum:
      return Drop::kUdpChecksum;
  }
  return Drop::kCount;
}

const char* to_string(Drop drop) {
  switch (drop) {
    case Drop::kShort:
      return "short packet";
    case Drop::kVersion:
      return "IP version";
    case Drop::kIpHeaderLength:
      return "IP header length";
    case Drop::kIpTotalLength:
      return "IP total length";
    case Drop::kIpChecksum:
      return "IP header checksum";
    case Drop::kNotOurs:
      return "not our address";
    case Drop::kBadSource:
      return "impossible source address";
    case Drop::kFragment:
      return "fragment";
    case Drop::kExtensionHeader:
      return "IPv6 extension header";
    case Drop::kProtocol:
      return "unknown protocol";
    case Drop::kTcpShort:
      return "short TCP header";
    case Drop::kTcpDataOffset:
      return "TCP data offset";
    case Drop::kTcpChecksum:
      return "TCP checksum";
    case Drop::kTcpOption:
      return "TCP option length";
    case Drop::kIcmpShort:
      return "short ICMP message";
    case Drop::kIcmpChecksum:
      return "ICMP checksum";
    case Drop::kIcmpQuote:
      return "ICMP error about nothing in flight";
    case Drop::kIcmpUnhandled:
      return "unhandled ICMP message";
    case Drop::kUdpShort:
      return "short UDP header";
    case Drop::kUdpLength:
      return "UDP length";
    case Drop::kUdpChecksum:
      return "UDP checksum";
    case Drop::kPort:
      return "no such UDP port";
    case Drop::kListenQueue:
      return "listen queue full";
    case Drop::kCount:
      break;
  }
  return "unknown drop";
}

}  // namespace tcpspec::net
