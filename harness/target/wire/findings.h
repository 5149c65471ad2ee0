// Findings: what a look at the box before the run has shown: what it lacks, what it chooses, what is
// suspicious. Data with a text form, so that the process that looked can leave it to those that play cases.
#ifndef HARNESS_TARGET_WIRE_FINDINGS_H_
#define HARNESS_TARGET_WIRE_FINDINGS_H_

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "stack/base/address.h"
#include "stack/base/result.h"

namespace tcpspec::target::wire {

struct Side {
  bool answers_echo = false;                 // ICMP of the link's whole size
  std::uint16_t open_port = 0;               // for cases that need any open port; 0: there is none
  std::map<std::string, std::string> lacks;  // word -> evidence
  std::map<std::string, std::string> choices;
  std::vector<std::string> remarks;  // signs of something in between
  bool operator==(const Side&) const = default;
};

struct Findings {
  Side v4, v6;
  std::set<IpAddress> taken;  // own addresses that somebody else has
  [[nodiscard]] Side& of(IpVersion ip) { return ip == IpVersion::kV4 ? v4 : v6; }
  [[nodiscard]] const Side& of(IpVersion ip) const { return ip == IpVersion::kV4 ? v4 : v6; }
  bool operator==(const Findings&) const = default;
};

[[nodiscard]] std::string to_text(const Findings& findings);
[[nodiscard]] Result<Findings> findings_of(const std::string& text);

}  // namespace tcpspec::target::wire

#endif  // HARNESS_TARGET_WIRE_FINDINGS_H_
