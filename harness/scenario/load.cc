#include "harness/scenario/load.h"

#include <algorithm>
#include <deque>
#include <memory>
#include <set>
#include <utility>

#include "harness/scenario/blocks.h"
#include "harness/scenario/directives.h"
#include "harness/scenario/expand.h"
#include "harness/scenario/lower.h"
#include "harness/scenario/parser.h"

namespace tcpspec::scenario {
namespace {

std::string stem_of(std::string_view path) {
  const std::size_t slash = path.find_last_of('/');
  if (slash != std::string_view::npos) path.remove_prefix(slash + 1);
  if (path.ends_with(".pkt")) path.remove_suffix(4);
  return std::string(path);
}

// Every set of matrix values: the id's tail and the variables.
struct Combination {
  std::string suffix;
  Variables variables;
};

class Loader {
 public:
  Loader(const std::string& path, std::string_view text, const LoadOptions& options)
      : path_(path), text_(text), options_(options) {
    budget_.file_lines = options.limits.lines_per_file;
    budget_.file_bytes = options.limits.bytes_per_file;
    origin_.file = path;
  }

  Loaded run() {
    blocks_ = split_blocks(text_);
    if (!blocks_.has_directives) read_script_options();
    check_defaults();
    for (const Block& block : blocks_.cases) load_block(block);
    loaded_.errors = diagnostics_.take();
    return std::move(loaded_);
  }

 private:
  struct Fragment {
    std::string text;
    Blocks blocks;
  };
  // One case with one set of values in one IP version, while it is put together.
  struct Draft {
    const Block* block = nullptr;
    Variables variables;
    Directives directives;
    Scenario scenario;
    Scope scope;
  };

  void refuse(int line, std::string message) {
    const SourceLine source{&origin_, line, std::string(raw_line(line))};
    const std::size_t offset = source.text.find_first_not_of(" \t");
    diagnostics_.add(source, offset == std::string::npos ? 0 : offset, std::move(message));
  }

