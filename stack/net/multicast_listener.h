// MulticastListener: tells routers which IPv6 groups this host listens to, RFC 3810 §6, here the
// solicited-node groups of its addresses, joined at start and never left; ff02::1 is never reported. Speaks
// version 1 (RFC 2710) while a version 1 querier was heard, RFC 3810 §8.2.1. Nobody asks for sources, so
// every group is in mode EXCLUDE with none. Bounds: kMostSources of a group-and-source query are kept for the
// answer.
#ifndef STACK_NET_MULTICAST_LISTENER_H_
#define STACK_NET_MULTICAST_LISTENER_H_

#include <cstdint>
#include <vector>

#include "stack/base/address.h"
#include "stack/base/bytes.h"
#include "stack/base/random.h"
#include "stack/base/time.h"
#include "stack/net/link_output.h"
#include "stack/wire/mld.h"

namespace tcpspec::net {

class MulticastListener {
 public:
  static constexpr std::size_t kMostSources = 64;

  MulticastListener(const std::vector<IpAddress>& groups, std::uint32_t robustness, Random random,
                    LinkOutput& output);

  // An ICMPv6 message of wire::is_listener_message(); `packet` is the whole IPv6 packet around it.
  void arrives(ByteView packet, const wire::IcmpMessage& message, Instant now);
  // `source` is our link-local address, or :: as long as there is none that may be used (RFC 3810 §5.2.13).
  void on_deadline(const IpAddress& source, Instant now);
  [[nodiscard]] Instant next_deadline() const;
  // Whether reports are version 1 for now.
  [[nodiscard]] bool version_1(Instant now) const { return now < version_1_until_; }

 private:
  struct Group {
    IpAddress group;
    Instant answer_at = Instant::never();
    std::vector<IpAddress> sources;  // asked about; empty: the group as a whole
  };

  void query(const wire::MldQuery& query, Instant now);
  void query_version_1(const wire::MldQuery& query, Instant now);
  void query_group(Group& group, const wire::MldQuery& query, Instant answer_at);
  void forget_answers();
  [[nodiscard]] Instant within(Duration most, Instant now);
  void report(const IpAddress& source, const std::vector<wire::MldRecord>& records);
  void report_version_1(const IpAddress& source, const IpAddress& group);
  void unsolicited(const IpAddress& source, Instant now);

  std::uint32_t robustness_;
  Random random_;
  LinkOutput& output_;
  std::vector<Group> groups_;
  Instant answer_all_at_ = Instant::never();
  std::uint32_t unsolicited_left_;
  Instant unsolicited_at_;
  Instant version_1_until_;
};

}  // namespace tcpspec::net

#endif  // STACK_NET_MULTICAST_LISTENER_H_
