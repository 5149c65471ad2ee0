// The Internet checksum (RFC 1071) over an image, and seal(), which fills in what depends on it.
#include <algorithm>

#include "harness/packet/image.h"
#include "stack/base/check.h"

namespace tcpspec::packet {
namespace {

// One's complement sum of 16-bit words; each part but the last must have an even size.
class Sum {
 public:
  void add(ByteView bytes) {
    for (std::size_t i = 0; i < bytes.size(); ++i) total_ += i % 2 == 0 ? bytes[i] << 8 : bytes[i];
  }
  void add_word(std::uint32_t word) { total_ += word; }
  [[nodiscard]] std::uint16_t checksum() const {
    std::uint64_t folded = total_;
    while (folded > 0xffff) folded = (folded & 0xffff) + (folded >> 16);
    return static_cast<std::uint16_t>(~folded);
  }

 private:
  std::uint64_t total_ = 0;
};

void pad_to_word(Bytes& options) {
  while (options.size() % 4 != 0) options.push_back(0);
}

// As far as four bits go: an image may hold more options than a header can say.
std::uint8_t words(std::size_t octets) {
  return static_cast<std::uint8_t>(std::min<std::size_t>(15, octets / 4));
}

}  // namespace

std::uint16_t right_ipv4_checksum(const Image& image) {
  CHECK(image.v4);
  Image header;
  header.v4 = image.v4;
  header.v4->checksum = 0;
  Sum sum;
  sum.add(encode(header));
  return sum.checksum();
}

std::uint16_t right_tcp_checksum(const Image& image) {
  CHECK(image.tcp && (image.v4 || image.v6));
  // The segment alone: an image without an IP header encodes to its TCP part.
  Image segment;
  segment.tcp = image.tcp;
  segment.tcp->checksum = 0;
  segment.payload = image.payload;
  const Bytes bytes = encode(segment);
  Sum sum;
  sum.add(image.source_address().bytes());
  sum.add(image.destination_address().bytes());
  sum.add_word(6);
  sum.add_word(static_cast<std::uint32_t>(bytes.size() >> 16));
  sum.add_word(static_cast<std::uint32_t>(bytes.size() & 0xffff));
  sum.add(bytes);
  return sum.checksum();
}

void seal(Image& image) {
  std::size_t upper = image.payload.size();
  if (image.tcp) {
    pad_to_word(image.tcp->options);
    image.tcp->data_offset = words(20 + image.tcp->options.size());
    upper += 20 + image.tcp->options.size();
  }
  if (image.v4) {
    pad_to_word(image.v4->options);
    image.v4->ihl = words(20 + image.v4->options.size());
    image.v4->total_length = static_cast<std::uint16_t>(20 + image.v4->options.size() + upper);
    image.v4->checksum = right_ipv4_checksum(image);
  }
  if (image.v6) {
    image.v6->payload_length = static_cast<std::uint16_t>(image.v6->extensions.size() + upper);
  }
  if (image.tcp && (image.v4 || image.v6)) image.tcp->checksum = right_tcp_checksum(image);
}

}  // namespace tcpspec::packet
