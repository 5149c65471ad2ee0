#include "harness/run/ask.h"

#include <algorithm>

#include "stack/base/seq32.h"

namespace tcpspec::run {
namespace {

constexpr Duration kPatience = Duration::seconds(3);
constexpr std::uint16_t kOpenWindow = 65'535;

class Asking {
 public:
  Asking(Session& session, const scenario::Step& step, Connection& connection)
      : session_(session),
        step_(step),
        connection_(connection),
        path_(session.connections.path_of(connection)),
        sent_(connection.tester_isn + 1),
        expected_(*connection.target_isn + 1) {}

  void play() {
    const std::string& request = session_.profile.request;
    send(Bytes(request.begin(), request.end()));
    const Instant deadline = session_.target.now() + kPatience;
    while (!session_.over() && !closed_) {
      take_all();
      if (closed_ || session_.over()) break;
      if (!session_.pump(deadline)) return stop("its FIN", "nothing more in " + to_string(kPatience) + " s");
    }
    if (!session_.over()) renumber();
  }

 private:
  void send(Bytes text) {
    packet::Image image = packet::make_tcp(path_.tester, path_.target);
    image.tcp->flags = scenario::kAck | (text.empty() ? 0 : scenario::kPsh);
    image.tcp->seq = sent_.raw();
    image.tcp->ack = expected_.raw();
    image.tcp->window = kOpenWindow;
    sent_ = sent_ + static_cast<std::uint32_t>(text.size());
    image.payload = std::move(text);
    packet::seal(image);
    const Result<target::Stamp> at = session_.inject(packet::encode(image), image, numbering_in(connection_));
    if (!at.ok()) return stop("the request is delivered", at.error());
    path_.permit.injected(image, *at);
    if (!began_) began_ = at->earliest;
    last_ = at->latest;
  }

  void take_all() {
    while (!path_.queue.empty() && !closed_ && !session_.over()) {
      const Arrived& head = path_.queue.front();
      if (take(head.image)) return;
      path_.queue.pop_front();
    }
  }

  // True: it is the FIN, and stays in the queue.
  bool take(const packet::Image& image) {
    const packet::TcpHeader& tcp = *image.tcp;
    if ((tcp.flags & (scenario::kRst | scenario::kSyn)) != 0) {
      stop("an answer and a FIN", packet::summary(image, numbering_out(connection_)));
      return false;
    }
    const bool fin = (tcp.flags & scenario::kFin) != 0;
    const auto size = static_cast<std::uint32_t>(image.payload.size());
    if (Seq32(tcp.seq) == expected_ && size == 0 && fin) return closed_ = true;
    if (size == 0) return false;
    if (Seq32(tcp.seq) == expected_ && fin) {
      stop("a FIN of its own", "the FIN came together with text");
      return false;
    }
    if (Seq32(tcp.seq) == expected_) expected_ = expected_ + size;
    send({});
    return false;
  }

  void renumber() {
    connection_.tester_isn = (sent_ - 1).raw();
    connection_.target_isn = (expected_ - 1).raw();
    session_.reference = {began_.value_or(last_), last_};
    session_.note("the server was asked to close and does; numbers count from here");
  }

  void stop(std::string allowed, std::string actual) {
    Mismatch mismatch;
    mismatch.allowed = "the server answers a request and closes: " + std::move(allowed);
    mismatch.actual = std::move(actual);
    mismatch.differs = "the server does not do what ask= says it does";
    session_.inconclusive(step_, std::move(mismatch), "the server did not close when it was asked to");
  }

  Session& session_;
  const scenario::Step& step_;
  Connection& connection_;
  Path& path_;
  Seq32 sent_, expected_;
  std::optional<Instant> began_;
  Instant last_;
  bool closed_ = false;
};

}  // namespace

bool completes_handshake(const Session& session, const packet::Image& image, const Connection& connection) {
  if (session.service != target::Service::kCloser || !connection.target_isn) return false;
  const packet::TcpHeader& tcp = *image.tcp;
  return tcp.flags == scenario::kAck && image.payload.empty() && tcp.seq == connection.tester_isn + 1 &&
         tcp.ack == *connection.target_isn + 1 && !connection.asked;
}

void ask(Session& session, const scenario::Step& step, Connection& connection) {
  connection.asked = true;
  Asking(session, step, connection).play();
}

}  // namespace tcpspec::run
