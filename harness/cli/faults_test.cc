#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/cli/targets.h"
#include "harness/target/reference_faults.h"

namespace tcpspec::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(FindTargetWithFault, NoFaultIsTheTargetItself) {
  const Result<run::TargetFactory> make = find_target("reference", "");
  ASSERT_TRUE(make.ok());
  const Result<std::unique_ptr<target::Target>> target = (*make)();
  ASSERT_TRUE(target.ok());
  EXPECT_THAT((*target)->profile().setting, Not(HasSubstr("FAULT")));
}

TEST(FindTargetWithFault, TheProfileSaysThatAFaultIsOn) {
  if (!target::reference_has_faults()) GTEST_SKIP() << "a build without faults";
  const Result<run::TargetFactory> make = find_target("reference", "closed-port-is-silent");
  ASSERT_TRUE(make.ok());
  const Result<std::unique_ptr<target::Target>> target = (*make)();
  ASSERT_TRUE(target.ok());
  EXPECT_THAT((*target)->profile().setting, HasSubstr("FAULT closed-port-is-silent"));
}

TEST(FindTargetWithFault, AnUnknownOneGetsNearNames) {
  if (!target::reference_has_faults()) GTEST_SKIP() << "a build without faults";
  const Result<run::TargetFactory> make = find_target("reference", "closed-port-is-silnet");
  ASSERT_FALSE(make.ok());
  EXPECT_THAT(make.error(), HasSubstr("did you mean closed-port-is-silent?"));
  const Result<run::TargetFactory> part = find_target("reference", "rst-anywhere");
  ASSERT_FALSE(part.ok());
  EXPECT_THAT(part.error(), HasSubstr("rst-anywhere-in-window-resets"));
  const Result<run::TargetFactory> far = find_target("reference", "xyzzyplugh");
  ASSERT_FALSE(far.ok());
  EXPECT_THAT(far.error(), Not(HasSubstr("did you mean")));
  EXPECT_THAT(far.error(), HasSubstr("list --faults"));
}

TEST(FindTargetWithFault, OtherTargetsHaveNone) {
  const Result<run::TargetFactory> make = find_target("lwip", "closed-port-is-silent");
  ASSERT_FALSE(make.ok());
  EXPECT_THAT(make.error(), HasSubstr("only reference has"));
}

TEST(FindTargetWithFault, ABuildWithoutFaultsNamesOneThatHasThem) {
  if (target::reference_has_faults()) GTEST_SKIP() << "a build with faults";
  const Result<run::TargetFactory> make = find_target("reference", "closed-port-is-silent");
  ASSERT_FALSE(make.ok());
  EXPECT_THAT(make.error(), HasSubstr("cmake --preset test"));
  EXPECT_TRUE(target::reference_faults().empty());
}

TEST(ReferenceFaults, EachCanBeMade) {
  for (const target::FaultInfo& fault : target::reference_faults()) {
    const std::unique_ptr<target::Target> target = target::make_faulty_reference_target(fault.id);
    ASSERT_NE(target, nullptr);
    EXPECT_THAT(target->profile().setting, HasSubstr(fault.id));
  }
}

}  // namespace
}  // namespace tcpspec::cli
