#include "harness/monitor/segment.h"

namespace tcpspec::monitor {
namespace {

std::uint16_t pseudo_header_sum(const packet::Image& image) {
  std::uint32_t sum = 6 + 20 + static_cast<std::uint32_t>(image.tcp->options.size() + image.payload.size());
  for (const IpAddress& address : {image.source_address(), image.destination_address()}) {
    for (std::size_t i = 0; i < address.bytes().size(); i += 2) sum += load_be16(address.bytes(), i);
  }
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<std::uint16_t>(sum);
}

void read_option(const packet::Option& option, Options& to) {
  const Bytes& data = option.data;
  if (!option.length || *option.length != data.size() + 2) return;
  if (option.kind == 2 && data.size() == 2) to.mss = load_be16(data, 0);
  if (option.kind == 3 && data.size() == 1) to.wscale = data[0];
  if (option.kind == 4 && data.empty()) to.sack_permitted = true;
  if (option.kind == 8 && data.size() == 8) to.timestamps = {load_be32(data, 0), load_be32(data, 4)};
  if (option.kind == 5 && data.size() % 8 == 0) {
    for (std::size_t at = 0; at < data.size(); at += 8) {
      to.sack.push_back({Seq32(load_be32(data, at)), Seq32(load_be32(data, at + 4))});
    }
  }
}

}  // namespace

Options read_options(ByteView raw) {
  Options options;
  for (const packet::Option& option : packet::split_options(raw)) read_option(option, options);
  return options;
}

Segment read_segment(const packet::Image& image, Instant at) {
  Segment segment;
  segment.flags = image.tcp->flags;
  segment.seq = Seq32(image.tcp->seq);
  segment.ack = Seq32(image.tcp->ack);
  segment.text = static_cast<std::uint32_t>(image.payload.size());
  segment.window = image.tcp->window;
  segment.options = read_options(image.tcp->options);
  segment.at = at;
  segment.image = &image;
  segment.offloaded = image.tcp->checksum == pseudo_header_sum(image) &&
                      image.tcp->checksum != packet::right_tcp_checksum(image);
  return segment;
}

bool cut_short(const packet::Image& image) {
  const std::size_t upper = (image.tcp ? 20 + image.tcp->options.size() : 0) + image.payload.size();
  if (image.v4) return image.v4->total_length > 20 + image.v4->options.size() + upper;
  return image.v6 && image.v6->payload_length > image.v6->extensions.size() + upper;
}

bool deliverable(const packet::Image& image) {
  if (!image.tcp || image.tcp->data_offset < 5) return false;
  if (20 + image.tcp->options.size() != image.tcp->data_offset * std::size_t{4}) return false;
  if (image.v4) {
    const std::size_t size =
        20 + image.v4->options.size() + 20 + image.tcp->options.size() + image.payload.size();
    if (image.v4->ihl < 5 || image.v4->total_length != size) return false;
    if (image.v4->checksum != packet::right_ipv4_checksum(image)) return false;
  } else if (image.v6->payload_length !=
             image.v6->extensions.size() + 20 + image.tcp->options.size() + image.payload.size()) {
    return false;
  }
  // The other zero of one's complement verifies too.
  const std::uint16_t right = packet::right_tcp_checksum(image);
  return image.tcp->checksum == right || (right == 0 && image.tcp->checksum == 0xffff);
}

}  // namespace tcpspec::monitor
