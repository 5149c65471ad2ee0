// tcpspec run: plays cases against a target and reports.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <map>
#include <memory>
#include <set>
#include <thread>
#include <utility>

#include "harness/cli/cli.h"
#include "harness/cli/console.h"
#include "harness/cli/selecting.h"
#include "harness/cli/targets.h"
#include "harness/run/report_console.h"
#include "harness/run/report_files.h"
#include "harness/run/scheduler.h"

namespace tcpspec::cli {
namespace {

constexpr int kRealTimeJobs = 256;   // cases mostly wait
constexpr int kSharedComingUp = 12;  // waiting for addresses and ports of their own
constexpr int kSharedJobs = 64;      // on one box, each from an address and ports of its own

struct RunCommand {
  SelectOptions select;
  std::string target, fault;
  std::string json, junit, pcap, traces, baseline;
  int jobs = 0;  // 0: by the target's clock
  std::uint64_t seed = 1;
  int hang_after = 0;  // seconds; 0: by the target's clock
  bool here = false;
  bool verbose = false;
};

// The console report goes to stdout, unless a file report does.
std::FILE* console_of(const RunCommand& command) {
  return command.json == "-" || command.junit == "-" ? stderr : stdout;
}

Status read_baseline(const std::string& path, run::Baseline& baseline) {
  if (path.empty()) return Ok{};
  const Result<std::string> text = read_file(path);
  if (!text.ok()) return Error{fmt::format("{}: {}", path, text.error())};
  std::string wrong;
  for (const scenario::Diagnostic& error : baseline.parse(path, *text)) {
    wrong += (wrong.empty() ? "" : "\n") + scenario::to_string(error);
  }
  if (!wrong.empty()) return Error{wrong};
  return Ok{};
}

int default_jobs(const target::Profile& profile) {
  if (profile.isolation == target::Isolation::kShared) return kSharedJobs;
  if (profile.clock == target::ClockKind::kReal) return kRealTimeJobs;
  return static_cast<int>(std::max(std::thread::hardware_concurrency(), 1U));
}

void play_all(const RunCommand& command, const std::vector<scenario::Scenario>& cases,
              const run::TargetFactory& make, const run::Baseline& baseline, run::Report& report) {
  const bool virtual_time = report.profile.clock == target::ClockKind::kVirtual;
  run::ScheduleStats stats;
  ProgressLine line;
  run::ScheduleOptions options;
  options.jobs = report.jobs;
  options.seed = command.seed;
  options.fork_workers = !command.here;
  options.virtual_time = virtual_time;
  if (report.profile.isolation == target::Isolation::kShared) options.coming_up = kSharedComingUp;
  // A busy machine is quieter on the second try, when most cases are done.
  options.inconclusive_retries = virtual_time ? 0 : 2;
  const int patience = command.hang_after > 0 ? command.hang_after : virtual_time ? 20 : 120;
  options.hang_after = Duration::seconds(patience);
  options.stats = &stats;
  if (line.shown()) options.on_progress = [&](const run::Progress& progress) { line.show(progress); };
  std::vector<std::optional<run::Outcome>> outcomes(cases.size());
  const auto began = std::chrono::steady_clock::now();
  run::schedule(cases, make, options, [&](std::size_t index, run::Outcome outcome) {
    baseline.apply(cases[index], outcome);
    outcomes[index] = std::move(outcome);
  });
  report.wall = Duration::nanos((std::chrono::steady_clock::now() - began).count());
  report.signal = stats.signal;
  report.remarks = std::move(stats.remarks);
  report.lateness.insert(report.lateness.end(), stats.lateness.begin(), stats.lateness.end());
  for (std::size_t i = 0; i < cases.size(); ++i) {
    if (outcomes[i]) report.results.push_back({&cases[i], std::move(*outcomes[i]), {}});
  }
}

bool worth_a_capture(run::Verdict verdict) {
  return run::is_failure(verdict) || verdict == run::Verdict::kInconclusive ||
         verdict == run::Verdict::kKnownGap;
}

// Each returns whether all went well; what did not is on stderr.
bool write_captures(const RunCommand& command, run::Report& report) {
  if (command.pcap.empty()) return true;
  bool well = true;
  std::set<std::string> taken;
  for (run::CaseResult& result : report.results) {
    if (!command.verbose && !worth_a_capture(result.outcome.verdict)) continue;
    std::string name = run::pcap_name(*result.scenario);
    while (!taken.insert(name).second) name.insert(name.size() - 5, "-2");  // "a/b-c" and "a-b/c"
    const std::string path = (std::filesystem::path(command.pcap) / name).string();
    const Status written = run::write_pcap(path, result.outcome.trace);
    if (written.ok()) {
      result.capture = path;
      continue;
    }
    fmt::print(stderr, "tcpspec: {}\n", written.error());
    well = false;
    break;  // the next would not fit either
  }
  return well;
}

// What two runs must have in common, and nothing of when or where they ran.
std::string traces_text(const run::Report& report) {
  std::string text;
  for (const run::CaseResult& result : report.results) {
    text += fmt::format("{}  {}\n{}", scenario::full_id(*result.scenario),
                        run::to_string(result.outcome.verdict), run::to_text(result.outcome.trace));
  }
  return text;
}

int report_all(const RunCommand& command, run::Report& report) {
  std::FILE* console = console_of(command);
  const run::ConsoleStyle style = style_for(console, command.verbose);
  bool well = write_captures(command, report);
  const run::Summary summary = run::summarize(report);
  int status = run::exit_status(report, summary);
  const auto settle = [&] {
    if (!well && status < 128) status = run::kOwnError;
  };
  settle();
  if (!command.junit.empty()) well = write_report(command.junit, run::report_junit(report, summary)) && well;
  settle();
  if (!command.json.empty()) {
    well = write_report(command.json, run::report_json(report, summary, status, command.verbose)) && well;
  }
  if (!command.traces.empty()) well = write_report(command.traces, traces_text(report)) && well;
  settle();
  const std::string text = run::console_head(report, style) + run::console_tree(report, style) +
                           run::console_failures(report, style) +
                           run::console_summary(report, summary, status, style);
  std::fwrite(text.data(), 1, text.size(), console);
  return status;
}

int run_cases(const RunCommand& command) {
  run::Baseline baseline;
  if (const Status read = read_baseline(command.baseline, baseline); !read.ok()) {
    return fail_with(run::kUsage, read.error());
  }
  const Result<run::TargetFactory> make = find_target(command.target, command.fault);
  if (!make.ok()) return fail_with(run::kUsage, make.error());
  if (const Status fine = check_destinations({command.json, command.junit, command.traces}, command.pcap);
      !fine.ok())
    return fail_with(run::kUsage, fine.error());
  Selected selected = select_cases(command.select, !command.baseline.empty());
  if (selected.status != 0) return selected.status;

  run::Report report;
  const Result<target::Profile> profile = run::probe_profile(*make, Duration::seconds(30), &report.lateness);
  if (!profile.ok()) {
    return fail_with(run::kUnreachable,
                     fmt::format("target {}: {}{}", command.target, profile.error(),
                                 command.target.starts_with("linux") ? " (tcpspec doctor says more)" : ""));
  }
  report.version = TCPSPEC_VERSION;
  report.target = command.target;
  report.profile = *profile;
  report.seed = command.seed;
  report.jobs = command.jobs > 0 ? command.jobs : default_jobs(*profile);
  report.ledger = &selected.tree->ledger();
  report.scheduled = selected.cases.size();
  report.baseline = command.baseline;
  report.stale = baseline.stale(selected.all);
  if (!command.select.cases.empty()) report.again_options = "--cases " + command.select.cases;
  if (!command.fault.empty()) {
    report.again_options += (report.again_options.empty() ? "--fault " : " --fault ") + command.fault;
  }
  play_all(command, selected.cases, *make, baseline, report);
  return report_all(command, report);
}

}  // namespace

void add_run(CLI::App& app, int& status) {
  CLI::App* sub = app.add_subcommand("run", "play cases against a target and report");
  auto command = std::make_shared<RunCommand>();
  add_select_options(*sub, command->select);
  std::string names = "what to test:";
  for (const TargetEntry& entry : targets()) names += fmt::format(" {} ({});", entry.name, entry.what);
  sub->add_option("--target,-t", command->target, names)->required();
  sub->add_option("--fault", command->fault,
                  "the reference stack with this fault (tcpspec list --faults), to see that cases notice it");
  sub->add_option("--json", command->json, "write a JSON report; - is standard output");
  sub->add_option("--junit", command->junit, "write a JUnit XML report; - is standard output");
  sub->add_option("--pcap", command->pcap,
                  "write the capture of every case that failed into this folder; with -v of all");
  sub->add_option("--traces", command->traces,
                  "write every case's trace as text; equal runs in virtual time give equal bytes");
  sub->add_option("--baseline", command->baseline, "known gaps: lines of 'ID fail|crash|hang REASON'");
  sub->add_option("--jobs,-j", command->jobs,
                  "cases at once (default: virtual time as many as there are cores, real time 256, a box 64)")
      ->check(CLI::Range(1, 10'000));
  sub->add_option("--seed", command->seed, "ports, sequence numbers and everything else that is drawn");
  sub->add_option(
         "--hang-after", command->hang_after,
         "seconds of real time that a case may take beyond its script's own waits (default 20 or 120)")
      ->check(CLI::Range(1, 86'400));
  sub->add_flag("--no-fork", command->here, "in this process, one after the other, for debuggers");
  sub->add_flag("--verbose,-v", command->verbose, "every packet of every case");
  sub->callback([command, &status] { status = run_cases(*command); });
}

}  // namespace tcpspec::cli
