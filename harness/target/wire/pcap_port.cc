#include "harness/target/wire/pcap_port.h"

#include <fmt/format.h>

#include <array>

#include "harness/target/wire/interface.h"

namespace tcpspec::target::wire {
namespace {

constexpr int kBuffer = 4 << 20;  // octets, in the kernel
constexpr int kTimeout = 1;       // milliseconds; immediate mode makes it mean nothing

std::string remedy(int error, const std::string& interface) {
  switch (error) {
    case PCAP_ERROR_PERM_DENIED:
    case PCAP_ERROR_PROMISC_PERM_DENIED:
      return ": " + frames_remedy();
    case PCAP_ERROR_IFACE_NOT_UP:
      return fmt::format(": ip link set {} up", interface);
    default:
      return {};
  }
}

}  // namespace

Result<PcapPort> PcapPort::open(const std::string& interface, std::size_t most) {
  std::array<char, PCAP_ERRBUF_SIZE> text{};
  pcap_t* handle = pcap_create(interface.c_str(), text.data());
  if (handle == nullptr) return Error{fmt::format("libpcap cannot use {}: {}", interface, text.data())};
  PcapPort port(handle);
  pcap_set_snaplen(handle, static_cast<int>(most));
  pcap_set_promisc(handle, 1);
  pcap_set_immediate_mode(handle, 1);
  pcap_set_timeout(handle, kTimeout);
  pcap_set_buffer_size(handle, kBuffer);
  pcap_set_tstamp_precision(handle, PCAP_TSTAMP_PRECISION_NANO);
  if (const int error = pcap_activate(handle); error < 0) {
    const std::string detail = pcap_geterr(handle);
    return Error{fmt::format("libpcap cannot use {}: {}{}{}", interface, pcap_statustostr(error),
                             detail.empty() ? "" : " (" + detail + ")", remedy(error, interface))};
  }
  if (pcap_datalink(handle) != DLT_EN10MB) {
    return Error{fmt::format("{} carries no Ethernet frames", interface)};
  }
  if (pcap_setnonblock(handle, 1, text.data()) < 0) {
    return Error{fmt::format("libpcap cannot read {} without waiting: {}", interface, text.data())};
  }
  port.nanos_per_fraction_ = pcap_get_tstamp_precision(handle) == PCAP_TSTAMP_PRECISION_NANO ? 1 : 1000;
  port.fd_ = pcap_get_selectable_fd(handle);
  if (port.fd_ < 0) return Error{fmt::format("libpcap gives no descriptor to wait for on {}", interface)};
  return port;
}

Status PcapPort::set_filter(const std::string& filter) {
  bpf_program program{};
  if (pcap_compile(handle_.get(), &program, filter.c_str(), 1, PCAP_NETMASK_UNKNOWN) != 0) {
    return Error{fmt::format("libpcap refuses the filter '{}': {}", filter, pcap_geterr(handle_.get()))};
  }
  const int set = pcap_setfilter(handle_.get(), &program);
  pcap_freecode(&program);
  if (set != 0) return Error{fmt::format("libpcap cannot set the filter: {}", pcap_geterr(handle_.get()))};
  return Ok{};
}

Status PcapPort::send(ByteView frame) {
  if (pcap_inject(handle_.get(), frame.data(), frame.size()) < 0) {
    return Error{fmt::format("the interface did not take the frame: {}", pcap_geterr(handle_.get()))};
  }
  return Ok{};
}

std::optional<Heard> PcapPort::take() {
  pcap_pkthdr* header = nullptr;
  const std::uint8_t* bytes = nullptr;
  const int got = pcap_next_ex(handle_.get(), &header, &bytes);
  if (got < 0) complaint_ = pcap_geterr(handle_.get());
  if (got != 1) return std::nullopt;
  Heard heard;
  heard.frame.assign(bytes, bytes + header->caplen);
  heard.octets = header->len;
  heard.stamp = header->ts.tv_sec * 1'000'000'000 + header->ts.tv_usec * nanos_per_fraction_;
  return heard;
}

std::uint64_t PcapPort::lost() {
  pcap_stat statistics{};
  if (pcap_stats(handle_.get(), &statistics) != 0) return 0;
  return statistics.ps_drop;
}

}  // namespace tcpspec::target::wire
