#include "harness/run/build_packet.h"

#include <algorithm>
#include <array>

#include "harness/packet/edit.h"
#include "harness/packet/stream.h"

namespace tcpspec::run {
namespace {

using scenario::OptionKind;
using scenario::OptionSpec;

constexpr std::uint16_t kDefaultWindow = 65535;

std::uint8_t ecn_bits(scenario::EcnMark mark) {
  switch (mark) {
    case scenario::EcnMark::kUnset:
    case scenario::EcnMark::kNotEct:
      return 0;
    case scenario::EcnMark::kEct0:
      return 2;
    case scenario::EcnMark::kEct1:
      return 1;
    case scenario::EcnMark::kCe:
      return 3;
  }
  return 0;
}

void set_ip(packet::Image& image, const scenario::IpSpec& ip) {
  const std::uint8_t tos = static_cast<std::uint8_t>((ip.tos.value_or(0)) | ecn_bits(ip.ecn));
  if (image.v4) {
    image.v4->tos = tos;
    if (ip.ttl) image.v4->ttl = *ip.ttl;
  } else {
    image.v6->traffic_class = tos;
    if (ip.ttl) image.v6->hop_limit = *ip.ttl;
  }
}

struct OptionWriter {
  const Connections& connections;
  const Connection& connection;
  Bytes out;

  [[nodiscard]] Result<std::uint32_t> number(const OptionSpec& spec, std::size_t index) const {
    if (index >= spec.values.size()) return std::uint32_t{0};
    const Result<std::int64_t> value = connections.value(spec.values[index].number);
    if (!value.ok()) return Error{value.error()};
    return static_cast<std::uint32_t>(*value);
  }

  Status write(const OptionSpec& spec);
  Status write_timestamps(const OptionSpec& spec);
  Status write_sack(const OptionSpec& spec);
};

Status OptionWriter::write_timestamps(const OptionSpec& spec) {
  const Result<std::uint32_t> val = number(spec, 0), ecr = number(spec, 1);
  if (!val.ok()) return Error{val.error()};
  if (!ecr.ok()) return Error{ecr.error()};
  // What we echo is the target's clock: the script's number stands for what came.
  const auto live = connection.timestamps.find(*ecr);
  append(out, std::array<std::uint8_t, 2>{8, 10});
  append_be32(out, *val);
  append_be32(out, live == connection.timestamps.end() ? *ecr : live->second);
  return Ok{};
}

Status OptionWriter::write_sack(const OptionSpec& spec) {
  out.push_back(5);
  out.push_back(static_cast<std::uint8_t>(2 + 4 * spec.values.size()));
  for (std::size_t i = 0; i < spec.values.size(); ++i) {
    const Result<std::uint32_t> edge = number(spec, i);
    if (!edge.ok()) return Error{edge.error()};
    append_be32(out, connection.target_isn.value_or(0) + *edge);
  }
  return Ok{};
}

Status OptionWriter::write(const OptionSpec& spec) {
  const Result<std::uint32_t> first = number(spec, 0);
  if (!first.ok()) return Error{first.error()};
  switch (spec.kind) {
    case OptionKind::kEol:
      out.push_back(0);
      return Ok{};
    case OptionKind::kNop:
      out.push_back(1);
      return Ok{};
    case OptionKind::kMss:
      append(out, std::array<std::uint8_t, 2>{2, 4});
      append_be16(out, static_cast<std::uint16_t>(*first));
      return Ok{};
    case OptionKind::kWscale:
      append(out, std::array<std::uint8_t, 3>{3, 3, static_cast<std::uint8_t>(*first)});
      return Ok{};
    case OptionKind::kSackPermitted:
      append(out, std::array<std::uint8_t, 2>{4, 2});
      return Ok{};
    case OptionKind::kSack:
      return write_sack(spec);
    case OptionKind::kTimestamps:
      return write_timestamps(spec);
    case OptionKind::kRaw:
      out.push_back(spec.raw_kind);
      if (spec.raw_kind > 1 || spec.raw_length) {
        out.push_back(spec.raw_length.value_or(static_cast<std::uint8_t>(2 + spec.raw_data.size())));
      }
      append(out, spec.raw_data);
      return Ok{};
  }
  return Ok{};
}

Result<std::uint32_t> resolve(const Connections& connections,
                              const std::optional<scenario::NumberPattern>& field, std::uint32_t otherwise) {
  if (!field) return otherwise;
  const Result<std::int64_t> value = connections.value(field->number);
  if (!value.ok()) return Error{value.error()};
  return static_cast<std::uint32_t>(*value);
}

Status set_numbers(packet::TcpHeader& tcp, const scenario::PacketSpec& spec, const Connections& connections,
                   const Connection& connection) {
  const Result<std::int64_t> seq = connections.value(spec.seq_start);
  if (!seq.ok()) return Error{seq.error()};
  const Result<std::uint32_t> ack = resolve(connections, spec.ack, 0);
  if (!ack.ok()) return Error{ack.error()};
  const Result<std::uint32_t> window = resolve(connections, spec.window, kDefaultWindow);
  if (!window.ok()) return Error{window.error()};
  const Result<std::uint32_t> urgent = resolve(connections, spec.urgent, 0);
  if (!urgent.ok()) return Error{urgent.error()};
  tcp.seq = static_cast<std::uint32_t>(*seq) + (spec.absolute_sequence ? 0 : connection.tester_isn);
  const bool acknowledges = spec.ack || (spec.flags & scenario::kAck) != 0;
  tcp.ack = acknowledges ? *ack + connection.target_isn.value_or(0) : 0;
  tcp.window = static_cast<std::uint16_t>(*window);
  tcp.urgent = static_cast<std::uint16_t>(*urgent);
  return Ok{};
}

// Damage after which a target that takes the packet at its word is wrong.
bool spoils(const std::string& kind) { return kind != "reserved" && kind != "ttl"; }

}  // namespace

std::uint32_t stream_offset(const packet::TcpHeader& tcp, std::uint32_t isn) {
  return tcp.seq - isn - ((tcp.flags & scenario::kSyn) != 0 ? 0 : 1);
}

Result<BuiltPacket> build_packet(const scenario::PacketSpec& spec, Connections& connections) {
  const Connection* connection = connections.find(spec.connection);
  if (connection == nullptr) return Error{"no connection is called '" + spec.connection + "'"};
  const Path& path = connections.path_of(*connection);
  BuiltPacket built;
  built.image = packet::make_tcp(path.tester, path.target);
  set_ip(built.image, spec.ip);
  packet::TcpHeader& tcp = *built.image.tcp;
  tcp.flags = spec.flags;
  const Status numbers = set_numbers(tcp, spec, connections, *connection);
  if (!numbers.ok()) return Error{numbers.error()};
  OptionWriter writer{connections, *connection, {}};
  for (const OptionSpec& option : spec.options.options) {
    const Status written = writer.write(option);
    if (!written.ok()) return Error{written.error()};
  }
  tcp.options = std::move(writer.out);
  if (spec.payload) {
    built.image.payload = *spec.payload;
  } else if (spec.length > 0) {
    built.image.payload =
        connections.text(stream_offset(tcp, connection->tester_isn), static_cast<std::size_t>(spec.length));
  }
  packet::seal(built.image);
  built.bytes = packet::encode(built.image);
  for (const scenario::Damage& damage : spec.damage) {
    const Status done = packet::damage(built.bytes, damage.kind, damage.value);
    if (!done.ok()) return Error{done.error()};
    built.damaged = built.damaged || spoils(damage.kind);
  }
  return built;
}

}  // namespace tcpspec::run
