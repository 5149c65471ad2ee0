// Figures as JSON, and back.
#include <nlohmann/json.hpp>

#include "harness/interop/conversation.h"

namespace tcpspec::interop {
namespace {

using Json = nlohmann::json;

Json json_of(const SideFigures& side) {
  return {{"sent", side.sent},
          {"received", side.received},
          {"sent_xxh128", side.sent_digest},
          {"received_xxh128", side.received_digest},
          {"packets", side.packets},
          {"retransmissions", side.retransmissions},
          {"told", side.told}};
}

SideFigures side_of(const Json& json) {
  if (!json.is_object()) return {};
  SideFigures side;
  side.sent = json.value("sent", std::uint64_t{0});
  side.received = json.value("received", std::uint64_t{0});
  side.sent_digest = json.value("sent_xxh128", "");
  side.received_digest = json.value("received_xxh128", "");
  side.packets = json.value("packets", std::uint64_t{0});
  side.retransmissions = json.value("retransmissions", std::uint64_t{0});
  side.told = json.value("told", "");
  return side;
}

}  // namespace

std::string to_json(const Figures& figures) {
  Json json{{"elapsed_ns", figures.elapsed.count_nanos()},
            {"peer", json_of(figures.peer)},
            {"target", json_of(figures.target)},
            {"link",
             {{"lost", figures.lost},
              {"duplicated", figures.duplicated},
              {"reordered", figures.reordered},
              {"corrupted", figures.corrupted},
              {"marked", figures.marked},
              {"undelivered", figures.undelivered}}}};
  if (!figures.packet_hash.empty()) json["packet_hash"] = figures.packet_hash;
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Figures figures_of(const std::string& text) {
  const Json json = Json::parse(text, nullptr, false);
  if (!json.is_object()) return {};
  Figures figures;
  figures.elapsed = Duration::nanos(json.value("elapsed_ns", std::int64_t{0}));
  figures.peer = side_of(json.value("peer", Json()));
  figures.target = side_of(json.value("target", Json()));
  const Json link = json.value("link", Json::object());
  figures.lost = link.value("lost", std::uint64_t{0});
  figures.duplicated = link.value("duplicated", std::uint64_t{0});
  figures.reordered = link.value("reordered", std::uint64_t{0});
  figures.corrupted = link.value("corrupted", std::uint64_t{0});
  figures.marked = link.value("marked", std::uint64_t{0});
  figures.undelivered = link.value("undelivered", std::uint64_t{0});
  figures.packet_hash = json.value("packet_hash", "");
  return figures;
}

}  // namespace tcpspec::interop
