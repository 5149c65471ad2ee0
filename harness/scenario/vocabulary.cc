#include "harness/scenario/vocabulary.h"

#include <algorithm>
#include <array>

namespace tcpspec::scenario {

std::span<const Word> capabilities() {
  static constexpr auto kWords = std::to_array<Word>({
      {"active-open", "the target can be told to connect"},
      {"api-abort", "a connection can be aborted"},
      {"api-close", "close at a moment that the case chooses"},
      {"api-listen", "listen at a moment that the case chooses"},
      {"api-read-control", "reads at moments that the case chooses"},
      {"api-shutdown", "half-close at a moment that the case chooses"},
      {"api-status", "the connection's state can be read"},
      {"api-urgent", "urgent data can be sent and received"},
      {"api-write-control", "writes at moments that the case chooses"},
      {"clock", "virtual time: hours cost nothing"},
      {"ecn", "RFC 3168"},
      {"errno", "errors of calls can be seen"},
      {"icmp", "the target receives ICMP"},
      {"ip-frag", "IP fragments"},
      {"ip-options", "IP options"},
      {"ipv4", "the case is about IPv4"},
      {"ipv6", "the case is about IPv6"},
      {"iss-control", "the initial sequence number can be set"},
      {"keepalive", "keep-alive can be switched on"},
      {"keepalive-tuning", "keep-alive's idle time, interval and count can be set"},
      {"many-conns", "many connections at once"},
      {"mtu-control", "the link's MTU can be set"},
      {"multihomed", "more than one address"},
      {"reboot", "the target can be restarted"},
      {"sack", "RFC 2018"},
      {"sockopt", "socket options can be set"},
      {"tfo", "RFC 7413"},
      {"ts", "RFC 7323 timestamps"},
      {"uto", "RFC 5482 or a user timeout"},
      {"wscale", "RFC 7323 window scale"},
  });
  return kWords;
}

std::span<const Word> policies() {
  static constexpr auto kWords = std::to_array<Word>({
      {"rfc5961", "on | off: challenge ACKs for in-window RST and SYN"},
      {"time-wait-rst", "close | ignore: RST in TIME-WAIT (RFC 9293 or RFC 1337)"},
      {"time-wait-reopen", "on | off: a new SYN in TIME-WAIT may reopen (RFC 9293 MAY-2)"},
      {"simultaneous-open", "yes | no: the target speaks it"},
      {"sack", "on | off: offer and accept SACK-permitted"},
      {"timestamps", "on | off"},
      {"wscale", "on | off"},
      {"ecn", "on | off"},
      {"delayed-ack", "yes | no"},
      {"nagle", "on | off: default of new sockets"},
      {"syn-retries", "N: how often a SYN is repeated"},
      {"synack-retries", "N: how often a SYN-ACK is repeated"},
      {"retries2", "N: how often data is repeated before the connection is given up"},
      {"orphan-retries", "N: how often an orphan's FIN is repeated"},
      {"fin-timeout", "none | SECONDS: how long an orphan stays in FIN-WAIT-2"},
      {"challenge-limit", "none | N: challenge ACKs within one second"},
      {"keepalive-garbage", "yes | no: probes carry one octet"},
      {"syn-received-duplicate", "ack | synack: answer to a repeated SYN in SYN-RECEIVED"},
      {"syn-data", "queue | ignore: text on a SYN"},
  });
  return kWords;
}

std::span<const Word> damage_kinds() {
  static constexpr auto kWords = std::to_array<Word>({
      {"bad-checksum", "the TCP checksum is wrong by one"},
      {"no-checksum", "the TCP checksum field is zero"},
      {"bad-ip-checksum", "the IPv4 header checksum is wrong by one"},
      {"data-offset", "=N: the data offset field, in 32-bit words"},
      {"reserved", "=N: the reserved bits"},
      {"ip-length", "=N: the IPv4 total length or IPv6 payload length"},
      {"truncate", "=N: only the first N octets of the packet are sent"},
      {"ttl", "=N"},
      {"protocol", "=N: the IP protocol or next header"},
      {"source-port", "=N"},
      {"destination-port", "=N"},
      {"flip", "=N: the lowest bit of octet N of the TCP header, checksum not corrected"},
  });
  return kWords;
}

std::span<const Word> link_predicates() {
  static constexpr auto kWords = std::to_array<Word>({
      {"any", "every packet"},
      {"syn", "SYN without ACK"},
      {"synack", "SYN with ACK"},
      {"ack", "no text, SYN, FIN or RST"},
      {"data", "carries text"},
      {"fin", "carries FIN"},
      {"fin-ack", "acknowledges the other side's FIN"},
      {"rst", "carries RST"},
  });
  return kWords;
}

std::span<const Word> applications() {
  static constexpr auto kWords = std::to_array<Word>({
      {"echo", "sends back what it reads; closes when the peer has closed"},
      {"sink", "reads and drops; closes when the peer has closed"},
      {"source", "N: writes N octets of the stream pattern, then reads; closes when the peer has closed"},
      {"stall", "never reads, never closes"},
      {"closer", "closes as soon as the connection is there"},
      {"shutwr",
       "half-closes as soon as the connection is there, then reads; closes when the peer has closed"},
      {"hold", "reads and drops; never closes"},
  });
  return kWords;
}

bool contains(std::span<const Word> words, std::string_view name) {
  return std::ranges::any_of(words, [&](const Word& word) { return word.name == name; });
}

}  // namespace tcpspec::scenario
