// The real binary, from outside: exit status, what is said where, and what is left behind.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

namespace tcpspec::cli {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::Not;
using Words = std::vector<std::string>;

std::string contents(const fs::path& path) {
  std::ifstream in(path);
  return {std::istreambuf_iterator<char>(in), {}};
}

struct Ended {
  int status = -1;  // exit status; -1: by a signal
  std::string out, err;
};

// Exit status of a child that could not be put where namespaces are forbidden.
constexpr int kNotForbidden = 126;

// In a user namespace without any user, nobody may make further namespaces.
void forbid_namespaces() {
  if (::unshare(CLONE_NEWUSER) != 0) ::_exit(kNotForbidden);
  std::ofstream limit("/proc/sys/user/max_net_namespaces");
  if (!(limit << "0" << std::flush)) ::_exit(kNotForbidden);
}

pid_t start(const Words& words, const fs::path& out, const fs::path& err, bool forbidden = false) {
  const pid_t child = ::fork();
  if (child != 0) return child;
  ::unsetenv("TCPSPEC_CASES");
  (void)::freopen("/dev/null", "r", stdin);
  (void)::freopen(out.c_str(), "w", stdout);
  (void)::freopen(err.c_str(), "w", stderr);
  if (forbidden) forbid_namespaces();
  std::vector<char*> argv{const_cast<char*>(TCPSPEC_BINARY)};
  for (const std::string& word : words) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  ::execv(TCPSPEC_BINARY, argv.data());
  ::_exit(127);
}

class CliTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "tcpspec-cli-XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    folder_ = name;
    fs::create_directories(tree() / "ledger");
    fs::create_directories(tree() / "given");
    write("cases/ledger/rfc9293.txt", R"(rfc 9293 Transmission Control Protocol
section 3.10.7.1 CLOSED State

RFC9293:3.10.7.1-noack
  title       A segment for a closed port is answered with a reset
  level       MUST
  basis       descriptive
  section     3.10.7.1
  role        receiver
  observable  wire
  scenario    SYN to a closed port -> RST
)");
    write("cases/closed/answer.pkt", R"(// A SYN to a port on which nothing listens draws a reset.
//@ covers RFC9293:3.10.7.1-noack
//@ catches a stack that is silent there
//@ formerly port-unreachable
//@ tag quick

+0       <  S 0:0(0) win 65535
+0~+.1   >  R. 0:0(0) ack 1
)");
    write("cases/closed/wrong.pkt", R"(// What no stack does.
//@ covers RFC9293:3.10.7.1-noack
//@ catches nothing; it is here to fail
//@ ip v4

+0       <  S 0:0(0) win 65535
+0~+.1   >  S. 0:0(0) ack 1 <...>
)");
  }
  void TearDown() override {
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
  }
  [[nodiscard]] fs::path tree() const { return folder_ / "cases"; }
  void write(const std::string& name, const std::string& text) const {
    fs::create_directories((folder_ / name).parent_path());
    std::ofstream(folder_ / name) << text;
  }
  Ended tcpspec(Words words, bool with_tree = true) const {
    if (with_tree) words.insert(words.end(), {"--cases", tree().string()});
    const pid_t child = start(words, folder_ / "out", folder_ / "err");
    int status = 0;
    ::waitpid(child, &status, 0);
    return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, contents(folder_ / "out"),
            contents(folder_ / "err")};
  }
  Ended run(Words words) const {
    words.insert(words.begin(), "run");
    words.insert(words.end(), {"--target", "reference"});
    return tcpspec(words);
  }
  fs::path folder_;
};

TEST_F(CliTest, Exit0WhenAllIsWithinPolicy) {
  const Ended ended = run({"answer"});
  EXPECT_EQ(ended.status, 0) << ended.out << ended.err;
  EXPECT_THAT(ended.out, HasSubstr("2 cases   2 pass"));
  EXPECT_THAT(ended.out, HasSubstr("scheduled 2 = executed 2"));
  EXPECT_THAT(ended.out, HasSubstr("exit 0"));
  EXPECT_THAT(ended.out, Not(HasSubstr("\x1b")));
  EXPECT_EQ(ended.err, "");
}

