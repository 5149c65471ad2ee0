#include "harness/run/report_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <pcap/pcap.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <pugixml.hpp>

#include "harness/run/matrix.h"
#include "harness/run/output_file.h"
#include "harness/run/report_fixture.h"

namespace tcpspec::run {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class TempFolder {
 public:
  TempFolder() {
    std::string name = (fs::temp_directory_path() / "tcpspec-test-XXXXXX").string();
    CHECK(::mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  ~TempFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;
  [[nodiscard]] std::string file(const std::string& name) const { return (path_ / name).string(); }
  [[nodiscard]] std::size_t entries() const {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(path_), {}));
  }

 private:
  fs::path path_;
};

std::string contents(const std::string& path) {
  std::ifstream in(path);
  return {std::istreambuf_iterator<char>(in), {}};
}

void fill(ReportFixture& fixture) {
  fixture.add_both("a", 1, {"RFC9293:MUST-1"}, Verdict::kPass);
  CaseResult& failed = fixture.add("b/x", IpVersion::kV4, 2, {"RFC9293:3.10.7.4-7text-x"}, Verdict::kFail);
  failed.outcome.failure = ReportFixture::a_failure();
  failed.outcome.reasons = {std::string("bad \xff and \x01 octets")};
  failed.outcome.trace = ReportFixture::a_trace();
  fixture.add("c", IpVersion::kV4, 3, {"RFC1122:4.2-a"}, Verdict::kNotApplicable).outcome.reasons = {
      "no clock"};
  fixture.add("d", IpVersion::kV4, 4, {"RFC1122:4.2-a"}, Verdict::kCrash).outcome.reasons = {"signal 11"};
}

TEST(JsonReport, HoldsEverythingThatAPageNeeds) {
  ReportFixture fixture;
  fill(fixture);
  const auto json = nlohmann::json::parse(report_json(fixture.report, summarize(fixture.report), 1, false));
  EXPECT_EQ(json["schema"], 1);
  EXPECT_EQ(json["target"]["name"], "fake");
  EXPECT_EQ(json["target"]["choices"]["sack"], "on");
  EXPECT_EQ(json["exit"], 1);
  EXPECT_EQ(json["counts"]["pass"], 2);
  EXPECT_EQ(json["counts"]["crash"], 1);
  EXPECT_EQ(json["rows"][0]["MUST"]["met"], 1);
  ASSERT_EQ(json["cases"].size(), 5U);
  EXPECT_FALSE(json["cases"][0].contains("trace"));
  const auto& failed = json["cases"][2];
  EXPECT_EQ(failed["name"], "b/x [v4]");
  EXPECT_EQ(failed["letter"], "F");
  EXPECT_EQ(failed["covers"][0]["clause"], "RFC 9293 §3.10.7.4 seventh");
  EXPECT_EQ(failed["covers"][0]["grade"], "text");
  EXPECT_EQ(failed["failure"]["differs"], "flags (R set)");
  EXPECT_EQ(failed["trace"].size(), 3U);
  EXPECT_EQ(failed["trace"][0]["packet"].get<std::string>().size(), 80U);
  EXPECT_EQ(failed["again"], "tcpspec run 'b/x [v4]' --target fake --seed 7 -v");
  const auto all = nlohmann::json::parse(report_json(fixture.report, summarize(fixture.report), 1, true));
  EXPECT_TRUE(all["cases"][0].contains("trace"));
}

TEST(JunitReport, CountsWhatCiCounts) {
  ReportFixture fixture;
  fill(fixture);
  pugi::xml_document document;
  const std::string text = report_junit(fixture.report, summarize(fixture.report));
  ASSERT_TRUE(document.load_string(text.c_str())) << text;
  const pugi::xml_node suites = document.child("testsuites");
  EXPECT_EQ(suites.attribute("tests").as_int(), 5);
  EXPECT_EQ(suites.attribute("failures").as_int(), 1);
  EXPECT_EQ(suites.attribute("errors").as_int(), 1);
  EXPECT_EQ(suites.attribute("skipped").as_int(), 1);
  const pugi::xml_node failed =
      suites.find_child_by_attribute("testsuite", "name", "RFC 9293 3.10.7.4 Other States")
          .find_child_by_attribute("testcase", "name", "b/x [v4]");
  EXPECT_STREQ(failed.attribute("classname").value(), "RFC9293.3.10.7.4");
  EXPECT_STREQ(failed.child("failure").attribute("message").value(), "differs: flags (R set)");
  EXPECT_THAT(failed.child("failure").text().get(), HasSubstr("again    tcpspec run"));
  EXPECT_THAT(text, testing::Not(HasSubstr("\x01")));
}

TEST(Pcap, HoldsThePacketsWithTheirNanoseconds) {
  const TempFolder folder;
  const std::string path = folder.file("x.pcap");
  ASSERT_TRUE(write_pcap(path, ReportFixture::a_trace()).ok());
  char error[PCAP_ERRBUF_SIZE];
  pcap_t* capture = pcap_open_offline_with_tstamp_precision(path.c_str(), PCAP_TSTAMP_PRECISION_NANO, error);
  ASSERT_NE(capture, nullptr) << error;
  EXPECT_EQ(pcap_datalink(capture), DLT_RAW);
  pcap_pkthdr header;
  ASSERT_NE(pcap_next(capture, &header), nullptr);
  EXPECT_EQ(header.ts.tv_sec, 1);
  EXPECT_EQ(header.ts.tv_usec, 1);
  EXPECT_EQ(header.caplen, 40U);
  ASSERT_NE(pcap_next(capture, &header), nullptr);
  EXPECT_EQ(header.ts.tv_usec, 500'000'002);
  EXPECT_EQ(pcap_next(capture, &header), nullptr);  // a call is no packet
  pcap_close(capture);
  EXPECT_EQ(folder.entries(), 1U);
}

TEST(Pcap, NamesHaveNoFolders) {
  scenario::Scenario one;
  one.id = "half-close/data/60";
  EXPECT_EQ(pcap_name(one), "half-close-data-60-v4.pcap");
  one.ip = IpVersion::kV6;
  EXPECT_EQ(pcap_name(one), "half-close-data-60-v6.pcap");
}

TEST(OutputFile, AppearsWholeOrNotAtAll) {
  const TempFolder folder;
  ASSERT_TRUE(write_file(folder.file("r"), "first").ok());
  ASSERT_TRUE(write_file(folder.file("r"), "second").ok());
  EXPECT_EQ(contents(folder.file("r")), "second");
  EXPECT_EQ(folder.entries(), 1U);
  {
    OutputFile dropped(folder.file("r"));
    ASSERT_TRUE(dropped.open().ok());
    std::fputs("half", dropped.stream());
  }
  EXPECT_EQ(contents(folder.file("r")), "second");
  EXPECT_EQ(folder.entries(), 1U);
  const Status nowhere = write_file(folder.file("no/such/folder"), "x");
  ASSERT_FALSE(nowhere.ok());
  EXPECT_THAT(nowhere.error(), HasSubstr("No such file"));
}

TEST(OutputFile, AFullDiskIsSaid) {
  const Status small = write_file("/dev/full", "x");
  ASSERT_FALSE(small.ok());
  EXPECT_EQ(small.error(), "/dev/full: No space left on device");
  EXPECT_FALSE(write_file("/dev/full", std::string(1'000'000, 'x')).ok());
  EXPECT_TRUE(fs::exists("/dev/full"));
  const Status capture = write_pcap("/dev/full", ReportFixture::a_trace());
  ASSERT_FALSE(capture.ok());
  EXPECT_THAT(capture.error(), HasSubstr("/dev/full: "));
}

TEST(Matrix, SetsTargetsSideBySideAndNamesWhatDiffers) {
  ReportFixture a;
  fill(a);
  ReportFixture b;
  b.report.target = "other";
  b.add_both("a", 1, {"RFC9293:MUST-1"}, Verdict::kPass);
  b.add("b/x", IpVersion::kV4, 2, {"RFC9293:3.10.7.4-7text-x"}, Verdict::kPass);
  const auto column = [](const ReportFixture& fixture) {
    return read_column(report_json(fixture.report, summarize(fixture.report), 0, false)).value();
  };
  const std::string text = matrix_text({column(a), column(b)});
  EXPECT_THAT(text, testing::ContainsRegex("RFC 9293 3.5 +Opening +2P +2P\n"));
  EXPECT_THAT(text, testing::ContainsRegex("RFC 9293 3.10.7.4 +Other States +1F +1P\n"));
  EXPECT_THAT(text, testing::ContainsRegex("RFC 1122 4.2 +TCP +1C 1N +-\n"));
  EXPECT_THAT(text, testing::ContainsRegex("all +2P 1F 1C 1N +3P\n"));
  EXPECT_THAT(text, HasSubstr("3 cases differ\n"));
  EXPECT_THAT(text, testing::ContainsRegex("b/x \\[v4\\] +F +P\n"));
  EXPECT_THAT(text, testing::ContainsRegex("d \\[v4\\] +C +-\n"));
  EXPECT_THAT(text, testing::Not(testing::ContainsRegex("\na \\[v4\\]")));
  EXPECT_THAT(matrix_text({column(b), column(b)}), HasSubstr("no case differs"));
}

TEST(Matrix, RefusesWhatIsNoReport) {
  EXPECT_FALSE(read_column("").ok());
  EXPECT_FALSE(read_column("[1]").ok());
  EXPECT_FALSE(read_column("{\"schema\": 2}").ok());
  EXPECT_FALSE(read_column("{\"schema\": 1}").ok());
  EXPECT_FALSE(
      read_column("{\"schema\": 1, \"target\": {\"name\": \"x\"}, \"cases\": [{\"letter\": \"?\"}]}").ok());
}

}  // namespace
}  // namespace tcpspec::run
