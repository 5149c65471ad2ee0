#include "harness/scenario/testing.h"

namespace tcpspec::scenario {
namespace {

using namespace testing_;

Call call_of(std::string_view text) { return action_of<Call>("+0 " + std::string(text)); }
Value number(std::int64_t value) {
  Value out;
  out.is = literal(value);
  return out;
}
Value symbols(std::vector<std::string> names) {
  Value out;
  out.is = Symbols{std::move(names)};
  return out;
}

TEST(ParseCall, ReadsNameArgumentsAndResult) {
  const Call call = call_of("socket(..., SOCK_STREAM, IPPROTO_TCP) = 3");
  EXPECT_EQ(call.name, "socket");
  ASSERT_EQ(call.arguments.size(), 3U);
  EXPECT_TRUE(std::holds_alternative<Ellipsis>(call.arguments[0].is));
  EXPECT_EQ(call.arguments[1], symbols({"SOCK_STREAM"}));
  EXPECT_EQ(call.result, number(3));
}

TEST(ParseCall, ErrnoAndNoteFollowTheResult) {
  const Call call = call_of("connect(3, ..., ...) = -1 EINPROGRESS (Operation now (really) in progress)");
  EXPECT_EQ(call.result, number(-1));
  EXPECT_EQ(call.error, "EINPROGRESS");
  EXPECT_EQ(call.note, "Operation now (really) in progress");
  const Call flags = call_of("fcntl(3, F_GETFL) = 0x2 (flags O_RDWR)");
  EXPECT_TRUE(flags.result->hex);
  EXPECT_EQ(flags.note, "flags O_RDWR");
  EXPECT_FALSE(call_of("close(4)").result.has_value());
  EXPECT_TRUE(call_of("listen(3, 1) = 0").error.empty());
}

TEST(ParseCall, ListsStructsAndFlagSums) {
  const Call linger = call_of("setsockopt(4, SOL_SOCKET, SO_LINGER, {onoff=1, linger=0}, 8) = 0");
  const auto& fields = std::get<std::vector<Value::Field>>(linger.arguments[3].is);
  ASSERT_EQ(fields.size(), 2U);
  EXPECT_EQ(fields[0], (Value::Field{"onoff", number(1)}));
  const Call option = call_of("getsockopt(4, SOL_SOCKET, SO_ERROR, [0], [4]) = 0");
  EXPECT_EQ(std::get<ValueList>(option.arguments[3].is), ValueList{number(0)});
  EXPECT_EQ(call_of("fcntl(3, F_SETFL, O_RDWR|O_NONBLOCK) = 0").arguments[2],
            symbols({"O_RDWR", "O_NONBLOCK"}));
  EXPECT_EQ(call_of("fcntl(3, F_SETFL, 0x2|O_NONBLOCK) = 0").arguments[2], symbols({"0x2", "O_NONBLOCK"}));
  EXPECT_EQ(std::get<std::string>(call_of("write(4, \"a,b)\", 4) = 4").arguments[1].is), "a,b)");
  EXPECT_TRUE(std::get<ValueList>(call_of("read(4, [], 4) = 4").arguments[1].is).empty());
}

TEST(ParseCall, AddressesKeepWhatIsInThem) {
  const Call call = call_of(
      "bind(3, {sa_family = AF_INET, sin_port = htons(8080), sin_addr = inet_addr(\"192.0.2.1\")}, ...) = 0");
  const auto& fields = std::get<std::vector<Value::Field>>(call.arguments[1].is);
  ASSERT_EQ(fields.size(), 3U);
  EXPECT_EQ(fields[1], (Value::Field{"sin_port", number(8080)}));
  EXPECT_EQ(std::get<std::string>(fields[2].value.is), "192.0.2.1");
}

TEST(ParseCall, BareStructValuesHaveNoName) {
  const Call call = call_of("read(4, {..., 5, A|B, msg_iov(1)=[{..., 10}]}, 10) = 10");
  const auto& fields = std::get<std::vector<Value::Field>>(call.arguments[1].is);
  ASSERT_EQ(fields.size(), 4U);
  EXPECT_EQ(fields[2], (Value::Field{"", symbols({"A", "B"})}));
  EXPECT_EQ(fields[3].name, "msg_iov(1)");
}

TEST(ParseCall, ErrorsPointAtTheToken) {
  EXPECT_EQ(error_of("+0 sendtto(4, ..., 10) = 10"),
            "1:4: call not supported: sendtto; did you mean 'sendto'?");
  EXPECT_EQ(error_of("+0 epoll_wait(9, {}, 1, 0) = 1"), "1:4: call not supported: epoll_wait");
  EXPECT_EQ(error_of("+0 frobnicate(4) = 10"), "1:4: call not supported: frobnicate");
  EXPECT_EQ(error_of("+0 close(4 = 0"), "1:12: expected ',' or ')', found '='");
  EXPECT_EQ(error_of("+0 close(4) ="), "1:14: expected a value, found the end of the line");
  EXPECT_EQ(error_of("+0 close(4) 0"),
            "1:13: expected '=' and the result, or the end of the line, found '0'");
  EXPECT_EQ(error_of("+0 close(4) = -1 ebadf"),
            "1:18: expected an error (ECONNREFUSED, …), a (note) or the end of the line, found 'ebadf'");
  EXPECT_EQ(error_of("+0 close(4) = 0 (note"), "1:17: this note has no closing )");
  EXPECT_EQ(error_of("+0 close([4) = 0"), "1:12: expected ',' or ']', found ')'");
  EXPECT_EQ(error_of("+0 close({a=}) = 0"), "1:13: expected a value, found '}'");
  EXPECT_EQ(error_of("+0 close(A|) = 0"), "1:12: expected a constant, found ')'");
  EXPECT_EQ(error_of("+0 close(ntohs(4)) = 0"), "1:10: ntohs(…) as a value is not supported yet");
  EXPECT_EQ(error_of("+0 clsoe"),
            "1:4: expected <, >, >?, silence, assert, peer, link or a call, found 'clsoe'");
}

}  // namespace
}  // namespace tcpspec::scenario
