#include "stack/wire/tcp_options.h"

#include <algorithm>
#include <initializer_list>
#include <vector>

#include "stack/base/check.h"

namespace tcpspec::wire {
namespace {

constexpr std::size_t kMssSize = 4;
constexpr std::size_t kWindowScaleSize = 3;
constexpr std::size_t kSackPermittedSize = 2;
constexpr std::size_t kTimestampsSize = 10;
constexpr std::size_t kSackBlockSize = 8;

void read_sack(TcpOptions& options, ByteView value) {
  options.sack_blocks.clear();
  for (std::size_t at = 0; at < value.size(); at += kSackBlockSize) {
    options.sack_blocks.push_back({Seq32(load_be32(value, at)), Seq32(load_be32(value, at + 4))});
  }
}

// `option` is whole: kind, length, value.
void read_option(TcpOptions& options, ByteView option) {
  const std::size_t size = option.size();
  switch (option[0]) {
    case kOptionMss:
      if (size == kMssSize) options.mss = load_be16(option, 2);
      break;
    case kOptionWindowScale:
      if (size == kWindowScaleSize) options.window_scale = option[2];
      break;
    case kOptionSackPermitted:
      if (size == kSackPermittedSize) options.sack_permitted = true;
      break;
    case kOptionSack:
      if (size > 2 && (size - 2) % kSackBlockSize == 0) read_sack(options, option.subspan(2));
      break;
    case kOptionTimestamps:
      if (size == kTimestampsSize)
        options.timestamps = Timestamps{load_be32(option, 2), load_be32(option, 6)};
      break;
    default:
      // RFC 9293 §3.1 [MUST-6]: an option that is not implemented is ignored, without error; it has a length.
      break;
  }
}

void put(Bytes& bytes, std::initializer_list<std::uint8_t> octets) {
  bytes.insert(bytes.end(), octets.begin(), octets.end());
}

void put_sack(Bytes& bytes, const std::vector<SackBlock>& blocks) {
  const std::size_t room = (kMaxTcpOptions - bytes.size() - 4) / kSackBlockSize;
  const std::size_t count = std::min(blocks.size(), room);
  if (count == 0) return;
  put(bytes, {kOptionNoOperation, kOptionNoOperation, kOptionSack,
              static_cast<std::uint8_t>(2 + count * kSackBlockSize)});
  for (std::size_t i = 0; i < count; ++i) {
    append_be32(bytes, blocks[i].left.raw());
    append_be32(bytes, blocks[i].right.raw());
  }
}

}  // namespace

Parsed<TcpOptions> parse_options(ByteView bytes) {
  TcpOptions options;
  std::size_t at = 0;
  // RFC 9293 §3.2 [MUST-64]: options may begin on any octet. [MUST-5]: they are read in every segment.
  while (at < bytes.size() && bytes[at] != kOptionEnd) {
    if (bytes[at] == kOptionNoOperation) {
      ++at;
      continue;
    }
    // RFC 9293 §3.1 [MUST-7]: a length that cannot be true is survived. Nothing after it can be found, so
    // the whole segment is dropped and counted; a forged segment must not end the connection.
    if (at + 1 >= bytes.size()) return Fault::kTcpOption;
    const std::size_t size = bytes[at + 1];
    if (size < 2 || at + size > bytes.size()) return Fault::kTcpOption;
    read_option(options, bytes.subspan(at, size));
    at += size;
  }
  return options;
}

Bytes build_options(const TcpOptions& options) {
  Bytes bytes;
  if (options.mss) {
    put(bytes, {kOptionMss, kMssSize});
    append_be16(bytes, *options.mss);
  }
  if (options.timestamps) {
    // The two octets that align the timestamps hold SACK-permitted where there is one.
    if (options.sack_permitted) {
      put(bytes, {kOptionSackPermitted, kSackPermittedSize});
    } else {
      put(bytes, {kOptionNoOperation, kOptionNoOperation});
    }
    put(bytes, {kOptionTimestamps, kTimestampsSize});
    append_be32(bytes, options.timestamps->value);
    append_be32(bytes, options.timestamps->echo_reply);
  } else if (options.sack_permitted) {
    put(bytes, {kOptionNoOperation, kOptionNoOperation, kOptionSackPermitted, kSackPermittedSize});
  }
  if (options.window_scale) {
    put(bytes, {kOptionNoOperation, kOptionWindowScale, kWindowScaleSize, *options.window_scale});
  }
  put_sack(bytes, options.sack_blocks);
  CHECK(bytes.size() <= kMaxTcpOptions && bytes.size() % 4 == 0);
  return bytes;
}

}  // namespace tcpspec::wire
