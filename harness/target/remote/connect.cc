// Ways to an agent that somebody else started, and the text that names one.
#include <fcntl.h>
#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <fstream>

#include "harness/target/linux_clock.h"
#include "harness/target/remote/channel.h"

namespace tcpspec::target {
namespace {

// The error number, 0 for none.
int connect_within(int fd, const sockaddr* address, socklen_t length, Duration patience) {
  if (::connect(fd, address, length) == 0) return 0;
  if (errno != EINPROGRESS && errno != EINTR) return errno;
  pollfd writable{.fd = fd, .events = POLLOUT, .revents = 0};
  const timespec spec = to_timespec(patience);
  if (::ppoll(&writable, 1, &spec, nullptr) <= 0) return ETIMEDOUT;
  int error = 0;
  socklen_t size = sizeof error;
  ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
  return error;
}

std::string why_not(int error) {
  const std::string text = std::strerror(error);
  if (error == ECONNREFUSED || error == ENOENT) return text + " (start the agent first)";
  if (error == EACCES || error == EPERM) return text + " (may this user open it?)";
  return text;
}

Result<std::string> first_line(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  if (!std::getline(file, line) || line.empty())
    return Error{fmt::format("token file {}: {}", path,
                             file.is_open() ? "its first line is empty" : std::strerror(errno))};
  if (line.back() == '\r') line.pop_back();
  return line;
}

Status parse_host_port(const std::string& text, AgentAddress& to) {
  const Error expected{"tcp:HOST:PORT expected, for example tcp:127.0.0.1:4000 or tcp:[::1]:4000"};
  const std::size_t colon = text.rfind(':');
  if (colon == std::string::npos || colon == 0) return expected;
  to.where = text.substr(0, colon);
  if (to.where.front() == '[') {
    if (to.where.size() < 3 || to.where.back() != ']') return expected;
    to.where = to.where.substr(1, to.where.size() - 2);
  } else if (to.where.find(':') != std::string::npos) {
    return Error{"an IPv6 address stands in brackets: tcp:[::1]:4000"};
  }
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data() + colon + 1, end, to.port);
  if (error != std::errc() || stop != end || to.port == 0) return expected;
  return Ok{};
}

}  // namespace

Result<Fd> connect_unix(const std::string& path, Duration patience) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path)
    return Error{
        fmt::format("unix:{}: a socket's path has at most {} octets", path, sizeof address.sun_path - 1)};
  std::memcpy(address.sun_path, path.data(), path.size());
  Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd) return Error{fmt::format("socket: {}", std::strerror(errno))};
  // A listener whose queue is full makes connect() wait; SO_SNDTIMEO bounds that, a non-blocking one would
  // fail.
  const timespec limit = to_timespec(patience);
  const timeval timeout{.tv_sec = limit.tv_sec, .tv_usec = limit.tv_nsec / 1000 + 1};
  ::setsockopt(fd.get(), SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof timeout);
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    return Error{fmt::format("no agent listens at {}: {}", path, why_not(errno))};
  return fd;
}

Result<Fd> connect_tcp(const std::string& host, std::uint16_t port, Duration patience) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int unresolved = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found);
  if (unresolved != 0) {
    return Error{fmt::format("host {} does not resolve: {} (write its address instead)", host,
                             ::gai_strerror(unresolved))};
  }
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> owner(found, ::freeaddrinfo);
  const Timeout timeout(patience);
  int error = EHOSTUNREACH;
  for (const addrinfo* one = found; one != nullptr; one = one->ai_next) {
    Fd fd(::socket(one->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!fd) {
      error = errno;
      continue;
    }
    error = connect_within(fd.get(), one->ai_addr, one->ai_addrlen, timeout.left());
    if (error != 0) continue;
    const int on = 1;
    ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return fd;
  }
  return Error{fmt::format("no agent listens at {} port {}: {}", host, port, why_not(error))};
}

Result<AgentAddress> parse_agent_address(const std::string& text) {
  AgentAddress address;
  if (text.starts_with("exec:")) {
    address.where = text.substr(5);
    const Result<std::vector<std::string>> words = split_command(address.where);
    if (!words) return Error{fmt::format("{}: exec:COMMAND expected, {}", text, words.error())};
    return address;
  }
  const bool is_unix = text.starts_with("unix:");
  if (!is_unix && !text.starts_with("tcp:"))
    return Error{fmt::format("{}: exec:COMMAND, unix:PATH or tcp:HOST:PORT expected", text)};
  std::string rest = text.substr(is_unix ? 5 : 4);
  if (const std::size_t comma = rest.rfind(",token="); comma != std::string::npos) {
    const Result<std::string> token = first_line(rest.substr(comma + 7));
    if (!token) return Error{token.error()};
    address.token.assign(token->begin(), token->end());
    rest.resize(comma);
  }
  if (is_unix) {
    address.way = AgentWay::kUnix;
    address.where = rest;
    if (rest.empty()) return Error{fmt::format("{}: unix:PATH expected", text)};
    return address;
  }
  address.way = AgentWay::kTcp;
  const Status host = parse_host_port(rest, address);
  if (!host) return Error{fmt::format("{}: {}", text, host.error())};
  return address;
}

}  // namespace tcpspec::target
