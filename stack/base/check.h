// CHECK: our own bug, in every build. Says where and what, then aborts. Never used on bytes from the
// wire or on a script: those are a drop reason and a diagnostic.
#ifndef STACK_BASE_CHECK_H_
#define STACK_BASE_CHECK_H_

namespace tcpspec {

[[noreturn]] void check_failed(const char* file, int line, const char* condition);

}  // namespace tcpspec

#define CHECK(condition) \
  (static_cast<bool>(condition) ? void(0) : ::tcpspec::check_failed(__FILE__, __LINE__, #condition))

#endif  // STACK_BASE_CHECK_H_
