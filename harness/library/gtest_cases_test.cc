// register_cases() from outside: a binary as a user writes it, run as a child.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <pugixml.hpp>
#include <regex>
#include <set>
#include <string>

namespace tcpspec {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

struct Ended {
  int status = -1;
  std::string said;
};

Ended user_with(const std::string& cases, const std::string& words) {
  const std::string command =
      "unset GTEST_FILTER GTEST_OUTPUT GTEST_BRIEF; " TCPSPEC_LIBRARY_USER " --cases=" + cases + " " + words +
      " 2>&1";
  std::FILE* pipe = ::popen(command.c_str(), "r");
  Ended ended;
  std::array<char, 4096> buffer;
  for (std::size_t got = 0; (got = std::fread(buffer.data(), 1, buffer.size(), pipe)) > 0;) {
    ended.said.append(buffer.data(), got);
  }
  const int status = ::pclose(pipe);
  ended.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return ended;
}

std::size_t count(const std::string& text, const std::string& what) {
  std::size_t n = 0;
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++n;
  return n;
}

class RegisterCases : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = (std::filesystem::temp_directory_path() / "tcpspec-library-XXXXXX").string();
    ASSERT_NE(::mkdtemp(folder_.data()), nullptr);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  [[nodiscard]] Ended user(const std::string& words) const { return user_with(TCPSPEC_FEW_CASES, words); }
  std::string file(const std::string& name, const std::string& text) {
    const std::string path = folder_ + "/" + name;
    std::ofstream(path) << text;
    return path;
  }
  // Tests by name -> what the XML says of them.
  std::map<std::string, pugi::xml_node> xml(const std::string& name) {
    EXPECT_TRUE(document_.load_file((folder_ + "/" + name).c_str()));
    std::map<std::string, pugi::xml_node> out;
    for (const pugi::xml_node suite : document_.first_child()) {
      for (const pugi::xml_node test : suite.children("testcase")) {
        if (test.attribute("status").value() == std::string("run"))
          out[std::string(suite.attribute("name").value()) + "." + test.attribute("name").value()] = test;
      }
    }
    return out;
  }
  static std::string property(pugi::xml_node test, const char* name) {
    return test.child("properties")
        .find_child_by_attribute("property", "name", name)
        .attribute("value")
        .value();
  }
  std::string folder_;
  pugi::xml_document document_;
};

TEST_F(RegisterCases, EveryCaseIsATest) {
  const Ended listed = user_with(TCPSPEC_SOURCE_DIR "/cases", "--gtest_list_tests");
  EXPECT_EQ(listed.status, 0);
  EXPECT_GT(count(listed.said, "\n  "), 1000U);
  EXPECT_THAT(listed.said, HasSubstr("\n  lost_final_ack/last_ack/passive/v4\n"));
  EXPECT_THAT(listed.said, HasSubstr("RFC9293_3_10_7_4.\n"));
}

TEST_F(RegisterCases, AFilterOfOneRunsOne) {
  const Ended ended = user("'--gtest_filter=*.lost_final_ack/last_ack/passive/v4'");
  EXPECT_EQ(ended.status, 0) << ended.said;
  EXPECT_THAT(ended.said, HasSubstr("[==========] 1 test from 1 test suite ran."));
  EXPECT_THAT(ended.said, HasSubstr("[  PASSED  ] 1 test."));
}

TEST_F(RegisterCases, AFailureTellsTheWholeStoryAndHowToSeeItAgain) {
  const Ended ended = user(std::string("--no-resets --word=closed --ip=4 ") + "--gtest_brief=1");
  EXPECT_EQ(ended.status, 1);
  for (const char* part : {"/closed.pkt:", ": Failure", "fail  closed/", " [v4]", "RFC 9293 §", "(", "→ ",
                           "allowed   ", "actual    ", "differs   ", "last      ", "again     '"}) {
    EXPECT_THAT(ended.said, HasSubstr(part));
  }
  std::smatch again;
  ASSERT_TRUE(std::regex_search(ended.said, again, std::regex("again +'([^']+)' '(--gtest_filter=[^']+)'")))
      << ended.said;
  EXPECT_EQ(again[1], TCPSPEC_LIBRARY_USER);
  const Ended seen = user("--no-resets '" + again[2].str() + "'");
  EXPECT_EQ(seen.status, 1);
  EXPECT_THAT(seen.said, HasSubstr("[==========] 1 test from 1 test suite ran."));
}

