#include "harness/cli/console.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "harness/run/output_file.h"

namespace tcpspec::cli {

int fail_with(int status, const std::string& what) {
  fmt::print(stderr, "tcpspec: {}\n", what);
  return status;
}

run::ConsoleStyle style_for(std::FILE* stream, bool verbose) {
  run::ConsoleStyle style;
  style.verbose = verbose;
  if (::isatty(::fileno(stream)) == 0) return style;
  const char* no_colour = std::getenv("NO_COLOR");
  const char* term = std::getenv("TERM");
  const bool dumb = term == nullptr || std::strcmp(term, "dumb") == 0;
  style.colour = (no_colour == nullptr || *no_colour == '\0') && !dumb;
  winsize size{};
  if (::ioctl(::fileno(stream), TIOCGWINSZ, &size) == 0) style.width = size.ws_col;
  return style;
}

Status check_destinations(const std::vector<std::string>& files, const std::string& folder_of_captures) {
  std::error_code error;
  for (const std::string& path : files) {
    if (path.empty() || path == "-") continue;
    const std::filesystem::path folder = std::filesystem::absolute(path, error).parent_path();
    if (!std::filesystem::is_directory(folder, error)) {
      return Error{fmt::format("{}: the folder {} does not exist", path, folder.string())};
    }
  }
  if (folder_of_captures.empty()) return Ok{};
  std::filesystem::create_directories(folder_of_captures, error);
  if (error) return Error{fmt::format("{}: {}", folder_of_captures, error.message())};
  return Ok{};
}

bool write_report(const std::string& path, const std::string& text) {
  if (path.empty()) return true;
  if (path == "-") return std::fwrite(text.data(), 1, text.size(), stdout) == text.size();
  const Status written = run::write_file(path, text);
  if (!written.ok()) fmt::print(stderr, "tcpspec: {}\n", written.error());
  return written.ok();
}

ProgressLine::ProgressLine() : shown_(::isatty(STDERR_FILENO) != 0) {}

ProgressLine::~ProgressLine() {
  if (written_) std::fputs("\r\x1b[K", stderr);
}

void ProgressLine::show(const run::Progress& progress) {
  fmt::print(stderr, "\r{}\x1b[K", run::progress_line(progress));
  std::fflush(stderr);
  written_ = true;
}

}  // namespace tcpspec::cli
