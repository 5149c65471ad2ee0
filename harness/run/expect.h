// Candidate: one packet that a step allows, as a matcher. Compiles a PacketSpec to a SegmentPattern in
// absolute numbers, and follows the forms that take several packets (`data`, `ack >=`). Says what differs;
// does not look at times.
#ifndef HARNESS_RUN_EXPECT_H_
#define HARNESS_RUN_EXPECT_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "harness/packet/pattern.h"
#include "harness/run/connections.h"
#include "harness/scenario/scenario.h"

namespace tcpspec::run {

enum class Take : std::uint8_t {
  kNo,     // not this packet
  kPart,   // one of several that the form takes; more must come
  kWhole,  // the expectation is met
};

struct Judgement {
  Take take = Take::kNo;
  std::vector<packet::Difference> differences;  // of kNo
  std::string error;  // the step cannot be understood: a capture that was never made
};

class Candidate {
 public:
  // Both outlive the candidate.
  Candidate(const scenario::PacketSpec& spec, Connection& connection, Connections& connections);

  [[nodiscard]] Judgement judge(const packet::Image& image) const;
  // Takes a packet that judge() did not refuse: learns ISN, captures, timestamps, progress.
  void accept(const packet::Image& image);
  [[nodiscard]] bool begun() const { return begun_; }
  [[nodiscard]] Connection& connection() const { return connection_; }
  [[nodiscard]] const scenario::PacketSpec& spec() const { return spec_; }

 private:
  [[nodiscard]] Judgement judge_segment(const packet::Image& image) const;
  [[nodiscard]] Judgement judge_ack(const packet::Image& image) const;
  [[nodiscard]] Judgement judge_data(const packet::Image& image) const;
  void judge_piece(const packet::Image& image, const packet::SegmentPattern& pattern,
                   Judgement& judgement) const;
  // Fields that every form compares: ACK, window, urgent, options, IP.
  [[nodiscard]] Status common(packet::SegmentPattern& pattern) const;
  [[nodiscard]] std::vector<packet::Difference> match(const packet::SegmentPattern& pattern,
                                                      const packet::Image& image) const;
  [[nodiscard]] std::uint32_t target_isn(const packet::Image& image) const;
  void learn_options(const packet::TcpHeader& tcp);

  const scenario::PacketSpec& spec_;
  Connection& connection_;
  Connections& connections_;
  bool begun_ = false;
  // kData: the next octet that is due, relative; and whether the FIN came.
  std::optional<std::int64_t> next_;
};

}  // namespace tcpspec::run

#endif  // HARNESS_RUN_EXPECT_H_
