#include "harness/target/wire/findings.h"

#include <nlohmann/json.hpp>

namespace tcpspec::target::wire {
namespace {

using nlohmann::json;

json json_of(const Side& side) {
  return {{"echo", side.answers_echo},
          {"open_port", side.open_port},
          {"lacks", side.lacks},
          {"choices", side.choices},
          {"remarks", side.remarks}};
}

Side side_of(const json& from) {
  Side side;
  side.answers_echo = from.at("echo").get<bool>();
  side.open_port = from.at("open_port").get<std::uint16_t>();
  side.lacks = from.at("lacks").get<std::map<std::string, std::string>>();
  side.choices = from.at("choices").get<std::map<std::string, std::string>>();
  side.remarks = from.at("remarks").get<std::vector<std::string>>();
  return side;
}

}  // namespace

std::string to_text(const Findings& findings) {
  json text{{"v4", json_of(findings.v4)}, {"v6", json_of(findings.v6)}, {"taken", json::array()}};
  for (const IpAddress& address : findings.taken) text["taken"].push_back(tcpspec::to_string(address));
  // Evidence may quote what a server said.
  return text.dump(-1, ' ', true, json::error_handler_t::replace);
}

Result<Findings> findings_of(const std::string& text) {
  try {
    const json from = json::parse(text);
    Findings findings{side_of(from.at("v4")), side_of(from.at("v6")), {}};
    for (const json& address : from.at("taken")) {
      const Result<IpAddress> parsed = IpAddress::parse(address.get<std::string>());
      if (!parsed) return Error{parsed.error()};
      findings.taken.insert(*parsed);
    }
    return findings;
  } catch (const json::exception& error) {
    return Error{error.what()};
  }
}

}  // namespace tcpspec::target::wire
