// What lwIP's port asks of its compiler and surroundings. Randomness comes from the case's seed; an assertion
// that fails says so and ends the process, which is a crash of the target.
#ifndef HARNESS_TARGET_LWIP_PORT_ARCH_CC_H_
#define HARNESS_TARGET_LWIP_PORT_ARCH_CC_H_

#ifdef __cplusplus
extern "C" {
#endif
unsigned int tcpspec_lwip_rand(void);
__attribute__((noreturn)) void tcpspec_lwip_assert(const char* message, const char* file, int line);
#ifdef __cplusplus
}
#endif
#define LWIP_RAND() tcpspec_lwip_rand()
#define LWIP_PLATFORM_ASSERT(message) tcpspec_lwip_assert(message, __FILE__, __LINE__)
#define LWIP_PLATFORM_DIAG(x)
#define LWIP_TIMEVAL_PRIVATE 0
#include <sys/time.h>

#endif  // HARNESS_TARGET_LWIP_PORT_ARCH_CC_H_
