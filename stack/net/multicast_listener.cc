#include "stack/net/multicast_listener.h"

#include <algorithm>

namespace tcpspec::net {
namespace {

// RFC 3810 §9.2, §9.3, §9.11.
constexpr Duration kQueryInterval = Duration::seconds(125);
constexpr Duration kQueryResponseInterval = Duration::seconds(10);
constexpr Duration kUnsolicitedReportInterval = Duration::seconds(1);

}  // namespace

MulticastListener::MulticastListener(const std::vector<IpAddress>& groups, std::uint32_t robustness,
                                     Random random, LinkOutput& output)
    : robustness_(robustness), random_(random), output_(output), unsolicited_left_(robustness) {
  for (const IpAddress& group : groups) groups_.push_back({group, Instant::never(), {}});
}

// RFC 3810 §6.2: a delay in (0, most], so that the listeners of a link do not answer as one.
Instant MulticastListener::within(Duration most, Instant now) {
  const auto span = static_cast<std::uint64_t>(std::max(most, Duration::nanos(1)).count_nanos());
  return now + Duration::nanos(static_cast<std::int64_t>(1 + random_.below(span)));
}

void MulticastListener::forget_answers() {
  answer_all_at_ = Instant::never();
  for (Group& group : groups_) {
    group.answer_at = Instant::never();
    group.sources.clear();
  }
}

void MulticastListener::arrives(ByteView packet, const wire::IcmpMessage& message, Instant now) {
  // RFC 3810 §6.2, §7.4: sender, hop limit and router alert first.
  if (!wire::is_from_this_link(packet)) return output_.drops.count(Drop::kMldSource);
  if (message.type == wire::icmp6::kListenerQuery) {
    const wire::Parsed<wire::MldQuery> parsed = wire::parse_mld_query(message);
    if (!parsed.ok()) return output_.drops.count(parsed.fault());
    return query(*parsed, now);
  }
  // What other listeners tell routers. RFC 2710 §4: in version 1 one report of a group is enough.
  if (message.type != wire::icmp6::kListenerReportV1) return;
  const wire::Parsed<IpAddress> reported = wire::parse_mld_v1_report(message);
  if (!reported.ok()) return output_.drops.count(reported.fault());
  const auto group = std::ranges::find(groups_, *reported, &Group::group);
  if (group != groups_.end() && version_1(now)) group->answer_at = Instant::never();
}

void MulticastListener::query(const wire::MldQuery& query, Instant now) {
  if (query.version == 1) {
    // RFC 3810 §8.2.1: a change of version cancels all that is pending. §9.12: the old querier counts as
    // present for robustness × query interval + query response interval.
    if (!version_1(now)) {
      forget_answers();
      unsolicited_left_ = 0;
      unsolicited_at_ = Instant::never();
    }
    version_1_until_ = now + kQueryInterval * robustness_ + kQueryResponseInterval;
  }
  if (version_1(now)) return query_version_1(query, now);
  const Instant answer_at = within(query.most_response_delay, now);
  // RFC 3810 §6.2 rule 1: an answer about everything comes sooner anyway.
  if (answer_all_at_ <= answer_at) return;
  // Rule 2: a general query has one timer.
  if (query.group.is_unspecified()) {
    answer_all_at_ = answer_at;
    return;
  }
  const auto group = std::ranges::find(groups_, query.group, &Group::group);
  if (group != groups_.end()) query_group(*group, query, answer_at);
}

void MulticastListener::query_group(Group& group, const wire::MldQuery& query, Instant answer_at) {
  const bool pending = group.answer_at != Instant::never();
  if (query.sources.empty() || (pending && group.sources.empty())) {
    // RFC 3810 §6.2 rules 3 and 4: about the whole group, which covers any of its sources.
    group.sources.clear();
  } else {
    // Rules 3 and 5: the sources add up. More than we keep: the answer is about the whole group.
    for (const IpAddress& source : query.sources) {
      if (std::ranges::find(group.sources, source) == group.sources.end()) group.sources.push_back(source);
      if (group.sources.size() > kMostSources) {
        group.sources.clear();
        break;
      }
    }
  }
  group.answer_at = std::min(group.answer_at, answer_at);
}

void MulticastListener::query_version_1(const wire::MldQuery& query, Instant now) {
  for (Group& group : groups_) {
    if (!query.group.is_unspecified() && query.group != group.group) continue;
    // RFC 2710 §4: a timer that runs is set anew only if the query wants the answer sooner.
    if (group.answer_at <= now + query.most_response_delay) continue;
    group.answer_at = within(query.most_response_delay, now);
  }
}

void MulticastListener::on_deadline(const IpAddress& source, Instant now) {
  if (unsolicited_at_ <= now) unsolicited(source, now);
  if (answer_all_at_ <= now) {
    answer_all_at_ = Instant::never();
    // RFC 3810 §6.3 rule 1: one current-state record for each group.
    std::vector<wire::MldRecord> records;
    for (const Group& group : groups_) {
      records.push_back({wire::MldRecordType::kModeIsExclude, group.group, {}});
    }
    report(source, records);
  }
  for (Group& group : groups_) {
    if (group.answer_at > now) continue;
    group.answer_at = Instant::never();
    if (version_1(now)) {
      report_version_1(source, group.group);
    } else if (group.sources.empty()) {
      // Rule 2.
      report(source, {{wire::MldRecordType::kModeIsExclude, group.group, {}}});
    } else {
      // Rule 3: of what was asked about, all is listened to, for nothing is excluded.
      report(source, {{wire::MldRecordType::kModeIsInclude, group.group, group.sources}});
    }
    group.sources.clear();
  }
}

void MulticastListener::unsolicited(const IpAddress& source, Instant now) {
  --unsolicited_left_;
  // RFC 3810 §6.1: repeated robustness - 1 times, at random moments of the interval.
  unsolicited_at_ = unsolicited_left_ > 0 ? within(kUnsolicitedReportInterval, now) : Instant::never();
  std::vector<wire::MldRecord> records;
  for (const Group& group : groups_) {
    records.push_back({wire::MldRecordType::kChangeToExclude, group.group, {}});
  }
  report(source, records);
}

void MulticastListener::report(const IpAddress& source, const std::vector<wire::MldRecord>& records) {
  const Bytes packet = wire::build_mld_v2_report(source, records);
  const IpAddress destination = IpAddress::from_bytes(ByteView(packet).subspan(24, 16));
  output_.send(wire::group_mac(destination), wire::ether_type::kIpv6, packet);
}

void MulticastListener::report_version_1(const IpAddress& source, const IpAddress& group) {
  output_.send(wire::group_mac(group), wire::ether_type::kIpv6, wire::build_mld_v1_report(source, group));
}

Instant MulticastListener::next_deadline() const {
  Instant earliest = std::min(unsolicited_at_, answer_all_at_);
  for (const Group& group : groups_) earliest = std::min(earliest, group.answer_at);
  return earliest;
}

}  // namespace tcpspec::net
