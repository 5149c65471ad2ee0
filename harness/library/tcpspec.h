// tcpspec as a library, for the author of a TCP: implement Target for your stack, call register_cases(), and
// every case is a GoogleTest test of your own binary.
//
//   find_package(tcpspec REQUIRED)
//   target_link_libraries(my_test PRIVATE tcpspec::gtest)
//
//   int main(int argc, char** argv) {
//     testing::InitGoogleTest(&argc, argv);
//     const auto count = tcpspec::register_cases([] { return std::make_unique<MyTarget>(); });
//     if (!count.ok()) { std::cerr << count.error() << '\n'; return 2; }
//     return RUN_ALL_TESTS();
//   }
//
// Everything runs in this process, one case after the other: a crash or a hang of the stack is one of the
// binary. Suite, without GoogleTest, is for any other way to run tests (tcpspec::tcpspec).
#ifndef HARNESS_LIBRARY_TCPSPEC_H_
#define HARNESS_LIBRARY_TCPSPEC_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "harness/target/target.h"

namespace tcpspec {

using target::CallDone;
using target::CallId;
using target::CallKind;
using target::CallResult;
using target::CaseSetup;
using target::ClockKind;
using target::Death;
using target::Event;
using target::Isolation;
using target::LinkKind;
using target::PacketOut;
using target::Place;
using target::Profile;
using target::Query;
using target::QueryKind;
using target::Service;
using target::ShutdownHow;
using target::SocketCall;
using target::SocketOption;
using target::Stamp;
using target::Target;
using target::TargetDied;
using target::TimerSlack;
using target::usual_place;
using target::Value;

// A fresh target for every case, so that no case can spoil another. Null: it cannot be made.
using MakeTarget = std::function<std::unique_ptr<Target>()>;

struct Options {
  // The case tree. register_cases() without it: $TCPSPEC_CASES, else the one that came with the package,
  // which is at TCPSPEC_PACKAGE_CASES.
  std::string cases;
  // As after `tcpspec run`: ids, beginnings of ids, globs, tags, ledger rows, files, folders. Empty: all.
  std::vector<std::string> select;
  std::vector<IpVersion> versions = {IpVersion::kV4, IpVersion::kV6};
  std::string baseline;    // known gaps, a file of `ID fail|crash|hang REASON`; empty: none
  std::uint64_t seed = 1;  // of ports, sequence numbers and all else that is drawn
};

// One case under the names of a test. GoogleTest's filter gives '-', ':', '*', '?' and '.' a meaning, so all
// but letters, digits and '/' becomes '_', and the IP version comes last:
//   reset/out-of-window/F. [v4]  ->  RFC9293_3_5_3.reset/out_of_window/F_/v4
struct CaseName {
  std::string id;     // "half-close/data [v4]"
  std::string suite;  // of the first rule that it covers: "RFC9293_3_10_7_4"; "Scripts", "Regressions"
  std::string test;   // "half_close/data/v4"
  std::string title;
  std::vector<std::string> covers;  // rows of the ledger
  std::string file;
  int line = 0;
};

enum class Ending : std::uint8_t {
  kOk,      // pass, tolerated
  kFailed,  // fail, crash, hang, error, unexpected-pass
  kSkipped  // not-applicable, inconclusive, known-gap
};
struct Played {
  Ending ending = Ending::kFailed;
  std::string verdict;  // "pass", "known-gap", …: as in tcpspec's reports
  std::string text;     // all there is to know; empty for a pass
  std::string file;     // the line of the script that it is about
  int line = 0;
};

// The chosen cases, loaded. Cheap to copy.
class Suite {
 public:
  // An Error says what cannot be read, in the tree or in the baseline, or which word means no case.
  [[nodiscard]] static Result<Suite> load(const Options& options);

  [[nodiscard]] const std::vector<CaseName>& cases()
      const;  // in the order of the RFCs; suite and test unique
  [[nodiscard]] const std::vector<std::string>& remarks() const;  // on the selection: "x/y is now called a/b"
  [[nodiscard]] const std::vector<std::string>& stale() const;    // lines of the baseline that name no case
  // Plays one case; `again` is how to see it again. With a real clock Inconclusive is tried again, twice.
  [[nodiscard]] Played play(std::size_t index, const MakeTarget& make, const std::string& again) const;

 private:
  struct Loaded;
  explicit Suite(std::shared_ptr<const Loaded> loaded) : loaded_(std::move(loaded)) {}
  std::shared_ptr<const Loaded> loaded_;
};

// Every case becomes a test: to be called before RUN_ALL_TESTS, once for each kind of target. Ends map so:
// kOk passes (tolerated is printed), kFailed fails at the line of the script, kSkipped skips with the reason.
// Properties "id", "verdict" and "covers" go into the XML. A stale baseline is a failing test of its own.
// Returns the number of tests; after an Error there is one test, which fails with it.
// `prefix` stands before the suites' names, for a binary that tests several targets.
[[nodiscard]] Result<std::size_t> register_cases(const MakeTarget& make, const Options& options = {},
                                                 const std::string& prefix = "");

}  // namespace tcpspec

#endif  // HARNESS_LIBRARY_TCPSPEC_H_
