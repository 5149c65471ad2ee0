#include "harness/scenario/print.h"

#include <fmt/format.h>

#include "harness/scenario/directives.h"

namespace tcpspec::scenario {
namespace {

std::string join(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) out += " " + word;
  return out;
}

std::string quote(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += std::string("\\") + c;
    } else if (byte < 0x20 || byte == 0x7F || c == '$') {
      out += fmt::format("\\x{:02x}", byte);  // `$` too: ${ would be expanded when it is read again
    } else {
      out += c;
    }
  }
  return out + '"';
}

std::string_view peer_text(PeerAction action) {
  switch (action) {
    case PeerAction::kConnect:
      return "connect";
    case PeerAction::kListen:
      return "listen";
    case PeerAction::kSend:
      return "send";
    case PeerAction::kShutdown:
      return "shutdown";
    case PeerAction::kClose:
      return "close";
    case PeerAction::kAbort:
      return "abort";
    case PeerAction::kExpectEstablished:
      return "established";
    case PeerAction::kExpectReceived:
      return "received";
    case PeerAction::kExpectEof:
      return "eof";
    case PeerAction::kExpectClosed:
      return "closed";
    case PeerAction::kExpectReset:
      return "reset";
  }
  return "";
}

std::string_view fault_text(LinkFault fault) {
  switch (fault) {
    case LinkFault::kLose:
      return "lose";
    case LinkFault::kDelay:
      return "delay";
    case LinkFault::kDuplicate:
      return "duplicate";
    case LinkFault::kReorder:
      return "reorder";
    case LinkFault::kCorrupt:
      return "corrupt";
    case LinkFault::kClear:
      return "clear";
  }
  return "";
}

std::string_view side_text(LinkSide side) {
  switch (side) {
    case LinkSide::kBoth:
      return "";
    case LinkSide::kToTarget:
      return " to-target";
    case LinkSide::kFromTarget:
      return " from-target";
  }
  return "";
}

std::string_view comparison_text(Comparison comparison) {
  switch (comparison) {
    case Comparison::kEqual:
      return "==";
    case Comparison::kNotEqual:
      return "!=";
    case Comparison::kLess:
      return "<";
    case Comparison::kAtMost:
      return "<=";
    case Comparison::kGreater:
      return ">";
    case Comparison::kAtLeast:
      return ">=";
  }
  return "";
}

std::string arrow(const std::string& connection, std::string_view symbol) {
  return (connection.empty() ? "" : "[" + connection + "] ") + std::string(symbol) + " ";
}

struct ActionPrinter {
  std::string operator()(const Inject& inject) const {
    if (const auto* icmp = std::get_if<IcmpSpec>(&inject.packet)) {
      return arrow(icmp->connection, "<") + print_icmp(*icmp);
    }
    const auto& packet = std::get<PacketSpec>(inject.packet);
    return arrow(packet.connection, "<") + print_packet(packet);
  }
  std::string operator()(const Expect& expect) const {
    return arrow(expect.packet.connection, expect.optional ? ">?" : ">") + print_packet(expect.packet);
  }
  std::string operator()(const Silence& silence) const {
    return "silence " + print_duration(silence.duration) +
           (silence.connection.empty() ? "" : " on " + silence.connection);
  }
  std::string operator()(const Call& call) const { return print_call(call); }
  std::string operator()(const Assert& assertion) const {
    return fmt::format("assert {} {} {}", print_number(assertion.left), comparison_text(assertion.comparison),
                       print_number(assertion.right));
  }
  std::string operator()(const Peer& peer) const {
    const bool counted = peer.action == PeerAction::kSend || peer.action == PeerAction::kExpectReceived;
    return "peer " + std::string(peer_text(peer.action)) + (counted ? " " + std::to_string(peer.count) : "");
  }
  std::string operator()(const LinkRule& rule) const {
    std::string out = fmt::format("link {}{}", fault_text(rule.fault), side_text(rule.side));
    if (rule.predicate != "any") out += " " + rule.predicate;
    if (rule.first) out += " first " + std::to_string(*rule.first);
    if (rule.every) out += " every " + std::to_string(*rule.every);
    if (rule.percent) out += " percent " + std::to_string(*rule.percent);
    if (rule.delay != Duration{}) out += " by " + print_duration(rule.delay);
    return out;
  }
};

void print_steps(const std::vector<Step>& steps, int depth, std::string& out) {
  const std::string indent(static_cast<std::size_t>(depth) * 2, ' ');
  for (const Step& step : steps) {
    out += indent + print_step(step) + "\n";
    const auto* expect = std::get_if<Expect>(&step.action);
    if (expect == nullptr) continue;
    for (const Alternative& alternative : expect->alternatives) {
      out += indent + "  " + print_alternative(alternative, *expect);
      if (!alternative.steps.empty()) {
        out += " {\n";
        print_steps(alternative.steps, depth + 2, out);
        out += indent + "  }";
      }
      out += "\n";
    }
  }
}

