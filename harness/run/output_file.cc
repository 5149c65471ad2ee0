#include "harness/run/output_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <utility>

namespace tcpspec::run {
namespace {

bool written_directly(const std::string& path) {
  struct stat info {};
  return ::stat(path.c_str(), &info) == 0 && !S_ISREG(info.st_mode);
}

// What open() would have given the file; mkstemp is stricter.
mode_t usual_mode() {
  const mode_t mask = ::umask(0);
  ::umask(mask);
  return 0666 & ~mask;
}

}  // namespace

OutputFile::OutputFile(std::string path) : path_(std::move(path)) {}

OutputFile::~OutputFile() {
  if (stream_ != nullptr) std::fclose(stream_);
  if (!committed_ && !temporary_.empty()) ::unlink(temporary_.c_str());
}

Error OutputFile::error(const std::string& why) const { return Error{fmt::format("{}: {}", path_, why)}; }

Status OutputFile::open() {
  int fd = -1;
  if (written_directly(path_)) {
    fd = ::open(path_.c_str(), O_WRONLY | O_CLOEXEC);
  } else {
    temporary_ = path_ + ".XXXXXX";
    fd = ::mkostemp(temporary_.data(), O_CLOEXEC);
    if (fd < 0) temporary_.clear();
    if (fd >= 0) ::fchmod(fd, usual_mode());
  }
  if (fd < 0) return error(std::strerror(errno));
  stream_ = ::fdopen(fd, "w");
  if (stream_ == nullptr) {
    const int why = errno;
    ::close(fd);
    return error(std::strerror(why));
  }
  return Ok{};
}

std::FILE* OutputFile::release() { return std::exchange(stream_, nullptr); }

void OutputFile::fail(const std::string& why) {
  if (failed_.empty()) failed_ = why;
}

Status OutputFile::commit() {
  if (stream_ != nullptr) {
    errno = 0;
    const bool whole = std::ferror(stream_) == 0 && std::fflush(stream_) == 0;
    const int why = errno;
    const bool closed = std::fclose(std::exchange(stream_, nullptr)) == 0;
    if (!whole) fail(std::strerror(why == 0 ? EIO : why));
    if (!closed) fail(std::strerror(errno));
  }
  if (!failed_.empty()) return error(failed_);
  if (!temporary_.empty() && std::rename(temporary_.c_str(), path_.c_str()) != 0)
    return error(std::strerror(errno));
  committed_ = true;
  return Ok{};
}

Status write_file(const std::string& path, std::string_view text) {
  OutputFile file(path);
  if (Status opened = file.open(); !opened.ok()) return opened;
  errno = 0;
  if (std::fwrite(text.data(), 1, text.size(), file.stream()) != text.size()) file.fail(std::strerror(errno));
  return file.commit();
}

}  // namespace tcpspec::run
