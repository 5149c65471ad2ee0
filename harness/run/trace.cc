#include "harness/run/trace.h"

#include "stack/base/check.h"

namespace tcpspec::run {
namespace {

const char* mark(TraceKind kind) {
  switch (kind) {
    case TraceKind::kPacketIn:
      return "<";
    case TraceKind::kPacketOut:
      return ">";
    case TraceKind::kCallBegin:
      return "call";
    case TraceKind::kCallEnd:
      return "done";
    case TraceKind::kNote:
      return "note";
  }
  CHECK(false);
  return "";
}

void append_time(std::string& text, Instant at) { text += to_string(at - Instant()); }

}  // namespace

std::string to_text(const Trace& trace) {
  std::string text;
  for (const TraceEvent& event : trace.events) {
    append_time(text, event.at.earliest);
    if (event.at.latest != event.at.earliest) {
      text += '~';
      append_time(text, event.at.latest);
    }
    text += ' ';
    text += mark(event.kind);
    text += ' ';
    text += event.text;
    if (event.failing) text += "  <-- fails here";
    if (!event.packet.empty()) {
      text += "  ";
      text += to_hex(event.packet);
    }
    text += '\n';
  }
  return text;
}

}  // namespace tcpspec::run
