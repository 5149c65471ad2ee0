// The checks, one file a topic. Each looks at one packet of the target against what is known before it.
#ifndef HARNESS_MONITOR_CHECKS_H_
#define HARNESS_MONITOR_CHECKS_H_

#include <functional>
#include <string>

#include "harness/monitor/connection.h"
#include "harness/monitor/rules.h"
#include "harness/monitor/segment.h"
#include "harness/packet/image.h"

namespace tcpspec::monitor {

// Takes the rule and what it would have allowed; the packet is named by the receiver.
using Report = std::function<void(RuleId rule, const std::string& why)>;

// Every packet, TCP or not.
void check_ip_header(const packet::Image& image, const Report& report);
// Any TCP segment, without context. False: its header cannot be trusted, nothing more should be read from it.
[[nodiscard]] bool check_tcp_header(const Segment& segment, const Report& report);
void check_option_form(const Segment& segment, const Report& report);

// With the context of a Life.
void check_negotiation(const Segment& segment, const Connection& connection, const Life& life,
                       const Report& report);
// `whole`: everything that we sent was seen (no IP fragments).
void check_sack(const Segment& segment, const Life& life, bool whole, const Report& report);
void check_sequence(const Segment& segment, const Connection& connection, const Life& life, bool whole,
                    const Report& report);
void check_window(const Segment& segment, const Life& life, const Report& report);

// With or without a Life.
void check_syn_ack(const Segment& segment, const Connection& connection, bool whole, const Report& report);
void check_reset(const Segment& segment, Connection& connection, const Report& report);
void check_idle(const Segment& segment, Connection& connection, bool whole, const Report& report);

}  // namespace tcpspec::monitor

#endif  // HARNESS_MONITOR_CHECKS_H_
