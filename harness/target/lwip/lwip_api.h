// lwIP's headers, in the one order that works: the standard library's come first, since lwIP defines names of
// theirs as macros. Included by the adapter's sources only.
#ifndef HARNESS_TARGET_LWIP_LWIP_API_H_
#define HARNESS_TARGET_LWIP_LWIP_API_H_

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>

extern "C" {
#include "lwip/init.h"
#include "lwip/ip.h"
#include "lwip/ip4_frag.h"
#include "lwip/ip6_frag.h"
#include "lwip/netif.h"
#include "lwip/pbuf.h"
#include "lwip/priv/tcp_priv.h"
#include "lwip/sys.h"
#include "lwip/tcp.h"
#include "lwip/timeouts.h"
}

#endif  // HARNESS_TARGET_LWIP_LWIP_API_H_
