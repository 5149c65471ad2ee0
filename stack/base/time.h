// Instant and Duration, in nanoseconds. An Instant counts from the start of its world and has no now():
// time is always an argument. Kernel, virtual and scripted times all become these at the edge.
#ifndef STACK_BASE_TIME_H_
#define STACK_BASE_TIME_H_

#include <compare>
#include <cstdint>
#include <string>

namespace tcpspec {

class Duration {
 public:
  constexpr Duration() = default;
  [[nodiscard]] static constexpr Duration nanos(std::int64_t n) { return Duration(n); }
  [[nodiscard]] static constexpr Duration micros(std::int64_t n) { return Duration(n * 1'000); }
  [[nodiscard]] static constexpr Duration millis(std::int64_t n) { return Duration(n * 1'000'000); }
  [[nodiscard]] static constexpr Duration seconds(std::int64_t n) { return Duration(n * 1'000'000'000); }
  [[nodiscard]] static constexpr Duration max() { return Duration(INT64_MAX / 4); }

  [[nodiscard]] constexpr std::int64_t count_nanos() const { return ns_; }
  [[nodiscard]] constexpr double as_seconds() const { return static_cast<double>(ns_) / 1e9; }

  constexpr auto operator<=>(const Duration&) const = default;
  constexpr Duration operator+(Duration o) const { return Duration(ns_ + o.ns_); }
  constexpr Duration operator-(Duration o) const { return Duration(ns_ - o.ns_); }
  constexpr Duration operator-() const { return Duration(-ns_); }
  constexpr Duration operator*(std::int64_t n) const { return Duration(ns_ * n); }
  constexpr Duration operator/(std::int64_t n) const { return Duration(ns_ / n); }
  constexpr Duration& operator+=(Duration o) {
    ns_ += o.ns_;
    return *this;
  }

 private:
  constexpr explicit Duration(std::int64_t ns) : ns_(ns) {}
  std::int64_t ns_ = 0;
};

class Instant {
 public:
  constexpr Instant() = default;
  [[nodiscard]] static constexpr Instant from_nanos(std::int64_t ns) { return Instant(ns); }
  // Later than every event of any run; what an armed-by-nothing deadline compares as.
  [[nodiscard]] static constexpr Instant never() { return Instant(INT64_MAX / 2); }

  [[nodiscard]] constexpr std::int64_t nanos() const { return ns_; }

  constexpr auto operator<=>(const Instant&) const = default;
  constexpr Instant operator+(Duration d) const { return Instant(ns_ + d.count_nanos()); }
  constexpr Instant operator-(Duration d) const { return Instant(ns_ - d.count_nanos()); }
  constexpr Duration operator-(Instant o) const { return Duration::nanos(ns_ - o.ns_); }

 private:
  constexpr explicit Instant(std::int64_t ns) : ns_(ns) {}
  std::int64_t ns_ = 0;
};

// Seconds with as many of nine decimals as are needed, at least one: "0.2", "7200.0", "0.000001".
[[nodiscard]] std::string to_string(Duration d);

}  // namespace tcpspec

#endif  // STACK_BASE_TIME_H_
