// ICMP errors about segments of ours: which connection, whether the quote is to be believed, what it does.
// RFC 9293 §3.9.2.2, RFC 5927 §4.1, RFC 1191, RFC 8201.
#include <optional>
#include <vector>

#include "stack/net/host_impl.h"
#include "stack/tcp/fault_points.h"
#include "stack/wire/icmp.h"

namespace tcpspec::net {

std::optional<ConnectionKey> Host::Impl::find_quoted(const wire::QuotedSegment& quote,
                                                     const wire::IcmpMessage& message) {
  // RFC 9293 §3.9.2.2 [MUST-54]: the quoted header finds the connection that the error is about; RFC 5927
  // §5.2: and no other one is concerned.
  const ConnectionKey key{quote.source, quote.destination};
  const auto found = connections.find(key);
  if (found == connections.end()) return std::nullopt;
  if (!tcp::point::icmp(*found->second.connection, message.type, message.code)) {
    pump(key);
    return std::nullopt;
  }
  // RFC 5927 §4.1: only what is in flight, SND.UNA =< SEG.SEQ < SND.NXT, can have met an error.
  const tcp::SendVariables& snd = found->second.connection->tcb().snd;
  if (!quote.seq.at_or_after(snd.una) || !quote.seq.before(snd.nxt)) return std::nullopt;
  return key;
}

void Host::Impl::on_tcp_error(IpVersion version, const wire::IcmpMessage& message, Instant now) {
  const wire::Parsed<wire::QuotedSegment> quote = wire::parse_quote(version, message.body);
  if (!quote.ok()) return drops.count(quote.fault());
  const std::optional<ConnectionKey> key = find_quoted(*quote, message);
  if (!key) return drops.count(Drop::kIcmpQuote);
  if (is_too_big(version, message)) return on_segment_too_big(*key, *quote, message, now);
  ConnectionEntry& entry = connections.at(*key);
  // RFC 9293 §3.9.2.2 [SHLD-25]: the owner can ask how many there were; and why, if the connection times out.
  const auto note = [&](std::uint64_t& counter) {
    ++counter;
    if (Socket* owner = entry.owner ? find(*entry.owner) : nullptr) ++owner->soft_errors;
  };
  if (severity_of(version, message.type, message.code) != IcmpSeverity::kHard) {
    // RFC 9293 §3.9.2.2 [MUST-56]: a soft error never ends a connection.
    entry.connection->icmp_soft_error();
    return note(icmp_counts.soft);
  }
  if (!entry.connection->icmp_hard_error(now)) return note(icmp_counts.hard_as_soft);
  ++icmp_counts.hard_aborts;
  pump(*key);
}

bool Host::Impl::is_too_big(IpVersion version, const wire::IcmpMessage& message) {
  if (version == IpVersion::kV6) return message.type == wire::icmp6::kPacketTooBig;
  return message.type == wire::icmp4::kUnreachable && message.code == wire::icmp4::kCodeFragmentationNeeded;
}

void Host::Impl::on_segment_too_big(const ConnectionKey& key, const wire::QuotedSegment& quote,
                                    const wire::IcmpMessage& message, Instant now) {
  tcp::Connection& connection = *connections.at(key).connection;
  const std::optional<std::uint32_t> claimed =
      key.remote.address.is_v4()
          ? claimed_mtu_v4(message.rest_of_header, {quote.total_length, quote.ip_header},
                           connection.path_mtu())
          : std::optional(message.rest_of_header);
  switch (claimed ? connection.packet_too_big(*claimed, quote.seq, now) : tcp::TooBig::kIgnored) {
    case tcp::TooBig::kIgnored:
      ++icmp_counts.path_mtu_ignored;
      // RFC 1191 §3, RFC 8201 §4: no increase soon after any message about the path, this one included.
      if (connection.path_mtu() == path_mtus.of(key.remote.address)) note_path_mtu(key, now);
      break;
    case tcp::TooBig::kPending:
      ++icmp_counts.path_mtu_pending;
      break;
    case tcp::TooBig::kLowered:
      ++icmp_counts.path_mtu_lowered;
      note_path_mtu(key, now);
      break;
  }
  pump(key);
}

// The estimate of this connection is news for the host.
void Host::Impl::note_path_mtu(const ConnectionKey& key, Instant now) {
  const tcp::Connection& source = *connections.at(key).connection;
  const IpAddress& destination = key.remote.address;
  path_mtus.too_big(destination, source.path_mtu(), now + source.config().path_mtu_raise_after);
  // RFC 1191 §6.2, RFC 8201 §5.2: whoever uses the path hears of it. Nobody but the one whose segment was
  // quoted sends anything for it (RFC 8201 §5.4).
  for (auto& [other, entry] : connections) {
    if (other.remote.address == destination && other != key) {
      entry.connection->path_mtu_lowered(*path_mtus.of(destination));
    }
  }
}

void Host::Impl::expire_path_mtus(Instant now) {
  for (const IpAddress& destination : path_mtus.expire(now)) {
    for (auto& [key, entry] : connections) {
      if (key.remote.address == destination) entry.connection->path_mtu_raised(output.mtu_to(destination));
    }
  }
}

}  // namespace tcpspec::net
