// SEGMENT ARRIVES in LISTEN, RFC 9293 §3.10.7.2. The listener's TCB is never touched: a SYN makes a child.
#include "stack/tcp/connection.h"

namespace tcpspec::tcp {

ListenDisposition arrives_at_listen(const wire::Segment& segment) {
  // first: a RST cannot answer anything that was sent from here; it is ignored.
  if (segment.rst()) return ListenDisposition::kIgnore;
  // second: any ACK is bad, for nothing was sent: <SEQ=SEG.ACK><CTL=RST>.
  if (segment.has_ack()) return ListenDisposition::kReset;
  // third: a SYN. Security and compartment are not implemented. Text and FIN with it are kept for later.
  if (segment.syn()) return ListenDisposition::kNewConnection;
  // fourth: text or control without SYN and ACK is dropped.
  return ListenDisposition::kIgnore;
}

}  // namespace tcpspec::tcp
