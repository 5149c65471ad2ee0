#include "harness/target/errno_names.h"

#include <algorithm>
#include <array>

namespace tcpspec::target {
namespace {

struct Entry {
  int number;
  std::string_view name;
};
constexpr auto kTable = std::to_array<Entry>({
    {1, "EPERM"},          {2, "ENOENT"},         {4, "EINTR"},          {5, "EIO"},
    {9, "EBADF"},          {11, "EAGAIN"},        {12, "ENOMEM"},        {13, "EACCES"},
    {14, "EFAULT"},        {22, "EINVAL"},        {24, "EMFILE"},        {32, "EPIPE"},
    {71, "EPROTO"},        {88, "ENOTSOCK"},      {89, "EDESTADDRREQ"},  {90, "EMSGSIZE"},
    {92, "ENOPROTOOPT"},   {95, "EOPNOTSUPP"},    {98, "EADDRINUSE"},    {99, "EADDRNOTAVAIL"},
    {100, "ENETDOWN"},     {101, "ENETUNREACH"},  {103, "ECONNABORTED"}, {104, "ECONNRESET"},
    {105, "ENOBUFS"},      {106, "EISCONN"},      {107, "ENOTCONN"},     {110, "ETIMEDOUT"},
    {111, "ECONNREFUSED"}, {113, "EHOSTUNREACH"}, {114, "EALREADY"},     {115, "EINPROGRESS"},
});

}  // namespace

int errno_number(std::string_view name) {
  if (name == "EWOULDBLOCK") return errno_number("EAGAIN");
  const auto* found = std::ranges::find(kTable, name, &Entry::name);
  return found == kTable.end() ? 0 : found->number;
}

std::string_view errno_name(int number) {
  const auto* found = std::ranges::find(kTable, number, &Entry::number);
  return found == kTable.end() ? std::string_view() : found->name;
}

}  // namespace tcpspec::target
