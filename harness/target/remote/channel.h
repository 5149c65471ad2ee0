// Channel: octets to and from one agent, whichever way it was reached. Owns the socket and, where we started
// the agent, its process. Knows nothing of messages. Never raises SIGPIPE, never waits longer than it is
// told.
#ifndef HARNESS_TARGET_REMOTE_CHANNEL_H_
#define HARNESS_TARGET_REMOTE_CHANNEL_H_

#include <memory>
#include <string>
#include <vector>

#include "harness/target/linux_fd.h"
#include "harness/target/remote/connection.h"
#include "harness/target/remote/process.h"
#include "stack/base/bytes.h"

namespace tcpspec::target {

class Channel {
 public:
  // An Error says what was tried, why it failed and what helps.
  [[nodiscard]] static Result<std::unique_ptr<Channel>> open(const AgentAddress& address, Duration patience);

  // Readable when read() has something to do.
  [[nodiscard]] int fd() const { return waiting_.get(); }
  // Everything that has arrived, without waiting. False: nothing will come any more.
  bool read(Bytes& to);
  // Sends all of it; what arrives meanwhile goes to `arrived`. False: not within `patience`. An agent that
  // has closed its end takes everything: its end shows in read().
  [[nodiscard]] bool write(ByteView octets, Duration patience, Bytes& arrived);
  // Until there is something to read, or so long.
  void wait(Duration longest) const;
  // Null where we did not start it.
  [[nodiscard]] AgentProcess* process() { return process_.get(); }

 private:
  Channel(Fd socket, std::unique_ptr<AgentProcess> process);
  void watch(int fd);

  Fd socket_;
  std::unique_ptr<AgentProcess> process_;
  Fd waiting_;  // epoll over the socket and the process's standard error
  bool closed_ = false;
};

// "127.0.0.1:4000", "[::1]:4000".
[[nodiscard]] Result<Fd> connect_tcp(const std::string& host, std::uint16_t port, Duration patience);
[[nodiscard]] Result<Fd> connect_unix(const std::string& path, Duration patience);

}  // namespace tcpspec::target

#endif  // HARNESS_TARGET_REMOTE_CHANNEL_H_
