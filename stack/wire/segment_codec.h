// Between an IP payload and a Segment: fixed header, options, checksum over the pseudo-header.
#ifndef STACK_WIRE_SEGMENT_CODEC_H_
#define STACK_WIRE_SEGMENT_CODEC_H_

#include "stack/base/address.h"
#include "stack/base/bytes.h"
#include "stack/wire/parsed.h"
#include "stack/wire/segment.h"

namespace tcpspec::wire {

[[nodiscard]] Parsed<Segment> parse_segment(const IpAddress& source, const IpAddress& destination,
                                            ByteView payload);
// The IP payload; the addresses of the segment are in its checksum only.
[[nodiscard]] Bytes build_segment(const Segment& segment);

}  // namespace tcpspec::wire

#endif  // STACK_WIRE_SEGMENT_CODEC_H_
