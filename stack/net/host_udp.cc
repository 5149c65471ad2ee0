#include <algorithm>
#include <utility>

#include "stack/net/host_impl.h"
#include "stack/wire/icmp.h"
#include "stack/wire/protocol.h"
#include "stack/wire/udp.h"

namespace tcpspec::net {
namespace {

constexpr std::size_t kMostPacket = 65535;

bool overlap(const IpAddress& a, const IpAddress& b) {
  return a == b || (a.version() == b.version() && (a.is_unspecified() || b.is_unspecified()));
}

}  // namespace

UdpSocket* Host::Impl::find_udp(SocketId id) {
  const auto found = udp_sockets.find(id);
  return found == udp_sockets.end() ? nullptr : &found->second;
}

// The socket that a datagram to `local` reaches: bound to the address itself before bound to any.
std::optional<SocketId> Host::Impl::udp_receiver(const Endpoint& local) const {
  std::optional<SocketId> on_any_address;
  for (const auto& [id, socket] : udp_sockets) {
    if (!socket.bound || socket.version != local.address.version() || socket.bound->port != local.port) {
      continue;
    }
    if (socket.bound->address == local.address) return id;
    if (socket.bound->address.is_unspecified()) on_any_address = id;
  }
  return on_any_address;
}

SocketId Host::Impl::open_udp(IpVersion version) {
  const SocketId id = next_socket++;
  UdpSocket socket;
  socket.version = version;
  udp_sockets.emplace(id, std::move(socket));
  return id;
}

UdpStatus Host::Impl::bind_udp(SocketId id, Endpoint local) {
  UdpSocket* socket = find_udp(id);
  if (socket == nullptr) return UdpStatus::kNoSocket;
  if (socket->bound) return UdpStatus::kBound;
  if (local.address.version() != socket->version) return UdpStatus::kUnreachable;
  const bool any = local.address.is_unspecified();
  if (!any && !is_ours(local.address) && !local.address.is_loopback()) return UdpStatus::kUnreachable;
  const auto taken = [this](const Endpoint& wanted) {
    return std::ranges::any_of(udp_sockets, [&](const auto& item) {
      const std::optional<Endpoint>& bound = item.second.bound;
      return bound && bound->port == wanted.port && overlap(bound->address, wanted.address);
    });
  };
  if (local.port != 0) {
    if (taken(local)) return UdpStatus::kPortTaken;
    socket->bound = local;
    return UdpStatus::kOk;
  }
  // RFC 6056 §3.3.1: a random port, then the following ones until one is free.
  const std::uint64_t start = ports.below(kEphemeralCount);
  for (std::uint32_t i = 0; i < kEphemeralCount; ++i) {
    local.port = static_cast<std::uint16_t>(kFirstEphemeral + (start + i) % kEphemeralCount);
    if (taken(local)) continue;
    socket->bound = local;
    return UdpStatus::kOk;
  }
  return UdpStatus::kPortTaken;
}

UdpStatus Host::Impl::send_udp(SocketId id, const Endpoint& remote, ByteView data,
                               const UdpSendOptions& options) {
  UdpSocket* socket = find_udp(id);
  if (socket == nullptr) return UdpStatus::kNoSocket;
  if (remote.address.version() != socket->version) return UdpStatus::kUnreachable;
  if (remote.port == 0 || remote.address.is_unspecified()) return UdpStatus::kNoRemote;
  // IPv4 counts its header in the length, IPv6 does not (RFC 791 §3.1, RFC 8200 §3).
  const std::size_t ip_counts = socket->version == IpVersion::kV4 ? ip_header_size(IpVersion::kV4) : 0;
  if (ip_counts + wire::kUdpHeaderSize + data.size() > kMostPacket) return UdpStatus::kTooLong;
  if (!socket->bound) {
    const UdpStatus bound = bind_udp(id, {IpAddress::any(socket->version), 0});
    if (bound != UdpStatus::kOk) return bound;
  }
  // RFC 1122 §4.1.3.6: the source is an address of ours; the one that leads to the destination if the user
  // chose none.
  const std::optional<IpAddress> source = source_for(remote.address, socket->bound->address);
  if (!source) return UdpStatus::kUnreachable;
  IpSendOptions how;
  how.hop_limit = options.hop_limit;
  if (!how.hop_limit && remote.address.is_multicast()) how.hop_limit = 1;
  how.traffic_class = options.traffic_class;
  how.dont_fragment = options.dont_fragment;
  how.may_fragment = !options.dont_fragment;
  const std::size_t packet = ip_header_size(socket->version) + wire::kUdpHeaderSize + data.size();
  if (options.dont_fragment && packet > output.mtu_to(remote.address)) return UdpStatus::kTooLong;
  const bool summed = options.checksum.value_or(config.ip.udp_checksum);
  const Bytes datagram = wire::build_udp({{*source, socket->bound->port}, remote, data}, summed);
  return output.send(*source, remote.address, wire::kProtocolUdp, datagram, how) ? UdpStatus::kOk
                                                                                 : UdpStatus::kNoRoom;
}

std::optional<UdpMessage> Host::Impl::receive_udp(SocketId id) {
  UdpSocket* socket = find_udp(id);
  if (socket == nullptr || socket->received.empty()) return std::nullopt;
  UdpMessage message = std::move(socket->received.front());
  socket->received.pop_front();
  socket->received_octets -= message.data.size();
  return message;
}

std::optional<UdpError> Host::Impl::take_udp_error(SocketId id) {
  UdpSocket* socket = find_udp(id);
  return socket != nullptr ? std::exchange(socket->error, std::nullopt) : std::nullopt;
}

void Host::Impl::close_udp(SocketId id) {
  udp_sockets.erase(id);
  std::erase_if(events, [id](const SocketEvent& event) { return event.socket == id; });
}

void Host::Impl::on_udp(const Datagram& datagram, Instant now) {
  const wire::Parsed<wire::UdpDatagram> udp =
      wire::parse_udp(datagram.source, datagram.destination, datagram.payload, config.ip.accept_unsummed_udp);
  if (!udp.ok()) return drops.count(udp.fault());
  const std::optional<SocketId> receiver = udp_receiver(udp->destination);
  if (!receiver) {
    // RFC 1122 §4.1.3.1, RFC 4443 §3.1: nobody has the port; not told to who asked a whole group.
    drops.count(Drop::kPort);
    return icmp.port_unreachable(datagram, now);
  }
  UdpSocket& socket = udp_sockets.at(*receiver);
  if (socket.received.size() >= config.ip.most_udp_datagrams ||
      socket.received_octets + udp->data.size() > config.ip.most_udp_octets) {
    return drops.count(Drop::kUdpQueue);
  }
  // One event for a queue that was empty: as bounded as the queue itself.
  const bool first = socket.received.empty();
  socket.received_octets += udp->data.size();
  socket.received.push_back({udp->source, udp->destination, Bytes(udp->data.begin(), udp->data.end()),
                             datagram.hop_limit, datagram.traffic_class});
  if (first) events.push_back({*receiver, {tcp::EventKind::kReadable}});
}

void Host::Impl::on_udp_error(IpVersion version, const wire::IcmpMessage& message) {
  const wire::Parsed<wire::QuotedDatagram> quote = wire::parse_udp_quote(version, message.body);
  if (!quote.ok()) return drops.count(quote.fault());
  // RFC 1122 §4.1.3.3: an error goes to the user whose datagram met it; told by the port that it came from,
  // and only about a source address of ours.
  const IpAddress& source = quote->source.address;
  const std::optional<SocketId> sender =
      is_ours(source) || source.is_loopback() ? udp_receiver(quote->source) : std::nullopt;
  if (!sender) return drops.count(Drop::kIcmpQuote);
  udp_sockets.at(*sender).error =
      UdpError{quote->destination, message.type, message.code, message.rest_of_header};
}

}  // namespace tcpspec::net
