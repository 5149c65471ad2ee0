// The reports that go to files: JSON, JUnit XML and captures. Each is made whole in memory or beside its
// place and appears at once (output_file.h); what cannot be written is an Error.
//
// JSON, one object:
//   schema     1; grows by fields, never changes their meaning
//   tool       {name, version}
//   target     {name, profile, version, setting, clock: "virtual"|"real", choices: {policy: value},
//               lacks: {capability: evidence}}
//   seed, jobs, scheduled, executed, wall_seconds, exit, interrupted (signal or 0)
//   jitter_seconds {p50, p99, max}: of the tester's own wakeups; real time only
//   baseline   {file, stale: [{id, ip, line}]}; absent without one
//   counts     {verdict: number}, every verdict
//   rows       [{rfc, unreached, MUST|SHOULD|MAY|text: {met, judged}}]
//   cases      [{id, ip: 4|6, name (id and version), group (id without matrix values), file, line, kind,
//   title,
//                catches, given, tags, needs, section: {rfc, number, title},
//                covers: [{id, clause, grade, level, title}], grade, verdict, letter, elapsed_seconds,
//                attempts, reasons, choices, again, capture?, failure?: {rule, file, line, column, script:
//                [{line, text, failing}], allowed, actual, differs,
//                           before, last, timing},
//                trace?: [{kind: "in"|"out"|"call"|"return"|"note", at: [earliest, latest] in ns, step, text,
//                          packet (hex), matched, failing}]}]
// A trace stands there for every case that did not simply pass, and for all of them when asked.
#ifndef HARNESS_RUN_REPORT_FILES_H_
#define HARNESS_RUN_REPORT_FILES_H_

#include <string>

#include "harness/run/report.h"
#include "stack/base/result.h"

namespace tcpspec::run {

[[nodiscard]] std::string report_json(const Report& report, const Summary& summary, int status,
                                      bool all_traces);
[[nodiscard]] std::string report_junit(const Report& report, const Summary& summary);

// The packets of a trace: LINKTYPE_RAW, nanosecond stamps counted from the case's start; injected packets
// carry the earliest instant of their stamp.
[[nodiscard]] Status write_pcap(const std::string& path, const Trace& trace);
// "half-close-data-v4.pcap"
[[nodiscard]] std::string pcap_name(const scenario::Scenario& scenario);

}  // namespace tcpspec::run

#endif  // HARNESS_RUN_REPORT_FILES_H_
