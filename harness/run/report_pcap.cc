#include <pcap/pcap.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

#include "harness/run/output_file.h"
#include "harness/run/report_files.h"

namespace tcpspec::run {
namespace {

constexpr int kRawIp = 12;  // DLT_RAW, written as LINKTYPE_RAW
constexpr int kMostOctets = 262'144;

pcap_pkthdr header_of(const TraceEvent& event) {
  const std::int64_t nanos = std::max<std::int64_t>(event.at.earliest.nanos(), 0);
  pcap_pkthdr header{};
  header.ts.tv_sec = static_cast<time_t>(nanos / 1'000'000'000);
  header.ts.tv_usec =
      static_cast<suseconds_t>(nanos % 1'000'000'000);  // the file says that these are nanoseconds
  header.len = static_cast<bpf_u_int32>(event.packet.size());
  header.caplen = std::min<bpf_u_int32>(header.len, kMostOctets);
  return header;
}

}  // namespace

Status write_pcap(const std::string& path, const Trace& trace) {
  OutputFile file(path);
  if (Status opened = file.open(); !opened.ok()) return opened;
  const std::unique_ptr<pcap_t, void (*)(pcap_t*)> dead(
      pcap_open_dead_with_tstamp_precision(kRawIp, kMostOctets, PCAP_TSTAMP_PRECISION_NANO), pcap_close);
  if (dead == nullptr) return Error{path + ": libpcap gives no handle"};
  pcap_dumper_t* dumper = pcap_dump_fopen(dead.get(), file.stream());
  if (dumper == nullptr) {
    (void)file.release();  // libpcap has closed it
    return Error{path + ": " + pcap_geterr(dead.get())};
  }
  for (const TraceEvent& event : trace.events) {
    if (event.packet.empty()) continue;
    const pcap_pkthdr header = header_of(event);
    pcap_dump(reinterpret_cast<u_char*>(dumper), &header, event.packet.data());
  }
  // The dumper closes the stream and tells nobody how that went: so everything is flushed before.
  errno = 0;
  if (pcap_dump_flush(dumper) != 0 || std::ferror(file.stream()) != 0) {
    file.fail(std::strerror(errno == 0 ? EIO : errno));
  }
  (void)file.release();
  pcap_dump_close(dumper);
  return file.commit();
}

std::string pcap_name(const scenario::Scenario& scenario) {
  std::string name = scenario.id;
  std::replace(name.begin(), name.end(), '/', '-');
  return name + (scenario.ip == IpVersion::kV4 ? "-v4.pcap" : "-v6.pcap");
}

}  // namespace tcpspec::run
