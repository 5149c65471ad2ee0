#include "harness/interop/digest.h"

#include <fmt/format.h>
#include <xxhash.h>

#include <array>

#include "stack/base/check.h"

namespace tcpspec::interop {

struct Digest::Impl {
  Impl() : state(XXH3_createState(), XXH3_freeState) {
    CHECK(state != nullptr && XXH3_128bits_reset(state.get()) == XXH_OK);
  }
  std::unique_ptr<XXH3_state_t, XXH_errorcode (*)(XXH3_state_t*)> state;
};

Digest::Digest() : impl_(std::make_unique<Impl>()) {}
Digest::~Digest() = default;
Digest::Digest(Digest&&) noexcept = default;
Digest& Digest::operator=(Digest&&) noexcept = default;

void Digest::add(ByteView octets) {
  CHECK(XXH3_128bits_update(impl_->state.get(), octets.data(), octets.size()) == XXH_OK);
}

void Digest::add(std::uint64_t number) {
  std::array<std::uint8_t, 8> octets{};
  for (std::uint8_t& octet : octets) {
    octet = static_cast<std::uint8_t>(number);
    number >>= 8;
  }
  add(ByteView(octets));
}

std::string Digest::text() const {
  const XXH128_hash_t hash = XXH3_128bits_digest(impl_->state.get());
  return fmt::format("{:016x}{:016x}", hash.high64, hash.low64);
}

}  // namespace tcpspec::interop
