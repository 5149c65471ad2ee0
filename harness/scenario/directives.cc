#include "harness/scenario/directives.h"

#include <algorithm>
#include <array>

#include "harness/scenario/lexer.h"
#include "harness/scenario/vocabulary.h"

namespace tcpspec::scenario {
namespace {

struct AppName {
  std::string_view name;
  App app;
};
constexpr auto kApps = std::to_array<AppName>({{"echo", App::kEcho},
                                               {"sink", App::kSink},
                                               {"source", App::kSource},
                                               {"stall", App::kStall},
                                               {"closer", App::kCloser},
                                               {"shutwr", App::kShutwr},
                                               {"hold", App::kHold}});

const std::vector<std::string>& all_directives() {
  static const std::vector<std::string> kNames = {"case",       "covers",  "finding", "catches", "formerly",
                                                  "given",      "inlined", "app",     "needs",   "policy",
                                                  "connection", "matrix",  "tag",     "ip",      "strict"};
  return kNames;
}

std::vector<Located> words_of(const SourceLine& line) {
  std::vector<Located> words;
  const std::string_view text = line.text;
  std::size_t at = text.find("//@") + 3;
  for (;;) {
    at = text.find_first_not_of(" \t\r", at);
    if (at == std::string_view::npos) return words;
    const std::size_t end = std::min(text.find_first_of(" \t\r", at), text.size());
    words.push_back(Located{std::string(text.substr(at, end - at)), line, at});
    at = end;
  }
}

std::vector<std::string> names_of(std::span<const Word> words) {
  std::vector<std::string> names;
  for (const Word& word : words) names.emplace_back(word.name);
  return names;
}

std::optional<std::int64_t> to_integer(std::string_view text) {
  if (text.empty() || text.size() > 12 || !std::ranges::all_of(text, is_digit)) return std::nullopt;
  std::int64_t value = 0;
  for (const char c : text) value = value * 10 + (c - '0');
  return value;
}

// A policy's meaning begins with its values: "on | off: …", "N: …", "none | SECONDS: …".
std::string_view permitted_values(const Word& policy) {
  return policy.meaning.substr(0, std::min(policy.meaning.find(':'), policy.meaning.size()));
}

bool permits(std::string_view values, std::string_view value) {
  while (!values.empty()) {
    const std::size_t bar = std::min(values.find('|'), values.size());
    std::string_view one = values.substr(0, bar);
    while (one.ends_with(' ')) one.remove_suffix(1);
    while (one.starts_with(' ')) one.remove_prefix(1);
    if (one == "N" || one == "SECONDS" ? to_integer(value).has_value() : one == value) return true;
    values.remove_prefix(std::min(bar + 1, values.size()));
  }
  return false;
}

}  // namespace

void add_once(std::vector<std::string>& list, const std::string& value) {
  if (std::ranges::find(list, value) == list.end()) list.push_back(value);
}

std::string_view app_word(App app) {
  const auto found = std::ranges::find(kApps, app, &AppName::app);
  return found == kApps.end() ? "" : found->name;
}

bool is_fragment_name(std::string_view name) {
  char before = '/';
  for (const char c : name) {
    if (!is_hyphen_name(c) && c != '.' && c != '/') return false;
    if (before == '/' && (c == '.' || c == '/')) return false;
    before = c;
  }
  return before != '/';
}

bool DirectiveReader::refuse(const Located& at, std::string message) {
  diagnostics_.add(at.line, at.offset, std::move(message));
  return false;
}

bool DirectiveReader::no_more(const Words& words, std::size_t most) {
  return words.size() <= most ||
         refuse(words[most], "expected the end of the line, found " + quoted(words[most].text));
}

void DirectiveReader::read(const SourceLine& line) {
  Words words = words_of(line);
  if (words.empty()) {
    const Located end{"", line, line.text.size()};
    refuse(end, "expected a directive after //@ (covers, given, app, …)");
    return;
  }
  const Located directive = words.front();
  words.erase(words.begin());
  const std::string& name = directive.text;
  static constexpr auto kInFragments = std::to_array<std::string_view>({"policy", "connection", "needs"});
  if (std::ranges::find(all_directives(), name) == all_directives().end()) {
    refuse(directive, "unknown directive " + quoted(name) + near_miss(name, all_directives()));
    return;
  }
  if (fragment_ && std::ranges::find(kInFragments, name) == kInFragments.end()) {
    refuse(directive, "a fragment has only policy, connection and needs lines, not " + name);
    return;
  }
  if (name == "case" || name == "matrix") return;
  if (words.empty() && name != "strict") {
    refuse(Located{"", line, line.text.size()}, "expected something after " + name);
    return;
  }
  static constexpr auto kSingle =
      std::to_array<std::string_view>({"finding", "catches", "formerly", "app", "ip", "strict"});
  const bool single = std::ranges::find(kSingle, name) != kSingle.end();
  if (single && !said_.insert(name).second) {
    refuse(directive, name + " is said twice");
    return;
  }
  if (single) {
    read_single(name, words, directive);
  } else if (name == "connection") {
    read_connection(words, directive);
  } else {
    read_list(name, words);
  }
}

bool DirectiveReader::read_list(std::string_view name, const Words& words) {
  if (name == "covers") read_covers(words);
  if (name == "given") read_given(words);
  if (name == "needs") read_needs(words);
  if (name == "policy") read_policy(words);
  for (const Located& word : words) {
    if (name == "tag") add_once(out_.tags, word.text);
    if (name == "inlined") add_once(out_.inlined, word.text);
  }
  return true;
}

bool DirectiveReader::read_single(std::string_view name, const Words& words, const Located& directive) {
  if (name == "catches") {
    const std::string& text = words.front().line.text;
    const std::size_t end = text.find_last_not_of(" \t\r");
    out_.catches = text.substr(words.front().offset, end - words.front().offset + 1);
    return true;
  }
  if (name == "app") {
    read_app(words, directive);
    return true;
  }
  if (name == "ip") {
    read_ip(words, directive);
    return true;
  }
  if (name == "strict") {
    out_.strict = true;
    return no_more(words, 0);
  }
  (name == "finding" ? out_.finding : out_.formerly) = words.front().text;
  return no_more(words, 1);
}

void DirectiveReader::read_covers(const Words& words) {
  for (const Located& word : words) {
    if (options_.known_row && !options_.known_row(word.text)) {
      refuse(word, "unknown ledger row " + quoted(word.text) +
                       (options_.like_row ? options_.like_row(word.text) : ""));
      continue;
    }
    add_once(out_.covers, word.text);
  }
}

void DirectiveReader::read_given(const Words& words) {
  for (const Located& word : words) {
    if (!is_fragment_name(word.text)) {
      refuse(word, "expected a fragment's name (letters, digits, - _ . /), found " + quoted(word.text));
    } else {
      out_.given.push_back(word);
    }
  }
}

void DirectiveReader::read_app(const Words& words, const Located& directive) {
  const Located& word = words.front();
  const auto found = std::ranges::find(kApps, word.text, &AppName::name);
  if (found == kApps.end()) {
    refuse(word, "unknown application " + quoted(word.text) + near_miss(word.text, names_of(applications())));
    return;
  }
  out_.app = found->app;
  out_.app_count = 0;
  out_.app_active = false;
  std::size_t at = 1;
  if (out_.app == App::kSource) {
    const std::optional<std::int64_t> count = words.size() > 1 ? to_integer(words[1].text) : std::nullopt;
    const Located end{"", directive.line, directive.line.text.size()};
    if (!count) {
      refuse(words.size() > 1 ? words[1] : end, "expected the number of octets: source N");
      return;
    }
    out_.app_count = *count;
    ++at;
  }
  if (words.size() > at && words[at].text == "active") {
    out_.app_active = true;
    ++at;
  }
  no_more(words, at);
}

void DirectiveReader::read_needs(const Words& words) {
  for (const Located& word : words) {
    if (!contains(capabilities(), word.text)) {
      refuse(word,
             "unknown capability " + quoted(word.text) + near_miss(word.text, names_of(capabilities())));
      continue;
    }
    add_once(out_.needs, word.text);
  }
}

void DirectiveReader::read_policy(const Words& words) {
  for (const Located& word : words) {
    const std::size_t equals = word.text.find('=');
    const std::string key = word.text.substr(0, equals);
    const auto known = policies();
    const auto policy = std::ranges::find(known, std::string_view(key), &Word::name);
    if (equals == std::string::npos) {
      refuse(word, "expected key=value, found " + quoted(word.text));
    } else if (policy == known.end()) {
      refuse(word, "unknown policy " + quoted(key) + near_miss(key, names_of(known)));
    } else if (!permits(permitted_values(*policy), word.text.substr(equals + 1))) {
      const Located value{"", word.line, word.offset + equals + 1};
      refuse(value, key + " is " + std::string(permitted_values(*policy)) + ", not " +
                        quoted(word.text.substr(equals + 1)));
    } else {
      out_.policies[key] = word.text.substr(equals + 1);
    }
  }
}

void DirectiveReader::read_connection(const Words& words, const Located& directive) {
  ConnectionSpec connection;
  connection.name = words.front().text;
  const std::string& name = connection.name;
  if (!is_letter(name[0]) || !std::ranges::all_of(name, is_hyphen_name)) {
    refuse(words.front(), "expected a connection's name, found " + quoted(name));
    return;
  }
  for (std::size_t at = 1; at < words.size();) {
    if (!read_connection_part(words, at, connection)) return;
  }
  if (connection.isn_relative && connection.like.empty()) {
    refuse(directive, "a relative isn needs `like OTHER`");
    return;
  }
  if (connection.closed_port && !connection.like.empty()) {
    refuse(directive, "`like` takes the port of the other connection; it can't be the closed port too");
    return;
  }
  const auto before = std::ranges::find(out_.connections, name, &ConnectionSpec::name);
  if (before == out_.connections.end()) {
    out_.connections.push_back(std::move(connection));
  } else if (name == "main") {
    *before = std::move(connection);
  } else {
    refuse(words.front(), "the connection " + name + " is declared twice");
  }
}

bool DirectiveReader::read_connection_part(const Words& words, std::size_t& at, ConnectionSpec& connection) {
  const Located& word = words[at];
  const Located end{"", word.line, word.line.text.size()};
  const Located& next = at + 1 < words.size() ? words[at + 1] : end;
  at += 2;
  if (word.text == "like") {
    const bool known =
        next.text == "main" ||
        std::ranges::find(out_.connections, next.text, &ConnectionSpec::name) != out_.connections.end();
    if (!known || next.text == connection.name) {
      return refuse(next, "expected the name of a connection declared before, found " + quoted(next.text));
    }
    connection.like = next.text;
    return true;
  }
  if (word.text == "isn") return read_isn(next, connection);
  if (word.text == "to") {
    connection.closed_port = true;
    return next.text == "closed-port" || refuse(next, "expected closed-port, found " + quoted(next.text));
  }
  return refuse(word, "expected like OTHER, isn N or to closed-port, found " + quoted(word.text));
}

bool DirectiveReader::read_isn(const Located& word, ConnectionSpec& connection) {
  std::string_view text = word.text;
  const bool negative = text.starts_with('-');
  connection.isn_relative = negative || text.starts_with('+');
  if (connection.isn_relative) text.remove_prefix(1);
  const std::optional<std::int64_t> value = to_integer(text);
  if (!value || *value > 0xFFFFFFFFLL)
    return refuse(word, "expected an ISN (N, or +N or -N with like), found " + quoted(word.text));
  connection.isn = negative ? -*value : *value;
  return true;
}

void DirectiveReader::read_ip(const Words& words, const Located& /*directive*/) {
  const std::string& version = words.front().text;
  if (version != "v4" && version != "v6") {
    refuse(words.front(), "expected v4 or v6, found " + quoted(version));
    return;
  }
  out_.ip = version == "v4" ? IpVersion::kV4 : IpVersion::kV6;
  no_more(words, 1);
}

}  // namespace tcpspec::scenario
