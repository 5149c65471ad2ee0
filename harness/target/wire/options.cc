#include "harness/target/wire/options.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <functional>

#include "harness/scenario/vocabulary.h"
#include "stack/base/check.h"

namespace tcpspec::target::wire {
namespace {

constexpr std::uint32_t kDefaultPool = 64;
constexpr unsigned kLeastMtu = 576, kMostMtu = 65'535;

using Set = std::function<Status(Options&, const std::string&)>;

Error expected(const std::string& what) { return Error{"expected " + what}; }

Result<unsigned> number(const std::string& text, unsigned least, unsigned most, const std::string& what) {
  unsigned value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < least || value > most) {
    return expected(fmt::format("{} between {} and {}", what, least, most));
  }
  return value;
}

Set set_number(std::function<void(Options&, std::uint16_t)> put, unsigned least, unsigned most,
               std::string what) {
  return [=](Options& options, const std::string& text) -> Status {
    const Result<unsigned> value = number(text, least, most, what);
    if (!value) return Error{value.error()};
    put(options, static_cast<std::uint16_t>(*value));
    return Ok{};
  };
}

Result<IpAddress> address(const std::string& text, IpVersion ip) {
  const bool v4 = ip == IpVersion::kV4;
  Result<IpAddress> parsed = IpAddress::parse(text);
  if (!parsed || parsed->version() != ip) return expected(v4 ? "an IPv4 address" : "an IPv6 address");
  if (parsed->is_unspecified() || parsed->is_multicast() || parsed->is_broadcast() || parsed->is_loopback()) {
    return expected("the address of one machine on the cable");
  }
  return parsed;
}

std::uint32_t low_word(const IpAddress& of) { return load_be32(of.bytes(), of.bytes().size() - 4); }

IpAddress with_low_word(const IpAddress& of, std::uint32_t word) {
  Bytes bytes(of.bytes().begin(), of.bytes().end());
  store_be32(bytes, bytes.size() - 4, word);
  return IpAddress::from_bytes(bytes);
}

bool same_high_words(const IpAddress& a, const IpAddress& b) {
  return with_low_word(a, 0) == with_low_word(b, 0);
}

// The network's own address and its broadcast address are nobody's; of IPv6 only the first (the routers'
// anycast).
Result<Pool> prefix_pool(const IpAddress& base, const std::string& length) {
  const unsigned bits = base.is_v4() ? 32 : 128;
  const Result<unsigned> prefix = number(length, bits - 24, bits, "a prefix length");
  if (!prefix) return Error{prefix.error()};
  const unsigned host_bits = bits - *prefix;
  const std::uint32_t size = std::uint32_t{1} << host_bits;
  std::uint32_t first = low_word(base) & ~(size - 1), count = size;
  if (host_bits >= 2) {
    ++first;
    count -= base.is_v4() ? 2 : 1;
  }
  return Pool{with_low_word(base, first), std::min(count, kLargestPool)};
}

Result<Pool> pool(const std::string& text, IpVersion ip) {
  const auto cut = text.find_first_of("-/");
  const Result<IpAddress> first = address(text.substr(0, cut), ip);
  if (!first) return Error{first.error() + ", two of them (A-B) or a prefix (A/LENGTH)"};
  if (cut == std::string::npos) return Pool{*first, 1};
  if (text[cut] == '/') return prefix_pool(*first, text.substr(cut + 1));
  const Result<IpAddress> last = address(text.substr(cut + 1), ip);
  if (!last) return Error{last.error() + " behind the '-'"};
  if (!same_high_words(*first, *last) || low_word(*last) < low_word(*first)) {
    return expected("a range whose last address is beside and not before its first");
  }
  return Pool{*first, std::min(low_word(*last) - low_word(*first) + 1, kLargestPool)};
}

Result<Duration> duration(const std::string& text) {
  struct Unit {
    const char* name;
    Duration one;
  };
  for (const Unit& unit :
       {Unit{"us", Duration::micros(1)}, Unit{"ms", Duration::millis(1)}, Unit{"s", Duration::seconds(1)}}) {
    if (!text.ends_with(unit.name)) continue;
    const Result<unsigned> count =
        number(text.substr(0, text.size() - std::string_view(unit.name).size()), 0, 60'000'000, "");
    if (count) return unit.one * *count;
  }
  return expected("a time such as 50ms, 800us or 1s");
}

Result<std::string> unescape(const std::string& text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\') {
      plain += text[i];
      continue;
    }
    const char kind = i + 1 < text.size() ? text[++i] : '\0';
    unsigned octet = 0;
    if (kind == 'r')
      plain += '\r';
    else if (kind == 'n')
      plain += '\n';
    else if (kind == '\\')
      plain += '\\';
    else if (const char* at = text.data() + i + 1;
             kind == 'x' && i + 2 < text.size() && std::from_chars(at, at + 2, octet, 16).ptr == at + 2) {
      plain += static_cast<char>(octet);
      i += 2;
    } else {
      return expected(R"(\r, \n, \\ or \x and two hexadecimal digits behind a backslash)");
    }
  }
  return plain;
}

