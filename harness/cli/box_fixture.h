// Box: the reference stack as a machine that cannot be told anything. Its servers run inside the target: they
// read and close when the peer has closed (kAny, kDiscard), echo, or answer a request and close. What a case
// means at L0 and L1 must not depend on who plays the application, and this shows it in virtual time.
#ifndef HARNESS_CLI_BOX_FIXTURE_H_
#define HARNESS_CLI_BOX_FIXTURE_H_

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "harness/target/reference.h"
#include "harness/target/target.h"

namespace tcpspec::cli {

inline constexpr std::string_view kBoxRequest = "please\n";
inline constexpr std::string_view kBoxAnswer = "well then, goodbye\n";

class Box final : public target::Target {
 public:
  Box() : inner_(target::make_reference_target()), profile_(inner_->profile()) {
    profile_.lacks["calls"] = "nobody makes calls on this box";
    profile_.request = kBoxRequest;
  }

  const target::Profile& profile() const override { return profile_; }
  Status start(const target::CaseSetup& setup) override {
    service_ = setup.service;
    doing_.clear();
    said_.clear();
    Status up = inner_->start(setup);
    if (!up || service_ == target::Service::kNone) return up;
    target::SocketCall open;
    open.kind = target::CallKind::kSocket;
    open.ip = setup.ip;
    address_ = {setup.target, 8080};
    call(open);
    return up;
  }
  Instant now() const override { return inner_->now(); }
  Result<target::Stamp> inject(ByteView packet) override { return inner_->inject(packet); }
  target::CallId begin(const target::SocketCall&) override { return 0; }
  void cancel(target::CallId) override {}
  Result<target::Value> query(const target::Query&) override { return Error{"nobody can ask this box"}; }
  std::optional<target::Event> next(Instant deadline) override {
    for (;;) {
      std::optional<target::Event> event = inner_->next(deadline);
      if (!event) return std::nullopt;
      const auto* done = std::get_if<target::CallDone>(&event->what);
      if (done == nullptr) return event;
      if (auto found = doing_.extract(done->call); !found.empty()) react(found.mapped(), done->result);
    }
  }
  Status end() override { return inner_->end(); }

 private:
  using Kind = target::CallKind;

  void call(const target::SocketCall& what) { doing_.emplace(inner_->begin(what), what); }
  void on(int handle, Kind kind, Bytes data = {}) {
    target::SocketCall what;
    what.kind = kind;
    what.handle = handle;
    what.address = address_;
    what.backlog = 16;
    what.count = 65'536;
    what.data = std::move(data);
    call(what);
  }

  void react(const target::SocketCall& what, const target::CallResult& result) {
    const int handle = what.kind == Kind::kSocket ? static_cast<int>(result.value) : what.handle;
    if (what.kind == Kind::kSocket) on(handle, Kind::kBind);
    if (what.kind == Kind::kBind) on(handle, Kind::kListen);
    if (what.kind == Kind::kListen) on(handle, Kind::kAccept);
    if (what.kind == Kind::kAccept && result.value >= 0) {
      on(static_cast<int>(result.value), Kind::kRead);
      on(handle, Kind::kAccept);
    }
    if (what.kind == Kind::kRead) read(handle, result);
    if (what.kind == Kind::kWrite)
      on(handle, service_ == target::Service::kCloser ? Kind::kClose : Kind::kRead);
  }

  void read(int handle, const target::CallResult& result) {
    if (result.value <= 0) return on(handle, Kind::kClose);
    if (service_ == target::Service::kEcho) return on(handle, Kind::kWrite, result.data);
    std::string& said = said_[handle];
    said.append(result.data.begin(), result.data.end());
    if (service_ == target::Service::kCloser && said.find('\n') != std::string::npos)
      return on(handle, Kind::kWrite, Bytes(kBoxAnswer.begin(), kBoxAnswer.end()));
    on(handle, Kind::kRead);
  }

  std::unique_ptr<target::Target> inner_;
  target::Profile profile_;
  target::Service service_ = target::Service::kNone;
  Endpoint address_;
  std::map<target::CallId, target::SocketCall> doing_;
  std::map<int, std::string> said_;
};

}  // namespace tcpspec::cli

#endif  // HARNESS_CLI_BOX_FIXTURE_H_
