// tcpspec interop: whole conversations between a target and the reference stack over faulty links.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <filesystem>
#include <memory>
#include <thread>
#include <utility>

#include "harness/cli/cli.h"
#include "harness/cli/console.h"
#include "harness/cli/targets.h"
#include "harness/interop/chaos.h"
#include "harness/interop/report.h"
#include "harness/run/ladder.h"
#include "harness/run/report.h"
#include "harness/run/report_files.h"

namespace tcpspec::cli {
namespace {

// Conversations over a bad link wait for most of their time; those over a good one work for most of it.
constexpr int kWaitingJobsPerCore = 32, kBusyJobsPerCore = 2;
constexpr std::size_t kCaptured = 20'000;  // packets of a capture at most, the last ones
constexpr std::size_t kTold = 64;
// Of a chaos run, so many seeds at most are played twice.
constexpr std::size_t kRepeated = 100;

struct InteropCommand {
  std::string target, only, scale = "full", json, pcap;
  std::uint64_t seed = 1;
  std::uint64_t chaos = 0;
  int jobs = 0;
  bool list = false, here = false, verbose = false;
};

int cores() { return static_cast<int>(std::max(std::thread::hardware_concurrency(), 1U)); }

interop::Scale scale_of(const std::string& word) {
  return word == "ci" ? interop::Scale::kCi : interop::Scale::kFull;
}

// Single quotes, where a shell would not take the word as it is.
std::string shell_word(const std::string& word) {
  if (word.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/.:=,-_") ==
      std::string::npos) {
    return word;
  }
  std::string out = "'";
  for (const char letter : word) out += letter == '\'' ? std::string("'\\''") : std::string(1, letter);
  return out + "'";
}

std::string again_text(const InteropCommand& command, const std::string& rest) {
  return fmt::format("tcpspec interop --target {} {} -v", shell_word(command.target), rest);
}

// What is to be played, in order; repeated seeds at the end.
struct Playlist {
  std::vector<interop::Played> entries;
  std::vector<run::Task> tasks;
  std::vector<std::size_t> repeats;  // of which entry each further task is
  run::Play play;
};

interop::TalkOptions talk_options(const InteropCommand& command, const run::OnEvent& on_event) {
  interop::TalkOptions options;
  const bool all = command.verbose || !command.pcap.empty();
  options.keep = all ? kCaptured : kTold;
  options.hash_packets = command.chaos > 0;
  // A crash takes along what was not told at once.
  if (command.verbose && command.chaos > 0) options.on_event = on_event;
  return options;
}

// Only what somebody will look at goes through the pipe.
void spare(run::Outcome& outcome, const InteropCommand& command) {
  const bool fine = !run::is_failure(outcome.verdict) && outcome.verdict != run::Verdict::kInconclusive;
  if (fine && !command.verbose) outcome.trace.events.clear();
}

Playlist matrix_list(const InteropCommand& command, const target::Profile& profile) {
  Playlist list;
  const interop::Scale scale = scale_of(command.scale);
  const bool real = profile.clock == target::ClockKind::kReal;
  std::vector<interop::Variant> variants;
  for (const interop::Variant& variant : interop::all_variants()) {
    if (!command.only.empty() && !interop::fits(variant, command.only)) continue;
    interop::Played entry;
    entry.name = interop::name_of(variant);
    entry.variant = variant;
    entry.again = again_text(command, fmt::format("--only {} --scale {} --seed {}", shell_word(entry.name),
                                                  command.scale, command.seed));
    const Result<interop::Plan> plan = interop::plan_of(variant, profile, scale, command.seed);
    const bool busy = real && variant.link == interop::LinkKind::kLight;
    list.tasks.push_back({entry.name, plan.ok() ? plan->limit : Duration(), busy});
    list.entries.push_back(std::move(entry));
    variants.push_back(variant);
  }
  list.play = [variants = std::move(variants), profile, scale, command](
                  std::size_t index, target::Target& target, const run::OnEvent& on_event) {
    run::Outcome outcome;
    const auto plan = interop::plan_of(variants[index], profile, scale, command.seed);
    if (!plan.ok()) {
      outcome.verdict = run::Verdict::kNotApplicable;
      outcome.reasons = {plan.error()};
      return outcome;
    }
    outcome = interop::talk(*plan, target, talk_options(command, on_event));
    spare(outcome, command);
    return outcome;
  };
  return list;
}

Playlist chaos_list(const InteropCommand& command) {
  Playlist list;
  for (std::uint64_t i = 0; i < command.chaos; ++i) {
    interop::Played entry;
    entry.seed = command.seed + i;
    entry.name = fmt::format("chaos/{}", entry.seed);
    entry.again = again_text(command, fmt::format("--chaos 1 --seed {}", entry.seed));
    list.tasks.push_back({entry.name, Duration(), false});
    list.entries.push_back(std::move(entry));
  }
  const std::size_t most = std::min<std::size_t>(list.entries.size(), kRepeated);
  for (std::size_t i = 0; i < most; ++i) {
    list.repeats.push_back(i * list.entries.size() / most);
    list.tasks.push_back(list.tasks[list.repeats.back()]);
  }
  list.play = [command, repeats = list.repeats](std::size_t index, target::Target& target,
                                                const run::OnEvent& on_event) {
    const std::uint64_t offset = index < command.chaos ? index : repeats[index - command.chaos];
    const interop::Plan plan = interop::plan_of(interop::draw(command.seed + offset));
    run::Outcome outcome = interop::talk(plan, target, talk_options(command, on_event));
    spare(outcome, command);
    return outcome;
  };
  return list;
}

void compare(const Playlist& list, std::vector<std::optional<run::Outcome>>& outcomes,
             interop::Report& report) {
  for (std::size_t i = 0; i < list.repeats.size(); ++i) {
    const auto& first = outcomes[list.repeats[i]];
    const auto& second = outcomes[list.entries.size() + i];
    if (!first || !second) continue;
    ++report.repeated;
    const bool equal = first->details == second->details && first->verdict == second->verdict;
    if (equal) {
      ++report.repeated_equal;
    } else {
      report.remarks.push_back(
          fmt::format("{} gave other packets when it was played again", list.entries[list.repeats[i]].name));
    }
  }
}

void play_all(const InteropCommand& command, Playlist list, const run::TargetFactory& make,
              interop::Report& report) {
  const bool real = report.profile.clock == target::ClockKind::kReal;
  run::ScheduleStats stats;
  ProgressLine line;
  run::ScheduleOptions options;
  options.jobs = report.jobs;
  options.fork_workers = !command.here;
  options.virtual_time = !real;
  options.busy_jobs = real ? cores() * kBusyJobsPerCore : 0;
  options.inconclusive_retries = real ? 1 : 0;
  options.hang_after = Duration::seconds(real ? 60 : 600);
  options.stats = &stats;
  if (line.shown()) options.on_progress = [&](const run::Progress& progress) { line.show(progress); };
  std::vector<std::optional<run::Outcome>> outcomes(list.tasks.size());
  const auto began = std::chrono::steady_clock::now();
  run::schedule(list.tasks, list.play, make, options,
                [&](std::size_t index, run::Outcome outcome) { outcomes[index] = std::move(outcome); });
  report.wall = Duration::nanos((std::chrono::steady_clock::now() - began).count());
  report.signal = stats.signal;
  report.remarks = std::move(stats.remarks);
  compare(list, outcomes, report);
  for (std::size_t i = 0; i < list.entries.size(); ++i) {
    if (!outcomes[i]) continue;
    interop::Played& entry = list.entries[i];
    entry.outcome = std::move(*outcomes[i]);
    entry.figures = interop::figures_of(entry.outcome.details);
    const bool told = command.verbose || run::is_failure(entry.outcome.verdict) || command.chaos <= 1'000;
    if (!entry.variant && told) entry.knobs = interop::describe(interop::draw(entry.seed));
    report.results.push_back(std::move(entry));
  }
}

bool write_captures(const InteropCommand& command, interop::Report& report) {
  if (command.pcap.empty()) return true;
  for (interop::Played& result : report.results) {
    if (result.outcome.trace.events.empty()) continue;
    std::string name = result.name + ".pcap";
    std::replace(name.begin(), name.end(), '/', '-');
    const std::string path = (std::filesystem::path(command.pcap) / name).string();
    if (const Status written = run::write_pcap(path, result.outcome.trace); !written.ok()) {
      fmt::print(stderr, "tcpspec: {}\n", written.error());
      return false;
    }
    result.capture = path;
  }
  return true;
}

std::string ladders(const interop::Report& report) {
  std::string out;
  for (const interop::Played& result : report.results) {
    out += fmt::format("\n{}  {}\n", result.name, run::to_string(result.outcome.verdict));
    if (!result.knobs.empty()) out += "  " + result.knobs + "\n";
    out += run::ladder(result.outcome.trace, {});
    const interop::Figures& figures = result.figures;
    out +=
        fmt::format("  target sent {} octets, XXH3-128 {}; the peer received {}, {}\n", figures.target.sent,
                    figures.target.sent_digest, figures.peer.received, figures.peer.received_digest);
    out += fmt::format("  peer sent {} octets, XXH3-128 {}; the target received {}, {}\n", figures.peer.sent,
                       figures.peer.sent_digest, figures.target.received, figures.target.received_digest);
    if (!figures.packet_hash.empty())
      out += fmt::format("  all packets with their times: {}\n", figures.packet_hash);
  }
  return out;
}

int report_all(const InteropCommand& command, interop::Report& report) {
  std::FILE* console = command.json == "-" ? stderr : stdout;
  const run::ConsoleStyle style = style_for(console, command.verbose);
  bool well = write_captures(command, report);
  int status = interop::exit_status(report);
  if (!command.json.empty()) well = write_report(command.json, interop::report_json(report, status)) && well;
  if (!well && status < 128) status = run::kOwnError;
  std::string text = interop::console_head(report, style);
  if (command.verbose) text += ladders(report);
  text += interop::console_matrix(report, style) + interop::console_failures(report, style) +
          interop::console_summary(report, status, style);
  std::fwrite(text.data(), 1, text.size(), console);
  return status;
}

// Empty: there is nothing to complain about.
std::string wrong_words(const InteropCommand& command) {
  if (command.chaos > 0 && !command.only.empty()) {
    return "--only chooses from the matrix; with --chaos a --seed chooses";
  }
  if (command.only.empty()) return {};
  const auto all = interop::all_variants();
  const bool any = std::any_of(all.begin(), all.end(),
                               [&](const auto& variant) { return interop::fits(variant, command.only); });
  if (any) return {};
  return fmt::format(
      "--only: '{}' fits no conversation; names look like {}; tcpspec interop --list shows all of them",
      command.only, interop::name_of(all.front()));
}

int list_names(const InteropCommand& command) {
  for (const interop::Variant& variant : interop::all_variants()) {
    if (command.only.empty() || interop::fits(variant, command.only)) {
      fmt::print("{}\n", interop::name_of(variant));
    }
  }
  return run::kWithinPolicy;
}

int interop_with(const InteropCommand& command) {
  if (const std::string wrong = wrong_words(command); !wrong.empty()) return fail_with(run::kUsage, wrong);
  if (command.list) return list_names(command);
  if (command.target.empty()) {
    return fail_with(run::kUsage, "interop needs a --target; tcpspec run --help lists them");
  }
  const auto make = find_target(command.target);
  if (!make.ok()) return fail_with(run::kUsage, make.error());
  if (const Status fine = check_destinations({command.json}, command.pcap); !fine.ok()) {
    return fail_with(run::kUsage, fine.error());
  }
  const auto profile = run::probe_profile(*make, Duration::seconds(30), nullptr);
  if (!profile.ok()) {
    return fail_with(run::kUnreachable,
                     fmt::format("target {}: {}{}", command.target, profile.error(),
                                 command.target.starts_with("linux") ? " (tcpspec doctor says more)" : ""));
  }
  const bool real = profile->clock == target::ClockKind::kReal;
  if (command.chaos > 0 && real) {
    return fail_with(
        run::kUsage,
        fmt::format("--chaos needs virtual time, and {} lives in real time; take --target reference",
                    command.target));
  }
  interop::Report report;
  report.version = TCPSPEC_VERSION;
  report.target = command.target;
  report.profile = *profile;
  report.seed = command.seed;
  report.jobs = command.jobs > 0 ? command.jobs : real ? cores() * kWaitingJobsPerCore : cores();
  report.scale = command.chaos > 0 ? "" : command.scale;
  Playlist list = command.chaos > 0 ? chaos_list(command) : matrix_list(command, *profile);
  report.scheduled = list.entries.size();
  play_all(command, std::move(list), *make, report);
  return report_all(command, report);
}

}  // namespace

void add_interop(CLI::App& app, int& status) {
  CLI::App* sub = app.add_subcommand(
      "interop", "hold whole conversations between a target and the reference stack over faulty links");
  auto command = std::make_shared<InteropCommand>();
  sub->add_option("--target,-t", command->target, "as in tcpspec run");
  sub->add_option("--only", command->only,
                  "conversations of the matrix whose name fits this glob, or begins so up to a '/'");
  sub->add_option("--scale", command->scale, "full: 64 MiB and 1 MiB; ci: 256 KiB and 24 KiB")
      ->capture_default_str()
      ->check(CLI::IsMember({"full", "ci"}));
  sub->add_option(
         "--chaos", command->chaos,
         "instead of the matrix, so many conversations with everything drawn from a seed; virtual time")
      ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{10'000'000}));
  sub->add_option("--seed", command->seed, "losses, sequence numbers and all else; of --chaos the first")
      ->capture_default_str();
  sub->add_option("--jobs,-j", command->jobs,
                  "conversations at once (default: virtual time as many as there are cores, real time 32 a "
                  "core, of which 2 over a good link)")
      ->check(CLI::Range(1, 10'000));
  sub->add_option("--json", command->json, "write a JSON report; - is standard output");
  sub->add_option(
      "--pcap", command->pcap,
      "write the last 20,000 packets of every conversation that failed into this folder; with -v of all");
  sub->add_flag("--list", command->list, "print the names of the matrix and do nothing");
  sub->add_flag("--no-fork", command->here, "in this process, one after the other, for debuggers");
  sub->add_flag("--verbose,-v", command->verbose, "the packets of every conversation, and the hashes");
  sub->callback([command, &status] { status = interop_with(*command); });
}

}  // namespace tcpspec::cli
