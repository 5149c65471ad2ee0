#include "harness/scenario/scenario.h"

namespace tcpspec::scenario {

// Written out: these types contain themselves, and clang 14 does not survive a default outside the class.
bool Alternative::operator==(const Alternative& other) const {
  return grade == other.grade && why == other.why && packet == other.packet && silence == other.silence &&
         rejoins == other.rejoins && steps == other.steps;
}

bool Expect::operator==(const Expect& other) const {
  return packet == other.packet && optional == other.optional && alternatives == other.alternatives;
}

bool Value::operator==(const Value& other) const { return hex == other.hex && is == other.is; }

bool Call::operator==(const Call& other) const {
  return name == other.name && arguments == other.arguments && result == other.result &&
         error == other.error && note == other.note;
}

bool Step::operator==(const Step& other) const { return time == other.time && action == other.action; }

std::string full_id(const Scenario& scenario) {
  return scenario.id + (scenario.ip == IpVersion::kV4 ? " [v4]" : " [v6]");
}

}  // namespace tcpspec::scenario
