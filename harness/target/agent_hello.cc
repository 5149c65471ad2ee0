// The agent's Hello: its profile, to and from its protobuf message.
#include "harness/target/agent_wire.h"

namespace tcpspec::target {
namespace {

constexpr Duration kUsualSettle = Duration::millis(100);
constexpr Duration kUsualMinRto = Duration::millis(200);
constexpr Duration kUsualInitialRto = Duration::seconds(1);   // RFC 6298 §2
constexpr Duration kUsualMsl = Duration::seconds(120);        // RFC 9293 §3.4.2
constexpr Duration kUsualDelayedAck = Duration::millis(500);  // RFC 9293 §3.8.6.3

Duration or_default(std::int64_t nanos, Duration otherwise) {
  return nanos > 0 ? Duration::nanos(nanos) : otherwise;
}

pb::Link to_wire(AgentLink link) {
  switch (link) {
    case AgentLink::kNone:
      return pb::LINK_NONE;
    case AgentLink::kIp:
      return pb::LINK_IP;
    case AgentLink::kEthernet:
      return pb::LINK_ETHERNET;
  }
  return pb::LINK_UNSPECIFIED;
}

}  // namespace

void put(pb::Hello& to, const AgentHello& from) {
  const Profile& profile = from.profile;
  to.set_version(from.version);
  to.set_name(profile.name);
  to.set_stack_version(profile.version);
  to.set_setting(profile.setting);
  to.set_link(to_wire(from.link));
  to.set_clock(profile.clock == ClockKind::kVirtual ? pb::CLOCK_VIRTUAL : pb::CLOCK_REAL);
  to.set_delivery_unproven(!profile.synchronous_delivery);
  to.set_slack(profile.slack.absolute.count_nanos());
  to.set_slack_divisor(profile.slack.divisor);
  to.set_settle(profile.settle.count_nanos());
  to.set_min_rto(profile.min_rto.count_nanos());
  to.set_initial_rto(profile.initial_rto.count_nanos());
  to.set_msl(profile.msl.count_nanos());
  to.set_delayed_ack(profile.delayed_ack.count_nanos());
  to.mutable_choices()->insert(profile.choices.begin(), profile.choices.end());
  to.mutable_lacks()->insert(profile.lacks.begin(), profile.lacks.end());
}

Result<AgentReport> take(const pb::Hello& from) {
  AgentHello to;
  to.version = from.version();
  if (from.link() == pb::LINK_IP) {
    to.link = AgentLink::kIp;
  } else if (from.link() == pb::LINK_ETHERNET) {
    to.link = AgentLink::kEthernet;
  } else if (from.link() != pb::LINK_NONE) {
    return Error{"a Hello that does not say its link (LINK_NONE, LINK_IP or LINK_ETHERNET)"};
  }
  if (from.clock() != pb::CLOCK_VIRTUAL && from.clock() != pb::CLOCK_REAL)
    return Error{"a Hello that does not say its clock (CLOCK_VIRTUAL or CLOCK_REAL)"};
  Profile& profile = to.profile;
  profile.name = from.name();
  profile.version = from.stack_version();
  profile.setting = from.setting();
  profile.link = to.link == AgentLink::kEthernet ? LinkKind::kEthernet : LinkKind::kIp;
  profile.clock = from.clock() == pb::CLOCK_VIRTUAL ? ClockKind::kVirtual : ClockKind::kReal;
  profile.isolation = Isolation::kReset;
  profile.synchronous_delivery = !from.delivery_unproven();
  profile.slack = TimerSlack{Duration::nanos(from.slack()), from.slack_divisor()};
  profile.settle = or_default(from.settle(), kUsualSettle);
  profile.min_rto = or_default(from.min_rto(), kUsualMinRto);
  profile.initial_rto = or_default(from.initial_rto(), kUsualInitialRto);
  profile.msl = or_default(from.msl(), kUsualMsl);
  profile.delayed_ack = or_default(from.delayed_ack(), kUsualDelayedAck);
  profile.choices.insert(from.choices().begin(), from.choices().end());
  profile.lacks.insert(from.lacks().begin(), from.lacks().end());
  return AgentReport(std::move(to));
}

}  // namespace tcpspec::target
