#include <algorithm>
#include <charconv>

#include "base/text.h"
#include "engine/core/bencode.h"
#include "engine/core/tracker_http.h"
#include "engine/core/tracker_text.h"

namespace podswarm::engine {

namespace {

constexpr std::size_t kMaxQuery = 8192;
constexpr std::size_t kMaxScrape = 100;
constexpr std::uint32_t kMaxWanted = 200;

base::Failure<TrackerError> bad(std::string what) {
  return base::fail(TrackerError::kBadQuery, std::move(what));
}

template <class Int>
std::optional<Int> number(std::string_view text, int base = 10) {
  Int value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// Keys are any text; most are eight hexadecimal digits.
std::uint32_t key_of(std::string_view text) {
  if (const auto value = number<std::uint32_t>(text, 16)) return *value;
  std::uint32_t hash = 2166136261u;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619u;
  return hash;
}

bool copy_twenty(std::string_view value, std::array<std::uint8_t, 20>& out) {
  const std::string bytes = base::percent_decode(value);
  if (bytes.size() != out.size()) return false;
  std::copy(bytes.begin(), bytes.end(), out.begin());
  return true;
}

template <class Handler>
void for_each_parameter(std::string_view query, Handler handle) {
  while (!query.empty()) {
    const std::string_view parameter = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), parameter.size() + 1));
    const auto equals = parameter.find('=');
    if (equals != std::string_view::npos) handle(parameter.substr(0, equals), parameter.substr(equals + 1));
  }
}

}  // namespace

base::Result<AnnounceQuery, TrackerError> parse_announce_query(std::string_view query) {
  if (query.size() > kMaxQuery) return bad("the query is too long");
  AnnounceQuery out;
  AnnounceRequest& request = out.request;
  request.left = 1;  // who does not say is no seed
  bool has_hash = false;
  bool has_id = false;
  bool good = true;
  for_each_parameter(query, [&](std::string_view key, std::string_view value) {
    if (key == "info_hash") {
      has_hash = copy_twenty(value, request.info_hash);
      good = good && has_hash;
    } else if (key == "peer_id") {
      has_id = copy_twenty(value, request.peer_id);
      good = good && has_id;
    } else if (key == "port") {
      request.port = number<std::uint16_t>(value).value_or(0);
    } else if (key == "uploaded") {
      request.uploaded = number<std::uint64_t>(value).value_or(0);
    } else if (key == "downloaded") {
      request.downloaded = number<std::uint64_t>(value).value_or(0);
    } else if (key == "left") {
      request.left = number<std::uint64_t>(value).value_or(1);
    } else if (key == "numwant") {
      const auto wanted = number<std::int64_t>(value).value_or(-1);
      if (wanted >= 0) request.num_want = static_cast<std::uint32_t>(std::min<std::int64_t>(wanted, kMaxWanted));
    } else if (key == "event") {
      request.event = value == "started"     ? AnnounceEvent::kStarted
                      : value == "completed" ? AnnounceEvent::kCompleted
                      : value == "stopped"   ? AnnounceEvent::kStopped
                                             : AnnounceEvent::kNone;
    } else if (key == "key") {
      request.key = key_of(base::percent_decode(value));
    } else if (key == "compact") {
      out.compact = value != "0";
    } else if (key == "no_peer_id") {
      out.no_peer_id = value != "0";
    } else if (key == "ip" || key == "ipv4" || key == "ipv6") {
      if (request.ip.empty()) request.ip = base::percent_decode(value);
    } else if (key == "trackerid") {
      if (value.size() <= kMaxTrackerId) request.tracker_id = base::percent_decode(value);
    }
  });
  if (!has_hash || !good) return bad("info_hash and peer_id are 20 bytes each");
  if (!has_id) return bad("peer_id is missing");
  if (request.port == 0) return bad("port is missing or out of range");
  return out;
}

base::Result<std::vector<InfoHash>, TrackerError> parse_scrape_query(std::string_view query) {
  if (query.size() > kMaxQuery) return bad("the query is too long");
  std::vector<InfoHash> out;
  bool good = true;
  for_each_parameter(query, [&](std::string_view key, std::string_view value) {
    if (key != "info_hash" || out.size() >= kMaxScrape) return;
    good = copy_twenty(value, out.emplace_back()) && good;
  });
  if (!good) return bad("info_hash is 20 bytes");
  return out;
}

base::Bytes encode_announce_response(const AnnounceAnswer& answer, bool compact, bool no_peer_id) {
  BencodeWriter writer;
  writer.begin_dict();
  writer.key("complete").integer(answer.complete);
  writer.key("incomplete").integer(answer.incomplete);
  writer.key("interval").integer(answer.interval.count());
  if (compact) {
    base::Bytes v4;
    base::Bytes v6;
    for (const TrackedPeer& peer : answer.peers) write_compact(peer.endpoint.is_v6 ? v6 : v4, peer.endpoint);
    writer.key("peers").string(v4);
    if (!v6.empty()) writer.key("peers6").string(v6);
  } else {
    writer.key("peers").begin_list();
    for (const TrackedPeer& peer : answer.peers) {
      writer.begin_dict().key("ip").string(peer.endpoint.address_string());
      if (!no_peer_id) writer.key("peer id").string(peer.peer_id);
      writer.key("port").integer(peer.endpoint.port).end();
    }
    writer.end();
  }
  writer.end();
  return writer.take();
}

base::Bytes encode_tracker_failure(std::string_view reason) {
  BencodeWriter writer;
  writer.begin_dict().key("failure reason").string(reason).end();
  return writer.take();
}

base::Bytes encode_scrape_response(ScrapeResponse torrents) {
  std::sort(torrents.begin(), torrents.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  BencodeWriter writer;
  writer.begin_dict().key("files").begin_dict();
  for (std::size_t i = 0; i < torrents.size(); ++i) {
    if (i > 0 && torrents[i].first == torrents[i - 1].first) continue;
    const auto& [hash, counts] = torrents[i];
    writer.key(base::as_text(hash)).begin_dict();
    writer.key("complete").integer(counts.complete);
    writer.key("downloaded").integer(counts.downloaded);
    writer.key("incomplete").integer(counts.incomplete);
    writer.end();
  }
  writer.end().end();
  return writer.take();
}

}  // namespace podswarm::engine
