// tcpspec list: which cases a selection means.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>

#include "harness/cli/cli.h"
#include "harness/cli/selecting.h"
#include "harness/run/selection.h"

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

void print_text(const Selected& selected) {
  for (const scenario::Scenario& one : selected.cases) {
    fmt::print("{:<52} {:<7} {}\n", scenario::full_id(one),
               run::to_string(run::grade_of(one, selected.tree->ledger())), one.title);
  }
}

}  // namespace

void add_list(CLI::App& app, int& status) {
  CLI::App* sub = app.add_subcommand("list", "show the cases that a selection means");
  auto options = std::make_shared<SelectOptions>();
  auto json = std::make_shared<bool>(false);
  add_select_options(*sub, *options);
  sub->add_flag("--json", *json, "as JSON: name, id, ip, title, grade, covers, needs, tags, file, line");
  sub->callback([options, json, &status] {
    const Selected selected = select_cases(*options, false);
    status = selected.status;
    if (status != 0) return;
    *json ? print_json(selected) : print_text(selected);
  });
}

}  // namespace tcpspec::cli
