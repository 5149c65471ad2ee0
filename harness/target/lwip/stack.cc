#include "harness/target/lwip/stack.h"

#include <cstdio>
#include <utility>

#include "harness/target/lwip/address.h"
#include "harness/target/lwip/heap.h"
#include "harness/target/lwip/lwip_api.h"
#include "harness/target/lwip/variables.h"
#include "stack/base/check.h"

namespace tcpspec::target::lwip {
namespace {

// lwIP asks its port for the time and for random numbers with no argument that could say whose.
Stack* the_stack = nullptr;

constexpr std::int64_t kNanosInMilli = 1'000'000;

void send(const pbuf* packet) {
  Bytes octets(packet->tot_len);
  ::pbuf_copy_partial(packet, octets.data(), packet->tot_len, 0);
  Stack::the_one().sent(std::move(octets));
}

err_t send_v4(netif*, pbuf* packet, const ip4_addr_t*) {
  send(packet);
  return ERR_OK;
}

err_t send_v6(netif*, pbuf* packet, const ip6_addr_t*) {
  send(packet);
  return ERR_OK;
}

err_t prepare(netif* interface) {
  interface->name[0] = 'i';
  interface->name[1] = 'p';
  interface->output = send_v4;
  interface->output_ip6 = send_v6;
  interface->flags = NETIF_FLAG_LINK_UP;
  return ERR_OK;
}

}  // namespace

Stack::Stack() : interface_(std::make_unique<netif>()) {
  CHECK(the_stack == nullptr);
  restore_variables();
  the_stack = this;
}

Stack::~Stack() {
  stop();
  restore_variables();
  the_stack = nullptr;
}

Stack& Stack::the_one() {
  CHECK(the_stack != nullptr);
  return *the_stack;
}

void Stack::start(const CaseSetup& setup) {
  stop();
  restore_variables();
  now_ = Instant();
  random_ = Random(setup.seed).fork(0x6c776970);
  *interface_ = netif{};
#ifdef TCPSPEC_LWIP_DEBIAN
  ::srand(random());  // Debian's library draws its numbers from there
#endif
  ::lwip_init();
  bring_up(setup);
  sent_.clear();
}

void Stack::bring_up(const CaseSetup& setup) {
  ip4_addr_t address{}, mask{}, gateway{};
  if (setup.target.is_v4()) {
    const ip_addr_t own = to_lwip(setup.target);
    address = *ip_2_ip4(&own);
    IP4_ADDR(&mask, 255, 255, 255, 0);
  }
  CHECK(::netif_add(interface_.get(), &address, &mask, &gateway, nullptr, prepare, ::ip_input) != nullptr);
  interface_->mtu = setup.mtu;
#if LWIP_ND6_ALLOW_RA_UPDATES
  interface_->mtu6 = setup.mtu;
#endif
  if (!setup.target.is_v4()) {
    const ip_addr_t own = to_lwip(setup.target);
    ::netif_ip6_addr_set(interface_.get(), 0, ip_2_ip6(&own));
    ::netif_ip6_addr_set_state(interface_.get(), 0, IP6_ADDR_PREFERRED);
  }
  ::netif_set_default(interface_.get());
  ::netif_set_up(interface_.get());
#if LWIP_IPV6_SEND_ROUTER_SOLICIT
  interface_->rs_count = 0;
#endif
}

void Stack::stop() {
  free_heap();
  packets_.take_back();
  sent_.clear();
}

std::uint32_t Stack::milliseconds() const { return static_cast<std::uint32_t>(now_.nanos() / kNanosInMilli); }

Instant Stack::next_deadline() const {
  const std::uint32_t wait = ::sys_timeouts_sleeptime();
  if (wait == SYS_TIMEOUTS_SLEEPTIME_INFINITE) return Instant::never();
  return Instant::from_nanos((now_.nanos() / kNanosInMilli + wait) * kNanosInMilli);
}

void Stack::run_timers() { ::sys_check_timeouts(); }

bool Stack::inject(ByteView packet, std::size_t padding) {
  pbuf* made = packets_.make(packet, padding);
  if (made == nullptr) return false;
  if (::ip_input(made, interface_.get()) != ERR_OK) ::pbuf_free(made);
  return true;
}

std::optional<Bytes> Stack::take_packet() {
  if (sent_.empty()) return std::nullopt;
  Bytes packet = std::move(sent_.front());
  sent_.pop_front();
  return packet;
}

}  // namespace tcpspec::target::lwip

extern "C" {

u32_t sys_now(void) { return tcpspec::target::lwip::Stack::the_one().milliseconds(); }

#ifdef TCPSPEC_LWIP_DEBIAN
// The library takes the program's definitions for its own: its clock, its locks, its memory.
void sys_check_core_locking(void) {}
void* tcpspec_lwip_malloc(std::size_t size);
void* tcpspec_lwip_calloc(std::size_t count, std::size_t size);
void tcpspec_lwip_free(void* memory);
void* mem_malloc(mem_size_t size) { return tcpspec_lwip_malloc(size); }
void* mem_calloc(mem_size_t count, mem_size_t size) { return tcpspec_lwip_calloc(count, size); }
void* mem_trim(void* memory, mem_size_t) { return memory; }
void mem_free(void* memory) { tcpspec_lwip_free(memory); }
#else
unsigned int tcpspec_lwip_rand(void) { return tcpspec::target::lwip::Stack::the_one().random(); }

void tcpspec_lwip_assert(const char* message, const char* file, int line) {
  std::fprintf(stderr, "Assertion \"%s\" failed at %s:%d\n", message, file, line);
  std::abort();
}
#endif
}
