// ask: makes a server that we do not control close first. The connection is open; a request goes out, its
// answer is taken and acknowledged whatever it is, and when the FIN has come both sides' numbers are counted
// from here on, as if request and answer had never been. The case goes on as if its application had closed at
// once.
#ifndef HARNESS_RUN_ASK_H_
#define HARNESS_RUN_ASK_H_

#include "harness/run/session.h"

namespace tcpspec::run {

// True for the segment of ours that completes a handshake which the application must end (`app shutwr`, `app
// closer`).
[[nodiscard]] bool completes_handshake(const Session& session, const packet::Image& image,
                                       const Connection& connection);
// Inconclusive where the server does not close, or its FIN does not come alone.
void ask(Session& session, const scenario::Step& step, Connection& connection);

}  // namespace tcpspec::run

#endif  // HARNESS_RUN_ASK_H_
