// Every fault that can be switched on, in the order of the files of this folder, and the switch.
#ifndef STACK_FAULTS_CATALOGUE_H_
#define STACK_FAULTS_CATALOGUE_H_

#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "stack/faults/fault.h"

namespace tcpspec::faults {

[[nodiscard]] const std::vector<Fault>& catalogue();
// Null: no fault has this id.
[[nodiscard]] const Fault* find(std::string_view id);
// For Config::fault of one host; outlives it. `fault` is one of the catalogue.
[[nodiscard]] std::unique_ptr<tcp::FaultPoints> switch_on(const Fault& fault);

// By theme; each in the file of its name.
[[nodiscard]] std::span<const Fault> reset_faults();
[[nodiscard]] std::span<const Fault> handshake_faults();
[[nodiscard]] std::span<const Fault> listen_faults();
[[nodiscard]] std::span<const Fault> acknowledge_faults();
[[nodiscard]] std::span<const Fault> window_faults();
[[nodiscard]] std::span<const Fault> probe_faults();
[[nodiscard]] std::span<const Fault> option_faults();
[[nodiscard]] std::span<const Fault> timestamp_faults();
[[nodiscard]] std::span<const Fault> text_faults();
[[nodiscard]] std::span<const Fault> close_faults();
[[nodiscard]] std::span<const Fault> time_wait_faults();
[[nodiscard]] std::span<const Fault> retransmission_faults();
[[nodiscard]] std::span<const Fault> congestion_faults();
[[nodiscard]] std::span<const Fault> ecn_and_urgent_faults();
[[nodiscard]] std::span<const Fault> packet_faults();
[[nodiscard]] std::span<const Fault> keepalive_faults();
[[nodiscard]] std::span<const Fault> icmp_faults();

}  // namespace tcpspec::faults

#endif  // STACK_FAULTS_CATALOGUE_H_