TEST_F(CliTest, Exit1OnAFailureThatSaysHowToSeeItAgain) {
  const Ended ended = run({"--pcap", (folder_ / "caps").string()});
  EXPECT_EQ(ended.status, 1) << ended.out << ended.err;
  EXPECT_THAT(ended.out, HasSubstr("wrong.pkt:7  wrong [v4]"));
  EXPECT_THAT(ended.out, HasSubstr("again     tcpspec run 'wrong [v4]' --target reference --seed 1"));
  EXPECT_TRUE(fs::exists(folder_ / "caps" / "wrong-v4.pcap"));
  EXPECT_FALSE(fs::exists(folder_ / "caps" / "answer-v4.pcap"));
  const Ended again = run({"wrong [v4]", "--seed", "1", "-v"});
  EXPECT_EQ(again.status, 1);
  EXPECT_THAT(again.out, HasSubstr("✗ here"));
}

TEST_F(CliTest, Exit2OnWhatCannotBeRead) {
  EXPECT_EQ(tcpspec({}, false).status, 2);
  EXPECT_EQ(tcpspec({"run"}).status, 2);
  EXPECT_EQ(tcpspec({"run", "--target", "reference", "--jobs", "none"}).status, 2);
  EXPECT_EQ(tcpspec({"run", "--target", "reference", "--level", "ought"}).status, 2);
  const Ended target = tcpspec({"run", "--target", "vax"});
  EXPECT_EQ(target.status, 2);
  EXPECT_THAT(target.err, HasSubstr("no target is called 'vax'; there are: reference, linux"));
  const Ended no_tree = tcpspec({"run", "--target", "reference", "--cases", folder_.string()}, false);
  EXPECT_EQ(no_tree.status, 2);
  EXPECT_THAT(no_tree.err, HasSubstr("not a case tree"));
  EXPECT_EQ(run({"--baseline", "/nowhere"}).status, 2);
  EXPECT_EQ(run({"--json", "/no/such/folder/x.json"}).status, 2);
  EXPECT_EQ(tcpspec({"matrix", "/nowhere.json"}, false).status, 2);
  EXPECT_EQ(tcpspec({"lint", "/nowhere.pkt"}).status, 2);
}

TEST_F(CliTest, OneBadScriptMeansThatNothingRuns) {
  write("cases/closed/bad.pkt",
        "// Bad.\n//@ covers RFC9293:3.10.7.1-noack\n//@ catches x\n\n+0 < FX 1:1(0) ack 2\n");
  const Ended flags = run({"answer"});
  EXPECT_EQ(flags.status, 2);
  EXPECT_THAT(flags.err, HasSubstr("bad.pkt:5:7: error: "));
  EXPECT_THAT(flags.err, HasSubstr("nothing ran"));
  EXPECT_EQ(flags.out, "");
  write("cases/closed/bad.pkt",
        "// Bad.\n//@ covers RFC9293:3.10.7.1-noakk\n//@ catches x\n\n+0 < F 1:1(0) ack 2\n");
  const Ended row = run({"answer"});
  EXPECT_EQ(row.status, 2);
  EXPECT_THAT(row.err, HasSubstr("did you mean 'RFC9293:3.10.7.1-noack'?"));
  write("cases/closed/bad.pkt",
        "// Bad.\n//@ case answer\n//@ covers RFC9293:3.10.7.1-noack\n//@ catches x\n\n"
        "+0 < F 1:1(0) ack 2\n+0 silence 1\n");
  EXPECT_THAT(run({"answer"}).err, HasSubstr("the id 'answer' is already that of"));
  write("cases/ledger/rfc1.txt", "rfc 1 X\nnonsense here\n");
  EXPECT_THAT(run({"answer"}).err, HasSubstr("rfc1.txt:2: error: "));
}

TEST_F(CliTest, Exit3WhenNothingFits) {
  const Ended ended = run({"anwser"});
  EXPECT_EQ(ended.status, 3);
  EXPECT_THAT(ended.err, HasSubstr("'anwser' is no case"));
  EXPECT_THAT(ended.err, HasSubstr("did you mean answer?"));
  EXPECT_EQ(run({"--level", "must"}).status, 3);
  EXPECT_EQ(run({"wrong", "--ip", "v6"}).status, 3);
}

TEST_F(CliTest, SelectsByEveryName) {
  for (const char* word :
       {"answer [v4]", "answer[v4]", "@quick", "quick", "closed/answer.pkt", "ans*", "port-unreachable"}) {
    const Ended ended = run({word});
    EXPECT_EQ(ended.status, 0) << word << ended.err;
  }
  EXPECT_THAT(run({"port-unreachable"}).err, HasSubstr("port-unreachable is now called answer"));
  EXPECT_THAT(run({"answer", "--ip", "v6"}).out, HasSubstr("1 case   1 pass"));
  EXPECT_EQ(run({(tree() / "closed").string()}).status, 1);
  EXPECT_EQ(run({"--level", "text"}).status, 1);
}

