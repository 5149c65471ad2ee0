// Where the agent may listen and what it asks for: the words of its command line, checked.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>

#include "harness/target/posix/server.h"

namespace tcpspec::target {
namespace {

constexpr const char* kExpected = "expected unix:PATH or tcp:ADDRESS:PORT, as in tcp:127.0.0.1:7709";

Result<ListenAddress> parse_tcp(const std::string& text) {
  const Error wrong{fmt::format("'tcp:{}': {}", text, kExpected)};
  const std::size_t colon = text.rfind(':');
  if (colon == std::string::npos || colon == 0) return wrong;
  std::string host = text.substr(0, colon);
  if (host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != std::string::npos) {
    return Error{fmt::format("'tcp:{}': an IPv6 address stands in brackets, as in tcp:[::1]:7709", text)};
  }
  ListenAddress address;
  const Result<IpAddress> parsed = IpAddress::parse(host == "localhost" ? "127.0.0.1" : host);
  if (!parsed) return wrong;
  address.endpoint.address = *parsed;
  const char* const begin = text.data() + colon + 1;
  const char* const end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(begin, end, address.endpoint.port);
  if (error != std::errc() || stopped != end) return wrong;
  return address;
}

std::string system_says(const std::string& what, int error) {
  return fmt::format("{}: {}", what, std::strerror(error));
}

}  // namespace

Result<ListenAddress> parse_listen_address(const std::string& text) {
  if (text.starts_with("tcp:")) return parse_tcp(text.substr(4));
  if (text.starts_with("unix:") && text.size() > 5) {
    ListenAddress address;
    address.path = text.substr(5);
    return address;
  }
  return Error{fmt::format("'{}': {}", text, kExpected)};
}

Result<Bytes> read_token(const std::string& path) {
  const std::string what = "token file " + path;
  // A pipe, as of a shell's <(…), could keep us waiting.
  const Fd fd(::open(path.c_str(), O_RDONLY | O_NONBLOCK));
  if (!fd) return Error{system_says(what, errno)};
  struct stat info {};
  if (::fstat(fd.get(), &info) != 0) return Error{system_says(what, errno)};
  if (!S_ISREG(info.st_mode)) return Error{what + " is not a regular file"};
  if (info.st_uid != ::geteuid() && info.st_uid != 0)
    return Error{fmt::format("{} belongs to another user: chown it to the one who runs the agent", what)};
  if ((info.st_mode & (S_IRWXG | S_IRWXO)) != 0)
    return Error{fmt::format("{} can be read or written by others: chmod 600 {}", what, path)};
  std::array<std::uint8_t, 4096> text{};
  const ssize_t n = ::read(fd.get(), text.data(), text.size());
  if (n < 0) return Error{system_says(what, errno)};
  Bytes token;
  for (std::size_t i = 0; i < static_cast<std::size_t>(n) && text.at(i) != '\n'; ++i)
    token.push_back(text.at(i));
  while (!token.empty() && (token.back() == '\r' || token.back() == ' ')) token.pop_back();
  if (token.empty()) {
    return Error{
        fmt::format("{} is empty: put a line of random letters into it, as with "
                    "'od -An -tx1 -N24 /dev/urandom | tr -d \" \\n\" > {}'",
                    what, path)};
  }
  return token;
}

}  // namespace tcpspec::target
