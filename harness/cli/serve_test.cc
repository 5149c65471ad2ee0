// tcpspec serve and the targets exec: and unix:, from outside: the same verdicts and traces as the target
// itself.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>

namespace tcpspec::cli {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

std::string contents(const fs::path& path) {
  std::ifstream in(path);
  return {std::istreambuf_iterator<char>(in), {}};
}

class ServeTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "tcpspec-serve-XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  void TearDown() override {
    if (server_ > 0) stop();
    fs::remove_all(folder_);
  }

  // The exit status; standard error is in err().
  int run(const std::string& target, const std::string& rest = "") {
    const std::string command =
        std::string(TCPSPEC_BINARY) + " run --cases " TCPSPEC_SOURCE_DIR "/cases --target \"" + target +
        "\" " + rest + " >" + (folder_ / "out").string() + " 2>" + (folder_ / "err").string() + " </dev/null";
    const int status = std::system(command.c_str());
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }
  [[nodiscard]] std::string err() const { return contents(folder_ / "err"); }
  [[nodiscard]] std::string traces_of(const std::string& target) {
    const std::string file = (folder_ / "traces").string();
    EXPECT_EQ(run(target, "lost-final-ack --jobs 4 --traces " + file), 0) << err();
    return contents(file);
  }
  void serve(const std::string& socket) {
    server_ = ::fork();
    if (server_ == 0) {
      (void)::freopen((folder_ / "serve").c_str(), "w", stderr);
      ::execl(TCPSPEC_BINARY, TCPSPEC_BINARY, "serve", "--target", "reference", "--listen",
              ("unix:" + socket).c_str(), nullptr);
      ::_exit(127);
    }
    for (int i = 0; i < 500 && contents(folder_ / "serve").empty(); ++i)
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  int stop() {
    ::kill(server_, SIGTERM);
    int status = 0;
    ::waitpid(server_, &status, 0);
    server_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

  fs::path folder_;
  pid_t server_ = -1;
};

TEST_F(ServeTest, TheProtocolChangesNoTrace) {
  const std::string direct = traces_of("reference");
  EXPECT_GT(direct.size(), 1'000U);
  EXPECT_EQ(traces_of("exec:" TCPSPEC_BINARY " serve --target reference"), direct);
  const std::string socket = (folder_ / "socket").string();
  serve(socket);
  EXPECT_EQ(traces_of("unix:" + socket), direct);
  EXPECT_EQ(stop(), 128 + SIGTERM);
  EXPECT_FALSE(fs::exists(socket)) << "the server takes its socket away";
}

TEST_F(ServeTest, ASocketThatNobodyServesAnyMoreIsReplaced) {
  const std::string socket = (folder_ / "socket").string();
  serve(socket);
  ::kill(server_, SIGKILL);
  ::waitpid(server_, nullptr, 0);
  ASSERT_TRUE(fs::exists(socket));
  fs::remove(folder_ / "serve");
  serve(socket);
  EXPECT_THAT(contents(folder_ / "serve"), HasSubstr("target reference at unix:"));
}

TEST_F(ServeTest, AnAgentThatCannotBeReachedIsExitStatusFourWithTheRemedy) {
  EXPECT_EQ(run("exec:/nonesuch/agent"), 4);
  EXPECT_THAT(err(), HasSubstr("cannot start '/nonesuch/agent': No such file or directory (is it installed"));
  EXPECT_EQ(run("unix:" + (folder_ / "nobody").string()), 4);
  EXPECT_THAT(err(), HasSubstr("start the agent first"));
}

TEST_F(ServeTest, AnAddressThatMakesNoSenseIsWrongUsage) {
  EXPECT_EQ(run("exec:"), 2);
  EXPECT_EQ(run("unix:"), 2);
  EXPECT_EQ(run("tcp:host"), 2);
  EXPECT_THAT(err(), HasSubstr("tcp:HOST:PORT"));
}

}  // namespace
}  // namespace tcpspec::cli
