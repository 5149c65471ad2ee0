#include "stack/net/neighbour_cache.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace tcpspec::net {

NeighbourCache::NeighbourCache(const NeighbourConfig& config, Random random)
    : config_(config), random_(random) {
  set_base_reachable_time(config.base_reachable_time);
}

void NeighbourCache::set_base_reachable_time(Duration base) {
  base = std::clamp(base, Duration::seconds(1), Duration::seconds(3600));
  if (base == config_.base_reachable_time && reachable_time_ != Duration()) return;
  config_.base_reachable_time = base;
  // RFC 4861 §6.3.4: uniform between 0.5 and 1.5 of the base, so that hosts do not probe in step.
  const auto span = static_cast<std::uint64_t>(base.count_nanos());
  reachable_time_ = base / 2 + Duration::nanos(static_cast<std::int64_t>(random_.below(span + 1)));
}

void NeighbourCache::set_request_interval(Duration interval) {
  config_.request_interval = std::clamp(interval, Duration::millis(100), Duration::seconds(60));
}

bool NeighbourCache::forgotten(const Entry& entry, Instant now) const {
  // RFC 1122 §2.3.2.1: what has not been used for long is out of date. An entry at work is in use.
  return entry.timer == Instant::never() && now - entry.last_used >= config_.forget_after;
}

NeighbourCache::Entry* NeighbourCache::find(const IpAddress& neighbour, Instant now) {
  const auto found = entries_.find(neighbour);
  if (found == entries_.end()) return nullptr;
  if (forgotten(found->second, now)) {
    entries_.erase(found);
    return nullptr;
  }
  return &found->second;
}

NeighbourCache::Entry& NeighbourCache::insert(const IpAddress& neighbour, Instant now) {
  if (entries_.size() >= config_.most_entries) evict_one();
  Entry entry;
  entry.last_used = now;
  return entries_.insert_or_assign(neighbour, std::move(entry)).first->second;
}

void NeighbourCache::evict_one() {
  const auto rank = [](const Map::value_type& item) {
    return std::tuple(item.second.reachability != NeighbourState::kStale, item.second.last_used);
  };
  const auto least = std::ranges::min_element(entries_, {}, rank);
  output_.pushed_out += static_cast<std::uint32_t>(least->second.waiting.size());
  entries_.erase(least);
}

void NeighbourCache::wait(Entry& entry, Bytes packet) {
  // RFC 1122 §2.3.2.2: at least the latest packet is kept; RFC 4861 §7.2.2: a new one replaces the oldest.
  if (entry.waiting.size() >= config_.most_waiting) {
    entry.waiting.pop_front();
    ++output_.pushed_out;
  }
  entry.waiting.push_back(std::move(packet));
}

void NeighbourCache::use(Entry& entry, Instant now) {
  entry.last_used = now;
  // RFC 4861 §7.3.2: REACHABLE ends with its time.
  if (entry.reachability == NeighbourState::kReachable && now >= entry.reachable_until) become_stale(entry);
  // RFC 4861 §7.3.3: the first packet to a STALE neighbour starts DELAY, in which the layer above may show
  // that all is well.
  if (entry.reachability == NeighbourState::kStale) {
    entry.reachability = NeighbourState::kDelay;
    entry.timer = now + config_.delay_first_probe;
  }
}

void NeighbourCache::send(const IpAddress& neighbour, Bytes packet, Instant now) {
  Entry* entry = find(neighbour, now);
  if (entry == nullptr) {
    entry = &insert(neighbour, now);
    (void)ask(neighbour, *entry, now);
  }
  use(*entry, now);
  if (entry->reachability == NeighbourState::kIncomplete) return wait(*entry, std::move(packet));
  output_.ready.push_back({entry->mac, std::move(packet)});
}

void NeighbourCache::become_reachable(Entry& entry, Instant now) {
  entry.reachability = NeighbourState::kReachable;
  entry.reachable_until = now + reachable_time_;
  entry.timer = Instant::never();
  entry.requests = 0;
  entry.last_used = now;
}

void NeighbourCache::become_stale(Entry& entry) {
  entry.reachability = NeighbourState::kStale;
  entry.timer = Instant::never();
  entry.requests = 0;
}

void NeighbourCache::resolved(Entry& entry, const wire::MacAddress& mac, Instant now) {
  entry.mac = mac;
  become_stale(entry);
  if (entry.waiting.empty()) return;
  for (Bytes& packet : entry.waiting) output_.ready.push_back({entry.mac, std::move(packet)});
  entry.waiting.clear();
  // Those packets are the use that starts DELAY.
  use(entry, now);
}

