#include "harness/scenario/load.h"

namespace tcpspec::scenario {

Result<std::string> MemoryReader::read(const std::string& path) {
  std::string_view name = path;
  if (name.starts_with(folder_ + "/")) name.remove_prefix(folder_.size() + 1);
  if (name.ends_with(".pkt")) name.remove_suffix(4);
  const auto found = texts_.find(std::string(name));
  if (found == texts_.end()) return Error{"no fragment " + std::string(name)};
  return found->second;
}

std::vector<std::string> MemoryReader::fragment_names() {
  std::vector<std::string> names;
  for (const auto& [name, text] : texts_) names.push_back(name);
  return names;
}

}  // namespace tcpspec::scenario