  [[nodiscard]] std::string_view raw_line(int number) const {
    std::string_view rest = text_;
    for (int i = 1; i < number && !rest.empty(); ++i)
      rest.remove_prefix(std::min(rest.find('\n'), rest.size() - 1) + 1);
    std::string_view line = rest.substr(0, std::min(rest.find('\n'), rest.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    return line;
  }

  void check_defaults() {
    for (const RawLine& line : blocks_.defaults.body) {
      const std::size_t begin = line.text.find_first_not_of(" \t");
      if (begin == std::string_view::npos || (!line.opaque.empty() && line.opaque.front().begin <= begin))
        continue;
      diagnostics_.add(
          {&origin_, line.number, std::string(line.text)}, begin,
          "a step before the first `//@ case`; what all cases share is a fragment (`//@ given`)");
      return;
    }
  }

  // `--name=value` lines at the top of a script.
  void read_script_options() {
    for (RawLine& line : blocks_.cases.front().body) {
      const std::size_t begin = line.text.find_first_not_of(" \t");
      const bool comment = begin == std::string_view::npos || !line.begins_in_code ||
                           (!line.opaque.empty() && line.opaque.front().begin <= begin);
      if (comment) continue;
      if (!line.text.substr(begin).starts_with("--")) return;
      read_option_line(line,
                       line.text.substr(0, line.opaque.empty() ? line.text.size() : line.opaque[0].begin));
      line = RawLine{line.number, "", {}, true};
    }
  }

  void read_option_line(const RawLine& line, std::string_view text) {
    for (std::size_t at = 0; (at = text.find_first_not_of(" \t", at)) != std::string_view::npos;) {
      const std::size_t end = std::min(text.find_first_of(" \t", at), text.size());
      const std::string_view word = text.substr(at, end - at);
      const std::size_t equals = std::min(word.find('='), word.size());
      const std::string_view name = word.substr(0, equals);
      if (!word.starts_with("--") || name.size() < 3 ||
          !std::ranges::all_of(name.substr(2), is_hyphen_name)) {
        diagnostics_.add({&origin_, line.number, std::string(line.text)}, at,
                         "expected --name=value, found " + quoted(word));
        return;
      }
      script_options_[std::string(name.substr(2))] =
          std::string(word.substr(std::min(equals + 1, word.size())));
      at = end;
    }
    const auto version = script_options_.find("ip_version");
    if (version != script_options_.end() && version->second != "ipv4" && version->second != "ipv6") {
      diagnostics_.add({&origin_, line.number, std::string(line.text)}, 0,
                       "the IP version " + quoted(version->second) + " is not supported yet");
    }
  }

  [[nodiscard]] bool version_permitted(IpVersion version) const {
    const auto said = script_options_.find("ip_version");
    return said == script_options_.end() || said->second == (version == IpVersion::kV4 ? "ipv4" : "ipv6");
  }

  // ---- One case
  // -------------------------------------------------------------------------------------------------

  void load_block(const Block& block) {
    std::string id = stem_of(path_);
    std::vector<Axis> axes;
    if (!read_name(block, id) || !read_axes(blocks_.defaults, axes) || !read_axes(block, axes)) return;
    budget_.case_lines = options_.limits.lines_per_case;
    std::vector<Combination> combinations;
    if (!combine(block, axes, combinations)) return;
    for (const Combination& combination : combinations) {
      for (const IpVersion version : options_.versions) {
        if (!version_permitted(version)) continue;
        load_one(block, id + combination.suffix, combination.variables, version);
      }
    }
  }

  bool read_name(const Block& block, std::string& id) {
    for (const RawLine& line : block.directives) {
      if (directive_word(line.text) != "case") continue;
      const std::size_t begin = line.text.find("case") + 4;
      const std::size_t name = line.text.find_first_not_of(" \t\r", begin);
      const std::size_t end = std::min(line.text.find_first_of(" \t\r", name), line.text.size());
      const SourceLine source{&origin_, line.number, std::string(line.text)};
      if (name == std::string_view::npos) {
        diagnostics_.add(source, line.text.size(), "expected the case's name");
        return false;
      }
      if (line.text.find_first_not_of(" \t\r", end) != std::string_view::npos) {
        diagnostics_.add(source, line.text.find_first_not_of(" \t\r", end), "a case's name is one word");
        return false;
      }
      id = std::string(line.text.substr(name, end - name));
    }
    return true;
  }

  bool read_axes(const Block& block, std::vector<Axis>& axes) {
    for (const RawLine& line : block.directives) {
      if (directive_word(line.text) != "matrix") continue;
      const SourceLine source{&origin_, line.number, std::string(line.text)};
      std::optional<Axis> axis = parse_matrix(source, diagnostics_);
      if (!axis) return false;
      for (const Axis& other : axes) {
        for (const std::string& name : axis->names) {
          if (std::ranges::find(other.names, name) == other.names.end()) continue;
          diagnostics_.add(source, source.text.find("matrix"),
                           "the matrix variable " + name + " is there twice");
          return false;
        }
      }
      axes.push_back(std::move(*axis));
    }
    return true;
  }

  bool combine(const Block& block, const std::vector<Axis>& axes, std::vector<Combination>& out) {
    out.assign(1, Combination{});
    for (const Axis& axis : axes) {
      if (out.size() * axis.values.size() * options_.versions.size() > options_.limits.cases_per_file) {
        refuse(block.line, "the matrix gives too many cases");
        return false;
      }
      std::vector<Combination> more;
      for (const Combination& combination : out) {
        for (const std::vector<std::string>& values : axis.values) {
          Combination next = combination;
          for (std::size_t i = 0; i < values.size(); ++i) {
            // A variable in lower case only carries what belongs to another's value: it stays out of the id.
            const bool silent =
                std::ranges::none_of(axis.names[i], [](char c) { return c >= 'A' && c <= 'Z'; });
            if (!silent) next.suffix += "/" + values[i];
            next.variables[axis.names[i]] = values[i];
          }
          more.push_back(std::move(next));
        }
      }
      out = std::move(more);
    }
    return true;
  }

  void load_one(const Block& block, const std::string& id, Variables variables, IpVersion version) {
    const std::size_t errors = diagnostics_.count();
    const bool v4 = version == IpVersion::kV4;
    variables.emplace("MSS", v4 ? "1460" : "1440");
    variables.emplace("IP", v4 ? "4" : "6");
    variables.emplace("HDR", v4 ? "40" : "60");
    Draft draft;
    draft.block = &block;
    draft.variables = std::move(variables);
    draft.scope.connections.insert("main");
    read_directives(draft);
    if (draft.directives.ip && *draft.directives.ip != version) return;
    Scenario& scenario = draft.scenario;
    scenario.id = id;
    scenario.ip = version;
    scenario.where = SourceLocation{path_, block.line, 1};
    scenario.title =
        expand_leniently(block.title.empty() ? blocks_.defaults.title : block.title, draft.variables);
    scenario.options = script_options_;
    if (!decide_kind(draft)) return;
    budget_.case_lines = options_.limits.lines_per_case;
    for (const Located& name : draft.directives.given) load_fragment(draft, name);
    load_own(draft);
    apply(draft.directives, scenario);
    check(draft, errors);
    if (diagnostics_.count() == errors) loaded_.scenarios.push_back(std::move(scenario));
  }

  void read_directives(Draft& draft) {
    DirectiveReader reader(draft.directives, options_, diagnostics_, false);
    for (const Block* block : {static_cast<const Block*>(&blocks_.defaults), draft.block}) {
      reader.begin_case();
      for (const RawLine& line : block->directives) {
        const std::string_view word = directive_word(line.text);
        if (word == "case" || word == "matrix") continue;
        SourceLine expanded;
        Expander expander(draft.variables, origin_, budget_, diagnostics_);
        if (expander.expand_line(line, expanded)) reader.read(expanded);
      }
    }
  }

  bool decide_kind(Draft& draft) {
    const bool covers = !draft.directives.covers.empty();
    const bool finding = !draft.directives.finding.empty();
    FileKind& kind = draft.scenario.kind;
    kind = finding ? FileKind::kRegression : blocks_.has_directives ? FileKind::kCase : FileKind::kScript;
    draft.scope.kind = kind;
    if (covers && finding) {
      refuse(draft.block->line,
             "a case `covers` ledger rows or is the `finding` of a monitor rule, not both");
      return false;
    }
    if (kind == FileKind::kCase && !covers) {
      if (!said(draft, "covers")) {
        refuse(draft.block->line, "a case needs `//@ covers ROW…`, a regression `//@ finding RULE`");
      }
      return said(draft, "covers");
    }
    return true;
  }

  [[nodiscard]] bool said(const Draft& draft, std::string_view name) const {
    const auto has = [&](const Block& block) {
      return std::ranges::any_of(block.directives,
                                 [&](const RawLine& line) { return directive_word(line.text) == name; });
    };
    return has(*draft.block) || has(blocks_.defaults);
  }

  // ---- Fragments and steps
  // --------------------------------------------------------------------------------------

  const Fragment* fragment_of(const Located& name) {
    const auto known = fragments_.find(name.text);
    if (known != fragments_.end()) return known->second.get();
    std::unique_ptr<Fragment>& fragment = fragments_[name.text];
    const std::string path = options_.fragment_folder + "/" + name.text + ".pkt";
    const Result<std::string> text = options_.fragments == nullptr
                                         ? Result<std::string>(Error{"no fragments here"})
                                         : options_.fragments->read(path);
    if (text.ok()) {
      fragment = std::make_unique<Fragment>();
      fragment->text = *text;
      fragment->blocks = split_blocks(fragment->text);
    }
    return fragment.get();
  }

  void load_fragment(Draft& draft, const Located& name) {
    const Fragment* fragment = fragment_of(name);
    if (fragment == nullptr) {
      const std::vector<std::string> known =
          options_.fragments == nullptr ? std::vector<std::string>{} : options_.fragments->fragment_names();
      diagnostics_.add(name.line, name.offset,
                       "unknown fragment " + quoted(name.text) + near_miss(name.text, known));
      return;
    }
    Origin& origin = origins_.emplace_back();
    origin.file = options_.fragment_folder + "/" + name.text + ".pkt";
    origin.note = "in fragment " + name.text + ", given by " + path_ + ":" + std::to_string(name.line.number);
    origin.fragment = true;
    Directives directives;
    DirectiveReader reader(directives, options_, diagnostics_, true);
    Expander expander(draft.variables, origin, budget_, diagnostics_);
    std::vector<SourceLine> lines;
    for (const Block* block : {&fragment->blocks.defaults, &fragment->blocks.cases.front()}) {
      for (const RawLine& line : block->directives) {
        SourceLine expanded;
        if (expander.expand_line(line, expanded)) reader.read(expanded);
      }
      if (!expander.expand_body(block->body, lines)) return;
    }
    for (const std::string& need : directives.needs) draft.scenario.needs.push_back(need);
    for (const auto& [key, value] : directives.policies) draft.scenario.policies[key] = value;
    add_connections(draft, directives.connections, name);
    if (lines.empty()) return;
    std::vector<Step> steps = Parser(lines, draft.scope, diagnostics_).parse_all();
    if (draft.directives.app != App::kNone && drop_calls(steps)) draft.scenario.app_active = true;
    std::ranges::move(steps, std::back_inserter(draft.scenario.steps));
  }

  void add_connections(Draft& draft, const std::vector<ConnectionSpec>& connections, const Located& at) {
    const std::string twice = join_connections(draft.scenario.connections, connections);
    if (!twice.empty())
      diagnostics_.add(at.line, at.offset, "the connection " + twice + " is declared twice");
    for (const ConnectionSpec& connection : connections) draft.scope.connections.insert(connection.name);
  }

  void load_own(Draft& draft) {
    const SourceLine source{&origin_, draft.block->line, std::string(raw_line(draft.block->line))};
    add_connections(draft, draft.directives.connections, Located{"", source, 0});
    draft.scope.has_app = draft.directives.app != App::kNone;
    std::vector<SourceLine> lines;
    Expander expander(draft.variables, origin_, budget_, diagnostics_);
    if (!expander.expand_body(draft.block->body, lines) || lines.empty()) return;
    std::vector<Step> steps = Parser(lines, draft.scope, diagnostics_).parse_all();
    std::ranges::move(steps, std::back_inserter(draft.scenario.steps));
  }

  void check(const Draft& draft, std::size_t errors_before) {
    const Scenario& scenario = draft.scenario;
    const int line = draft.block->line;
    if (scenario.kind == FileKind::kCase && scenario.catches.empty() && !said(draft, "catches")) {
      refuse(line, "a case needs `//@ catches TEXT`: the wrong behaviour it finds");
    }
    // Steps that could not be read would have been the ones that can fail.
    if (scenario.kind == FileKind::kCase && diagnostics_.count() == errors_before &&
        !can_fail(scenario.steps)) {
      refuse(line, "a case that can't fail: it expects no packet, silence, result or state");
    }
    if (!ids_.emplace(scenario.id, scenario.ip).second) {
      refuse(line, "the case id " + quoted(scenario.id) + " is there twice in this file");
    }
  }

  const std::string& path_;
  std::string_view text_;
  const LoadOptions& options_;
  Origin origin_;
  Blocks blocks_;
  Budget budget_;
  Diagnostics diagnostics_;
  std::map<std::string, std::string> script_options_;
  std::map<std::string, std::unique_ptr<Fragment>> fragments_;
  std::deque<Origin> origins_;
  std::set<std::pair<std::string, IpVersion>> ids_;
  Loaded loaded_;
};

}  // namespace

Loaded load_text(const std::string& path, std::string_view text, const LoadOptions& options) {
  return Loader(path, text, options).run();
}

}  // namespace tcpspec::scenario
