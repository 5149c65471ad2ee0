#include "harness/scenario/expand.h"

#include <algorithm>

#include "harness/scenario/blocks.h"
#include "harness/scenario/lexer.h"

namespace tcpspec::scenario {
namespace {

constexpr std::size_t kMostLineLength = 10'000;
constexpr int kMostDepth = 16;

bool is_gap(char c) { return c == ' ' || c == '\t' || c == '\r'; }

// `sum := product { +|- product }`, `product := factor { * factor }`, `factor := N | NAME | ( sum ) | -
// factor`.
class Calculator {
 public:
  Calculator(std::string_view text, const Variables& variables) : text_(text), variables_(variables) {}

  Result<std::int64_t> run() {
    std::int64_t value = 0;
    if (sum(value)) {
      skip();
      if (at_ == text_.size()) return value;
      fail("expected + - * ) or }, found " + quoted(text_.substr(at_, 1)));
    }
    return Error{error_};
  }

 private:
  bool fail(std::string message) {
    if (error_.empty()) error_ = std::move(message);
    return false;
  }
  void skip() {
    while (at_ < text_.size() && is_gap(text_[at_])) ++at_;
  }
  bool accept(char c) {
    skip();
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  bool overflow() { return fail("the number is too large"); }

  bool sum(std::int64_t& value) {
    if (!product(value)) return false;
    for (;;) {
      const bool plus = accept('+');
      if (!plus && !accept('-')) return true;
      std::int64_t right = 0;
      if (!product(right)) return false;
      const bool over =
          plus ? __builtin_add_overflow(value, right, &value) : __builtin_sub_overflow(value, right, &value);
      if (over) return overflow();
    }
  }
  bool product(std::int64_t& value) {
    if (!factor(value)) return false;
    while (accept('*')) {
      std::int64_t right = 0;
      if (!factor(right)) return false;
      if (__builtin_mul_overflow(value, right, &value)) return overflow();
    }
    return true;
  }
  bool factor(std::int64_t& value) {
    if (++depth_ > kMostDepth) return fail("the expression nests too deep");
    const bool read = plain_factor(value);
    --depth_;
    return read;
  }
  bool plain_factor(std::int64_t& value) {
    if (accept('(')) return sum(value) && (accept(')') || fail("expected ')'"));
    if (accept('-')) {
      if (!factor(value)) return false;
      return !__builtin_sub_overflow(std::int64_t{0}, value, &value) || overflow();
    }
    skip();
    const std::size_t begin = at_;
    while (at_ < text_.size() && is_name(text_[at_])) ++at_;
    const std::string_view word = text_.substr(begin, at_ - begin);
    if (word.empty()) return fail("expected a number or a variable");
    if (is_digit(word.front())) return number(word, value, word);
    const auto found = variables_.find(std::string(word));
    if (found == variables_.end()) return unknown(word);
    return number(found->second, value, word);
  }
  bool number(std::string_view text, std::int64_t& value, std::string_view name) {
    const bool negative = text.starts_with('-');
    if (negative) text.remove_prefix(1);
    if (text.empty() || !std::ranges::all_of(text, is_digit)) {
      return fail(quoted(name) + " is not a number" + (text == name ? "" : ": " + quoted(text)));
    }
    std::int64_t sum_of = 0;
    for (const char c : text) {
      if (__builtin_mul_overflow(sum_of, std::int64_t{10}, &sum_of) ||
          __builtin_add_overflow(sum_of, std::int64_t{c - '0'}, &sum_of)) {
        return overflow();
      }
    }
    value = negative ? -sum_of : sum_of;
    return true;
  }
  bool unknown(std::string_view word) {
    if (word == "i") return fail("${i} is known only between repeat and end");
    std::vector<std::string> names;
    for (const auto& [name, value] : variables_) names.push_back(name);
    return fail("unknown variable " + quoted(word) + near_miss(word, names));
  }

  std::string_view text_;
  const Variables& variables_;
  std::size_t at_ = 0;
  int depth_ = 0;
  std::string error_;
};

// The code of a line in words, without comments.
std::vector<std::string_view> code_words(const RawLine& line) {
  const std::size_t end = line.opaque.empty() ? line.text.size() : line.opaque.front().begin;
  std::string_view rest = line.text.substr(0, end);
  std::vector<std::string_view> words;
  while (words.size() < 4) {
    rest = trim(rest);
    if (rest.empty()) break;
    const std::size_t length = static_cast<std::size_t>(std::ranges::find_if(rest, is_gap) - rest.begin());
    words.push_back(rest.substr(0, length));
    rest.remove_prefix(length);
  }
  return words;
}

bool is_repeat(const RawLine& line) {
  if (!line.begins_in_code) return false;
  const auto words = code_words(line);
  return !words.empty() && words[0] == "repeat";
}

bool is_end(const RawLine& line) {
  if (!line.begins_in_code) return false;
  const auto words = code_words(line);
  return words.size() == 1 && words[0] == "end";
}

}  // namespace

Result<std::string> evaluate(std::string_view expression, const Variables& variables) {
  const std::string_view name = trim(expression);
  if (const auto found = variables.find(std::string(name)); found != variables.end()) return found->second;
  const Result<std::int64_t> value = Calculator(expression, variables).run();
  if (!value.ok()) return Error{value.error()};
  return std::to_string(*value);
}

SourceLine Expander::raw(const RawLine& line) const {
  return {&origin_, line.number, std::string(line.text)};
}

bool Expander::expand_line(const RawLine& line, SourceLine& out) {
  out = SourceLine{&origin_, line.number, ""};
  std::size_t at = 0;
  for (;;) {
    const std::size_t found = std::min(line.text.find("${", at), line.text.size());
    out.text += line.text.substr(at, found - at);
    if (found == line.text.size()) return true;
    const auto opaque = std::ranges::find_if(
        line.opaque, [&](const RawLine::Span& span) { return span.begin <= found && found < span.end; });
    if (opaque != line.opaque.end()) {
      out.text += line.text.substr(found, opaque->end - found);
      at = opaque->end;
      continue;
    }
    const std::size_t close = line.text.find('}', found);
    if (close == std::string_view::npos) {
      diagnostics_.add(raw(line), found, "this ${ has no closing }");
      return false;
    }
    const Result<std::string> value = evaluate(line.text.substr(found + 2, close - found - 2), variables_);
    if (!value.ok()) {
      diagnostics_.add(raw(line), found, value.error());
      return false;
    }
    out.text += *value;
    if (out.text.size() > kMostLineLength) {
      diagnostics_.add(raw(line), found, "the line grows beyond 10000 characters");
      return false;
    }
    at = close + 1;
  }
}

bool Expander::spend(const SourceLine& line) {
  const std::size_t bytes = line.text.size() + 1;
  if (budget_.case_lines == 0 || budget_.file_lines == 0 || budget_.file_bytes < bytes) {
    diagnostics_.add(line, 0,
                     budget_.case_lines == 0 ? "the case expands to too many lines"
                                             : "the file expands to too many lines");
    return false;
  }
  --budget_.case_lines;
  --budget_.file_lines;
  budget_.file_bytes -= bytes;
  return true;
}

bool Expander::expand_body(std::span<const RawLine> lines, std::vector<SourceLine>& out) {
  bool good = true;
  for (std::size_t at = 0; at < lines.size(); ++at) {
    const RawLine& line = lines[at];
    if (is_repeat(line)) {
      if (!expand_repeat(lines, at, out)) return false;
      continue;
    }
    if (is_end(line)) {
      diagnostics_.add(raw(line), line.text.find("end"), "`end` without `repeat`");
      return false;
    }
    SourceLine expanded;
    if (!expand_line(line, expanded)) {
      good = false;
      continue;
    }
    if (!spend(expanded)) return false;
    out.push_back(std::move(expanded));
  }
  return good;
}

// lines[at] is the repeat; afterwards its `end`.
bool Expander::expand_repeat(std::span<const RawLine> lines, std::size_t& at, std::vector<SourceLine>& out) {
  const RawLine& opening = lines[at];
  const std::size_t column = opening.text.find("repeat");
  std::size_t close = at + 1;
  for (int open = 1; close < lines.size(); ++close) {
    if (is_repeat(lines[close])) ++open;
    if (is_end(lines[close]) && --open == 0) break;
  }
  const auto refuse = [&](const SourceLine& line, std::string message) {
    diagnostics_.add(line, column, std::move(message));
    return false;
  };
  if (close == lines.size()) return refuse(raw(opening), "this `repeat` has no `end`");
  if (depth_ >= kMostDepth) return refuse(raw(opening), "repeats nest too deep");
  SourceLine expanded;
  if (!expand_line(opening, expanded)) return false;
  const std::string_view whole = expanded.text;
  const std::string_view rest = trim(whole.substr(column + 6, whole.find("//") - column - 6));
  const bool number = !rest.empty() && rest.size() <= 6 && std::ranges::all_of(rest, is_digit);
  if (!number) return refuse(expanded, "expected `repeat N` with N from 0 to 999999 on a line of its own");
  const auto before =
      variables_.find("i") == variables_.end() ? std::nullopt : std::optional(variables_["i"]);
  ++depth_;
  bool good = true;
  const int times = std::stoi(std::string(rest));
  // What is skipped was read all the same: it counts, or nested empty repeats would cost time without end.
  if (times == 0) budget_.file_lines -= std::min(budget_.file_lines, close - at);
  for (int i = 0; good && i < times; ++i) {
    variables_["i"] = std::to_string(i);
    good = spend(expanded) && expand_body(lines.subspan(at + 1, close - at - 1), out);
  }
  --depth_;
  if (before) {
    variables_["i"] = *before;
  } else {
    variables_.erase("i");
  }
  at = close;
  return good;
}

std::string expand_leniently(std::string_view text, const Variables& variables) {
  std::string out;
  while (!text.empty()) {
    const std::size_t found = std::min(text.find("${"), text.size());
    out += text.substr(0, found);
    text.remove_prefix(found);
    const std::size_t close = text.find('}');
    if (text.empty() || close == std::string_view::npos) break;
    const Result<std::string> value = evaluate(text.substr(2, close - 2), variables);
    out += value.ok() ? *value : std::string(text.substr(0, close + 1));
    text.remove_prefix(close + 1);
  }
  return out + std::string(text);
}

std::optional<Axis> parse_matrix(const SourceLine& line, Diagnostics& diagnostics) {
  const std::string_view text = line.text;
  const auto offset = [&](std::string_view part) {
    return static_cast<std::size_t>(part.data() - text.data());
  };
  const auto refuse = [&](std::string_view part, std::string message) {
    diagnostics.add(line, offset(part), std::move(message));
    return std::nullopt;
  };
  std::vector<std::string_view> words;
  std::string_view rest = trim(text.substr(text.find("matrix") + 6));
  while (!rest.empty()) {
    const std::size_t length = static_cast<std::size_t>(std::ranges::find_if(rest, is_gap) - rest.begin());
    words.push_back(rest.substr(0, length));
    rest = trim(rest.substr(length));
  }
  if (words.size() < 3 || words[1] != "in") {
    return refuse(words.size() > 1 ? words[1] : text.substr(text.size()), "expected `matrix NAME in VALUE…`");
  }
  Axis axis;
  const auto split = [](std::string_view word) {
    std::vector<std::string> parts(1);
    for (const char c : word) c == ',' ? static_cast<void>(parts.emplace_back()) : parts.back().push_back(c);
    return parts;
  };
  axis.names = split(words[0]);
  for (const std::string& name : axis.names) {
    const bool well_formed = !name.empty() && is_letter(name[0]) && std::ranges::all_of(name, is_name);
    if (!well_formed) return refuse(words[0], "expected a variable's name, found " + quoted(name));
    if (name == "i" || name == "MSS" || name == "IP" || name == "HDR") {
      return refuse(words[0], name + " has a meaning of its own; choose another name");
    }
  }
  for (const std::string_view word : std::span(words).subspan(2)) {
    if (word.find_first_of("${}\"`") != std::string_view::npos || word.find("//") != std::string_view::npos ||
        word.find("/*") != std::string_view::npos) {
      return refuse(word, "a matrix value is plain text without $ { } \" ` or comments");
    }
    axis.values.push_back(axis.names.size() == 1 ? std::vector{std::string(word)} : split(word));
    if (axis.values.back().size() != axis.names.size()) {
      return refuse(word, "expected " + std::to_string(axis.names.size()) +
                              " values joined by commas, found " + quoted(word));
    }
  }
  return axis;
}

}  // namespace tcpspec::scenario
