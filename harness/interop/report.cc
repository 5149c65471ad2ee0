#include "harness/interop/report.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <nlohmann/json.hpp>

#include "harness/run/console_text.h"
#include "harness/run/ladder.h"
#include "harness/run/report.h"

namespace tcpspec::interop {
namespace {

using Json = nlohmann::json;
using run::ConsoleStyle;
using run::Tint;
using run::Verdict;
constexpr std::array<Verdict, 8> kVerdicts{Verdict::kPass,         Verdict::kTolerated,     Verdict::kFail,
                                           Verdict::kInconclusive, Verdict::kNotApplicable, Verdict::kCrash,
                                           Verdict::kHang,         Verdict::kError};

std::size_t count(const Report& report, Verdict verdict) {
  return static_cast<std::size_t>(
      std::count_if(report.results.begin(), report.results.end(),
                    [&](const Played& result) { return result.outcome.verdict == verdict; }));
}

bool was_played(const Played& result) {
  return result.figures.elapsed > Duration() && result.outcome.verdict != Verdict::kNotApplicable;
}

// Octets a second, of the direction that carries the bulk.
double throughput(const Played& result) {
  const double time = result.figures.elapsed.as_seconds();
  const auto octets = std::max(result.figures.peer.received, result.figures.target.received);
  return time > 0 ? static_cast<double>(octets) / time : 0;
}

std::uint64_t retransmissions(const Played& result) {
  const bool target = result.variant && result.variant->direction == Direction::kTargetSends;
  return target ? result.figures.target.retransmissions : result.figures.peer.retransmissions;
}

std::string rate_text(double rate) {
  if (rate >= 1e6) return fmt::format("{:.1f} MB/s", rate / 1e6);
  return fmt::format("{:.1f} kB/s", rate / 1e3);
}

constexpr std::size_t kCell = 27;

std::string cell(const std::vector<const Played*>& pair, const ConsoleStyle& style) {
  std::string letters, figures;
  Duration slowest;
  double lowest = 0;
  std::uint64_t repeats = 0;
  bool any = false;
  for (const Played* result : pair) {
    if (result == nullptr) {
      letters += "·";
      continue;
    }
    const Verdict verdict = result->outcome.verdict;
    letters += run::tinted(std::string(1, run::letter(verdict)), run::tint_of(verdict), style);
    if (!was_played(*result)) continue;
    const double rate = throughput(*result);
    lowest = any ? std::min(lowest, rate) : rate;
    slowest = std::max(slowest, result->figures.elapsed);
    repeats += retransmissions(*result);
    any = true;
  }
  if (any) figures = fmt::format("{:>5.1f}s {:>10} r{}", slowest.as_seconds(), rate_text(lowest), repeats);
  return letters + " " + fmt::format("{:{}}", figures, kCell - 3);
}

bool undecided_or_failed(Verdict verdict) {
  return run::is_failure(verdict) || verdict == Verdict::kInconclusive;
}

std::string story(const Played& result, const ConsoleStyle& style) {
  const run::Outcome& outcome = result.outcome;
  std::string out = fmt::format(
      "  {}  {}   {}\n", run::tinted(run::symbol(outcome.verdict), run::tint_of(outcome.verdict), style),
      result.name, run::tinted(run::to_string(outcome.verdict), run::tint_of(outcome.verdict), style));
  const auto line = [&](const char* label, const std::string& text) {
    if (!text.empty()) out += fmt::format("    {:9} {}\n", label, text);
  };
  if (outcome.failure) {
    line("rule", outcome.failure->rule);
    line("allowed", outcome.failure->allowed);
    line("differs", outcome.failure->differs);
    line("actual", outcome.failure->actual);
    line("states", outcome.failure->before);
  }
  for (const std::string& reason : outcome.reasons) line("because", reason);
  line("knobs", result.knobs);
  if (outcome.failure) {
    for (const std::string& packet : outcome.failure->last) {
      line(&packet == &outcome.failure->last.front() ? "packets" : "", packet);
    }
  }
  line("capture", result.capture);
  line("again", result.again);
  return out;
}

}  // namespace

int exit_status(const Report& report) {
  if (report.signal != 0) return 128 + report.signal;
  if (count(report, Verdict::kError) > 0) return run::kOwnError;
  const std::size_t died = count(report, Verdict::kCrash) + count(report, Verdict::kHang);
  if (died > 1 && died == report.results.size()) return run::kUnreachable;
  if (died + count(report, Verdict::kFail) > 0 || report.repeated_equal < report.repeated)
    return run::kFailure;
  if (count(report, Verdict::kPass) + count(report, Verdict::kTolerated) == 0) return run::kNothingRan;
  return run::kWithinPolicy;
}

std::string console_head(const Report& report, const ConsoleStyle& style) {
  return run::tinted(fmt::format("tcpspec {}", report.version), Tint::kBold, style) +
         fmt::format("   interop with {} {} ({})   {} conversations{}   seed {}\n", report.profile.name,
                     report.profile.version, report.profile.setting, run::grouped(report.scheduled),
                     report.scale.empty() ? ", chaos" : ", scale " + report.scale, report.seed);
}

std::string console_matrix(const Report& report, const ConsoleStyle& style) {
  // By row, column and opening, in the order of all_variants().
  std::vector<std::string> rows;
  std::map<std::string, std::array<std::vector<const Played*>, 4>> cells;
  for (const Played& result : report.results) {
    if (!result.variant) continue;
    const Variant& variant = *result.variant;
    const std::string row = row_of(variant);
    if (cells.find(row) == cells.end()) {
      rows.push_back(row);
      for (auto& pair : cells[row]) pair.assign(2, nullptr);
    }
    const std::size_t column = (variant.ip == IpVersion::kV6 ? 2U : 0U) +
                               (variant.direction == Direction::kTargetReceives ? 1U : 0U);
    cells[row][column][variant.opening == Opening::kPeer ? 0 : 1] = &result;
  }
  if (rows.empty()) return {};
  std::string out = fmt::format("\n{:32}", "link   options");
  for (const char* column :
       {"v4 target sends", "v4 target receives", "v6 target sends", "v6 target receives"}) {
    out += fmt::format("{:{}}", column, kCell);
  }
  out += '\n';
  for (const std::string& row : rows) {
    out += fmt::format("{:32}", row);
    for (const auto& pair : cells[row]) out += cell(pair, style);
    while (out.back() == ' ') out.pop_back();
    out += '\n';
  }
  out += run::tinted(
      "two letters: opened by the peer, by the target.  P pass  T tolerated  F fail  I inconclusive  N not "
      "applicable  C crash  H hang  E error  · not played;  r retransmissions of the sender\n",
      Tint::kFaint, style);
  return out;
}

std::string console_failures(const Report& report, const ConsoleStyle& style) {
  std::string out;
  std::map<std::string, std::size_t> reasons;
  for (const Played& result : report.results) {
    if (result.outcome.verdict != Verdict::kNotApplicable) continue;
    ++reasons[result.outcome.reasons.empty() ? "" : result.outcome.reasons.front()];
  }
  if (!reasons.empty()) out += "\nNot applicable\n";
  for (const auto& [reason, times] : reasons) out += fmt::format("  {:>4}  {}\n", times, reason);
  const auto section = [&](const char* title, auto belongs) {
    bool first = true;
    for (const Played& result : report.results) {
      if (!belongs(result.outcome.verdict)) continue;
      if (first) out += fmt::format("\n{}\n", title);
      first = false;
      out += story(result, style);
    }
  };
  section("Tolerated", [](Verdict verdict) { return verdict == Verdict::kTolerated; });
  section("Failures", undecided_or_failed);
  for (const std::string& remark : report.remarks) out += fmt::format("remark: {}\n", remark);
  return out;
}

std::string console_summary(const Report& report, int status, const ConsoleStyle& style) {
  std::string out = fmt::format("\n{} conversations", run::grouped(report.scheduled));
  for (const Verdict verdict : kVerdicts) {
    const std::size_t times = count(report, verdict);
    if (times == 0) continue;
    out += "   " + run::tinted(fmt::format("{} {}", run::grouped(times), run::to_string(verdict)),
                               run::tint_of(verdict), style);
  }
  if (report.repeated > 0) {
    out +=
        fmt::format("   {} of {} seeds gave the same packets again", report.repeated_equal, report.repeated);
  }
  out += fmt::format("   executed {}   {}\n", run::grouped(report.results.size()),
                     run::seconds_text(report.wall));
  if (report.signal != 0) out += fmt::format("interrupted by signal {}\n", report.signal);
  return out + fmt::format("exit {}\n", status);
}

std::string report_json(const Report& report, int status) {
  Json json{{"schema", 1},
            {"tool", {{"name", "tcpspec"}, {"version", report.version}}},
            {"target",
             {{"name", report.target},
              {"profile", report.profile.name},
              {"version", report.profile.version},
              {"setting", report.profile.setting},
              {"clock", report.profile.clock == target::ClockKind::kReal ? "real" : "virtual"}}},
            {"seed", report.seed},
            {"jobs", report.jobs},
            {"wall_seconds", report.wall.as_seconds()},
            {"exit", status},
            {"interrupted", report.signal},
            {"scheduled", report.scheduled},
            {"executed", report.results.size()},
            {"repeated", report.repeated},
            {"repeated_equal", report.repeated_equal}};
  if (!report.scale.empty()) json["scale"] = report.scale;
  for (const Verdict verdict : kVerdicts) json["counts"][run::to_string(verdict)] = count(report, verdict);
  Json& list = json["conversations"] = Json::array();
  for (const Played& result : report.results) {
    const run::Outcome& outcome = result.outcome;
    Json entry{{"name", result.name},
               {"seed", result.seed},
               {"verdict", run::to_string(outcome.verdict)},
               {"letter", std::string(1, run::letter(outcome.verdict))},
               {"elapsed_seconds", result.figures.elapsed.as_seconds()},
               {"octets_per_second", throughput(result)},
               {"figures", Json::parse(to_json(result.figures))},
               {"attempts", outcome.attempts},
               {"reasons", outcome.reasons},
               {"again", result.again}};
    if (result.variant) {
      entry["row"] = row_of(*result.variant);
      entry["ip"] = result.variant->ip == IpVersion::kV4 ? 4 : 6;
      entry["direction"] =
          result.variant->direction == Direction::kTargetSends ? "target sends" : "target receives";
      entry["opening"] = to_string(result.variant->opening);
    }
    if (!result.knobs.empty()) entry["knobs"] = result.knobs;
    if (!result.capture.empty()) entry["capture"] = result.capture;
    if (outcome.failure) {
      entry["failure"] = {{"rule", outcome.failure->rule},     {"allowed", outcome.failure->allowed},
                          {"actual", outcome.failure->actual}, {"differs", outcome.failure->differs},
                          {"before", outcome.failure->before}, {"last", outcome.failure->last}};
    }
    list.push_back(std::move(entry));
  }
  return json.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace tcpspec::interop