bool NeighbourCache::advertised(const IpAddress& neighbour, const Advertisement& advertisement, Instant now) {
  Entry* entry = find(neighbour, now);
  if (entry == nullptr) return false;
  if (entry->reachability == NeighbourState::kIncomplete) {
    // RFC 4861 §7.2.5: without a link-layer address it is of no use here.
    if (!advertisement.mac) return true;
    resolved(*entry, *advertisement.mac, now);
    if (advertisement.solicited) become_reachable(*entry, now);
    entry->router = advertisement.router;
    return true;
  }
  const bool was_router = entry->router;
  advertised_known(*entry, advertisement, now);
  // RFC 4861 §7.2.5: a router that has become a host leaves the default router list.
  if (was_router && !entry->router) output_.no_router.push_back(neighbour);
  return true;
}

void NeighbourCache::advertised_known(Entry& entry, const Advertisement& advertisement, Instant now) {
  const bool differs = advertisement.mac && *advertisement.mac != entry.mac;
  if (differs && !advertisement.override_entry) {
    // RFC 4861 §7.2.5 I: two answer for one address; only doubt what was sure, and believe nothing else.
    if (entry.reachability == NeighbourState::kReachable) become_stale(entry);
    return;
  }
  // RFC 4861 §7.2.5 II: the new address counts; solicited, it is confirmed; else it is not.
  if (differs) entry.mac = *advertisement.mac;
  if (advertisement.solicited) {
    become_reachable(entry, now);
  } else if (differs) {
    become_stale(entry);
  }
  entry.router = advertisement.router;
}

void NeighbourCache::heard(const IpAddress& neighbour, const wire::MacAddress& mac, Instant now) {
  Entry* entry = find(neighbour, now);
  if (entry == nullptr) {
    entry = &insert(neighbour, now);
    entry->mac = mac;
    return become_stale(*entry);
  }
  // RFC 4861 §7.2.3: the same address tells nothing new; another one makes the entry STALE.
  if (entry->reachability != NeighbourState::kIncomplete && entry->mac == mac) return;
  resolved(*entry, mac, now);
}

void NeighbourCache::set_router(const IpAddress& neighbour) {
  const auto found = entries_.find(neighbour);
  if (found != entries_.end()) found->second.router = true;
}

void NeighbourCache::confirm(const IpAddress& neighbour, Instant now) {
  Entry* entry = find(neighbour, now);
  if (entry == nullptr || entry->reachability == NeighbourState::kIncomplete) return;
  become_reachable(*entry, now);
}

bool NeighbourCache::ask(const IpAddress& neighbour, Entry& entry, Instant now) {
  const bool probe = entry.reachability == NeighbourState::kProbe;
  if (entry.requests >= (probe ? config_.unicast_requests : config_.multicast_requests)) return false;
  ++entry.requests;
  entry.timer = now + config_.request_interval;
  output_.requests.push_back({neighbour, probe ? std::optional(entry.mac) : std::nullopt});
  return true;
}

void NeighbourCache::on_deadline(Instant now) {
  for (auto at = entries_.begin(); at != entries_.end();) {
    Entry& entry = at->second;
    if (entry.timer > now) {
      ++at;
      continue;
    }
    // RFC 4861 §7.3.3: DELAY passed without a sign, so the neighbour is asked, by itself.
    if (entry.reachability == NeighbourState::kDelay) {
      entry.reachability = NeighbourState::kProbe;
      entry.requests = 0;
    }
    if (ask(at->first, entry, now)) {
      ++at;
      continue;
    }
    // RFC 4861 §7.2.2, §7.3.3: nobody answers; what waits is lost, and the next packet starts anew.
    Failure failure{at->first, entry.router, {}};
    for (Bytes& packet : entry.waiting) failure.waiting.push_back(std::move(packet));
    output_.failures.push_back(std::move(failure));
    at = entries_.erase(at);
  }
}

Instant NeighbourCache::next_deadline() const {
  Instant earliest = Instant::never();
  for (const auto& [neighbour, entry] : entries_) earliest = std::min(earliest, entry.timer);
  return earliest;
}

NeighbourCache::Output NeighbourCache::take_output() { return std::exchange(output_, {}); }

std::optional<NeighbourState> NeighbourCache::state(const IpAddress& neighbour, Instant now) const {
  const auto found = entries_.find(neighbour);
  if (found == entries_.end() || forgotten(found->second, now)) return std::nullopt;
  const Entry& entry = found->second;
  if (entry.reachability == NeighbourState::kReachable && now >= entry.reachable_until) {
    return NeighbourState::kStale;
  }
  return entry.reachability;
}

std::optional<wire::MacAddress> NeighbourCache::mac(const IpAddress& neighbour, Instant now) const {
  const std::optional<NeighbourState> known = state(neighbour, now);
  if (!known || *known == NeighbourState::kIncomplete) return std::nullopt;
  return entries_.at(neighbour).mac;
}

}  // namespace tcpspec::net
