#include "harness/run/steps.h"

#include "harness/run/ask.h"
#include "harness/run/build_packet.h"
#include "harness/scenario/print.h"
#include "stack/base/check.h"

namespace tcpspec::run {
namespace {

constexpr std::uint8_t kMssKind = 2;

std::uint16_t announced_mss(const packet::TcpHeader& syn, IpVersion version) {
  for (const packet::Option& option : packet::split_options(syn.options)) {
    if (option.kind == kMssKind && option.data.size() == 2) return load_be16(option.data, 0);
  }
  return version == IpVersion::kV4 ? 536 : 1220;
}

// What an undamaged segment of ours changes: what the target may now send and its application may now read.
void remember(Session& session, const scenario::PacketSpec& spec, const packet::Image& image,
              Connection& connection, const target::Stamp& at) {
  Path& path = session.connections.path_of(connection);
  session.connections.show_as(path, connection);
  path.used = true;
  path.permit.injected(image, at);
  if ((image.tcp->flags & scenario::kSyn) != 0) path.mss = announced_mss(*image.tcp, session.scenario.ip);
  if (image.payload.empty()) return;
  path.sent.push_back({stream_offset(*image.tcp, connection.tester_isn),
                       static_cast<std::uint32_t>(image.payload.size()), spec.payload.value_or(Bytes())});
  if (spec.payload && session.scenario.app == scenario::App::kEcho) path.pattern_out = false;
}

void inject_step(Session& session, const scenario::Step& step, const scenario::Inject& inject) {
  session.act_at(planned(step.time, session.time_base(), session.target.now()));
  if (session.over()) return;
  const auto* segment = std::get_if<scenario::PacketSpec>(&inject.packet);
  Result<BuiltPacket> built = segment != nullptr ? build_packet(*segment, session.connections)
                                                 : build_icmp(std::get<scenario::IcmpSpec>(inject.packet),
                                                              session.connections, session.outcome.trace);
  if (!built.ok()) return session.error(step, built.error());
  const std::string& name =
      segment != nullptr ? segment->connection : std::get<scenario::IcmpSpec>(inject.packet).connection;
  Connection& connection = *session.connections.find(name);
  const Result<target::Stamp> at =
      session.inject(std::move(built->bytes), built->image, numbering_in(connection));
  if (!at.ok() && at.error().starts_with(target::kImpossible)) return session.not_applicable(at.error());
  if (!at.ok()) {
    Mismatch mismatch;
    mismatch.allowed = "the packet is delivered";
    mismatch.actual = at.error();
    mismatch.differs = "the stimulus did not reach the target";
    return session.inconclusive(step, std::move(mismatch), "packet not delivered: " + at.error());
  }
  session.reference = *at;
  session.unproven = !session.profile.synchronous_delivery;
  if (segment != nullptr && !built->damaged) remember(session, *segment, built->image, connection, *at);
  if (segment != nullptr && !built->damaged && completes_handshake(session, built->image, connection))
    ask(session, step, connection);
}

bool holds(std::int64_t left, scenario::Comparison comparison, std::int64_t right) {
  switch (comparison) {
    case scenario::Comparison::kEqual:
      return left == right;
    case scenario::Comparison::kNotEqual:
      return left != right;
    case scenario::Comparison::kLess:
      return left < right;
    case scenario::Comparison::kAtMost:
      return left <= right;
    case scenario::Comparison::kGreater:
      return left > right;
    case scenario::Comparison::kAtLeast:
      return left >= right;
  }
  CHECK(false);
  return false;
}

void assert_step(Session& session, const scenario::Step& step, const scenario::Assert& assertion) {
  const Result<std::int64_t> left = session.connections.value(assertion.left);
  const Result<std::int64_t> right = session.connections.value(assertion.right);
  if (!left.ok()) return session.error(step, left.error());
  if (!right.ok()) return session.error(step, right.error());
  if (holds(*left, assertion.comparison, *right)) return;
  Mismatch mismatch;
  mismatch.allowed = scenario::print_step(step);
  mismatch.actual = "left is " + std::to_string(*left) + ", right is " + std::to_string(*right);
  mismatch.differs = "the assertion does not hold";
  session.fail(step, std::move(mismatch));
}

Flow play(Session& session, const scenario::Step& step) {
  if (const auto* expect = std::get_if<scenario::Expect>(&step.action))
    return expect_step(session, step, *expect);
  if (const auto* inject = std::get_if<scenario::Inject>(&step.action)) {
    inject_step(session, step, *inject);
  } else if (const auto* silence = std::get_if<scenario::Silence>(&step.action)) {
    silence_step(session, step, *silence);
  } else if (const auto* call = std::get_if<scenario::Call>(&step.action)) {
    if (session.has_calls()) session.calls.step(session, step, *call);
  } else if (const auto* assertion = std::get_if<scenario::Assert>(&step.action)) {
    assert_step(session, step, *assertion);
  } else if (const auto* peer = std::get_if<scenario::Peer>(&step.action)) {
    session.peer.step(session, step, *peer);
  } else {
    session.peer.link_step(session, step, std::get<scenario::LinkRule>(step.action));
  }
  return Flow::kNext;
}

}  // namespace

Flow play_steps(Session& session, const std::vector<scenario::Step>& steps, bool outermost) {
  for (std::size_t i = 0; i < steps.size(); ++i) {
    if (outermost) session.step = static_cast<int>(i);
    session.calls.judge_returned(session);
    if (session.over()) return Flow::kEnd;
    const Flow flow = play(session, steps[i]);
    if (session.over()) return Flow::kEnd;
    if (flow != Flow::kNext) return flow;
  }
  return Flow::kNext;
}

}  // namespace tcpspec::run
