// tcpspec list: which cases a selection means.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <array>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>
#include <string_view>

#include "harness/cli/cli.h"
#include "harness/cli/selecting.h"
#include "harness/cli/targets.h"
#include "harness/run/control.h"
#include "harness/run/report.h"
#include "harness/run/selection.h"
#include "harness/target/reference_faults.h"

namespace tcpspec::cli {
namespace {

void print_json(const Selected& selected) {
  nlohmann::ordered_json out = nlohmann::ordered_json::array();
  for (const scenario::Scenario& one : selected.cases) {
    out.push_back({{"name", scenario::full_id(one)},
                   {"id", one.id},
                   {"ip", one.ip == IpVersion::kV4 ? 4 : 6},
                   {"title", one.title},
                   {"grade", run::to_string(run::grade_of(one, selected.tree->ledger()))},
                   {"covers", one.covers},
                   {"needs", one.needs},
                   {"tags", one.tags},
                   {"file", one.where.file},
                   {"line", one.where.line}});
  }
  fmt::print("{}\n", out.dump(1, ' ', false, nlohmann::ordered_json::error_handler_t::replace));
}

// How many of the cases each level of control runs; a level runs those below it, too.
struct LevelCounts {
  std::array<std::size_t, 3> runs{};
  std::array<std::set<std::string>, 3> ids;
};
LevelCounts count_levels(const Selected& selected) {
  LevelCounts counts;
  for (const scenario::Scenario& one : selected.cases) {
    for (auto level = static_cast<std::size_t>(run::control_of(one).level); level < 3; ++level) {
      ++counts.runs.at(level);
      counts.ids.at(level).insert(one.id);
    }
  }
  return counts;
}

void print_control(const Selected& selected, bool json) {
  static constexpr auto kNeeds =
      std::to_array<std::string_view>({"any open port", "and echo, discard, chargen on the box",
                                       "and socket calls: in process, namespaces, or an agent"});
  const LevelCounts counts = count_levels(selected);
  nlohmann::ordered_json out = {{"levels", nlohmann::ordered_json::array()},
                                {"cases", nlohmann::ordered_json::array()}};
  for (std::size_t level = 0; level < kNeeds.size(); ++level) {
    const double share =
        100.0 * static_cast<double>(counts.runs.at(level)) / static_cast<double>(selected.cases.size());
    out["levels"].push_back({{"level", fmt::format("L{}", level)},
                             {"needs", kNeeds.at(level)},
                             {"runs", counts.runs.at(level)},
                             {"cases", counts.ids.at(level).size()}});
    if (!json) {
      fmt::print("L{}  {:>5} of {} runs ({:.0f} %)  {:>4} cases   {}\n", level, counts.runs.at(level),
                 selected.cases.size(), share, counts.ids.at(level).size(), kNeeds.at(level));
    }
  }
  if (!json) fmt::print("\n");
  for (const scenario::Scenario& one : selected.cases) {
    const run::Control control = run::control_of(one);
    if (json) {
      out["cases"].push_back({{"name", scenario::full_id(one)},
                              {"level", run::to_string(control.level)},
                              {"service", run::lack_word(control.service)},
                              {"why", control.why}});
    } else {
      fmt::print("{}  {:<11} {:<52} {}\n", run::to_string(control.level), run::lack_word(control.service),
                 scenario::full_id(one), control.why);
    }
  }
  if (json) fmt::print("{}\n", out.dump(1, ' ', false, nlohmann::ordered_json::error_handler_t::replace));
}

void print_text(const Selected& selected) {
  for (const scenario::Scenario& one : selected.cases) {
    fmt::print("{:<52} {:<7} {}\n", scenario::full_id(one),
               run::to_string(run::grade_of(one, selected.tree->ledger())), one.title);
  }
}

int list_faults(bool json) {
  if (!target::reference_has_faults()) {
    fmt::print(stderr, "tcpspec: --faults: {}\n", kNoFaults);
    return run::kUsage;
  }
  nlohmann::ordered_json out = nlohmann::ordered_json::array();
  for (const target::FaultInfo& one : target::reference_faults()) {
    if (json) {
      out.push_back(
          {{"id", one.id}, {"rule", one.rule}, {"row", one.row}, {"origin", one.origin}, {"says", one.says}});
    } else {
      fmt::print("{:<48} {:<42} {:<20} {}\n", one.id, one.rule, one.origin, one.says);
    }
  }
  if (json) fmt::print("{}\n", out.dump(1, ' ', false, nlohmann::ordered_json::error_handler_t::replace));
  return 0;
}

}  // namespace

void add_list(CLI::App& app, int& status) {
  CLI::App* sub = app.add_subcommand("list", "show the cases that a selection means");
  auto options = std::make_shared<SelectOptions>();
  auto json = std::make_shared<bool>(false);
  auto control = std::make_shared<bool>(false);
  auto faults = std::make_shared<bool>(false);
  add_select_options(*sub, *options);
  sub->add_flag("--json", *json, "as JSON: name, id, ip, title, grade, covers, needs, tags, file, line");
  sub->add_flag(
      "--control", *control,
      "how much say over the target's application each case needs, and how many cases each level runs");
  sub->add_flag("--faults", *faults,
                "the faults that the reference stack can be given (run --fault), and their rules");
  sub->callback([options, json, control, faults, &status] {
    if (*faults) {
      status = list_faults(*json);
      return;
    }
    const Selected selected = select_cases(*options, false);
    status = selected.status;
    if (status != 0) return;
    if (*control) return print_control(selected, *json);
    *json ? print_json(selected) : print_text(selected);
  });
}

}  // namespace tcpspec::cli