TEST_F(CliTest, AScriptOfOnesOwnRunsByItsPath) {
  write("mine.pkt", "+0 < S 0:0(0) win 65535\n+0~+.1 > R. 0:0(0) ack 1\n");
  const Ended ended = run({(folder_ / "mine.pkt").string()});
  EXPECT_EQ(ended.status, 0) << ended.out << ended.err;
  EXPECT_THAT(ended.out, HasSubstr("Scripts\n"));
}

TEST_F(CliTest, Exit4WhenTheTargetCannotBeMade) {
  const pid_t child = start({"run", "answer", "--target", "linux", "--cases", tree().string()},
                            folder_ / "out", folder_ / "err", true);
  int status = 0;
  ::waitpid(child, &status, 0);
  ASSERT_TRUE(WIFEXITED(status));
  if (WEXITSTATUS(status) == kNotForbidden) GTEST_SKIP() << "namespaces cannot be forbidden here";
  EXPECT_EQ(WEXITSTATUS(status), 4);
  EXPECT_THAT(contents(folder_ / "err"), HasSubstr("tcpspec: target linux: "));
  EXPECT_EQ(contents(folder_ / "out"), "");
}

TEST_F(CliTest, Exit5WhenAReportCannotBeWritten) {
  const Ended json = run({"answer", "--json", "/dev/full"});
  EXPECT_EQ(json.status, 5);
  EXPECT_THAT(json.err, HasSubstr("/dev/full: No space left on device"));
  EXPECT_THAT(json.out, HasSubstr("exit 5"));
  EXPECT_EQ(run({"answer", "--junit", "/dev/full"}).status, 5);
  const pid_t child = start({"run", "answer", "--target", "reference", "--cases", tree().string()},
                            "/dev/full", folder_ / "err");
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_EQ(WEXITSTATUS(status), 5);
  EXPECT_THAT(contents(folder_ / "err"), HasSubstr("standard output: No space left on device"));
}

TEST_F(CliTest, BaselinesTurnVerdictsAndGoStale) {
  const auto with = [&](const std::string& text) {
    write("known.txt", text);
    return run({"--baseline", (folder_ / "known.txt").string()});
  };
  const Ended known = with("wrong [v4]  fail  it is made to\n");
  EXPECT_EQ(known.status, 0) << known.out;
  EXPECT_THAT(known.out, HasSubstr("1 known gap"));
  const Ended stale = with("wrong  fail  it is made to\ngone/case fail it went\n");
  EXPECT_EQ(stale.status, 6);
  EXPECT_THAT(stale.out, HasSubstr("known.txt:2: gone/case names no case"));
  const Ended passes = with("wrong  fail  it is made to\nanswer [v6]  fail  once\n");
  EXPECT_EQ(passes.status, 6);
  EXPECT_THAT(passes.out, HasSubstr("answer [v6] passes now"));
  EXPECT_EQ(with("answer fail once\n").status, 1);  // wrong still fails
  const Ended unreadable = with("answer sometimes\n");
  EXPECT_EQ(unreadable.status, 2);
  EXPECT_THAT(unreadable.err, HasSubstr("known.txt:1:8: error: expected 'fail', 'crash' or 'hang'"));
}

TEST_F(CliTest, JsonOnStandardOutputIsAlone) {
  const Ended ended = run({"--json", "-"});
  EXPECT_EQ(ended.status, 1);
  const auto json = nlohmann::json::parse(ended.out, nullptr, false);
  ASSERT_FALSE(json.is_discarded());
  EXPECT_EQ(json["counts"]["fail"], 1);
  EXPECT_EQ(json["exit"], 1);
  EXPECT_THAT(ended.err, HasSubstr("Failures"));
}

TEST_F(CliTest, TheSameSeedGivesTheSameReport) {
  const auto cases = [&] {
    return nlohmann::json::parse(run({"-v", "--json", "-", "--seed", "5", "-j", "3"}).out)["cases"].dump();
  };
  EXPECT_EQ(cases(), cases());
}

TEST_F(CliTest, MatrixReadsWhatRunWrote) {
  const std::string file = (folder_ / "a.json").string();
  ASSERT_EQ(run({"--json", file}).status, 1);
  const Ended ended = tcpspec({"matrix", file, file}, false);
  EXPECT_EQ(ended.status, 0) << ended.err;
  EXPECT_THAT(ended.out, testing::ContainsRegex("RFC 9293 3.10.7.1 +CLOSED State +2P 1F +2P 1F"));
  EXPECT_THAT(ended.out, HasSubstr("no case differs"));
}

