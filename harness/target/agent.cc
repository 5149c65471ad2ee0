#include "harness/target/agent.h"

#include "harness/target/posix/session.h"

namespace tcpspec::target {

void run_agent(Fd channel) {
  SessionOptions session;
  session.in = session.out = channel.release();
  session.hello.profile.name = "linux";
  session.hello.profile.clock = ClockKind::kReal;
  session.clock = CLOCK_REALTIME;  // as the kernel stamps packets
  run_session(session);
}

}  // namespace tcpspec::target
