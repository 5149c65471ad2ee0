// tcpspec interop from outside: bad input, exit status, what is printed.
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <algorithm>

#include <cstdio>
#include <nlohmann/json.hpp>
#include <string>

namespace tcpspec::cli {
namespace {

struct Ran {
  int status = -1;
  std::string text;  // stdout and stderr
};

Ran interop(const std::string& words) {
  Ran ran;
  const std::string command = std::string(TCPSPEC_BINARY) + " interop 2>&1 " + words;
  std::FILE* pipe = ::popen(command.c_str(), "r");
  if (pipe == nullptr) return ran;
  char buffer[4096];
  while (const std::size_t got = std::fread(buffer, 1, sizeof buffer, pipe)) ran.text.append(buffer, got);
  const int status = ::pclose(pipe);
  ran.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return ran;
}

bool says(const Ran& ran, const std::string& what) { return ran.text.find(what) != std::string::npos; }

TEST(Interop, ComplainsAboutWordsThatMeanNothing) {
  const Ran target = interop("--target nobody");
  EXPECT_EQ(target.status, 2);
  EXPECT_TRUE(says(target, "no target is called 'nobody'; there are: reference")) << target.text;
  const Ran glob = interop("--target reference --only 'middling/*'");
  EXPECT_EQ(glob.status, 2);
  EXPECT_TRUE(says(glob, "'middling/*' fits no conversation; names look like light/all-on/")) << glob.text;
  EXPECT_TRUE(says(glob, "interop --list")) << glob.text;
  const Ran scale = interop("--target reference --scale huge");
  EXPECT_EQ(scale.status, 2);
  EXPECT_TRUE(says(scale, "full")) << scale.text;
  EXPECT_EQ(interop("").status, 2);
  EXPECT_EQ(interop("--target reference --chaos 0").status, 2);
  EXPECT_EQ(interop("--target reference --chaos 1 --only 'light/*'").status, 2);
  const Ran folder = interop("--target reference --scale ci --json /no/such/folder/x.json");
  EXPECT_EQ(folder.status, 2);
  EXPECT_TRUE(says(folder, "/no/such/folder does not exist")) << folder.text;
}

TEST(Interop, ListsTheMatrix) {
  const Ran all = interop("--list");
  EXPECT_EQ(all.status, 0);
  EXPECT_EQ(std::count(all.text.begin(), all.text.end(), '\n'), 144);
  const Ran few = interop("--list --only heavy/all-on/v6");
  EXPECT_EQ(std::count(few.text.begin(), few.text.end(), '\n'), 4);
}

TEST(Interop, PlaysAndReports) {
  const Ran ran = interop("--target reference --scale ci --only light/all-on/v4 -j 1");
  EXPECT_EQ(ran.status, 0) << ran.text;
  EXPECT_TRUE(says(ran, "light  all on")) << ran.text;
  EXPECT_TRUE(says(ran, "4 conversations   4 pass")) << ran.text;
  EXPECT_TRUE(says(ran, "exit 0")) << ran.text;
}

TEST(Interop, RepeatsASeedInItsReport) {
  const auto report = [] {
    const Ran ran = interop("--target reference --chaos 1 --seed 3 --json - 2>/dev/null");
    return nlohmann::json::parse(ran.text, nullptr, false);
  };
  const auto first = report(), second = report();
  ASSERT_TRUE(first.is_object());
  EXPECT_EQ(first["conversations"][0]["seed"], 3);
  EXPECT_EQ(first["conversations"][0]["figures"]["packet_hash"],
            second["conversations"][0]["figures"]["packet_hash"]);
  EXPECT_EQ(first["repeated"], 1);
  EXPECT_EQ(first["repeated_equal"], 1);
}

}  // namespace
}  // namespace tcpspec::cli
