#include "harness/target/remote/smoke_talk.h"

#include <fmt/format.h>

#include "harness/packet/explain.h"

namespace tcpspec::target {
namespace {

const Bytes kIn{'s', 'm', 'o', 'k', 'e', ' ', 't', 'e', 's', 't'};
const Bytes kOut{'r', 'e', 'p', 'l', 'y'};

SmokeFinding undelivered(const Status& status) {
  return SmokeFinding::wrong("inject() delivers the packet", status.error());
}

std::string as_seen(const SmokeCase& smoke, const packet::Image& image) {
  return packet::summary(image, {smoke.isn, smoke.our_isn});
}

}  // namespace

std::string call_text(const SmokeCase& smoke, const std::optional<CallResult>& result) {
  if (!smoke.died().empty()) return "the target died: " + smoke.died();
  if (!result) return fmt::format("no completion within {} s", to_string(kSmokeSoon));
  if (result->value < 0) return fmt::format("{} {}", result->value, result->error);
  return fmt::format("{}", result->value);
}

bool has_text_at(const packet::Image& image, std::uint32_t seq) {
  return !image.payload.empty() && image.tcp->seq == seq;
}

SmokeFinding open_listener(SmokeCase& smoke) {
  SocketCall call;
  call.kind = CallKind::kSocket;
  std::optional<CallResult> result = smoke.make(call);
  if (!result || result->value < 0)
    return SmokeFinding::wrong("socket() returns a handle, 0 or more", call_text(smoke, result));
  smoke.listener = call.handle = static_cast<int>(result->value);
  call.kind = CallKind::kBind;
  call.address = smoke.service;
  result = smoke.make(call);
  if (!result || result->value != 0) {
    return SmokeFinding::wrong(fmt::format("bind({}) returns 0", to_string(smoke.service)),
                               call_text(smoke, result));
  }
  call = SocketCall{.kind = CallKind::kListen, .handle = smoke.listener, .backlog = 4};
  result = smoke.make(call);
  if (!result || result->value != 0)
    return SmokeFinding::wrong("listen() returns 0", call_text(smoke, result));
  smoke.accept = smoke.begin({.kind = CallKind::kAccept, .handle = smoke.listener});
  result = smoke.await(smoke.accept, Duration::millis(20));
  if (result) return SmokeFinding::wrong("accept() waits while nobody connects", call_text(smoke, result));
  if (!smoke.died().empty()) return SmokeFinding::wrong("accept() waits", call_text(smoke, result));
  return SmokeFinding::ok();
}

SmokeFinding send_syn(SmokeCase& smoke) {
  const std::string expected =
      fmt::format("a SYN-ACK from {} to {} with ack 1 within {} s", to_string(smoke.service),
                  to_string(smoke.ours), to_string(kSmokeSoon));
  if (const Status sent = smoke.send(kSynFlag, smoke.our_isn, 0); !sent) return undelivered(sent);
  const std::optional<Heard> heard = smoke.hear([&](const packet::Image& image) {
    return (image.tcp->flags & (kSynFlag | kAckFlag)) == (kSynFlag | kAckFlag);
  });
  if (!heard) return SmokeFinding::wrong(expected, smoke.instead());
  smoke.isn = heard->image.tcp->seq;
  smoke.next = smoke.isn + 1;
  smoke.our_next = smoke.our_isn + 1;
  if (heard->image.tcp->ack != smoke.our_next)
    return SmokeFinding::wrong(expected, as_seen(smoke, heard->image));
  return SmokeFinding::ok(as_seen(smoke, heard->image));
}

SmokeFinding complete_accept(SmokeCase& smoke) {
  if (const Status sent = smoke.send(kAckFlag, smoke.our_next, smoke.next); !sent) return undelivered(sent);
  const std::optional<CallResult> result = smoke.await(smoke.accept);
  if (!result || result->value < 0)
    return SmokeFinding::wrong("accept() completes with a new handle", call_text(smoke, result));
  smoke.connection = static_cast<int>(result->value);
  if (smoke.connection == smoke.listener)
    return SmokeFinding::wrong("accept() gives a handle of its own", "the listener's");
  if (result->peer != smoke.ours) {
    return SmokeFinding::wrong(fmt::format("its peer is {}", to_string(smoke.ours)), to_string(result->peer));
  }
  return SmokeFinding::ok();
}

SmokeFinding send_octets(SmokeCase& smoke) {
  const CallId read = smoke.begin({.kind = CallKind::kRead, .handle = smoke.connection, .count = 100});
  if (const std::optional<CallResult> early = smoke.await(read, Duration::millis(20)))
    return SmokeFinding::wrong("read() waits while nothing has arrived", call_text(smoke, early));
  const Status sent = smoke.send(kPshFlag | kAckFlag, smoke.our_next, smoke.next, kIn);
  if (!sent) return undelivered(sent);
  smoke.our_next += static_cast<std::uint32_t>(kIn.size());
  const std::optional<CallResult> result = smoke.await(read);
  const std::string expected = fmt::format("read() returns {} and the octets {}", kIn.size(), to_hex(kIn));
  if (!result || result->value < 0) return SmokeFinding::wrong(expected, call_text(smoke, result));
  if (result->data != kIn || result->value != static_cast<std::int64_t>(kIn.size())) {
    return SmokeFinding::wrong(expected,
                               fmt::format("{} and the octets {}", result->value, to_hex(result->data)));
  }
  return SmokeFinding::ok();
}

SmokeFinding hear_ack(SmokeCase& smoke) {
  const std::optional<Heard> heard = smoke.hear([&](const packet::Image& image) {
    return (image.tcp->flags & kAckFlag) != 0 && image.tcp->ack == smoke.our_next;
  });
  if (heard) return SmokeFinding::ok();
  return SmokeFinding::wrong(fmt::format("an ACK of {} within {} s (RFC 9293 §3.8.6.3: half a second)",
                                         smoke.our_next - smoke.our_isn, to_string(kSmokeSoon)),
                             smoke.instead());
}

SmokeFinding write_octets(SmokeCase& smoke) {
  const std::optional<CallResult> result =
      smoke.make({.kind = CallKind::kWrite, .handle = smoke.connection, .data = kOut});
  if (!result || result->value != static_cast<std::int64_t>(kOut.size()))
    return SmokeFinding::wrong(fmt::format("write() returns {}", kOut.size()), call_text(smoke, result));
  const std::string expected =
      fmt::format("a segment with the octets {} at sequence number {}", to_hex(kOut), smoke.next - smoke.isn);
  const std::optional<Heard> heard =
      smoke.hear([](const packet::Image& image) { return !image.payload.empty(); });
  if (!heard) return SmokeFinding::wrong(expected, smoke.instead());
  if (heard->image.payload != kOut || heard->image.tcp->seq != smoke.next) {
    return SmokeFinding::wrong(
        expected, fmt::format("{}, octets {}", as_seen(smoke, heard->image), to_hex(heard->image.payload)));
  }
  smoke.next += static_cast<std::uint32_t>(kOut.size());
  if (const Status sent = smoke.send(kAckFlag, smoke.our_next, smoke.next); !sent) return undelivered(sent);
  return SmokeFinding::ok();
}

SmokeFinding write_one(SmokeCase& smoke) {
  const std::optional<CallResult> result =
      smoke.make({.kind = CallKind::kWrite, .handle = smoke.connection, .data = {'x'}});
  if (!result || result->value != 1)
    return SmokeFinding::wrong("write() returns 1", call_text(smoke, result));
  if (!smoke.hear([&](const packet::Image& image) { return has_text_at(image, smoke.next); }))
    return SmokeFinding::wrong("the octet comes out", smoke.instead());
  return SmokeFinding::ok();
}

}  // namespace tcpspec::target
