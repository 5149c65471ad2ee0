// Server: where tcpspec-agent listens, and who may speak to it. One child process for each connection, so
// that every tester has handles of its own and its sockets die with it; the parent owns the listening socket,
// counts the children and ends them all. Has no conversation itself (session.h).
#ifndef HARNESS_TARGET_POSIX_SERVER_H_
#define HARNESS_TARGET_POSIX_SERVER_H_

#include <string>

#include "harness/target/linux_fd.h"
#include "harness/target/posix/session.h"

namespace tcpspec::target {

struct ListenAddress {
  std::string path;   // of a Unix socket; empty: TCP
  Endpoint endpoint;  // port 0: the system chooses
  // Nobody but this machine can reach it.
  [[nodiscard]] bool is_local() const { return !path.empty() || endpoint.address.is_loopback(); }
};
// "unix:PATH", "tcp:ADDRESS:PORT"; IPv6 in brackets, "localhost" for 127.0.0.1, no other names.
[[nodiscard]] Result<ListenAddress> parse_listen_address(const std::string& text);

// The file's first line. An Error, with the remedy: it cannot be read, is not ours, others may read it, or it
// is empty.
[[nodiscard]] Result<Bytes> read_token(const std::string& path);

struct ServerOptions {
  ListenAddress address;
  Bytes token;         // empty: none is asked for
  int sessions = 256;  // at once
};

class Server {
 public:
  // A Unix socket that nobody serves any more is replaced; one of our own is readable for this user alone.
  [[nodiscard]] static Result<Server> open(const ServerOptions& options);
  // "tcp:127.0.0.1:7709", as a tester would write it.
  [[nodiscard]] const std::string& where() const { return where_; }
  // Until SIGTERM, SIGINT or SIGHUP; then the children abort their connections and are waited for. Returns
  // the exit status. A second such signal kills. In a child it does not return.
  [[nodiscard]] int serve();

 private:
  Server(const ServerOptions& options, Fd listener, std::string where);
  void accept_one();
  void begin_session(Fd connection);
  [[noreturn]] void become_session(Fd connection);
  void refuse(const Fd& connection, const std::string& why) const;
  void reap();
  void end_sessions();

  ServerOptions options_;
  Fd listener_;
  std::string where_;
  Fd lifeline_read_, lifeline_write_;  // the write end closes with this process, however it ends
  std::vector<pid_t> children_;
};

}  // namespace tcpspec::target

#endif  // HARNESS_TARGET_POSIX_SERVER_H_
