// Result<T>: a value or the reason why there is none, for what can go wrong without being our bug.
// Reading the value of an error hits CHECK. Carries no error codes: callers that branch on a kind use an
// enum.
#ifndef STACK_BASE_RESULT_H_
#define STACK_BASE_RESULT_H_

#include <string>
#include <utility>
#include <variant>

#include "stack/base/check.h"

namespace tcpspec {

struct Error {
  std::string message;
};

template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::move(value)) {}      // NOLINT(google-explicit-constructor)
  Result(Error error) : state_(std::move(error)) {}  // NOLINT(google-explicit-constructor)

  [[nodiscard]] bool ok() const { return std::holds_alternative<T>(state_); }
  explicit operator bool() const { return ok(); }
  [[nodiscard]] T& value() {
    CHECK(ok());
    return std::get<T>(state_);
  }
  [[nodiscard]] const T& value() const {
    CHECK(ok());
    return std::get<T>(state_);
  }
  [[nodiscard]] const std::string& error() const {
    CHECK(!ok());
    return std::get<Error>(state_).message;
  }
  T& operator*() { return value(); }
  const T& operator*() const { return value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

 private:
  std::variant<T, Error> state_;
};

struct Ok {};
using Status = Result<Ok>;

}  // namespace tcpspec

#endif  // STACK_BASE_RESULT_H_
