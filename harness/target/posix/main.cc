// tcpspec-agent: runs on the box under test and makes the socket calls of cases there.
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>

#include "harness/target/posix/host.h"
#include "harness/target/posix/server.h"

namespace {

using tcpspec::Bytes;
using tcpspec::Result;

constexpr int kUsage = 2;

int complain(const std::string& what) {
  std::fputs(("tcpspec-agent: " + what + "\n").c_str(), stderr);
  return kUsage;
}

// Standard input and output are the channel; what calls see in their place is /dev/null.
int serve_stdio(const Bytes& token) {
  const std::vector<int> moved = tcpspec::target::move_away({STDIN_FILENO, STDOUT_FILENO});
  const int nothing = moved.empty() ? -1 : ::open("/dev/null", O_RDWR);
  if (nothing < 0) return complain("too few descriptors: raise the limit (ulimit -n)");
  ::dup2(nothing, STDIN_FILENO);
  ::dup2(nothing, STDOUT_FILENO);
  ::close(nothing);
  tcpspec::target::SessionOptions session;
  session.in = moved[0];
  session.out = moved[1];
  session.token = token;
  session.hello = tcpspec::target::host_hello();
  tcpspec::target::run_session(session);
}

int serve(const tcpspec::target::ServerOptions& options) {
  tcpspec::target::close_descriptors(STDERR_FILENO + 1, {});
  Result<tcpspec::target::Server> server = tcpspec::target::Server::open(options);
  if (!server) return complain(server.error());
  std::puts(fmt::format("tcpspec-agent {} listens on {}{}, ready", TCPSPEC_VERSION, server->where(),
                        options.token.empty() ? "" : ", asks for a token")
                .c_str());
  std::fflush(stdout);
  return server->serve();
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{
      "tcpspec-agent: makes socket calls on this machine for a tcpspec that tests its TCP.\n"
      "Whoever may connect can open and use TCP connections here as the user who runs it; nothing else."};
  app.name("tcpspec-agent");
  app.set_version_flag("--version", "tcpspec-agent " TCPSPEC_VERSION);
  std::string listen = "tcp:127.0.0.1:7709", token_file;
  bool stdio = false;
  tcpspec::target::ServerOptions options;
  auto* const where =
      app.add_option("--listen,-l", listen,
                     "unix:PATH or tcp:ADDRESS:PORT; port 0: the system chooses; an address that is "
                     "not loopback only with --token")
          ->capture_default_str();
  app.add_flag("--stdio", stdio, "speak over standard input and output, for one tester that started us")
      ->excludes(where);
  app.add_option("--token", token_file,
                 "a file whose first line testers must show; readable for its owner only");
  app.add_option("--sessions", options.sessions, "testers at once, each a process")
      ->capture_default_str()
      ->check(CLI::Range(1, 100'000));
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kUsage;
  }
  if (!token_file.empty()) {
    Result<Bytes> token = tcpspec::target::read_token(token_file);
    if (!token) return complain(token.error());
    options.token = std::move(*token);
  }
  if (stdio) return serve_stdio(options.token);
  const Result<tcpspec::target::ListenAddress> address = tcpspec::target::parse_listen_address(listen);
  if (!address) return complain("--listen " + address.error());
  options.address = *address;
  return serve(options);
}
