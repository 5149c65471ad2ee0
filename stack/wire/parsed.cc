#include "stack/wire/parsed.h"

#include <algorithm>
#include <array>
#include <cstddef>

namespace tcpspec::wire {
namespace {

struct Name {
  Fault fault;
  const char* text;
};

// In the order of the enumeration.
constexpr std::array kNames = {
    Name{Fault::kShort, "short packet"},
    Name{Fault::kVersion, "IP version"},
    Name{Fault::kIpHeaderLength, "IP header length"},
    Name{Fault::kIpTotalLength, "IP total length"},
    Name{Fault::kIpChecksum, "IP header checksum"},
    Name{Fault::kExtensionHeader, "IPv6 extension header"},
    Name{Fault::kFragment, "fragment"},
    Name{Fault::kProtocol, "unknown protocol"},
    Name{Fault::kTcpShort, "short TCP header"},
    Name{Fault::kTcpDataOffset, "TCP data offset"},
    Name{Fault::kTcpChecksum, "TCP checksum"},
    Name{Fault::kTcpOption, "TCP option length"},
    Name{Fault::kIcmpShort, "short ICMP message"},
    Name{Fault::kIcmpChecksum, "ICMP checksum"},
    Name{Fault::kIcmpQuote, "ICMP quote"},
    Name{Fault::kUdpShort, "short UDP header"},
    Name{Fault::kUdpLength, "UDP length"},
    Name{Fault::kUdpChecksum, "UDP checksum"},
    Name{Fault::kEthernetShort, "short Ethernet frame"},
    Name{Fault::kEthernetLength, "Ethernet length"},
    Name{Fault::kEthernetLlc, "not RFC 1042 encapsulation"},
    Name{Fault::kEthernetSource, "Ethernet source address"},
    Name{Fault::kArpShort, "short ARP packet"},
    Name{Fault::kArpHardware, "ARP hardware type"},
    Name{Fault::kArpProtocol, "ARP protocol type"},
    Name{Fault::kArpLength, "ARP address length"},
    Name{Fault::kArpOperation, "ARP operation"},
    Name{Fault::kArpAddress, "ARP sender address"},
    Name{Fault::kRarp, "RARP"},
    Name{Fault::kNdHopLimit, "ND hop limit"},
    Name{Fault::kNdCode, "ND code"},
    Name{Fault::kNdShort, "short ND message"},
    Name{Fault::kNdOption, "ND option length"},
    Name{Fault::kNdAddress, "ND address"},
    Name{Fault::kIgmpShort, "short IGMP message"},
    Name{Fault::kIgmpChecksum, "IGMP checksum"},
    Name{Fault::kIgmpType, "IGMP type"},
    Name{Fault::kIgmpGroup, "IGMP group"},
    Name{Fault::kMldShort, "short MLD message"},
    Name{Fault::kMldSource, "MLD source, hop limit or router alert"},
    Name{Fault::kMldGroup, "MLD group"},
};
static_assert(kNames.size() == static_cast<std::size_t>(Fault::kCount));
static_assert(std::all_of(kNames.begin(), kNames.end(), [](const Name& name) {
  return kNames.at(static_cast<std::size_t>(name.fault)).fault == name.fault;
}));

}  // namespace

const char* to_string(Fault fault) { return kNames.at(static_cast<std::size_t>(fault)).text; }

}  // namespace tcpspec::wire
