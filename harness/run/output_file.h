// OutputFile: a report on its way to disk. Written beside its place under a temporary name and renamed when
// it is whole, so that a reader never sees half of one; any failure (a full disk, say) is an Error and leaves
// nothing behind. What is no regular file (/dev/stdout, a pipe) is written directly.
#ifndef HARNESS_RUN_OUTPUT_FILE_H_
#define HARNESS_RUN_OUTPUT_FILE_H_

#include <cstdio>
#include <string>
#include <string_view>

#include "stack/base/result.h"

namespace tcpspec::run {

class OutputFile {
 public:
  explicit OutputFile(std::string path);
  ~OutputFile();  // not committed: removed
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  [[nodiscard]] Status open();
  [[nodiscard]] std::FILE* stream() const { return stream_; }
  // Another owner closes the stream (libpcap): flush it first; commit() then only renames.
  [[nodiscard]] std::FILE* release();
  void fail(const std::string& why);  // remembered; commit() gives it back
  [[nodiscard]] Status commit();

 private:
  [[nodiscard]] Error error(const std::string& why) const;

  std::string path_;
  std::string temporary_;  // empty: written directly
  std::FILE* stream_ = nullptr;
  std::string failed_;
  bool committed_ = false;
};

[[nodiscard]] Status write_file(const std::string& path, std::string_view text);

}  // namespace tcpspec::run

#endif  // HARNESS_RUN_OUTPUT_FILE_H_
