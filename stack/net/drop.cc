#include "stack/net/drop.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>

namespace tcpspec::net {
namespace {

struct Reason {
  Drop drop;
  const char* text;
  std::optional<wire::Fault> fault = std::nullopt;  // of the codec, which becomes this reason
};
using wire::Fault;

// In the order of the enumeration.
constexpr std::array kReasons = {
    Reason{Drop::kShort, "short packet", Fault::kShort},
    Reason{Drop::kVersion, "IP version", Fault::kVersion},
    Reason{Drop::kIpHeaderLength, "IP header length", Fault::kIpHeaderLength},
    Reason{Drop::kIpTotalLength, "IP total length", Fault::kIpTotalLength},
    Reason{Drop::kIpChecksum, "IP header checksum", Fault::kIpChecksum},
    Reason{Drop::kNotOurs, "not our address"},
    Reason{Drop::kBadSource, "impossible source address"},
    Reason{Drop::kIpOption, "IPv4 option"},
    Reason{Drop::kSourceRoute, "source route"},
    Reason{Drop::kLoopback, "loopback address or queue"},
    Reason{Drop::kFragment, "fragment", Fault::kFragment},
    Reason{Drop::kFragmentDuplicate, "duplicate fragment"},
    Reason{Drop::kFragmentOverlap, "overlapping fragment"},
    Reason{Drop::kReassemblyTimeout, "reassembly timeout"},
    Reason{Drop::kReassemblyNoRoom, "no room for reassembly"},
    Reason{Drop::kExtensionHeader, "IPv6 extension header", Fault::kExtensionHeader},
    Reason{Drop::kProtocol, "unknown protocol", Fault::kProtocol},
    Reason{Drop::kTcpShort, "short TCP header", Fault::kTcpShort},
    Reason{Drop::kTcpDataOffset, "TCP data offset", Fault::kTcpDataOffset},
    Reason{Drop::kTcpChecksum, "TCP checksum", Fault::kTcpChecksum},
    Reason{Drop::kTcpOption, "TCP option length", Fault::kTcpOption},
    Reason{Drop::kIcmpShort, "short ICMP message", Fault::kIcmpShort},
    Reason{Drop::kIcmpChecksum, "ICMP checksum", Fault::kIcmpChecksum},
    Reason{Drop::kIcmpQuote, "ICMP error about nothing in flight", Fault::kIcmpQuote},
    Reason{Drop::kIcmpUnhandled, "unhandled ICMP message"},
    Reason{Drop::kUdpShort, "short UDP header", Fault::kUdpShort},
    Reason{Drop::kUdpLength, "UDP length", Fault::kUdpLength},
    Reason{Drop::kUdpChecksum, "UDP checksum", Fault::kUdpChecksum},
    Reason{Drop::kPort, "no such UDP port"},
    Reason{Drop::kUdpQueue, "UDP queue full"},
    Reason{Drop::kGroup, "sent to a group"},
    Reason{Drop::kListenQueue, "listen queue full"},
    Reason{Drop::kConnections, "too many connections"},
    Reason{Drop::kEthernetShort, "short Ethernet frame", Fault::kEthernetShort},
    Reason{Drop::kEthernetLength, "Ethernet length", Fault::kEthernetLength},
    Reason{Drop::kEthernetLlc, "not RFC 1042 encapsulation", Fault::kEthernetLlc},
    Reason{Drop::kEthernetSource, "Ethernet source address", Fault::kEthernetSource},
    Reason{Drop::kArpShort, "short ARP packet", Fault::kArpShort},
    Reason{Drop::kArpHardware, "ARP hardware type", Fault::kArpHardware},
    Reason{Drop::kArpProtocol, "ARP protocol type", Fault::kArpProtocol},
    Reason{Drop::kArpLength, "ARP address length", Fault::kArpLength},
    Reason{Drop::kArpOperation, "ARP operation", Fault::kArpOperation},
    Reason{Drop::kArpAddress, "ARP sender address", Fault::kArpAddress},
    Reason{Drop::kRarp, "RARP", Fault::kRarp},
    Reason{Drop::kNdHopLimit, "ND hop limit", Fault::kNdHopLimit},
    Reason{Drop::kNdCode, "ND code", Fault::kNdCode},
    Reason{Drop::kNdShort, "short ND message", Fault::kNdShort},
    Reason{Drop::kNdOption, "ND option length", Fault::kNdOption},
    Reason{Drop::kNdAddress, "ND address", Fault::kNdAddress},
    Reason{Drop::kIgmpShort, "short IGMP message", Fault::kIgmpShort},
    Reason{Drop::kIgmpChecksum, "IGMP checksum", Fault::kIgmpChecksum},
    Reason{Drop::kIgmpType, "IGMP type", Fault::kIgmpType},
    Reason{Drop::kIgmpGroup, "IGMP group", Fault::kIgmpGroup},
    Reason{Drop::kIgmpTtl, "IGMP through a router"},
    Reason{Drop::kMldShort, "short MLD message", Fault::kMldShort},
    Reason{Drop::kMldSource, "MLD source, hop limit or router alert", Fault::kMldSource},
    Reason{Drop::kMldGroup, "MLD group", Fault::kMldGroup},
    Reason{Drop::kLinkNotOurs, "frame to another station"},
    Reason{Drop::kEtherType, "unknown EtherType"},
    Reason{Drop::kLinkGroup, "unicast packet in a group frame"},
    Reason{Drop::kArpConflict, "ARP address conflict"},
    Reason{Drop::kNdConflict, "IPv6 address conflict"},
    Reason{Drop::kNdNotOurs, "ND for another host"},
    Reason{Drop::kNdUnsolicited, "ND about nobody we know"},
    Reason{Drop::kRedirect, "redirect not from the first hop"},
    Reason{Drop::kNeighbourQueue, "neighbour queue full"},
    Reason{Drop::kUnresolved, "neighbour unreachable"},
    Reason{Drop::kNoRoute, "no route"},
    Reason{Drop::kTentative, "tentative or duplicate source"},
};
static_assert(kReasons.size() == static_cast<std::size_t>(Drop::kCount));
static_assert(std::all_of(kReasons.begin(), kReasons.end(), [](const Reason& reason) {
  return kReasons.at(static_cast<std::size_t>(reason.drop)).drop == reason.drop;
}));

constexpr Drop find(Fault fault) {
  for (const Reason& reason : kReasons) {
    if (reason.fault == fault) return reason.drop;
  }
  return Drop::kCount;
}

// By fault, so that a drop costs no search.
constexpr auto kByFault = [] {
  std::array<Drop, static_cast<std::size_t>(Fault::kCount)> table{};
  for (std::size_t i = 0; i < table.size(); ++i) table.at(i) = find(static_cast<Fault>(i));
  return table;
}();
static_assert(std::find(kByFault.begin(), kByFault.end(), Drop::kCount) == kByFault.end());

}  // namespace

Drop drop_for(Fault fault) { return kByFault.at(static_cast<std::size_t>(fault)); }

const char* to_string(Drop drop) {
  return drop == Drop::kCount ? "count" : kReasons.at(static_cast<std::size_t>(drop)).text;
}

}  // namespace tcpspec::net
