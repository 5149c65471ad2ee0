// How lwIP is built for the target: no threads, raw API, both IP versions, and every option of TCP that lwIP
// has. What is not here has lwIP's own default.
#ifndef HARNESS_TARGET_LWIP_PORT_LWIPOPTS_H_
#define HARNESS_TARGET_LWIP_PORT_LWIPOPTS_H_

#define NO_SYS 1
#define SYS_LIGHTWEIGHT_PROT 0
#define LWIP_SOCKET 0
#define LWIP_NETCONN 0
#define LWIP_NETIF_API 0
#define LWIP_TIMERS 1
#define LWIP_STATS 0

// A link that carries bare IP packets.
#define LWIP_ARP 0
#define LWIP_ETHERNET 0
#define LWIP_NETIF_TX_SINGLE_PBUF 1

#define LWIP_IPV4 1
#define LWIP_IPV6 1
#define LWIP_ICMP 1
#define LWIP_RAW 0
#define LWIP_UDP 1
#define IP_REASSEMBLY 1
#define IP_FRAG 1
// The reassembly's own record is larger than the header that it would lie over on a 64-bit machine.
#define IPV6_FRAG_COPYHEADER 1
// Addresses are given, never negotiated: no packet leaves that TCP did not cause.
#define LWIP_IPV6_MLD 0
#define LWIP_IPV6_AUTOCONFIG 0
#define LWIP_IPV6_DUP_DETECT_ATTEMPTS 0
#define LWIP_IPV6_SEND_ROUTER_SOLICIT 0
#define LWIP_ND6_ALLOW_RA_UPDATES 0

#define LWIP_TCP 1
#define LWIP_WND_SCALE 1
#define TCP_RCV_SCALE 2
#define LWIP_TCP_TIMESTAMPS 1
#define LWIP_TCP_SACK_OUT 1
#define LWIP_TCP_KEEPALIVE 1
#define TCP_QUEUE_OOSEQ 1
#define TCP_LISTEN_BACKLOG 1
#define SO_REUSE 1
#define TCP_MSS 1460
// What a small device has; it can't be changed while lwIP runs. Memory to send from is generous.
#define TCP_WND 8192
#define TCP_SND_BUF (64 * TCP_MSS)
#define TCP_SND_QUEUELEN 256
#define MEMP_NUM_TCP_SEG 512

// All memory comes from one place, which takes everything back when a case ends.
#define MEM_LIBC_MALLOC 1
#define MEMP_MEM_MALLOC 1
#define MEM_ALIGNMENT 16
#include <stddef.h>
#ifdef __cplusplus
extern "C" {
#endif
void* tcpspec_lwip_malloc(size_t size);
void* tcpspec_lwip_calloc(size_t count, size_t size);
void tcpspec_lwip_free(void* memory);
#ifdef __cplusplus
}
#endif
#define mem_clib_malloc tcpspec_lwip_malloc
#define mem_clib_calloc tcpspec_lwip_calloc
#define mem_clib_free tcpspec_lwip_free

#endif  // HARNESS_TARGET_LWIP_PORT_LWIPOPTS_H_
