#include "harness/run/make_call.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "harness/packet/stream.h"
#include "harness/target/errno_names.h"

namespace tcpspec::run {
namespace {

using scenario::Value;
using target::CallKind;
using target::SocketOption;

struct Constant {
  std::string_view name;
  std::int64_t value;
};
// Linux numbers, as scripts assume them; also the states of TCP_INFO.
constexpr auto kConstants = std::to_array<Constant>({
    {"O_RDONLY", 0},        {"O_WRONLY", 1},          {"O_RDWR", 2},         {"O_NONBLOCK", 04000},
    {"SOCK_STREAM", 1},     {"SOCK_NONBLOCK", 04000}, {"MSG_OOB", 1},        {"MSG_PEEK", 2},
    {"MSG_DONTWAIT", 0x40}, {"MSG_NOSIGNAL", 0x4000}, {"SHUT_RD", 0},        {"SHUT_WR", 1},
    {"SHUT_RDWR", 2},       {"F_GETFL", 3},           {"F_SETFL", 4},        {"TCP_ESTABLISHED", 1},
    {"TCP_SYN_SENT", 2},    {"TCP_SYN_RECV", 3},      {"TCP_FIN_WAIT1", 4},  {"TCP_FIN_WAIT2", 5},
    {"TCP_TIME_WAIT", 6},   {"TCP_CLOSE", 7},         {"TCP_CLOSE_WAIT", 8}, {"TCP_LAST_ACK", 9},
    {"TCP_LISTEN", 10},     {"TCP_CLOSING", 11},
});

struct OptionName {
  std::string_view name;
  SocketOption option;
};
constexpr auto kOptions = std::to_array<OptionName>({
    {"SO_REUSEADDR", SocketOption::kReuseAddr},
    {"SO_KEEPALIVE", SocketOption::kKeepAlive},
    {"SO_LINGER", SocketOption::kLinger},
    {"SO_RCVBUF", SocketOption::kReceiveBuffer},
    {"SO_SNDBUF", SocketOption::kSendBuffer},
    {"SO_ERROR", SocketOption::kError},
    {"TCP_NODELAY", SocketOption::kNoDelay},
    {"TCP_MAXSEG", SocketOption::kMaxSegment},
    {"TCP_KEEPIDLE", SocketOption::kKeepIdle},
    {"TCP_KEEPINTVL", SocketOption::kKeepInterval},
    {"TCP_KEEPCNT", SocketOption::kKeepCount},
    {"TCP_USER_TIMEOUT", SocketOption::kUserTimeout},
    {"TCP_QUICKACK", SocketOption::kQuickAck},
    {"TCP_CORK", SocketOption::kCork},
    {"TCP_INFO", SocketOption::kTcpInfoState},
});

std::optional<std::int64_t> constant(std::string_view name) {
  const auto* found = std::ranges::find(kConstants, name, &Constant::name);
  if (found != kConstants.end()) return found->value;
  const int error = target::errno_number(name);
  return error != 0 ? std::optional<std::int64_t>(error) : std::nullopt;
}

class Maker {
 public:
  Maker(const scenario::Call& call, const Connections& connections, IpVersion ip,
        const DescriptorLookup& lookup)
      : call_(call), connections_(connections), ip_(ip), lookup_(lookup) {}

  Result<MadeCall> make();

 private:
  using Maybe = std::optional<std::int64_t>;

  [[nodiscard]] const Value* argument(std::size_t index) const {
    return index < call_.arguments.size() ? &call_.arguments[index] : nullptr;
  }
  [[nodiscard]] Maybe number(const Value* value) const;
  [[nodiscard]] Maybe field(const Value* value, std::string_view name, std::string_view other) const;
  [[nodiscard]] bool has_flag(std::size_t index, std::string_view name) const;
  [[nodiscard]] std::uint16_t port(std::size_t index) const;
  Status fill();
  Status fill_socket();
  Status fill_read(std::size_t flags_at);
  Status fill_write(std::size_t flags_at);
  Status fill_shutdown();
  Status fill_option(bool set);
  Status fill_fcntl();
  // The call's first argument.
  Status use_descriptor(CallKind kind);

