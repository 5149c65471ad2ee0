#include "harness/scenario/blocks.h"

#include <algorithm>
#include <cstdint>

namespace tcpspec::scenario {
namespace {

enum class Within : std::uint8_t { kCode, kComment, kShell, kPython };

std::string_view closing(Within within) {
  switch (within) {
    case Within::kCode:
      return "";
    case Within::kComment:
      return "*/";
    case Within::kShell:
      return "`";
    case Within::kPython:
      return "}%";
  }
  return "";
}

Within opening(std::string_view text) {
  if (text.starts_with("/*")) return Within::kComment;
  if (text.starts_with("%{")) return Within::kPython;
  return text.starts_with("`") ? Within::kShell : Within::kCode;
}

std::size_t end_of_string(std::string_view text, std::size_t i) {
  for (++i; i < text.size() && text[i] != '"'; ++i) {
    if (text[i] == '\\') ++i;
  }
  return std::min(i + 1, text.size());
}

// Marks what is not code on the line; returns what the next line begins within.
Within mark(RawLine& line, Within within) {
  const std::string_view text = line.text;
  std::size_t i = 0, began = 0;
  line.begins_in_code = within == Within::kCode;
  while (i < text.size()) {
    if (within != Within::kCode) {
      const std::string_view close = closing(within);
      const std::size_t found = text.find(close, i);
      if (found == std::string_view::npos) break;
      i = found + close.size();
      line.opaque.push_back({began, i});
      within = Within::kCode;
    } else if (text.substr(i).starts_with("//")) {
      if (!is_directive(line)) line.opaque.push_back({i, text.size()});
      return Within::kCode;
    } else if (text[i] == '"') {
      i = end_of_string(text, i);
    } else if (opening(text.substr(i)) != Within::kCode) {
      within = opening(text.substr(i));
      began = i;
      i += within == Within::kShell ? 1 : 2;
    } else {
      ++i;
    }
  }
  if (within != Within::kCode) line.opaque.push_back({std::min(began, text.size()), text.size()});
  return within;
}

bool ends_sentence(std::string_view text, std::size_t i) {
  if (text[i] != '.' && text[i] != '!' && text[i] != '?') return false;
  const std::string_view after = text.substr(i + 1);
  return after.size() > 1 && after[0] == ' ' && after[1] >= 'A' && after[1] <= 'Z';
}

// The first sentence of a comment, without its full stop.
std::string title_of(const std::vector<std::string_view>& comment) {
  std::string text;
  for (const std::string_view line : comment) {
    if (!text.empty() && !line.empty()) text += ' ';
    text += line;
  }
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (!ends_sentence(text, i)) continue;
    text.resize(i + 1);
    break;
  }
  while (!text.empty() && (text.back() == '.' || text.back() == ' ')) text.pop_back();
  return text;
}

}  // namespace

std::string_view trim(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t\r");
  if (begin == std::string_view::npos) return "";
  return text.substr(begin, text.find_last_not_of(" \t\r") - begin + 1);
}

bool is_directive(const RawLine& line) { return line.begins_in_code && trim(line.text).starts_with("//@"); }

std::string_view directive_word(std::string_view line) {
  std::string_view rest = trim(line);
  if (!rest.starts_with("//@")) return "";
  rest = trim(rest.substr(3));
  return rest.substr(0, std::min(rest.find_first_of(" \t"), rest.size()));
}

std::vector<RawLine> split_lines(std::string_view text) {
  std::vector<RawLine> lines;
  Within within = Within::kCode;
  for (int number = 1; !text.empty(); ++number) {
    const std::size_t newline = std::min(text.find('\n'), text.size());
    RawLine& line = lines.emplace_back();
    line.number = number;
    line.text = text.substr(0, newline);
    if (line.text.ends_with('\r')) line.text.remove_suffix(1);
    within = mark(line, within);
    text.remove_prefix(std::min(newline + 1, text.size()));
  }
  return lines;
}

Blocks split_blocks(std::string_view text) {
  Blocks blocks;
  Block* block = &blocks.defaults;
  std::vector<std::string_view> comment;
  std::string first_comment;
  for (RawLine& line : split_lines(text)) {
    const std::string_view trimmed = trim(line.text);
    if (is_directive(line)) {
      blocks.has_directives = true;
      if (directive_word(trimmed) == "case") block = &blocks.cases.emplace_back();
      if (block->directives.empty()) {
        block->line = line.number;
        block->title = title_of(comment);
      }
      comment.clear();
      block->directives.push_back(line);
      line = RawLine{line.number, "", {}, true};
    } else if (line.begins_in_code && trimmed.starts_with("//")) {
      comment.push_back(trim(trimmed.substr(2)));
      if (first_comment.empty()) first_comment = title_of(comment);
    } else {
      if (!comment.empty() && !blocks.has_directives && blocks.defaults.title.empty()) {
        blocks.defaults.title = title_of(comment);
      }
      comment.clear();
    }
    block->body.push_back(std::move(line));
  }
  if (blocks.cases.empty()) {
    if (!comment.empty() && blocks.defaults.title.empty()) blocks.defaults.title = title_of(comment);
    blocks.cases.push_back(std::move(blocks.defaults));
    blocks.defaults = Block{};
  }
  return blocks;
}

}  // namespace tcpspec::scenario
