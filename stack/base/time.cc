#include "stack/base/time.h"

namespace tcpspec {

std::string to_string(Duration d) {
  const bool negative = d.count_nanos() < 0;
  const std::uint64_t ns = negative ? std::uint64_t{0} - static_cast<std::uint64_t>(d.count_nanos())
                                    : static_cast<std::uint64_t>(d.count_nanos());
  std::string fraction = std::to_string(ns % 1'000'000'000);
  fraction.insert(0, 9 - fraction.size(), '0');
  while (fraction.size() > 1 && fraction.back() == '0') fraction.pop_back();
  return (negative ? "-" : "") + std::to_string(ns / 1'000'000'000) + "." + fraction;
}

}  // namespace tcpspec
