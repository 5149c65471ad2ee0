#include "stack/wire/tcp_header.h"

#include "stack/base/check.h"

namespace tcpspec::wire {

Parsed<TcpHeader> parse_tcp_header(ByteView bytes) {
  if (bytes.size() < kTcpHeaderSize) return Fault::kTcpShort;
  TcpHeader header;
  header.data_offset = std::size_t{bytes[12]} / 16 * 4;
  if (header.data_offset < kTcpHeaderSize || header.data_offset > bytes.size()) return Fault::kTcpDataOffset;
  header.source_port = load_be16(bytes, 0);
  header.destination_port = load_be16(bytes, 2);
  header.seq = Seq32(load_be32(bytes, 4));
  header.ack = Seq32(load_be32(bytes, 8));
  header.flags = Flags::from_bits(bytes[13]);
  header.window = load_be16(bytes, 14);
  header.checksum = load_be16(bytes, kTcpChecksumAt);
  header.urgent = load_be16(bytes, 18);
  return header;
}

Bytes build_tcp_header(const TcpHeader& header) {
  CHECK(header.data_offset >= kTcpHeaderSize && header.data_offset <= 60 && header.data_offset % 4 == 0);
  Bytes bytes(kTcpHeaderSize);
  store_be16(bytes, 0, header.source_port);
  store_be16(bytes, 2, header.destination_port);
  store_be32(bytes, 4, header.seq.raw());
  store_be32(bytes, 8, header.ack.raw());
  bytes[12] = static_cast<std::uint8_t>(header.data_offset / 4 * 16);
  bytes[13] = header.flags.bits();
  store_be16(bytes, 14, header.window);
  store_be16(bytes, kTcpChecksumAt, header.checksum);
  store_be16(bytes, 18, header.urgent);
  return bytes;
}

}  // namespace tcpspec::wire
