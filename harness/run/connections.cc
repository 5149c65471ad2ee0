#include "harness/run/connections.h"

#include <algorithm>

#include "harness/packet/stream.h"
#include "stack/base/check.h"
#include "stack/base/random.h"

namespace tcpspec::run {
namespace {

constexpr std::uint16_t kFirstDrawnPort = 49152, kDrawnPorts = 12'000, kDrawnControl = 2'000;

// FNV-1a: the same id gives the same ports everywhere.
std::uint64_t hash(std::string_view text) {
  std::uint64_t value = 0xcbf29ce484222325;
  for (const char c : text) value = (value ^ static_cast<std::uint8_t>(c)) * 0x100000001b3;
  return value;
}

bool lets_target_connect(const std::vector<scenario::Step>& steps) {
  return std::ranges::any_of(steps, [](const scenario::Step& step) {
    if (const auto* call = std::get_if<scenario::Call>(&step.action)) return call->name == "connect";
    if (const auto* peer = std::get_if<scenario::Peer>(&step.action)) {
      return peer->action == scenario::PeerAction::kListen;
    }
    return false;
  });
}

}  // namespace

Connections::Connections(const scenario::Scenario& scenario, const target::Place& place, bool letters,
                         std::uint64_t seed, Duration min_rto)
    : place_(place), letters_(letters), min_rto_(min_rto) {
  Random random(seed ^ hash(scenario.id));
  first_port_ = static_cast<std::uint16_t>(kFirstDrawnPort + random.below(kDrawnPorts));
  if (place.first_port != 0) first_port_ = place.first_port;
  active_ = scenario.app_active || lets_target_connect(scenario.steps);
  Connection main;
  main.path = add_path(scenario.ip, false);
  main.tester_isn = random.next32();
  connections_.push_back(main);
  for (const scenario::ConnectionSpec& spec : scenario.connections) {
    const std::uint32_t drawn = random.next32();
    if (spec.name == "main") {
      if (spec.isn) connections_[0].tester_isn = static_cast<std::uint32_t>(*spec.isn);
      continue;
    }
    Connection connection;
    connection.name = spec.name;
    connection.tester_isn = drawn;
    const Connection* like = spec.like.empty() ? nullptr : find(spec.like);
    connection.path = like != nullptr ? like->path : add_path(scenario.ip, spec.closed_port);
    if (spec.isn) {
      const std::uint32_t base = spec.isn_relative && like != nullptr ? like->tester_isn : 0;
      connection.tester_isn = base + static_cast<std::uint32_t>(*spec.isn);
    }
    connections_.push_back(connection);
    if (like == nullptr) paths_[connection.path].view = connections_.size() - 1;
  }
  // packetdrill compares no text.
  if (scenario.kind == scenario::FileKind::kScript) {
    for (Path& path : paths_) path.pattern_out = false;
  }
}

std::size_t Connections::add_path(IpVersion version, bool closed_port) {
  const auto port = static_cast<std::uint16_t>(first_port_ + paths_.size());
  Path path{{place_.tester, port},
            {place_.target, closed_port ? place_.closed_port : place_.service_port},
            false,
            false,
            true,
            0,
            announced_mss(version),
            {},
            Permit(min_rto_),
            {}};
  paths_.push_back(std::move(path));
  return paths_.size() - 1;
}

Connection* Connections::find(std::string_view name) {
  if (name.empty() || name == "main") return &connections_[0];
  const auto found = std::ranges::find(connections_, name, &Connection::name);
  return found == connections_.end() ? nullptr : &*found;
}

const Connection& Connections::numbered_view_of(const Path& path) const {
  const Connection& view = connections_[path.view];
  if (view.target_isn) return view;
  const auto known = std::ranges::find_if(connections_, [&](const Connection& other) {
    return other.target_isn && &paths_[other.path] == &path;
  });
  return known == connections_.end() ? view : *known;
}

void Connections::show_as(Path& path, const Connection& connection) {
  path.view = static_cast<std::size_t>(&connection - connections_.data());
}

Path* Connections::from_target(const packet::Image& image) {
  if (!image.tcp) return nullptr;
  const Endpoint tester = image.destination(), target = image.source();
  for (Path& path : paths_) {
    if (path.tester == tester && path.target == target) return &path;
  }
  const bool opens = (image.tcp->flags & (scenario::kSyn | scenario::kAck)) == scenario::kSyn;
  if (!active_ || !opens || tester.port != place_.service_port) return nullptr;
  for (Path& path : paths_) {
    if (path.used || path.target.port == place_.closed_port) continue;
    path.tester = tester;
    path.target = target;
    return &path;
  }
  return nullptr;
}

Path* Connections::by_tester(const Endpoint& tester) {
  const auto found = std::ranges::find(paths_, tester, &Path::tester);
  return found == paths_.end() ? nullptr : &*found;
}

Endpoint Connections::control() const {
  const int offset = place_.first_port == 0 ? kDrawnControl : target::kPortsPerCase - 1;
  return {place_.tester, static_cast<std::uint16_t>(first_port_ + offset)};
}

Bytes Connections::text(std::uint64_t offset, std::size_t count) const {
  Bytes octets = packet::stream(offset, count);
  if (!letters_) return octets;
  for (std::uint8_t& octet : octets) octet = static_cast<std::uint8_t>('A' + octet % 26);
  return octets;
}

Result<std::int64_t> Connections::value(const scenario::Number& number) const {
  std::int64_t sum = 0;
  for (const scenario::Term& term : number.terms) {
    std::int64_t part = 0;
    if (const auto* literal = std::get_if<std::int64_t>(&term.value)) {
      part = *literal;
    } else {
      const auto& name = std::get<std::string>(term.value);
      const auto found = captured_.find(name);
      if (found == captured_.end()) return Error{"$" + name + " was not captured before this step"};
      part = found->second;
    }
    sum = static_cast<std::int64_t>(static_cast<std::uint64_t>(sum) +
                                    static_cast<std::uint64_t>(term.negative ? -part : part));
  }
  return sum;
}

packet::Numbering numbering_out(const Connection& connection) {
  return {connection.target_isn.value_or(0), connection.tester_isn};
}

packet::Numbering numbering_in(const Connection& connection) {
  return {connection.tester_isn, connection.target_isn.value_or(0)};
}

}  // namespace tcpspec::run