TEST_F(CliTest, CoverageNamesTheOpenRows) {
  const Ended all = tcpspec({"coverage", "--strict"});
  EXPECT_EQ(all.status, 0) << all.err;
  write("cases/ledger/rfc9293.txt", contents(tree() / "ledger" / "rfc9293.txt") + R"(
RFC9293:3.10.7.1-rst
  title       A reset for a closed port is not answered
  level       MUST
  basis       descriptive
  section     3.10.7.1
  role        receiver
  observable  wire
  scenario    RST to a closed port -> nothing
)");
  const Ended open = tcpspec({"coverage", "--strict", "--open"});
  EXPECT_EQ(open.status, 1);
  EXPECT_THAT(open.out, testing::ContainsRegex("RFC9293:3.10.7.1-rst +text +open +A reset"));
  EXPECT_THAT(open.out, testing::ContainsRegex("RFC 9293 .* 1 of 2 +0 +1\n"));
  EXPECT_EQ(tcpspec({"coverage", "--rfc", "1"}).status, 2);
}

TEST_F(CliTest, ListExplainLintAndHelp) {
  const Ended list = tcpspec({"list", "--json"});
  EXPECT_EQ(list.status, 0);
  EXPECT_EQ(nlohmann::json::parse(list.out).size(), 3U);
  const Ended explain = tcpspec({"explain", "answer"});
  EXPECT_EQ(explain.status, 0) << explain.err;
  for (const char* part :
       {"A SYN to a port on which nothing listens", "RFC 9293 §3.10.7.1 (text)", "catches   a stack",
        "+0~+.1   >  R. 0:0(0) ack 1", "▶", "◀", "also chosen: answer [v6]"}) {
    EXPECT_THAT(explain.out, HasSubstr(part));
  }
  EXPECT_EQ(tcpspec({"lint"}).status, 0);
  write("mine.pkt", "+0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n+0 epoll_create(1) = 4\n");
  const Ended lint = tcpspec({"lint", (folder_ / "mine.pkt").string()});
  EXPECT_EQ(lint.status, 2);
  EXPECT_THAT(lint.err, HasSubstr("mine.pkt:2:"));
  for (const char* sub : {"run", "list", "explain", "lint", "matrix", "coverage", "doctor"}) {
    const Ended help = tcpspec({sub, "--help"}, false);
    EXPECT_EQ(help.status, 0) << sub;
    EXPECT_THAT(help.out, HasSubstr("Exit status:")) << sub;
  }
  EXPECT_THAT(tcpspec({"--version"}, false).out, testing::StartsWith("tcpspec "));
}

// In real time a case takes its time; Ctrl-C must not leave it behind.
TEST_F(CliTest, InterruptedItLeavesNoProcessBehind) {
  ASSERT_EQ(::prctl(PR_SET_CHILD_SUBREAPER, 1), 0);  // whatever is orphaned becomes ours, and is seen
  write("cases/closed/long.pkt", R"(// Long.
//@ covers RFC9293:3.10.7.1-noack
//@ catches nothing
//@ matrix I in 1 2 3 4

+${I}     <  S 0:0(0) win 65535
+0~+.1   >  R. 0:0(0) ack 1
+0  silence 100
)");
  if (tcpspec({"run", "answer", "--target", "linux"}).status == 4) GTEST_SKIP() << "no namespaces here";
  const pid_t child = start({"run", "long", "answer", "--target", "linux", "--cases", tree().string()},
                            folder_ / "out", folder_ / "err");
  std::this_thread::sleep_for(std::chrono::seconds(3));
  ::kill(child, SIGINT);
  int status = 0;
  const auto began = std::chrono::steady_clock::now();
  ::waitpid(child, &status, 0);
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(5));
  EXPECT_EQ(WEXITSTATUS(status), 130);
  EXPECT_THAT(contents(folder_ / "out"), HasSubstr("interrupted by signal 2"));
  EXPECT_THAT(contents(folder_ / "out"), HasSubstr("scheduled 10 ≠ executed 2"));
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(3);
  pid_t left = 0;
  while ((left = ::waitpid(-1, nullptr, WNOHANG)) >= 0 && std::chrono::steady_clock::now() < until) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));  // the killed need a moment to be gone
  }
  EXPECT_EQ(left, -1);
  EXPECT_EQ(errno, ECHILD);
}

}  // namespace
}  // namespace tcpspec::cli
