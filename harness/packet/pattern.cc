#include "harness/packet/pattern.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "harness/packet/explain.h"

namespace tcpspec::packet {
namespace {

constexpr std::uint16_t kAckFlag = 0x10;

using Show = std::function<std::string(std::uint32_t)>;

std::string field_text(const FieldPattern& pattern, const Show& show) {
  std::vector<std::string> parts;
  for (const std::uint32_t value : pattern.one_of) parts.push_back(show(pattern.base + value));
  std::string text = fmt::format("{}", fmt::join(parts, " or "));
  const auto add = [&](std::string_view sign, std::optional<std::uint32_t> value) {
    if (!value) return;
    if (!text.empty()) text += " and ";
    text += fmt::format("{} {}", sign, show(pattern.base + *value));
  };
  add(">=", pattern.at_least);
  add("<=", pattern.at_most);
  add("!=", pattern.not_equal);
  return text.empty() ? "any" : text;
}

// Octets of one value of a known option; 0: the kind has no values that a pattern can name.
std::size_t value_size(std::uint8_t kind) {
  constexpr std::uint8_t kMss = 2, kWscale = 3, kSack = 5, kTimestamps = 8;
  if (kind == kMss) return 2;
  if (kind == kWscale) return 1;
  return kind == kSack || kind == kTimestamps ? 4 : 0;
}

std::uint32_t value_at(const Option& option, std::size_t size, std::size_t index) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < size; ++i) value = (value << 8) | option.data[index * size + i];
  return value;
}

bool well_formed(const Option& option) {
  if (option.kind == 0 || option.kind == 1) return true;
  return option.length && *option.length == option.data.size() + 2;
}

bool option_matches(const OptionPattern& pattern, const Option& option) {
  if (pattern.kind != option.kind || !well_formed(option)) return false;
  if (pattern.data) return option.data == *pattern.data;
  const std::size_t size = value_size(pattern.kind);
  constexpr std::uint8_t kSackPermitted = 4;
  if (pattern.kind == kSackPermitted) return option.data.empty();
  if (pattern.fields.empty() || size == 0) return true;
  if (option.data.size() != size * pattern.fields.size()) return false;
  for (std::size_t i = 0; i < pattern.fields.size(); ++i) {
    if (!pattern.fields[i].matches(value_at(option, size, i))) return false;
  }
  return true;
}

// Scripts write each octet of padding as an eol of its own.
std::vector<Option> with_padding_apart(ByteView raw) {
  std::vector<Option> options = split_options(raw);
  if (options.empty() || options.back().kind != 0) return options;
  const Bytes padding = options.back().data;
  if (!std::ranges::all_of(padding, [](std::uint8_t octet) { return octet == 0; })) return options;
  options.back().data.clear();
  options.insert(options.end(), padding.size(), Option{});
  return options;
}

std::string option_pattern_text(const OptionPattern& pattern, const Show& sequence) {
  const auto plain = [](std::uint32_t value) { return fmt::format("{}", value); };
  std::vector<std::string> values;
  for (const FieldPattern& field : pattern.fields) {
    values.push_back(pattern.kind == 5 ? field_text(field, sequence) : field_text(field, plain));
  }
  const std::uint8_t kind = pattern.kind;
  if (kind == 0) return "eol";
  if (kind == 1) return "nop";
  if (!pattern.data) {
    if (kind == 2) return values.empty() ? "mss" : "mss " + values[0];
    if (kind == 3) return values.empty() ? "wscale" : "wscale " + values[0];
    if (kind == 4) return "sackOK";
    if (kind == 8) return values.size() < 2 ? "TS" : fmt::format("TS val {} ecr {}", values[0], values[1]);
    if (kind == 5) {
      std::string text = "sack";
      for (std::size_t i = 0; i + 1 < values.size(); i += 2) text += " " + values[i] + ":" + values[i + 1];
      return text;
    }
  }
  return fmt::format("kind {} {}", kind, pattern.data ? to_hex(*pattern.data) : "...");
}

std::string allowed_options(const SegmentPattern& pattern, const Show& sequence) {
  std::vector<std::string> parts;
  for (const OptionPattern& option : pattern.options) parts.push_back(option_pattern_text(option, sequence));
  const std::string list = fmt::format("{}", fmt::join(parts, ","));
  if (pattern.options_mode == OptionsMode::kExactly) return list.empty() ? "none" : "<" + list + ">";
  std::string text = list.empty() ? "" : "contain " + list;
  for (const std::uint8_t kind : pattern.lacking) {
    text += (text.empty() ? "lack " : " lack ") + option_pattern_text({kind, {}, {}}, sequence);
  }
  return text.empty() ? "any" : text;
}

