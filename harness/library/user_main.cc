// What a user's own binary looks like, for the tests: the reference stack, or with --no-resets one that never
// sends a reset, or with --no-target nothing at all. --word=W, --baseline=FILE, --cases=DIR, --ip=4 are
// Options.
#include <gtest/gtest.h>

#include <algorithm>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "harness/library/tcpspec.h"
#include "harness/target/reference.h"

namespace {

class Filtered final : public tcpspec::Target {
 public:
  explicit Filtered(std::unique_ptr<tcpspec::Target> inner) : inner_(std::move(inner)) {}
  [[nodiscard]] const tcpspec::Profile& profile() const override { return inner_->profile(); }
  tcpspec::Status start(const tcpspec::CaseSetup& setup) override { return inner_->start(setup); }
  [[nodiscard]] tcpspec::Instant now() const override { return inner_->now(); }
  tcpspec::Result<tcpspec::Stamp> inject(tcpspec::ByteView packet) override { return inner_->inject(packet); }
  tcpspec::CallId begin(const tcpspec::SocketCall& call) override { return inner_->begin(call); }
  void cancel(tcpspec::CallId call) override { inner_->cancel(call); }
  tcpspec::Result<tcpspec::Value> query(const tcpspec::Query& query) override { return inner_->query(query); }
  [[nodiscard]] std::optional<tcpspec::Event> next(tcpspec::Instant deadline) override {
    for (;;) {
      std::optional<tcpspec::Event> event = inner_->next(deadline);
      const auto* out = event ? std::get_if<tcpspec::PacketOut>(&event->what) : nullptr;
      if (out == nullptr || !is_reset(out->packet)) return event;
    }
  }
  tcpspec::Status end() override { return inner_->end(); }

 private:
  static bool is_reset(tcpspec::ByteView packet) {
    const std::size_t header = packet[0] >> 4 == 4 ? (packet[0] & 15U) * 4 : 40;
    return packet.size() > header + 13 && (packet[header + 13] & 0x04) != 0;
  }
  std::unique_ptr<tcpspec::Target> inner_;
};

}  // namespace

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  tcpspec::Options options;
  bool resets = true, exists = true;
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    const std::string value(word.substr(std::min(word.find('='), word.size() - 1) + 1));
    if (word == "--no-resets") resets = false;
    if (word == "--no-target") exists = false;
    if (word == "--ip=4") options.versions = {tcpspec::IpVersion::kV4};
    if (word.starts_with("--word=")) options.select.push_back(value);
    if (word.starts_with("--baseline=")) options.baseline = value;
    if (word.starts_with("--cases=")) options.cases = value;
  }
  const auto make = [resets, exists]() -> std::unique_ptr<tcpspec::Target> {
    if (!exists) return nullptr;
    if (resets) return tcpspec::target::make_reference_target();
    return std::make_unique<Filtered>(tcpspec::target::make_reference_target());
  };
  const tcpspec::Result<std::size_t> count = tcpspec::register_cases(make, options);
  if (!count.ok()) std::cerr << count.error() << '\n';
  return RUN_ALL_TESTS();
}
