#include "stack/wire/segment_codec.h"

#include <utility>

#include "stack/wire/checksum.h"
#include "stack/wire/protocol.h"
#include "stack/wire/tcp_header.h"
#include "stack/wire/tcp_options.h"

namespace tcpspec::wire {
namespace {

std::uint16_t tcp_checksum(const IpAddress& source, const IpAddress& destination, ByteView bytes) {
  Checksum sum;
  sum.add_pseudo_header(source, destination, kProtocolTcp, static_cast<std::uint32_t>(bytes.size()));
  sum.add(bytes);
  return sum.finish();
}

}  // namespace

Parsed<Segment> parse_segment(const IpAddress& source, const IpAddress& destination, ByteView payload) {
  const Parsed<TcpHeader> header = parse_tcp_header(payload);
  if (!header.ok()) return header.fault();
  // RFC 9293 §3.1 [MUST-3]: the receiver checks the checksum, without exception.
  if (tcp_checksum(source, destination, payload) != 0) return Fault::kTcpChecksum;
  Parsed<TcpOptions> options =
      parse_options(payload.subspan(kTcpHeaderSize, header->data_offset - kTcpHeaderSize));
  if (!options.ok()) return options.fault();

  Segment segment;
  segment.source = {source, header->source_port};
  segment.destination = {destination, header->destination_port};
  segment.seq = header->seq;
  segment.ack = header->ack;
  segment.flags = header->flags;
  segment.window = header->window;
  segment.urgent = header->urgent;
  segment.options = std::move(*options);
  const ByteView text = payload.subspan(header->data_offset);
  segment.payload.assign(text.begin(), text.end());
  return segment;
}

Bytes build_segment(const Segment& segment) {
  const Bytes options = build_options(segment.options);
  TcpHeader header;
  header.source_port = segment.source.port;
  header.destination_port = segment.destination.port;
  header.seq = segment.seq;
  header.ack = segment.ack;
  header.data_offset = kTcpHeaderSize + options.size();
  header.flags = segment.flags;
  header.window = segment.window;
  header.urgent = segment.urgent;
  Bytes bytes = build_tcp_header(header);
  append(bytes, options);
  append(bytes, segment.payload);
  // RFC 9293 §3.1 [MUST-2]: the sender makes the checksum, always.
  store_be16(bytes, kTcpChecksumAt, tcp_checksum(segment.source.address, segment.destination.address, bytes));
  return bytes;
}

}  // namespace tcpspec::wire