std::string print_connection(const ConnectionSpec& connection) {
  std::string out = "//@ connection " + connection.name;
  if (!connection.like.empty()) out += " like " + connection.like;
  if (connection.isn) {
    out += " isn ";
    if (connection.isn_relative && *connection.isn >= 0) out += "+";
    out += std::to_string(*connection.isn);
  }
  return out + (connection.closed_port ? " to closed-port\n" : "\n");
}

std::string print_directives(const Scenario& s) {
  std::string out = "//@ case " + s.id + "\n";
  if (!s.covers.empty()) out += "//@ covers" + join(s.covers) + "\n";
  if (!s.finding.empty()) out += "//@ finding " + s.finding + "\n";
  if (!s.catches.empty()) out += "//@ catches " + s.catches + "\n";
  if (!s.formerly.empty()) out += "//@ formerly " + s.formerly + "\n";
  if (!s.given.empty()) out += "//@ inlined" + join(s.given) + "\n";
  if (s.app != App::kNone) {
    out += "//@ app " + std::string(app_word(s.app));
    if (s.app == App::kSource) out += " " + std::to_string(s.app_count);
    out += s.app_active ? " active\n" : "\n";
  }
  if (!s.needs.empty()) out += "//@ needs" + join(s.needs) + "\n";
  for (const auto& [key, value] : s.policies) out += "//@ policy " + key + "=" + value + "\n";
  for (const ConnectionSpec& connection : s.connections) out += print_connection(connection);
  if (!s.tags.empty()) out += "//@ tag" + join(s.tags) + "\n";
  out += s.ip == IpVersion::kV4 ? "//@ ip v4\n" : "//@ ip v6\n";
  if (s.strict) out += "//@ strict\n";
  return out;
}

}  // namespace

std::string print(const Scenario& scenario) {
  std::string out;
  if (!scenario.title.empty()) out += "// " + scenario.title + "\n";
  if (scenario.kind == FileKind::kScript) {
    if (!out.empty()) out += "\n";
    for (const auto& [name, value] : scenario.options)
      out += "--" + name + (value.empty() ? "" : "=" + value) + "\n";
  } else {
    out += print_directives(scenario) + "\n";
  }
  print_steps(scenario.steps, 0, out);
  return out;
}

std::string print_step(const Step& step) {
  return print_time(step.time) + " " + std::visit(ActionPrinter{}, step.action);
}

std::string print_alternative(const Alternative& alternative, const Expect& main) {
  std::string out = "or ";
  switch (alternative.grade) {
    case Grade::kPass:
      break;
    case Grade::kTolerated:
      out += "tolerated " + quote(alternative.why) + " ";
      break;
    case Grade::kFail:
      out += "fail " + quote(alternative.why) + " ";
      break;
  }
  if (alternative.packet) {
    const std::string& name = alternative.packet->connection;
    if (name != main.packet.connection) out += "[" + (name.empty() ? "main" : name) + "] ";
    out += "> " + print_packet(*alternative.packet);
  } else {
    out += "silence " + print_duration(alternative.silence);
  }
  return out + (alternative.rejoins ? " continue" : "");
}

// ---- Values
// ---------------------------------------------------------------------------------------------------

std::string print_value(const Value& value) {
  struct Printer {
    bool hex;
    std::string operator()(const Ellipsis& /*ellipsis*/) const { return "..."; }
    std::string operator()(const Number& number) const {
      const auto* literal =
          number.terms.size() == 1 ? std::get_if<std::int64_t>(&number.terms[0].value) : nullptr;
      if (!hex || literal == nullptr) return print_number(number);
      return fmt::format("{}{:#x}", number.terms[0].negative ? "-" : "", *literal);
    }
    std::string operator()(const Symbols& symbols) const {
      std::string out;
      for (const std::string& name : symbols.names) out += (out.empty() ? "" : "|") + name;
      return out;
    }
    std::string operator()(const std::string& text) const { return quote(text); }
    std::string operator()(const ValueList& list) const {
      std::string out;
      for (const Value& item : list) out += (out.empty() ? "" : ", ") + print_value(item);
      return "[" + out + "]";
    }
    std::string operator()(const std::vector<Value::Field>& fields) const {
      std::string out;
      for (const Value::Field& field : fields) {
        if (!out.empty()) out += ", ";
        out += (field.name.empty() ? "" : field.name + "=") + print_value(field.value);
      }
      return "{" + out + "}";
    }
  };
  return std::visit(Printer{value.hex}, value.is);
}

std::string print_call(const Call& call) {
  std::string out;
  for (const Value& argument : call.arguments) out += (out.empty() ? "" : ", ") + print_value(argument);
  out = call.name + "(" + out + ")";
  if (!call.result) return out;
  out += " = " + print_value(*call.result);
  if (!call.error.empty()) out += " " + call.error;
  return out + (call.note.empty() ? "" : " (" + call.note + ")");
}

}  // namespace tcpspec::scenario
