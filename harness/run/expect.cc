#include "harness/run/expect.h"

#include <algorithm>

#include "harness/packet/stream.h"
#include "harness/run/build_packet.h"
#include "harness/run/expect_options.h"
#include "stack/base/seq32.h"

namespace tcpspec::run {
namespace {

using packet::Difference;
using packet::Image;
using packet::SegmentPattern;
using scenario::kAck;
using scenario::kFin;
using scenario::kPsh;
using scenario::kRst;
using scenario::kSyn;
using scenario::PacketForm;

std::optional<std::uint8_t> ecn_of(scenario::EcnMark mark) {
  switch (mark) {
    case scenario::EcnMark::kUnset:
      return std::nullopt;
    case scenario::EcnMark::kNotEct:
      return std::uint8_t{0};
    case scenario::EcnMark::kEct0:
      return std::uint8_t{2};
    case scenario::EcnMark::kEct1:
      return std::uint8_t{1};
    case scenario::EcnMark::kCe:
      return std::uint8_t{3};
  }
  return std::nullopt;
}

Judgement broken(const std::string& error) {
  Judgement judgement;
  judgement.error = error;
  return judgement;
}

std::uint32_t read_be(const Bytes& data, std::size_t at, std::size_t size) {
  std::uint32_t value = 0;
  for (std::size_t i = at; i < at + size && i < data.size(); ++i) value = (value << 8) | data[i];
  return value;
}

}  // namespace

Candidate::Candidate(const scenario::PacketSpec& spec, Connection& connection, Connections& connections)
    : spec_(spec), connection_(connection), connections_(connections) {}

// Until it is known the target's numbers are absolute; its first SYN makes it known.
std::uint32_t Candidate::target_isn(const Image& image) const {
  if (connection_.target_isn) return *connection_.target_isn;
  return image.tcp && (image.tcp->flags & kSyn) != 0 ? image.tcp->seq : 0;
}

std::vector<Difference> Candidate::match(const SegmentPattern& pattern, const Image& image) const {
  const std::uint32_t theirs = target_isn(image), ours = connection_.tester_isn;
  const auto show = [theirs, ours](const std::string& field, std::uint32_t value) {
    if (field == "seq") return std::to_string(static_cast<std::int32_t>(value - theirs));
    if (field == "ack" || field == "sack") return std::to_string(static_cast<std::int32_t>(value - ours));
    return std::to_string(value);
  };
  return packet::match(pattern, image, show);
}

Status Candidate::common(SegmentPattern& pattern) const {
  const auto set = [&](packet::FieldPattern& field, const std::optional<scenario::NumberPattern>& number,
                       std::uint32_t base) -> Status {
    if (!number) return Ok{};
    Result<packet::FieldPattern> made = field_pattern(*number, connections_, base);
    if (!made.ok()) return Error{made.error()};
    field = std::move(*made);
    return Ok{};
  };
  for (const Status& status : {set(pattern.ack, spec_.ack, connection_.tester_isn),
                               set(pattern.window, spec_.window, 0), set(pattern.urgent, spec_.urgent, 0)}) {
    if (!status.ok()) return status;
  }
  pattern.tos = spec_.ip.tos;
  pattern.ttl = spec_.ip.ttl;
  pattern.ecn = ecn_of(spec_.ip.ecn);
  // `data` and `ack` say nothing about options unless they have a list.
  const bool says_options = spec_.form == PacketForm::kSegment || !spec_.options.options.empty() ||
                            spec_.options.match != scenario::OptionMatch::kExactly;
  return says_options ? option_patterns(spec_.options, connections_, connection_, pattern) : Ok{};
}

Judgement Candidate::judge(const Image& image) const {
  switch (spec_.form) {
    case PacketForm::kSegment:
      return judge_segment(image);
    case PacketForm::kData:
      return judge_data(image);
    case PacketForm::kAck:
      return judge_ack(image);
  }
  return {};
}

Judgement Candidate::judge_segment(const Image& image) const {
  SegmentPattern pattern;
  const Status made = common(pattern);
  if (!made.ok()) return broken(made.error());
  pattern.flags.push_back(spec_.flags);
  pattern.flags.insert(pattern.flags.end(), spec_.also_flags.begin(), spec_.also_flags.end());
  pattern.ack_absent =
      std::ranges::all_of(pattern.flags, [](std::uint16_t set) { return (set & kAck) == 0; });
  if (!spec_.any_sequence) {
    const Result<std::int64_t> start = connections_.value(spec_.seq_start);
    if (!start.ok()) return broken(start.error());
    pattern.seq.base = spec_.absolute_sequence ? 0 : target_isn(image);
    pattern.seq.one_of.push_back(static_cast<std::uint32_t>(*start));
    pattern.payload_length = static_cast<std::uint32_t>(spec_.length);
  }
  const Path& path = connections_.path_of(connection_);
  if (spec_.payload) {
    pattern.payload = spec_.payload;
  } else if (path.pattern_out && image.tcp && !image.payload.empty() &&
             image.payload.size() == static_cast<std::size_t>(spec_.length)) {
    const std::uint32_t offset = stream_offset(*image.tcp, target_isn(image));
    if (packet::stream_mismatch(offset, image.payload) != image.payload.size()) {
      pattern.payload = packet::stream(offset, image.payload.size());
    }
  }
  Judgement judgement;
  judgement.differences = match(pattern, image);
  judgement.take = judgement.differences.empty() ? Take::kWhole : Take::kNo;
  return judgement;
}

Judgement Candidate::judge_ack(const Image& image) const {
  SegmentPattern pattern;
  const Status made = common(pattern);
  if (!made.ok()) return broken(made.error());
  pattern.flags = {kAck, kAck | kPsh};
  pattern.payload_length = 0;
  Judgement judgement;
  judgement.differences = match(pattern, image);
  if (judgement.differences.empty()) {
    judgement.take = Take::kWhole;
  } else if (spec_.ack && spec_.ack->relation == scenario::Relation::kAtLeast &&
             judgement.differences.size() == 1 && judgement.differences[0].field == "ack") {
    judgement.take = Take::kPart;  // lower ones may come first
  }
  return judgement;
}

// Any legal segmentation: contiguous from A, no piece above the MSS, what came before may come again.
Judgement Candidate::judge_data(const Image& image) const {
  SegmentPattern pattern;
  const Status made = common(pattern);
  if (!made.ok()) return broken(made.error());
  Judgement judgement;
  if (image.tcp && image.payload.empty() && spec_.ack && (image.tcp->flags & (kSyn | kFin | kRst)) == 0) {
    // The acknowledgment may come by itself, ahead of the text.
    pattern.flags = {kAck};
    judgement.differences = match(pattern, image);
    judgement.take = judgement.differences.empty() ? Take::kPart : Take::kNo;
    return judgement;
  }
  pattern.flags = {kAck, kAck | kPsh};
  if (spec_.with_fin) {
    pattern.flags.push_back(kAck | kFin);
    pattern.flags.push_back(kAck | kPsh | kFin);
  }
  judgement.differences = match(pattern, image);
  if (image.tcp) judge_piece(image, pattern, judgement);
  return judgement;
}

void Candidate::judge_piece(const Image& image, const SegmentPattern& pattern, Judgement& judgement) const {
  const Result<std::int64_t> first = connections_.value(spec_.seq_start),
                             end = connections_.value(spec_.seq_end);
  if (!first.ok() || !end.ok()) {
    judgement.error = first.ok() ? end.error() : first.error();
    return;
  }
  const std::int64_t next = next_.value_or(*first);
  const std::uint32_t isn = target_isn(image);
  const std::int64_t start =
      next + static_cast<std::int32_t>(image.tcp->seq - isn - static_cast<std::uint32_t>(next));
  const auto size = static_cast<std::int64_t>(image.payload.size());
  const bool fin = (image.tcp->flags & kFin) != 0;
  const Path& path = connections_.path_of(connection_);
  const auto differ = [&](std::string field, std::string allowed, std::string actual) {
    judgement.differences.push_back({std::move(field), std::move(allowed), std::move(actual)});
  };
  if (start > next || start < *first) {
    differ("seq", std::to_string(next) + " (the next octet)", std::to_string(start));
  } else if (start + size > *end) {
    differ("length", "no octet beyond " + std::to_string(*end), "up to " + std::to_string(start + size));
  } else if (size == 0 && !fin) {
    differ("length", "text", "0");
  }
  if (size > path.mss)
    differ("length", "at most the MSS of " + std::to_string(path.mss), std::to_string(size));
  if (fin && start + size != *end)
    differ("flags", "FIN after " + std::to_string(*end), "FIN after " + std::to_string(start + size));
  if (path.pattern_out) {
    const std::size_t good = packet::stream_mismatch(stream_offset(*image.tcp, isn), image.payload);
    if (good < image.payload.size())
      differ("payload", "the octets of the stream",
             "octet " + std::to_string(start + static_cast<std::int64_t>(good)) + " is another");
  }
  static_cast<void>(pattern);
  if (!judgement.differences.empty()) return;
  const bool all = start + size >= *end && (!spec_.with_fin || fin);
  judgement.take = all ? Take::kWhole : Take::kPart;
}

void Candidate::accept(const Image& image) {
  begun_ = true;
  const packet::TcpHeader& tcp = *image.tcp;
  if ((tcp.flags & kSyn) != 0 && !connection_.target_isn) connection_.target_isn = tcp.seq;
  Path& path = connections_.path_of(connection_);
  connections_.show_as(path, connection_);
  if (spec_.form == PacketForm::kData) {
    const Result<std::int64_t> first = connections_.value(spec_.seq_start);
    const std::int64_t next = next_.value_or(first.ok() ? *first : 0);
    const std::int64_t start =
        next + static_cast<std::int32_t>(tcp.seq - target_isn(image) - static_cast<std::uint32_t>(next));
    if (!image.payload.empty())
      next_ = std::max(next, start + static_cast<std::int64_t>(image.payload.size()));
  }
  const auto capture = [&](const std::optional<scenario::NumberPattern>& field, std::uint32_t value) {
    if (field && !field->capture.empty()) connections_.capture(field->capture, value);
  };
  capture(spec_.ack, tcp.ack - connection_.tester_isn);
  capture(spec_.window, tcp.window);
  capture(spec_.urgent, tcp.urgent);
  if (!spec_.capture_isn.empty()) connections_.capture(spec_.capture_isn, tcp.seq);
  learn_options(tcp);
}

void Candidate::learn_options(const packet::TcpHeader& tcp) {
  if (spec_.options.options.empty() || tcp.options.empty()) return;
  const std::vector<packet::Option> came = packet::split_options(tcp.options);
  for (const scenario::OptionSpec& wanted : spec_.options.options) {
    const auto found = std::ranges::find(came, option_kind(wanted), &packet::Option::kind);
    if (found == came.end()) continue;
    std::size_t at = 0;
    for (std::size_t i = 0; i < wanted.values.size(); ++i) {
      const std::size_t size = wanted.kind == scenario::OptionKind::kMss      ? 2
                               : wanted.kind == scenario::OptionKind::kWscale ? 1
                                                                              : 4;
      const std::uint32_t value = read_be(found->data, at, size);
      at += size;
      const scenario::NumberPattern& pattern = wanted.values[i];
      const bool sack = wanted.kind == scenario::OptionKind::kSack;
      if (!pattern.capture.empty())
        connections_.capture(pattern.capture, sack ? value - connection_.tester_isn : value);
      if (wanted.kind == scenario::OptionKind::kTimestamps && i == 0 &&
          pattern.relation == scenario::Relation::kEqual) {
        const Result<std::int64_t> script = connections_.value(pattern.number);
        if (script.ok()) connection_.timestamps.emplace(*script, value);
      }
    }
  }
}

}  // namespace tcpspec::run