TEST_F(RegisterCases, TheXmlHasIdVerdictAndRows) {
  const Ended ended =
      user("--no-resets --word=closed --word=lost-final-ack/last-ack --ip=4 --gtest_output=xml:" + folder_ +
           "/out.xml");
  EXPECT_EQ(ended.status, 1);
  std::set<std::string> verdicts;
  for (const auto& [name, test] : xml("out.xml")) {
    verdicts.insert(property(test, "verdict"));
    EXPECT_THAT(property(test, "id"), testing::EndsWith(" [v4]"));
    EXPECT_THAT(property(test, "covers"), HasSubstr("RFC"));
    EXPECT_EQ(property(test, "verdict") == "fail", static_cast<bool>(test.child("failure"))) << name;
    EXPECT_THAT(test.attribute("file").value(), HasSubstr(".pkt"));
  }
  EXPECT_THAT(verdicts, testing::Contains("fail"));
}

TEST_F(RegisterCases, ShardsShareTheCasesOut) {
  std::set<std::string> seen;
  std::size_t sum = 0;
  for (const char* shard : {"0", "1", "2"}) {
    ::setenv("GTEST_TOTAL_SHARDS", "3", 1);
    ::setenv("GTEST_SHARD_INDEX", shard, 1);
    const std::string name = std::string("shard-") + shard + ".xml";
    EXPECT_EQ(user("--word=lost-final-ack --gtest_output=xml:" + folder_ + "/" + name).status, 0);
    for (const auto& [test, node] : xml(name)) seen.insert(test), ++sum;
  }
  ::unsetenv("GTEST_TOTAL_SHARDS");
  ::unsetenv("GTEST_SHARD_INDEX");
  const Ended all = user("--word=lost-final-ack --gtest_list_tests");
  EXPECT_EQ(sum, count(all.said, "\n  "));
  EXPECT_EQ(seen.size(), sum);
  EXPECT_GT(sum, 3U);
}

TEST_F(RegisterCases, ARepeatGivesTheSameAgain) {
  const Ended ended = user("--word='lost-final-ack/last-ack/passive [v4]' --gtest_repeat=3");
  EXPECT_EQ(ended.status, 0);
  EXPECT_EQ(count(ended.said, "[  PASSED  ] 1 test."), 3U);
}

TEST_F(RegisterCases, AKnownGapIsSkippedWithItsReason) {
  const Ended failing = user("--no-resets --word=closed --ip=4 --gtest_output=xml:" + folder_ + "/out.xml");
  ASSERT_EQ(failing.status, 1);
  std::string lines;
  for (const auto& [name, test] : xml("out.xml")) {
    if (property(test, "verdict") == "fail") lines += property(test, "id") + " fail sends no resets\n";
  }
  const Ended ended = user("--no-resets --word=closed --ip=4 --baseline=" + file("baseline.txt", lines));
  EXPECT_EQ(ended.status, 0) << ended.said;
  EXPECT_THAT(ended.said, AllOf(HasSubstr(": Skipped"), HasSubstr("known-gap  closed/"),
                                HasSubstr("sends no resets"), HasSubstr("[  SKIPPED ]")));
}

TEST_F(RegisterCases, AStaleBaselineIsATestThatFails) {
  const Ended ended = user("--word=lost-final-ack --baseline=" + file("baseline.txt", "no/such fail gone\n"));
  EXPECT_EQ(ended.status, 1);
  EXPECT_THAT(ended.said,
              AllOf(HasSubstr("[  FAILED  ] tcpspec.baseline"), HasSubstr("no case is called 'no/such'")));
}

TEST_F(RegisterCases, WhatDoesNotLoadIsATestThatFails) {
  const Ended ended = user_with("/nowhere", "");
  EXPECT_EQ(ended.status, 1);
  EXPECT_THAT(ended.said, AllOf(HasSubstr("tcpspec: /nowhere: not a case tree"),
                                HasSubstr("[  FAILED  ] tcpspec.cases")));
}

TEST_F(RegisterCases, TheEnvironmentNamesTheCasesWhereTheOptionsDoNot) {
  ::setenv("TCPSPEC_CASES", "/elsewhere", 1);
  EXPECT_THAT(user_with("", "").said, HasSubstr("tcpspec: /elsewhere: not a case tree"));
  ::unsetenv("TCPSPEC_CASES");
}

TEST_F(RegisterCases, ATargetThatIsNotThereFailsEveryTest) {
  const Ended ended = user("--no-target --word='lost-final-ack/last-ack/passive [v4]'");
  EXPECT_EQ(ended.status, 1);
  EXPECT_THAT(ended.said, HasSubstr("the target cannot be made"));
}

TEST_F(RegisterCases, BreakOnFailureStopsWhereTheCaseFails) {
  EXPECT_EQ(user("--no-resets --word=closed --ip=4 --gtest_break_on_failure").status, 128 + 5);
}

}  // namespace
}  // namespace tcpspec