  const scenario::Call& call_;
  const Connections& connections_;
  IpVersion ip_;
  const DescriptorLookup& lookup_;
  DescriptorView descriptor_;
  MadeCall made_;
};

Maker::Maybe Maker::number(const Value* value) const {
  if (value == nullptr) return std::nullopt;
  if (const auto* plain = std::get_if<scenario::Number>(&value->is)) {
    const Result<std::int64_t> got = connections_.value(*plain);
    return got.ok() ? Maybe(*got) : std::nullopt;
  }
  if (const auto* symbols = std::get_if<scenario::Symbols>(&value->is)) {
    std::int64_t sum = 0;
    for (const std::string& name : symbols->names) {
      const Maybe one = constant(name);
      if (!one) return std::nullopt;
      sum |= *one;
    }
    return sum;
  }
  if (const auto* list = std::get_if<scenario::ValueList>(&value->is)) {
    return list->empty() ? std::nullopt : number(&list->front());
  }
  return std::nullopt;
}

Maker::Maybe Maker::field(const Value* value, std::string_view name, std::string_view other) const {
  if (value == nullptr) return std::nullopt;
  if (const auto* list = std::get_if<scenario::ValueList>(&value->is)) {
    return list->empty() ? std::nullopt : field(&list->front(), name, other);
  }
  const auto* fields = std::get_if<std::vector<Value::Field>>(&value->is);
  if (fields == nullptr) return std::nullopt;
  for (const Value::Field& one : *fields) {
    if (one.name == name || one.name == other) return number(&one.value);
  }
  return std::nullopt;
}

bool Maker::has_flag(std::size_t index, std::string_view name) const {
  const Maybe flags = number(argument(index));
  const Maybe flag = constant(name);
  return flags && flag && (*flags & *flag) != 0;
}

std::uint16_t Maker::port(std::size_t index) const {
  const Maybe given = field(argument(index), "sin_port", "sin6_port");
  return given ? static_cast<std::uint16_t>(*given) : connections_.place().service_port;
}

Status Maker::use_descriptor(CallKind kind) {
  const Maybe descriptor = number(argument(0));
  if (!descriptor) return Error{call_.name + ": the first argument must be a descriptor"};
  descriptor_ = lookup_(*descriptor);
  made_.call.kind = kind;
  made_.call.handle = descriptor_.handle;
  return Ok{};
}

Status Maker::fill_socket() {
  made_.call.kind = CallKind::kSocket;
  made_.call.ip = ip_;
  const Maybe type = number(argument(1));
  if (type && (*type & 0xf) != 1) return Error{"socket: only SOCK_STREAM is supported"};
  made_.non_blocking_socket = has_flag(1, "SOCK_NONBLOCK");
  return Ok{};
}

Status Maker::fill_read(std::size_t flags_at) {
  const Maybe count = number(argument(2));
  if (!count) return Error{call_.name + ": the third argument must be a count"};
  made_.call.count = *count;
  made_.call.peek = has_flag(flags_at, "MSG_PEEK");
  made_.call.dont_wait = has_flag(flags_at, "MSG_DONTWAIT");
  return Ok{};
}

Status Maker::fill_write(std::size_t flags_at) {
  const Maybe count = number(argument(2));
  if (!count || *count < 0) return Error{call_.name + ": the third argument must be a count"};
  const Value* data = argument(1);
  const auto* text = data != nullptr ? std::get_if<std::string>(&data->is) : nullptr;
  if (text != nullptr) {
    made_.explicit_data = true;
    const auto length = std::min(text->size(), static_cast<std::size_t>(*count));
    made_.call.data.assign(text->begin(), text->begin() + static_cast<std::ptrdiff_t>(length));
  } else {
    made_.call.data = packet::stream(descriptor_.written, static_cast<std::size_t>(*count));
  }
  made_.call.dont_wait = has_flag(flags_at, "MSG_DONTWAIT");
  made_.call.urgent = has_flag(flags_at, "MSG_OOB");
  return Ok{};
}

Status Maker::fill_shutdown() {
  const Maybe how = number(argument(1));
  if (!how || *how < 0 || *how > 2)
    return Error{"shutdown: the second argument must be SHUT_RD, SHUT_WR or SHUT_RDWR"};
  made_.call.how = *how == 0   ? target::ShutdownHow::kRead
                   : *how == 1 ? target::ShutdownHow::kWrite
                               : target::ShutdownHow::kBoth;
  return Ok{};
}

Status Maker::fill_option(bool set) {
  const auto* symbols = argument(2) != nullptr ? std::get_if<scenario::Symbols>(&argument(2)->is) : nullptr;
  const std::string name = symbols != nullptr && symbols->names.size() == 1 ? symbols->names[0] : "";
  const auto* found = std::ranges::find(kOptions, name, &OptionName::name);
  if (found == kOptions.end()) return Error{call_.name + ": the option '" + name + "' is not supported"};
  made_.call.option = found->option;
  const Value* value = argument(3);
  if (!set) {
    made_.expected_option =
        found->option == SocketOption::kTcpInfoState
            ? (field(value, "tcpi_state", "tcpi_state") ? field(value, "tcpi_state", "tcpi_state")
                                                        : number(value))
            : number(value);
    if (found->option == SocketOption::kLinger) made_.expected_option = field(value, "onoff", "l_onoff");
    return Ok{};
  }
  if (found->option == SocketOption::kLinger) {
    const Maybe on = field(value, "onoff", "l_onoff"), linger = field(value, "linger", "l_linger");
    if (!on || !linger) return Error{"setsockopt: SO_LINGER takes {onoff=N, linger=N}"};
    made_.call.value = *on;
    made_.call.value2 = *linger;
    return Ok{};
  }
  const Maybe plain = number(value);
  if (!plain) return Error{"setsockopt: the fourth argument must be [N]"};
  made_.call.value = *plain;
  return Ok{};
}

Status Maker::fill_fcntl() {
  const Maybe command = number(argument(1));
  if (command == constant("F_GETFL")) {
    made_.is_get_flags = true;
    return Ok{};
  }
  if (command != constant("F_SETFL")) return Error{"fcntl: only F_GETFL and F_SETFL are supported"};
  made_.call.value = has_flag(2, "O_NONBLOCK") ? 1 : 0;
  return Ok{};
}

Status Maker::fill() {
  const std::string& name = call_.name;
  if (name == "socket") return fill_socket();
  struct Form {
    std::string_view name;
    CallKind kind;
  };
  static constexpr auto kForms = std::to_array<Form>({
      {"bind", CallKind::kBind},
      {"listen", CallKind::kListen},
      {"accept", CallKind::kAccept},
      {"connect", CallKind::kConnect},
      {"read", CallKind::kRead},
      {"recv", CallKind::kRead},
      {"recvfrom", CallKind::kRead},
      {"write", CallKind::kWrite},
      {"send", CallKind::kWrite},
      {"sendto", CallKind::kWrite},
      {"shutdown", CallKind::kShutdown},
      {"close", CallKind::kClose},
      {"setsockopt", CallKind::kSetOption},
      {"getsockopt", CallKind::kGetOption},
      {"fcntl", CallKind::kFcntl},
  });
  const auto* form = std::ranges::find(kForms, name, &Form::name);
  if (form == kForms.end()) return Error{"the call " + name + " is not supported yet"};
  const Status used = use_descriptor(form->kind);
  if (!used.ok()) return used;
  switch (form->kind) {
    case CallKind::kBind:
      made_.call.address = {connections_.place().target, port(1)};
      return Ok{};
    case CallKind::kConnect:
      made_.call.address = {connections_.place().tester, port(1)};
      return Ok{};
    case CallKind::kListen:
      made_.call.backlog = static_cast<int>(number(argument(1)).value_or(1));
      return Ok{};
    case CallKind::kRead:
      return fill_read(3);
    case CallKind::kWrite:
      return fill_write(3);
    case CallKind::kShutdown:
      return fill_shutdown();
    case CallKind::kSetOption:
    case CallKind::kGetOption:
      return fill_option(form->kind == CallKind::kSetOption);
    case CallKind::kFcntl:
      return fill_fcntl();
    case CallKind::kSocket:
    case CallKind::kAccept:
    case CallKind::kClose:
      break;
  }
  return Ok{};
}

Result<MadeCall> Maker::make() {
  const Status filled = fill();
  if (!filled.ok()) return Error{filled.error()};
  return std::move(made_);
}

}  // namespace

Result<MadeCall> make_call(const scenario::Call& call, const Connections& connections, IpVersion ip,
                           const DescriptorLookup& lookup) {
  return Maker(call, connections, ip, lookup).make();
}

}  // namespace tcpspec::run
