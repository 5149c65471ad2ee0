// For the tests of the Linux target: bare TCP segments made and read by hand, and a process for each test
// body, since a process has one case in its life.
#ifndef HARNESS_TARGET_LINUX_TEST_WIRE_H_
#define HARNESS_TARGET_LINUX_TEST_WIRE_H_

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <functional>
#include <string_view>

#include "harness/target/target.h"

namespace tcpspec::target::test {

inline constexpr std::uint8_t kFin = 1, kSyn = 2, kRst = 4, kPsh = 8, kAck = 16;

struct Tcp {
  Endpoint from, to;
  std::uint32_t seq = 0, ack = 0;
  std::uint8_t flags = 0;
  std::uint16_t window = 65535;
  Bytes options;  // a multiple of four
  Bytes data;
  bool checksums_good = true;
};

inline std::uint32_t add_words(ByteView bytes, std::uint32_t sum) {
  for (std::size_t i = 0; i < bytes.size(); i += 2) {
    sum += static_cast<std::uint32_t>(bytes[i] << 8) | (i + 1 < bytes.size() ? bytes[i + 1] : 0U);
  }
  return sum;
}

inline std::uint16_t fold(std::uint32_t sum) {
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<std::uint16_t>(sum);
}

inline std::uint32_t pseudo_sum(const IpAddress& from, const IpAddress& to, std::size_t length) {
  return add_words(to.bytes(), add_words(from.bytes(), 0)) + 6 + static_cast<std::uint32_t>(length);
}

inline Bytes build(const Tcp& tcp) {
  Bytes segment;
  append_be16(segment, tcp.from.port);
  append_be16(segment, tcp.to.port);
  append_be32(segment, tcp.seq);
  append_be32(segment, tcp.ack);
  segment.push_back(static_cast<std::uint8_t>((5 + tcp.options.size() / 4) << 4));
  segment.push_back(tcp.flags);
  append_be16(segment, tcp.window);
  append_be32(segment, 0);
  append(segment, tcp.options);
  append(segment, tcp.data);
  const std::uint32_t sum = pseudo_sum(tcp.from.address, tcp.to.address, segment.size());
  const auto checksum = static_cast<std::uint16_t>(~fold(add_words(segment, sum)));
  store_be16(segment, 16, tcp.checksums_good ? checksum : static_cast<std::uint16_t>(checksum + 1));
  Bytes packet;
  if (tcp.from.address.is_v4()) {
    packet = {0x45, 0, 0, 0, 0, 1, 0x40, 0, 64, 6, 0, 0};
    append(packet, tcp.from.address.bytes());
    append(packet, tcp.to.address.bytes());
    store_be16(packet, 2, static_cast<std::uint16_t>(20 + segment.size()));
    store_be16(packet, 10, static_cast<std::uint16_t>(~fold(add_words(packet, 0))));
  } else {
    packet = {0x60, 0, 0, 0, 0, 0, 6, 64};
    store_be16(packet, 4, static_cast<std::uint16_t>(segment.size()));
    append(packet, tcp.from.address.bytes());
    append(packet, tcp.to.address.bytes());
  }
  append(packet, segment);
  return packet;
}

// Only what the kernel makes: no IP options, no extension headers.
inline Tcp read(ByteView packet) {
  const bool v4 = packet[0] >> 4 == 4;
  const std::size_t head = v4 ? 20 : 40;
  const std::size_t at = v4 ? 12 : 8, size = v4 ? 4 : 16;
  const ByteView segment = packet.subspan(head);
  Tcp tcp;
  tcp.from = {IpAddress::from_bytes(packet.subspan(at, size)), load_be16(segment, 0)};
  tcp.to = {IpAddress::from_bytes(packet.subspan(at + size, size)), load_be16(segment, 2)};
  tcp.seq = load_be32(segment, 4);
  tcp.ack = load_be32(segment, 8);
  tcp.flags = segment[13];
  tcp.window = load_be16(segment, 14);
  const std::size_t offset = std::size_t{4} * (segment[12] >> 4);
  tcp.options.assign(segment.begin() + 20, segment.begin() + static_cast<std::ptrdiff_t>(offset));
  tcp.data.assign(segment.begin() + static_cast<std::ptrdiff_t>(offset), segment.end());
  const bool ip_good = !v4 || fold(add_words(packet.first(20), 0)) == 0xffff;
  const std::uint32_t sum = pseudo_sum(tcp.from.address, tcp.to.address, segment.size());
  tcp.checksums_good = ip_good && fold(add_words(segment, sum)) == 0xffff;
  return tcp;
}

// Runs the body in a child; its failures are printed there and fail the test here.
inline void in_child(const std::function<void()>& body) {
  std::fflush(nullptr);
  const pid_t pid = ::fork();
  ASSERT_GE(pid, 0);
  if (pid == 0) {
    ::alarm(30);
    body();
    std::fflush(nullptr);
    ::_exit(::testing::Test::HasFailure() ? 1 : 0);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(pid, &status, 0), pid);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << "child ended with wait status " << status;
}

}  // namespace tcpspec::target::test

#endif  // HARNESS_TARGET_LINUX_TEST_WIRE_H_
