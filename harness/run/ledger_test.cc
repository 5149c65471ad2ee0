#include "harness/run/ledger.h"

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace tcpspec::run {
namespace {

constexpr const char* kHead =
    "# comment\nrfc 9293 Transmission Control Protocol\nsection 3.1 Header Format\n\n";
constexpr const char* kRow =
    "RFC9293:MUST-1\n"
    "  title       Read the window as unsigned\n"
    "  level       MUST NOT\n"
    "  basis       keyword\n"
    "  section     3.1\n"
    "  role        sender receiver\n"
    "  observable  wire\n"
    "  needs       svc-source sack\n"
    "  scenario    P offers 0x8000 -> T sends\n";

std::string error_of(const std::string& text) {
  Ledger ledger;
  const Status status = ledger.add("rfc9293.txt", text);
  return status.ok() ? "" : status.error();
}

TEST(Ledger, ReadsAStanza) {
  Ledger ledger;
  ASSERT_TRUE(ledger.add("f", std::string(kHead) + kRow).ok());
  const Requirement* row = ledger.find("RFC9293:MUST-1");
  ASSERT_NE(row, nullptr);
  EXPECT_EQ(row->title, "Read the window as unsigned");
  EXPECT_EQ(row->level, Level::kMustNot);
  EXPECT_EQ(row->role, (std::vector<std::string>{"sender", "receiver"}));
  EXPECT_EQ(row->needs, (std::vector<std::string>{"svc-source", "sack"}));
  EXPECT_EQ(row->observable, Observable::kWire);
  EXPECT_EQ(row->scenario, "P offers 0x8000 -> T sends");
  EXPECT_EQ(row->line, 5);
  EXPECT_EQ(row->rfc(), "9293");
  EXPECT_EQ(row->clause(), "RFC 9293 §3.1");
  EXPECT_EQ(row->grade(), "MUST NOT");
  EXPECT_EQ(ledger.rfc_title("9293"), "Transmission Control Protocol");
  EXPECT_EQ(ledger.section_title("9293", "3.1"), "Header Format");
  EXPECT_EQ(ledger.section_title("9293", "3.1(a)"), "Header Format");
  EXPECT_EQ(ledger.section_title("9293", "3.2"), "");
}

TEST(Ledger, GradeIsTextWithoutTheKeywordAndClauseNamesTheCheck) {
  Requirement row;
  row.id = "RFC9293:3.10.7.4-5ack-SYNRCVD-x";
  row.section = "3.10.7.4";
  row.basis = Basis::kDescriptive;
  EXPECT_EQ(row.grade(), "text");
  EXPECT_EQ(row.clause(), "RFC 9293 §3.10.7.4 fifth");
  row.id = "RFC9293:3.10.7.4-order";
  EXPECT_EQ(row.clause(), "RFC 9293 §3.10.7.4");
  row.section = "A.2";
  EXPECT_EQ(row.clause(), "RFC 9293 appendix A.2");
}

TEST(Ledger, ErrorsNameFileAndLine) {
  const std::string good = std::string(kHead) + kRow;
  EXPECT_EQ(error_of(good), "");
  EXPECT_EQ(error_of(good + "  colour red\n").find("rfc9293.txt:14: error: unknown field 'colour'"), 0U);
  EXPECT_EQ(error_of(good + "  title Again\n"), "rfc9293.txt:14: error: a second field 'title'");
  EXPECT_EQ(error_of(good + "  note\n"), "rfc9293.txt:14: error: field 'note' is empty; leave it out");
  EXPECT_EQ(error_of(good + "\n" + kRow),
            "rfc9293.txt:15: error: RFC9293:MUST-1 stands already at rfc9293.txt:5");
  EXPECT_EQ(error_of(std::string(kHead) + "RFC9293:MUST-2\n  title Lonely\n"),
            "rfc9293.txt:5: error: RFC9293:MUST-2 has no field 'level'");
  EXPECT_EQ(error_of(std::string(kHead) + "RFC9293:MUST-2\n  level OUGHT\n"),
            "rfc9293.txt:6: error: expected one of: MUST, MUST NOT, SHOULD, SHOULD NOT, MAY; found 'OUGHT'");
  EXPECT_EQ(error_of(std::string(kHead) + "RFC1122:1-a\n"),
            "rfc9293.txt:5: error: expected an id that begins with 'RFC9293:', found 'RFC1122:1-a'");
  EXPECT_EQ(error_of(std::string(kHead) + "  title x\n"),
            "rfc9293.txt:5: error: field 'title' belongs to no requirement");
  EXPECT_EQ(error_of("RFC9293:MUST-1\n"),
            "rfc9293.txt:1: error: expected 'rfc NUMBER TITLE' before the first requirement");
  EXPECT_EQ(error_of(std::string(kHead) + "two words\n"),
            "rfc9293.txt:5: error: expected a requirement's id alone on its line, found 'two words'");
  EXPECT_EQ(error_of(std::string(kHead) + "rfc 9293 Again\n"), "rfc9293.txt:5: error: a second 'rfc' line");
}

TEST(Ledger, AnUnobservableRowSaysWhy) {
  std::string row = std::string(kHead) + kRow;
  row.replace(row.find("wire"), 4, "unobservable");
  EXPECT_EQ(error_of(row), "rfc9293.txt:5: error: RFC9293:MUST-1 has no field 'because'");
  EXPECT_EQ(error_of(row + "  because local only\n"), "");
}

TEST(Ledger, ReferencesMustExist) {
  Ledger ledger;
  ASSERT_TRUE(ledger.add("f", std::string(kHead) + kRow + "  see RFC9293:MUST-9\n").ok());
  ASSERT_FALSE(ledger.check_references().ok());
  EXPECT_EQ(ledger.check_references().error(),
            "f:5: error: RFC9293:MUST-1 refers to RFC9293:MUST-9, which no file has");
}

TEST(Ledger, TheTreesOwnFilesAreWholeAndQuickToRead) {
  std::map<std::string, std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(TCPSPEC_SOURCE_DIR "/cases/ledger")) {
    if (entry.path().extension() != ".txt") continue;
    std::ifstream in(entry.path());
    files[entry.path().filename()] = std::string(std::istreambuf_iterator<char>(in), {});
  }
  const auto begin = std::chrono::steady_clock::now();
  Ledger ledger;
  for (const auto& [path, text] : files) {
    const Status status = ledger.add(path, text);
    ASSERT_TRUE(status.ok()) << status.error();
  }
  RecordProperty("microseconds", static_cast<int>(std::chrono::duration_cast<std::chrono::microseconds>(
                                                      std::chrono::steady_clock::now() - begin)
                                                      .count()));
  EXPECT_TRUE(ledger.check_references().ok());
  EXPECT_EQ(ledger.rows().size(), 1232U);
  for (const auto& [id, row] : ledger.rows()) {
    EXPECT_NE(ledger.rfc_title(row.rfc()), "") << id;
    EXPECT_NE(ledger.section_title(row.rfc(), row.section), "") << id << " " << row.section;
  }
}

}  // namespace
}  // namespace tcpspec::run
