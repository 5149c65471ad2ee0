#include <utility>

#include "stack/net/host_impl.h"
#include "stack/wire/ipv4.h"
#include "stack/wire/ipv6.h"

namespace tcpspec::net {
namespace {

constexpr std::uint32_t kPayloadLengthAt = 4;
constexpr std::uint32_t kOffsetInFragmentHeader = 2;

}  // namespace

void Host::Impl::on_fragment_v4(const wire::Ipv4Packet& packet, const Datagram& datagram, Instant now) {
  const wire::Ipv4Header& header = packet.header;
  Fragment fragment;
  fragment.key = {header.source, header.destination, header.protocol, header.identification};
  fragment.offset = std::uint32_t{header.fragment_offset} * 8;
  fragment.more = header.more_fragments;
  fragment.traffic_class = header.type_of_service;
  fragment.upper_protocol = header.protocol;
  fragment.head = packet.whole.first(packet.whole.size() - packet.payload.size());
  fragment.data = packet.payload;
  fragment.whole = packet.whole;
  on_fragment(fragment, datagram, 0, now);
}

void Host::Impl::on_fragment_v6(const wire::Ipv6Fragment& piece, const Datagram& datagram, Instant now) {
  // Fragments within fragments are nothing that any source makes.
  if (datagram.reassembled) return drops.count(Drop::kFragment);
  Fragment fragment;
  fragment.key = {datagram.source, datagram.destination, 0, piece.identification};
  fragment.offset = piece.offset;
  fragment.more = piece.more;
  fragment.traffic_class = datagram.traffic_class;
  fragment.upper_protocol = piece.next_header;
  fragment.head = piece.head;
  fragment.next_header_at = piece.next_header_at;
  fragment.data = piece.data;
  fragment.whole = datagram.whole;
  on_fragment(fragment, datagram, piece.at, now);
}

void Host::Impl::on_fragment(const Fragment& fragment, const Datagram& datagram, std::uint32_t header_at,
                             Instant now) {
  using Outcome = IpReassembly::Outcome;
  if (has_doubtful_source(datagram)) return drops.count(Drop::kBadSource);
  expire_reassembly(now);
  const IpReassembly::Arrival arrival = reassembly.arrives(fragment, now);
  for (std::size_t i = 0; i < arrival.sacrificed.size(); ++i) drops.count(Drop::kReassemblyNoRoom);
  const bool v6 = !datagram.source.is_v4();
  const auto refuse = [&](std::uint8_t code, std::uint32_t pointer) {
    drops.count(Drop::kFragment);
    if (v6) icmp.parameter_problem(datagram, {code, pointer}, now);
  };
  switch (arrival.outcome) {
    case Outcome::kHeld:
      return;
    case Outcome::kComplete:
      return on_ip_from(arrival.packet, {datagram.inside, true}, now);
    case Outcome::kDuplicate:
      return drops.count(Drop::kFragmentDuplicate);
    case Outcome::kBadLength:
      // RFC 8200 §4.5: the report points at the payload length.
      return refuse(wire::icmp6::kCodeErroneousField, kPayloadLengthAt);
    case Outcome::kTooLong:
      // RFC 8200 §4.5: the report points at the fragment offset.
      return refuse(wire::icmp6::kCodeErroneousField, header_at + kOffsetInFragmentHeader);
    case Outcome::kHeadless:
      // RFC 8200 §4.5, RFC 7112 §5: code 3, pointer zero.
      return refuse(wire::icmp6::kCodeHeaderChain, 0);
    case Outcome::kEmpty:
    case Outcome::kTiny:
    case Outcome::kMixedEcn:
      return drops.count(Drop::kFragment);
    case Outcome::kOverlap:
    case Outcome::kDestroyed:
      return drops.count(Drop::kFragmentOverlap);
    case Outcome::kNoRoom:
      return drops.count(Drop::kReassemblyNoRoom);
  }
}

void Host::Impl::expire_reassembly(Instant now) {
  for (const IpReassembly::Expired& expired : reassembly.expire(now)) {
    drops.count(Drop::kReassemblyTimeout);
    // RFC 1122 §3.3.2, RFC 8200 §4.5: Time Exceeded, fragment reassembly, if the first fragment is here.
    if (expired.first_packet.empty()) continue;
    Datagram cause;
    cause.source = expired.key.source;
    cause.destination = expired.key.destination;
    cause.whole = expired.first_packet;
    cause.to_group = cause.destination.is_multicast() || cause.destination.is_broadcast();
    cause.local = cause.destination;
    icmp.reassembly_time_exceeded(cause, now);
  }
}

}  // namespace tcpspec::net
