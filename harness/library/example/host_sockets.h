// The application, where it sits on sockets of the host and not on the stack under test: tcpspec's socket
// calls, made on non-blocking sockets of 127.0.0.1, each waiting for as long as a blocking one would.
#ifndef HOST_SOCKETS_H_
#define HOST_SOCKETS_H_

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <tcpspec/tcpspec.h>
#include <unistd.h>

#include <algorithm>
#include <deque>
#include <list>
#include <set>

inline std::uint16_t port_of(int fd, decltype(::getsockname)* which = ::getsockname) {
  sockaddr_in address{};
  socklen_t length = sizeof address;
  return which(fd, reinterpret_cast<sockaddr*>(&address), &length) == 0 ? ntohs(address.sin_port) : 0;
}

class HostSockets {
 public:
  struct Waiting {
    tcpspec::CallId id;
    tcpspec::SocketCall call;
    tcpspec::Stamp began;
  };
  // Whom an accepted socket leads to in the end.
  using PeerOf = std::function<tcpspec::Endpoint(int)>;

  ~HostSockets() { reset(); }
  void reset() {
    for (const int fd : open_) ::close(fd);
    open_.clear(), waiting_.clear();
  }

  int make_socket() {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (fd >= 0) open_.insert(fd);
    return fd;
  }
  static int bind_to(int fd, std::uint16_t port) {
    const sockaddr_in address{AF_INET, htons(port), {htonl(INADDR_LOOPBACK)}, {}};
    return ::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address);
  }
  int close_socket(int fd) { return open_.erase(fd), ::close(fd); }

  [[nodiscard]] const std::list<Waiting>& waiting() const { return waiting_; }
  void begin(Waiting call) { waiting_.push_back(std::move(call)); }
  void cancel(tcpspec::CallId id) {
    waiting_.remove_if([id](const Waiting& one) { return one.id == id; });
  }
  // Makes every call that no longer blocks; true: there was one.
  bool make_calls(tcpspec::Stamp now, const PeerOf& peer_of, std::deque<tcpspec::Event>& done) {
    return waiting_.remove_if([&](const Waiting& one) {
      tcpspec::CallResult result;
      result.value = make(one.call, peer_of, result);
      if (result.value < 0 && errno == EAGAIN && !one.call.dont_wait) return false;
      if (result.value < 0) result.error = ::strerrorname_np(errno);
      done.push_back({now, tcpspec::CallDone{one.id, std::move(result), one.began}});
      return true;
    }) > 0;
  }

 private:
  std::int64_t make(const tcpspec::SocketCall& call, const PeerOf& peer_of, tcpspec::CallResult& result) {
    using Kind = tcpspec::CallKind;
    int fd = call.handle;
    switch (call.kind) {
      case Kind::kSocket:
        return make_socket();
      case Kind::kBind:
        return bind_to(fd, call.address.port);
      case Kind::kListen:
        return ::listen(fd, call.backlog);
      case Kind::kAccept:
        fd = ::accept4(fd, nullptr, nullptr, SOCK_NONBLOCK);
        if (fd < 0) return -1;
        open_.insert(fd);
        result.peer = peer_of(fd);
        return fd;
      case Kind::kRead: {
        result.data.resize(static_cast<std::size_t>(call.count));
        const ssize_t got = ::recv(fd, result.data.data(), result.data.size(), call.peek ? MSG_PEEK : 0);
        result.data.resize(static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
        return got;
      }
      case Kind::kWrite:  // the host takes megabytes at once
        return ::send(fd, call.data.data(), call.data.size(), MSG_NOSIGNAL);
      case Kind::kShutdown:
        return ::shutdown(fd, static_cast<int>(call.how));
      case Kind::kClose:
        return close_socket(fd);
      case Kind::kSetOption:
        if (call.option == tcpspec::SocketOption::kReuseAddr) return 0;  // no two cases use the same port
        break;
      case Kind::kConnect:
      case Kind::kGetOption:
      case Kind::kFcntl:
        break;
    }
    errno = EOPNOTSUPP;
    return -1;
  }

  std::list<Waiting> waiting_;
  std::set<int> open_;
};

#endif  // HOST_SOCKETS_H_
