#include "engine/core/magnet.h"

#include <algorithm>
#include <charconv>
#include <limits>

#include "base/bytes.h"
#include "base/text.h"

namespace podswarm::engine {

namespace {

constexpr std::size_t kMaxPeers = 100;
constexpr std::size_t kMaxSelections = 1000;

base::Failure<MagnetError> failure(MagnetError code, std::string what) {
  return base::fail(code, "magnet link: " + std::move(what));
}

// A form decodes '+' as a blank; a URL does not, and web seeds hold real ones.
std::string decoded(std::string_view value, bool form) {
  std::string text(value);
  if (form) std::replace(text.begin(), text.end(), '+', ' ');
  return base::percent_decode(text);
}

template <class Int>
std::optional<Int> number(std::string_view text) {
  Int value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// "host:port", IPv6 in brackets.
std::optional<std::pair<std::string, std::uint16_t>> host_and_port(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const auto port = number<std::uint16_t>(text.substr(colon + 1));
  std::string_view host = text.substr(0, colon);
  if (host.size() >= 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != std::string_view::npos) {
    return std::nullopt;
  }
  const bool good = !host.empty() && std::all_of(host.begin(), host.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' || c == '-' ||
           c == ':' || c == '_';
  });
  if (!good || !port || *port == 0) return std::nullopt;
  return std::pair(std::string(host), *port);
}

// "0,2,4-8" (BEP 53); junk between commas is passed over.
void parse_selection(std::string_view text, Magnet& out) {
  for (const std::string_view part : base::split(text, ',')) {
    if (out.selected_files.size() >= kMaxSelections) return;
    const auto dash = part.find('-');
    const auto first = number<std::uint32_t>(part.substr(0, dash));
    const auto last = dash == std::string_view::npos ? first : number<std::uint32_t>(part.substr(dash + 1));
    if (first && last && *first <= *last) out.selected_files.emplace_back(*first, *last);
  }
}

enum class Topic { kOther, kGood, kBroken };

Topic parse_topic(std::string_view topic, Magnet& out) {
  constexpr std::string_view kV1 = "urn:btih:";
  constexpr std::string_view kV2 = "urn:btmh:";
  if (base::istarts_with(topic, kV1)) {
    const std::string_view text = base::trim(topic.substr(kV1.size()));
    const auto bytes = text.size() == 40   ? base::from_hex(text)
                       : text.size() == 32 ? base::from_base32(text)
                                           : std::nullopt;
    if (!bytes || bytes->size() != 20) return Topic::kBroken;
    Sha1Hash hash{};
    std::copy(bytes->begin(), bytes->end(), hash.begin());
    if (!out.info_hash_v1) out.info_hash_v1 = hash;
    return Topic::kGood;
  }
  if (base::istarts_with(topic, kV2)) {
    const auto bytes = base::from_hex(base::trim(topic.substr(kV2.size())));
    // A multihash: 0x12 is SHA-256, 0x20 its length.
    if (!bytes || bytes->size() != 34 || (*bytes)[0] != 0x12 || (*bytes)[1] != 0x20) return Topic::kBroken;
    Sha256Hash hash{};
    std::copy(bytes->begin() + 2, bytes->end(), hash.begin());
    if (!out.info_hash_v2) out.info_hash_v2 = hash;
    return Topic::kGood;
  }
  return Topic::kOther;
}

bool is_numbered(std::string_view key, std::string_view base) {
  return key == base || (key.size() > base.size() + 1 && key.starts_with(base) && key[base.size()] == '.' &&
                         number<unsigned>(key.substr(base.size() + 1)));
}

void add_unique(std::vector<std::string>& list, std::optional<std::string> url, std::size_t limit) {
  if (url && list.size() < limit && std::find(list.begin(), list.end(), *url) == list.end()) {
    list.push_back(std::move(*url));
  }
}

}  // namespace

base::Result<Magnet, MagnetError> parse_magnet(std::string_view link) {
  link = base::trim(link);
  if (link.size() > kMaxMagnetLength) return failure(MagnetError::kTooLong, "too long");
  constexpr std::string_view kScheme = "magnet:";
  if (!base::istarts_with(link, kScheme)) return failure(MagnetError::kNotMagnet, "it does not begin with magnet:");
  link.remove_prefix(kScheme.size());
  if (!link.starts_with('?')) return failure(MagnetError::kNotMagnet, "it has no parameters");
  link.remove_prefix(1);

  Magnet out;
  std::vector<std::string> trackers;
  for (std::string_view parameter : base::split(link, '&')) {
    if (parameter.starts_with("amp;")) parameter.remove_prefix(4);  // copied out of HTML
    const auto equals = parameter.find('=');
    if (equals == std::string_view::npos || equals + 1 == parameter.size()) continue;
    const std::string key = base::ascii_lower(base::percent_decode(parameter.substr(0, equals)));
    const std::string_view value = parameter.substr(equals + 1);
    if (is_numbered(key, "xt")) {
      if (parse_topic(decoded(value, false), out) == Topic::kBroken) {
        return failure(MagnetError::kBadHash, "the info-hash is broken");
      }
    } else if (key == "dn") {
      if (out.name.empty()) out.name = base::repair_utf8(decoded(value, true));
    } else if (is_numbered(key, "tr")) {
      add_unique(trackers, usable_tracker_url(decoded(value, false)), kMaxTrackers);
    } else if (is_numbered(key, "ws")) {
      add_unique(out.sources.web_seeds, usable_web_seed_url(decoded(value, false)), kMaxWebSeeds);
    } else if (key == "x.pe") {
      const auto peer = host_and_port(decoded(value, false));
      if (peer && out.peers.size() < kMaxPeers) out.peers.push_back(*peer);
    } else if (key == "dht") {
      const auto node = host_and_port(decoded(value, false));
      if (node && out.sources.nodes.size() < kMaxNodes) out.sources.nodes.push_back(*node);
    } else if (key == "so") {
      parse_selection(decoded(value, false), out);
    }
  }
  if (!out.info_hash_v1 && !out.info_hash_v2) return failure(MagnetError::kNoHash, "it names no torrent");
  for (std::string& tracker : trackers) out.sources.tiers.push_back({std::move(tracker)});
  return out;
}

std::string to_string(const Magnet& magnet) {
  std::string out = "magnet:";
  char separator = '?';
  const auto add = [&](std::string_view key, std::string_view value) {
    out += separator;
    separator = '&';
    out += key;
    out += '=';
    out += value;
  };
  const auto address = [](const std::pair<std::string, std::uint16_t>& place) {
    const bool v6 = place.first.find(':') != std::string::npos;
    return (v6 ? "[" + place.first + "]" : place.first) + ":" + std::to_string(place.second);
  };
  if (magnet.info_hash_v1) add("xt", "urn:btih:" + base::to_hex(*magnet.info_hash_v1));
  if (magnet.info_hash_v2) add("xt", "urn:btmh:1220" + base::to_hex(*magnet.info_hash_v2));
  if (!magnet.name.empty()) add("dn", base::percent_encode(magnet.name));
  for (const auto& tier : magnet.sources.tiers) {
    for (const std::string& url : tier) add("tr", base::percent_encode(url));
  }
  for (const std::string& url : magnet.sources.web_seeds) add("ws", base::percent_encode(url));
  for (const auto& peer : magnet.peers) add("x.pe", address(peer));
  for (const auto& node : magnet.sources.nodes) add("dht", address(node));
  std::string selection;
  for (const auto& [first, last] : magnet.selected_files) {
    if (!selection.empty()) selection += ',';
    selection += first == last ? std::to_string(first) : std::to_string(first) + "-" + std::to_string(last);
  }
  if (!selection.empty()) add("so", selection);
  return out;
}

}  // namespace podswarm::engine
