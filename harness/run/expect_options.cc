#include "harness/run/expect_options.h"

#include "stack/base/check.h"

namespace tcpspec::run {
namespace {

using scenario::OptionKind;
using scenario::OptionSpec;
using scenario::Relation;

// A number without captures: the script's own clock, not one it read off the wire.
std::optional<std::int64_t> literal(const scenario::NumberPattern& number) {
  if (number.relation != Relation::kEqual) return std::nullopt;
  std::int64_t sum = 0;
  for (const scenario::Term& term : number.number.terms) {
    const auto* value = std::get_if<std::int64_t>(&term.value);
    if (value == nullptr) return std::nullopt;
    sum += term.negative ? -*value : *value;
  }
  return sum;
}

// TS val: the first time a script names a value, whatever comes is that value; from then on it stands for it.
Result<packet::FieldPattern> timestamp_pattern(const scenario::NumberPattern& number,
                                               const Connections& connections, const Connection& connection) {
  const std::optional<std::int64_t> script = literal(number);
  if (!script) return field_pattern(number, connections, 0);
  packet::FieldPattern pattern;
  const auto live = connection.timestamps.find(*script);
  if (live != connection.timestamps.end()) pattern.one_of.push_back(live->second);
  return pattern;
}

Result<packet::OptionPattern> option_pattern(const OptionSpec& spec, const Connections& connections,
                                             const Connection& connection) {
  packet::OptionPattern pattern;
  pattern.kind = option_kind(spec);
  if (spec.kind == OptionKind::kRaw) {
    pattern.data = spec.raw_data;
    return pattern;
  }
  const std::uint32_t base = spec.kind == OptionKind::kSack ? connection.tester_isn : 0;
  for (std::size_t i = 0; i < spec.values.size(); ++i) {
    const bool clock = spec.kind == OptionKind::kTimestamps && i == 0;
    Result<packet::FieldPattern> field = clock ? timestamp_pattern(spec.values[i], connections, connection)
                                               : field_pattern(spec.values[i], connections, base);
    if (!field.ok()) return Error{field.error()};
    pattern.fields.push_back(std::move(*field));
  }
  return pattern;
}

}  // namespace

Result<packet::FieldPattern> field_pattern(const scenario::NumberPattern& number,
                                           const Connections& connections, std::uint32_t base) {
  packet::FieldPattern pattern;
  if (number.relation == Relation::kAny) return pattern;
  const Result<std::int64_t> value = connections.value(number.number);
  if (!value.ok()) return Error{value.error()};
  const auto relative = static_cast<std::uint32_t>(*value);
  pattern.base = base;
  switch (number.relation) {
    case Relation::kAny:
      break;
    case Relation::kEqual:
      pattern.one_of.push_back(relative);
      break;
    case Relation::kAtLeast:
      pattern.at_least = relative;
      break;
    case Relation::kAtMost:
      pattern.at_most = relative;
      break;
    case Relation::kNotEqual:
      pattern.not_equal = relative;
      break;
  }
  return pattern;
}

std::uint8_t option_kind(OptionKind kind) {
  switch (kind) {
    case OptionKind::kEol:
      return 0;
    case OptionKind::kNop:
      return 1;
    case OptionKind::kMss:
      return 2;
    case OptionKind::kWscale:
      return 3;
    case OptionKind::kSackPermitted:
      return 4;
    case OptionKind::kSack:
      return 5;
    case OptionKind::kTimestamps:
      return 8;
    case OptionKind::kRaw:
      break;
  }
  CHECK(false);
  return 0;
}

std::uint8_t option_kind(const OptionSpec& spec) {
  return spec.kind == OptionKind::kRaw ? spec.raw_kind : option_kind(spec.kind);
}

Status option_patterns(const scenario::OptionList& list, const Connections& connections,
                       const Connection& connection, packet::SegmentPattern& pattern) {
  switch (list.match) {
    case scenario::OptionMatch::kAnything:
      return Ok{};
    case scenario::OptionMatch::kExactly:
      pattern.options_mode = packet::OptionsMode::kExactly;
      break;
    case scenario::OptionMatch::kContains:
      pattern.options_mode = packet::OptionsMode::kContains;
      break;
  }
  for (const OptionSpec& spec : list.options) {
    Result<packet::OptionPattern> option = option_pattern(spec, connections, connection);
    if (!option.ok()) return Error{option.error()};
    pattern.options.push_back(std::move(*option));
  }
  for (const OptionKind kind : list.lacking) {
    if (kind != OptionKind::kRaw) pattern.lacking.push_back(option_kind(kind));
  }
  return Ok{};
}

}  // namespace tcpspec::run
