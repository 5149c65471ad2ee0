// Dialog: a short conversation of our own with one port of the box, to find out what is there before and
// after cases. Sends what a plain client sends; judges nothing. One 4-tuple, which the caller has to itself.
#ifndef HARNESS_TARGET_WIRE_DIALOG_H_
#define HARNESS_TARGET_WIRE_DIALOG_H_

#include <optional>
#include <string>

#include "harness/packet/image.h"
#include "harness/target/wire/cable.h"

namespace tcpspec::target::wire {

struct Spoken {
  packet::Image image;
  Mac from{};
  std::string trap;  // offload_trap()
  [[nodiscard]] bool has(std::uint16_t flags) const { return (image.tcp->flags & flags) == flags; }
  [[nodiscard]] std::uint8_t hops() const { return image.v4 ? image.v4->ttl : image.v6->hop_limit; }
};

enum class Opening : std::uint8_t { kPlain, kAllOptions, kEcnSetup, kBadChecksum };

class Dialog {
 public:
  Dialog(Cable& cable, const Endpoint& own, const Endpoint& box);

  // A SYN, repeated once a half second; the first answer. After a SYN-ACK of kPlain and kAllOptions the
  // connection is open.
  [[nodiscard]] std::optional<Spoken> open(Opening opening, int tries = 2);
  Status say(const std::string& text);
  // What the box says next, acknowledged.
  [[nodiscard]] std::optional<Spoken> hear(Duration wait);
  // So that nothing of it is left at the box.
  void reset();

  static constexpr std::uint32_t kTimestamp = 0x54535045;  // our first TSval

 private:
  [[nodiscard]] packet::Image segment(std::uint16_t flags) const;
  Status send(packet::Image image, bool good_checksum = true);
  [[nodiscard]] std::optional<Spoken> next(Duration wait);

  Cable& cable_;
  Endpoint own_, box_;
  std::uint32_t next_send_, next_receive_ = 0;
  bool open_ = false;
};

// Of an option's data; nothing where the SYN-ACK does not carry it.
[[nodiscard]] std::optional<Bytes> option_of(const packet::Image& image, std::uint8_t kind);

}  // namespace tcpspec::target::wire

#endif  // HARNESS_TARGET_WIRE_DIALOG_H_
