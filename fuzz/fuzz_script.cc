// Scripts: any bytes load or give errors with a place, and what loads survives being printed and loaded
// again.
#include <string>
#include <string_view>

#include "harness/scenario/load.h"
#include "harness/scenario/print.h"
#include "stack/base/check.h"

namespace tcpspec::fuzz {
namespace {

scenario::LoadOptions options(scenario::SourceReader& fragments) {
  scenario::LoadOptions options;
  options.fragments = &fragments;
  options.versions = {IpVersion::kV4};
  options.limits = {2'000, 4'000, 1'000'000, 8};
  return options;
}

void round_trip(const scenario::Scenario& first, scenario::LoadOptions options) {
  const std::string text = scenario::print(first);
  // A script's id comes from its path, its version from the options.
  options.versions = {first.ip};
  const scenario::Loaded again = scenario::load_text("printed.pkt", text, options);
  CHECK(again.ok());
  CHECK(again.scenarios.size() == 1);
  scenario::Scenario second = again.scenarios[0];
  second.where = first.where;
  if (first.kind == scenario::FileKind::kScript) second.id = first.id;
  CHECK(second == first);
  CHECK(scenario::print(again.scenarios[0]) == text);
}

}  // namespace
}  // namespace tcpspec::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tcpspec;
  if (size > 8'000) return 0;
  scenario::MemoryReader fragments;
  fragments.add(
      "established-passive",
      "// A connection that the tester opened.\n"
      "+0 < S 0:0(0) win 65535 <mss 1460>\n+0~+.5 > S. 0:0(0) ack 1 <...>\n+0 < . 1:1(0) ack 1 win 65535\n");
  const scenario::LoadOptions load = fuzz::options(fragments);
  const scenario::Loaded loaded =
      scenario::load_text("fuzz.pkt", {reinterpret_cast<const char*>(data), size}, load);
  for (const scenario::Diagnostic& error : loaded.errors) {
    CHECK(error.line >= 1);
    CHECK(!error.message.empty() && !scenario::to_string(error).empty());
  }
  for (const scenario::Scenario& one : loaded.scenarios) fuzz::round_trip(one, load);
  return 0;
}
