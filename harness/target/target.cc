#include "harness/target/target.h"

namespace tcpspec::target {

Place usual_place(IpVersion ip) {
  Place place;
  if (ip == IpVersion::kV4) {
    place.target = IpAddress::v4(192, 168, 0, 1);
    place.tester = IpAddress::v4(192, 0, 2, 1);
    return place;
  }
  static constexpr std::uint8_t kTarget[16] = {0xfd, 0x3d, 0x0a, 0x0b, 0x17, 0xd6, 0, 0,
                                               0,    0,    0,    0,    0,    0,    0, 1};
  static constexpr std::uint8_t kTester[16] = {0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
  place.target = IpAddress::from_bytes(kTarget);
  place.tester = IpAddress::from_bytes(kTester);
  return place;
}

}  // namespace tcpspec::target