bool options_match(const SegmentPattern& pattern, const std::vector<Option>& options) {
  const auto has = [&](const OptionPattern& wanted) {
    return std::ranges::any_of(options, [&](const Option& option) { return option_matches(wanted, option); });
  };
  const auto lacks = [&](std::uint8_t kind) { return std::ranges::count(options, kind, &Option::kind) == 0; };
  if (!std::ranges::all_of(pattern.lacking, lacks)) return false;
  switch (pattern.options_mode) {
    case OptionsMode::kAny:
      return true;
    case OptionsMode::kContains:
      return std::ranges::all_of(pattern.options, has);
    case OptionsMode::kExactly:
      break;
  }
  return std::ranges::equal(pattern.options, options, option_matches);
}

class Comparison {
 public:
  Comparison(const SegmentPattern& pattern, const Image& image, const NumberText& show)
      : pattern_(pattern), image_(image), show_(show) {}

  std::vector<Difference> run() {
    flags();
    field("seq", pattern_.seq, image_.tcp->seq);
    ack();
    field("win", pattern_.window, image_.tcp->window);
    field("urg", pattern_.urgent, image_.tcp->urgent);
    if (pattern_.payload_length && *pattern_.payload_length != image_.payload.size()) {
      add("length", fmt::format("{}", *pattern_.payload_length), fmt::format("{}", image_.payload.size()));
    }
    options();
    payload();
    ip();
    return std::move(differences_);
  }

 private:
  void add(std::string name, std::string allowed, std::string actual) {
    differences_.push_back({std::move(name), std::move(allowed), std::move(actual)});
  }

  [[nodiscard]] Show shown(const std::string& name) const {
    return
        [this, name](std::uint32_t value) { return show_ ? show_(name, value) : fmt::format("{}", value); };
  }

  void field(const std::string& name, const FieldPattern& pattern, std::uint32_t value) {
    if (!pattern.matches(value)) add(name, field_text(pattern, shown(name)), shown(name)(value));
  }

  void flags() {
    if (pattern_.flags.empty() || std::ranges::count(pattern_.flags, image_.tcp->flags) != 0) return;
    std::vector<std::string> allowed;
    for (const std::uint16_t set : pattern_.flags) allowed.push_back(flags_text(set));
    add("flags", fmt::format("{}", fmt::join(allowed, " or ")), flags_text(image_.tcp->flags));
  }

  void ack() {
    const bool present = (image_.tcp->flags & kAckFlag) != 0;
    if (pattern_.ack_absent) {
      if (present) add("ack", "absent", shown("ack")(image_.tcp->ack));
    } else if (present) {
      field("ack", pattern_.ack, image_.tcp->ack);
    } else if (!pattern_.ack.any()) {
      add("ack", field_text(pattern_.ack, shown("ack")), "absent");
    }
  }

  void options() {
    if (options_match(pattern_, with_padding_apart(image_.tcp->options))) return;
    const std::string actual = options_text(*image_.tcp, shown("sack"));
    add("options", allowed_options(pattern_, shown("sack")), actual.empty() ? "none" : "<" + actual + ">");
  }

  void payload() {
    if (!pattern_.payload || *pattern_.payload == image_.payload) return;
    const Bytes& want = *pattern_.payload;
    const auto [at, got] = std::ranges::mismatch(want, image_.payload);
    if (at == want.end() || got == image_.payload.end()) {
      add("payload", fmt::format("{} octets", want.size()), fmt::format("{} octets", image_.payload.size()));
      return;
    }
    const auto index = at - want.begin();
    add("payload", fmt::format("octet {} is 0x{:02x}", index, *at),
        fmt::format("octet {} is 0x{:02x}", index, *got));
  }

  void ip() {
    const std::uint8_t tos = image_.v4 ? image_.v4->tos : image_.v6->traffic_class;
    const std::uint8_t ttl = image_.v4 ? image_.v4->ttl : image_.v6->hop_limit;
    const auto compare = [this](const char* name, std::optional<std::uint8_t> want, unsigned actual) {
      if (want && *want != actual) add(name, fmt::format("{}", *want), fmt::format("{}", actual));
    };
    compare("tos", pattern_.tos, tos);
    compare("ecn", pattern_.ecn, tos & 3U);
    compare("ttl", pattern_.ttl, ttl);
  }

  const SegmentPattern& pattern_;
  const Image& image_;
  const NumberText& show_;
  std::vector<Difference> differences_;
};

}  // namespace

bool FieldPattern::matches(std::uint32_t value) const {
  const std::uint32_t v = value - base;
  const auto less = [this](std::uint32_t a, std::uint32_t b) {
    return base == 0 ? a < b : static_cast<std::int32_t>(a) < static_cast<std::int32_t>(b);
  };
  if (!one_of.empty() && std::ranges::count(one_of, v) == 0) return false;
  if (at_least && less(v, *at_least)) return false;
  if (at_most && less(*at_most, v)) return false;
  return !not_equal || v != *not_equal;
}

std::vector<Difference> match(const SegmentPattern& pattern, const Image& image, const NumberText& show) {
  if (!image.tcp) return {{"protocol", "tcp", summary(image, {})}};
  return Comparison(pattern, image, show).run();
}

}  // namespace tcpspec::packet
