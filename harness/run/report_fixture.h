// A small run to report on, for the tests of every report.
#ifndef HARNESS_RUN_REPORT_FIXTURE_H_
#define HARNESS_RUN_REPORT_FIXTURE_H_

#include <deque>
#include <string>

#include "harness/run/report.h"

namespace tcpspec::run {

struct ReportFixture {
  Ledger ledger;
  std::deque<scenario::Scenario> cases;  // pointers into it stay
  Report report;

  ReportFixture() {
    const auto row = [](const char* id, const char* level, const char* basis, const char* section) {
      return std::string(id) + "\n  title Rule of " + id + "\n  level " + level + "\n  basis " + basis +
             "\n  section " + section + "\n  role sender\n  observable wire\n  scenario s\n";
    };
    CHECK(
        ledger.add("a", "rfc 1122 Hosts\nsection 4.2 TCP\n" + row("RFC1122:4.2-a", "MUST", "keyword", "4.2"))
            .ok());
    CHECK(ledger
              .add("b",
                   "rfc 9293 Transmission Control Protocol\nsection 3.5 Opening\nsection 3.10.7.4 Other "
                   "States\n" +
                       row("RFC9293:MUST-1", "MUST", "keyword", "3.5") +
                       row("RFC9293:SHLD-2", "SHOULD", "keyword", "3.5") +
                       row("RFC9293:3.10.7.4-7text-x", "MUST", "descriptive", "3.10.7.4"))
              .ok());
    report.version = "1.2.3";
    report.target = "fake";
    report.profile.name = "fake";
    report.profile.version = "9";
    report.profile.setting = "in memory";
    report.profile.choices = {{"sack", "on"}};
    report.seed = 7;
    report.ledger = &ledger;
    report.wall = Duration::millis(1500);
  }

  CaseResult& add(const std::string& id, IpVersion ip, int line, const std::vector<std::string>& covers,
                  Verdict verdict) {
    scenario::Scenario& one = cases.emplace_back();
    one.id = id;
    one.ip = ip;
    one.title = "title of " + id;
    one.where = {"cases/x.pkt", line, 1};
    one.covers = covers;
    CaseResult result;
    result.scenario = &one;
    result.outcome.verdict = verdict;
    result.outcome.elapsed = Duration::millis(210);
    report.results.push_back(std::move(result));
    report.scheduled = report.results.size();
    return report.results.back();
  }
  // Both IP versions.
  void add_both(const std::string& id, int line, const std::vector<std::string>& covers, Verdict verdict) {
    add(id, IpVersion::kV4, line, covers, verdict);
    add(id, IpVersion::kV6, line, covers, verdict);
  }
  static Failure a_failure() {
    Failure failure;
    failure.where = {"cases/x.pkt", 14, 3};
    failure.script = {{13, "+.01 < P. 1:11(10) ack 2", false}, {14, "+0 > . 2:2(0) ack 11", true}};
    failure.allowed = "an ACK of 11 within 500 ms";
    failure.actual = "+12 ms  R. 2:2(0) ack 11";
    failure.differs = "flags (R set)";
    failure.before = "shutdown(SHUT_WR) returned";
    return failure;
  }
  static Trace a_trace() {
    Trace trace;
    TraceEvent in;
    in.kind = TraceKind::kPacketIn;
    in.at = target::Stamp::at(Instant::from_nanos(1'000'000'001));
    in.packet = Bytes(40, 0x45);
    in.text = "S 0:0(0) win 65535";
    TraceEvent out = in;
    out.kind = TraceKind::kPacketOut;
    out.at = target::Stamp::at(Instant::from_nanos(1'500'000'002));
    out.text = "S. 0:0(0) ack 1";
    out.failing = true;
    TraceEvent call;
    call.kind = TraceKind::kCallEnd;
    call.text = "accept(3, ...) = 4";
    trace.events = {in, out, call};
    return trace;
  }
};

}  // namespace tcpspec::run

#endif  // HARNESS_RUN_REPORT_FIXTURE_H_