// A word alone is a line.
Result<std::string> request(const std::string& text) {
  if (text == "http") return Options().ask;
  if (text.empty() || text.find('\\') != std::string::npos) return unescape(text);
  return text + "\r\n";
}

Status set_choice(Options& options, const std::string& text) {
  const auto colon = text.find(':');
  const std::string key = text.substr(0, colon);
  if (colon == std::string::npos || !scenario::contains(scenario::policies(), key)) {
    return expected("POLICY:VALUE, with a policy of cases/LANGUAGE.md");
  }
  options.choices[key] = text.substr(colon + 1);
  return Ok{};
}

Status set_lack(Options& options, const std::string& text) {
  if (!scenario::contains(scenario::capabilities(), text))
    return expected("a word that `needs` knows (cases/LANGUAGE.md)");
  options.lacks.push_back(text);
  return Ok{};
}

template <typename T, typename Parse>
Set set_parsed(T Options::*field, Parse parse) {
  return [=](Options& options, const std::string& text) -> Status {
    auto value = parse(text);
    if (!value) return Error{value.error()};
    options.*field = *value;
    return Ok{};
  };
}

Set set_port(std::uint16_t Options::*field, unsigned least) {
  return set_number([=](Options& o, std::uint16_t port) { o.*field = port; }, least, 65'535, "a port");
}

Status set_agent(Options& options, const std::string& text) {
  if (!text.starts_with("unix:") && !text.starts_with("tcp:")) return expected("unix:PATH or tcp:HOST:PORT");
  options.agent = text;
  return Ok{};
}

struct Key {
  const char* name;
  Set set;
};

const std::vector<Key>& keys() {
  const auto v4 = [](const std::string& text) { return address(text, IpVersion::kV4); };
  const auto v6 = [](const std::string& text) { return address(text, IpVersion::kV6); };
  static const std::vector<Key> kKeys{
      {"dut", set_parsed(&Options::dut4, v4)},
      {"dut6", set_parsed(&Options::dut6, v6)},
      {"port", set_number([](Options& o, std::uint16_t port) { o.port = port; }, 1, 65'535, "a port")},
      {"closed", set_port(&Options::closed, 1)},
      {"echo", set_port(&Options::echo, 0)},
      {"discard", set_port(&Options::discard, 0)},
      {"chargen", set_port(&Options::chargen, 0)},
      {"ask", set_parsed(&Options::ask, request)},
      {"self",
       set_parsed(&Options::self4, [](const std::string& text) { return pool(text, IpVersion::kV4); })},
      {"self6",
       set_parsed(&Options::self6, [](const std::string& text) { return pool(text, IpVersion::kV6); })},
      {"mac", set_parsed(&Options::mac, parse_mac)},
      {"vlan", set_number([](Options& o, std::uint16_t id) { o.vlan = id; }, 1, 4094, "a VLAN")},
      {"mtu", set_number([](Options& o, std::uint16_t mtu) { o.mtu = mtu; }, kLeastMtu, kMostMtu, "an MTU")},
      {"slack", set_parsed(&Options::slack, duration)},
      {"min-rto", set_parsed(&Options::min_rto, duration)},
      {"msl", set_parsed(&Options::msl, duration)},
      {"delayed-ack", set_parsed(&Options::delayed_ack, duration)},
      {"agent", set_agent},
      {"choice", set_choice},
      {"lack", set_lack},
  };
  return kKeys;
}

Status set(Options& options, std::string& token, const std::string& word) {
  const auto equals = word.find('=');
  const std::string key = word.substr(0, equals);
  if (key == "token" && equals != std::string::npos) {
    token = word.substr(equals + 1);
    return Ok{};
  }
  const auto found = std::ranges::find(keys(), key, &Key::name);
  if (equals == std::string::npos || found == keys().end()) {
    std::string names;
    for (const Key& known : keys()) names += fmt::format("{}=, ", known.name);
    return Error{fmt::format("'{}': expected one of {}token=", word, names)};
  }
  const Status done = found->set(options, word.substr(equals + 1));
  if (!done) return Error{fmt::format("{}: {}", word, done.error())};
  return Ok{};
}

Status check(Options& options, const std::string& token) {
  if (!options.dut4 && !options.dut6)
    return Error{"expected dut=ADDRESS, the IPv4 address of the box, or dut6="};
  if (options.self4 && !options.dut4)
    return Error{"self= without dut=: the box has no IPv4 address to talk to"};
  if (options.self6 && !options.dut6)
    return Error{"self6= without dut6=: the box has no IPv6 address to talk to"};
  for (const IpVersion ip : {IpVersion::kV4, IpVersion::kV6}) {
    if (options.dut(ip) && options.pool(ip).contains(*options.dut(ip))) {
      return Error{fmt::format("our own addresses {} contain the box's, {}", to_string(options.pool(ip)),
                               tcpspec::to_string(*options.dut(ip)))};
    }
  }
  if (options.port == options.closed)
    return Error{fmt::format("port= and closed= are both {}", options.closed)};
  if (options.agent.empty() && !token.empty()) return Error{"token= without agent="};
  if (!token.empty()) options.agent += ",token=" + token;
  return Ok{};
}

}  // namespace

IpAddress Pool::at(std::uint32_t index) const {
  CHECK(index < count);
  return with_low_word(first, low_word(first) + index);
}

bool Pool::contains(const IpAddress& other) const {
  return count > 0 && other.version() == first.version() && same_high_words(first, other) &&
         low_word(other) - low_word(first) < count;
}

Pool Options::pool(IpVersion ip) const {
  const std::optional<Pool>& given = ip == IpVersion::kV4 ? self4 : self6;
  return given ? *given : default_pool(*dut(ip));
}

Pool default_pool(const IpAddress& dut) {
  const std::uint32_t network = low_word(dut) & 0xffffff00;
  const Pool upper{with_low_word(dut, network + 160), kDefaultPool};
  if (!upper.contains(dut)) return upper;
  return Pool{with_low_word(dut, network + 96), kDefaultPool};
}

std::string to_string(const Pool& pool) {
  const std::string first = tcpspec::to_string(pool.first);
  return pool.count == 1 ? first : fmt::format("{}-{}", first, tcpspec::to_string(pool.last()));
}

Result<Options> parse_options(const std::string& text) {
  Options options;
  std::string token;
  std::size_t begin = 0;
  for (bool first = true; begin <= text.size(); first = false) {
    const std::size_t end = std::min(text.find(',', begin), text.size());
    const std::string word = text.substr(begin, end - begin);
    begin = end + 1;
    if (first) {
      if (word.empty() || word.find('=') != std::string::npos) {
        return Error{fmt::format(
            "'wire:{}': expected wire:INTERFACE,dut=ADDRESS, such as wire:eth1,dut=10.9.0.2,port=80", text)};
      }
      options.interface = word;
      continue;
    }
    if (const Status done = set(options, token, word); !done) return Error{"wire: " + done.error()};
  }
  if (const Status fine = check(options, token); !fine) return Error{"wire: " + fine.error()};
  return options;
}

}  // namespace tcpspec::target::wire
