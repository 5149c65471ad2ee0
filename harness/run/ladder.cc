#include "harness/run/ladder.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

namespace tcpspec::run {
namespace {

constexpr std::size_t kWidest = 72, kNarrowest = 34;
constexpr std::size_t kHeads = 7;  // "── " and " ──▶" around a label

bool is_packet(const TraceEvent& event) {
  return event.kind == TraceKind::kPacketIn || event.kind == TraceKind::kPacketOut;
}

std::string dashes(std::size_t count) {
  std::string out;
  for (std::size_t i = 0; i < count; ++i) out += "─";
  return out;
}

std::string arrow(const TraceEvent& event, std::size_t width) {
  const std::string label = fitted(event.text, width - kHeads);
  const std::size_t fill = width - kHeads - columns(label);
  if (event.kind == TraceKind::kPacketIn) return fmt::format("── {} {}▶", label, dashes(fill + 2));
  return fmt::format("◀{} {} ──", dashes(fill + 2), label);
}

std::size_t arrow_width(const Trace& trace) {
  std::size_t widest = kNarrowest;
  for (const TraceEvent& event : trace.events) {
    if (is_packet(event)) widest = std::max(widest, columns(event.text) + kHeads);
  }
  return std::min(widest, kWidest);
}

std::string when(const TraceEvent& event) {
  return fmt::format("{:+11.6f}", (event.at.earliest - Instant()).as_seconds());
}

// A call that returns at once needs one line only, that of its return.
bool returns_at_once(const std::vector<TraceEvent>& events, std::size_t begin) {
  const TraceEvent& call = events[begin];
  if (call.kind != TraceKind::kCallBegin) return false;
  for (std::size_t i = begin + 1; i < events.size() && events[i].at.earliest == call.at.earliest; ++i) {
    if (events[i].kind == TraceKind::kCallEnd && events[i].text.compare(0, call.text.size(), call.text) == 0)
      return true;
  }
  return false;
}

void append_event(std::string& out, const TraceEvent& event, const LadderOptions& options,
                  std::size_t width) {
  const std::string_view mark = event.failing ? "  ✗ here" : "";
  switch (event.kind) {
    case TraceKind::kPacketIn:
    case TraceKind::kPacketOut:
      out +=
          fmt::format("{}{}  {}{}{}\n", options.indent, when(event), arrow(event, width), mark,
                      event.kind == TraceKind::kPacketOut && !event.matched && !event.failing ? "  ·" : "");
      break;
    case TraceKind::kCallBegin:
    case TraceKind::kCallEnd:
      out += fmt::format("{}{}  {:{}}  {}{}{}\n", options.indent, when(event), "", width, event.text,
                         event.kind == TraceKind::kCallBegin ? " …" : "", mark);
      break;
    case TraceKind::kNote:
      if (options.notes) {
        out += fmt::format("{}{:11}  ({}){}\n", options.indent, "", event.text, mark);
      }
      break;
  }
}

}  // namespace

std::size_t columns(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(
      text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

std::string fitted(std::string_view text, std::size_t most) {
  if (columns(text) <= most) return std::string(text);
  std::size_t end = 0;
  std::size_t taken = 0;
  while (end < text.size() && taken + 1 < most) {
    ++end;
    while (end < text.size() && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) ++end;
    ++taken;
  }
  return std::string(text.substr(0, end)) + "…";
}

std::string ladder(const Trace& trace, const LadderOptions& options) {
  const std::size_t width = options.arrow > 0 ? std::max(options.arrow, kNarrowest) : arrow_width(trace);
  const bool stray = std::any_of(trace.events.begin(), trace.events.end(), [](const TraceEvent& event) {
    return event.kind == TraceKind::kPacketOut && !event.matched && !event.failing;
  });
  std::string out = fmt::format("{}{:11}  {:{}}  target\n", options.indent, "", "tester", width);
  for (std::size_t i = 0; i < trace.events.size(); ++i) {
    if (!returns_at_once(trace.events, i)) append_event(out, trace.events[i], options, width);
  }
  if (stray) out += fmt::format("{}{:11}  · no step of the script asked for it\n", options.indent, "");
  return out;
}

}  // namespace tcpspec::run
