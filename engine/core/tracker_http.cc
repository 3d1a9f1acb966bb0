#include "engine/core/tracker_http.h"

#include <algorithm>
#include <charconv>
#include <limits>

#include "base/text.h"
#include "engine/core/bencode.h"
#include "engine/core/tracker_text.h"

namespace podswarm::engine {

namespace {

constexpr BencodeLimits kLimits{.max_depth = 10, .max_nodes = 100'000, .max_bytes = kMaxTrackerResponse};

std::string_view event_name(AnnounceEvent event) {
  switch (event) {
    case AnnounceEvent::kStarted:
      return "started";
    case AnnounceEvent::kCompleted:
      return "completed";
    case AnnounceEvent::kStopped:
      return "stopped";
    case AnnounceEvent::kNone:
      break;
  }
  return {};
}

std::optional<std::uint32_t> count_of(BencodeNode node) {
  const auto value = node.integer();
  if (!value || *value < 0 || *value > std::numeric_limits<std::uint32_t>::max()) return std::nullopt;
  return static_cast<std::uint32_t>(*value);
}

std::chrono::seconds clamped(std::int64_t seconds, std::chrono::seconds low) {
  return std::chrono::seconds(std::clamp<std::int64_t>(seconds, low.count(), kMaxInterval.count()));
}

// The URL up to its query, ready for one more parameter.
std::string with_query(std::string_view url) {
  std::string out(url.substr(0, url.find('#')));
  const auto question = out.find('?');
  if (question == std::string::npos) {
    out += '?';
  } else if (out.back() != '?' && out.back() != '&') {
    out += '&';
  }
  return out;
}

void read_long_form(BencodeNode list, AnnounceResponse& out) {
  for (BencodeNode peer = list.first_child(); peer && out.peers.size() < kMaxTrackerPeers; peer = peer.next()) {
    const auto host = peer["ip"].string();
    const auto port = peer["port"].integer();
    if (!host || host->empty() || host->size() > 255 || !port || *port <= 0 || *port > 65535) continue;
    const auto number = static_cast<std::uint16_t>(*port);
    if (const auto endpoint = parse_endpoint(*host, number)) {
      if (!endpoint->is_unusable()) out.peers.push_back(*endpoint);
    } else if (is_host_name(*host) && out.named_peers.size() < kMaxNamedPeers) {
      out.named_peers.emplace_back(*host, number);
    }
  }
}

base::Result<BencodeDocument, TrackerError> parse_dict(base::ByteView body) {
  auto document = BencodeDocument::parse_prefix(body, kLimits);
  if (!document) {
    return base::fail(
        document.error().code == BencodeError::kTooLarge ? TrackerError::kTooLarge : TrackerError::kNotBencoded,
        "the tracker's answer: " + document.error().message);
  }
  if (!document->root().is_dict()) return base::fail(TrackerError::kBadAnswer, "the tracker's answer is no dictionary");
  if (const auto reason = document->root()["failure reason"].string()) {
    return base::fail(TrackerError::kRefused, clean_tracker_text(*reason));
  }
  return std::move(*document);
}

}  // namespace

std::string clean_tracker_text(std::string_view text) {
  constexpr std::size_t kMaxText = 300;
  std::string out = base::repair_utf8(text.substr(0, 2 * kMaxText));
  for (char& c : out) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = ' ';
  }
  out = base::utf8_prefix(base::trim(out), kMaxText);
  return out.empty() ? "no reason given" : out;
}

bool is_host_name(std::string_view text) {
  return !text.empty() && text.front() != '-' && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' || c == '-' ||
           c == '_';
  });
}

std::string announce_url(std::string_view announce, const AnnounceRequest& request) {
  std::string out = with_query(announce);
  const bool stopped = request.event == AnnounceEvent::kStopped;
  out += "info_hash=" + base::percent_encode(base::as_text(request.info_hash));
  out += "&peer_id=" + base::percent_encode(base::as_text(request.peer_id));
  out += "&port=" + std::to_string(request.port);
  out += "&uploaded=" + std::to_string(request.uploaded);
  out += "&downloaded=" + std::to_string(request.downloaded);
  out += "&left=" + std::to_string(request.left);
  out += "&compact=1&no_peer_id=1";
  out += "&numwant=" + std::to_string(stopped ? 0 : request.num_want);
  std::array<std::uint8_t, 4> key{};
  base::store_be32(key.data(), request.key);
  out += "&key=" + base::to_hex(key);
  if (request.event != AnnounceEvent::kNone) out += "&event=" + std::string(event_name(request.event));
  if (!request.tracker_id.empty()) out += "&trackerid=" + base::percent_encode(request.tracker_id);
  if (!request.ip.empty()) out += "&ip=" + base::percent_encode(request.ip);
  return out;
}

base::Result<AnnounceResponse, TrackerError> parse_announce_response(base::ByteView body) {
  const auto document = parse_dict(body);
  if (!document) return document.error();
  const BencodeNode root = document->root();
  const BencodeNode peers = root["peers"];
  const BencodeNode peers6 = root["peers6"];
  const auto interval = root["interval"].integer();
  if (!interval && !peers && !peers6) {
    return base::fail(TrackerError::kBadAnswer, "the tracker's answer has neither peers nor an interval");
  }
  AnnounceResponse out;
  if (interval) out.interval = clamped(*interval, kMinInterval);
  if (const auto least = root["min interval"].integer()) out.min_interval = clamped(*least, std::chrono::seconds(0));
  out.complete = count_of(root["complete"]);
  out.incomplete = count_of(root["incomplete"]);
  out.downloaded = count_of(root["downloaded"]);
  if (const auto id = root["tracker id"].string(); id && id->size() <= kMaxTrackerId) out.tracker_id = *id;
  if (const auto warning = root["warning message"].string()) out.warning = clean_tracker_text(*warning);
  if (const auto ip = root["external ip"].string(); ip && (ip->size() == 4 || ip->size() == 16)) {
    base::Bytes compact(base::as_bytes(*ip).begin(), base::as_bytes(*ip).end());
    compact.resize(compact.size() + 2);
    out.external_ip = read_compact(compact.data(), ip->size() == 16);
  }
  const auto compact = [&](BencodeNode node, bool v6) {
    append_compact(out.peers, base::as_bytes(*node.string()), v6, kMaxTrackerPeers);
  };
  if (peers.is_string()) compact(peers, false);
  if (peers.is_list()) read_long_form(peers, out);
  if (peers6.is_string()) compact(peers6, true);
  if (peers6.is_list()) read_long_form(peers6, out);
  std::sort(out.peers.begin(), out.peers.end());
  out.peers.erase(std::unique(out.peers.begin(), out.peers.end()), out.peers.end());
  return out;
}

std::optional<std::chrono::seconds> refusal_retry_in(base::ByteView body) {
  const auto document = BencodeDocument::parse_prefix(body, kLimits);
  if (!document) return std::nullopt;
  const BencodeNode value = document->root()["retry in"];
  const auto text = value.string();
  if (text == "never") return kMaxInterval;
  std::int64_t minutes = value.integer().value_or(0);
  if (text && text->size() <= 9) {
    const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), minutes);
    if (error != std::errc() || end != text->data() + text->size()) return std::nullopt;
  }
  if (minutes <= 0) return std::nullopt;
  return clamped(std::min<std::int64_t>(minutes, kMaxInterval.count()) * 60, std::chrono::seconds(60));
}

base::Result<std::string, TrackerError> scrape_url(std::string_view announce, const std::vector<InfoHash>& torrents) {
  const std::string_view path = announce.substr(0, announce.find_first_of("?#"));
  const auto slash = path.rfind('/');
  constexpr std::string_view kAnnounce = "announce";
  if (slash == std::string_view::npos || path.substr(slash + 1, kAnnounce.size()) != kAnnounce) {
    return base::fail(TrackerError::kNoScrape, "the tracker's URL has no scrape form");
  }
  std::string out(announce.substr(0, slash + 1));
  out += "scrape";
  out += announce.substr(slash + 1 + kAnnounce.size());
  out = with_query(out);
  for (std::size_t i = 0; i < torrents.size(); ++i) {
    if (i > 0) out += '&';
    out += "info_hash=" + base::percent_encode(base::as_text(torrents[i]));
  }
  return out;
}

base::Result<ScrapeResponse, TrackerError> parse_scrape_response(base::ByteView body) {
  const auto document = parse_dict(body);
  if (!document) return document.error();
  const BencodeNode files = document->root()["files"];
  if (!files.is_dict()) return base::fail(TrackerError::kBadAnswer, "the tracker's answer is no scrape");
  ScrapeResponse out;
  for (BencodeNode key = files.first_child(); key; key = key.next().next()) {
    if (key.string()->size() != sizeof(InfoHash)) continue;
    InfoHash hash{};
    std::copy(key.string()->begin(), key.string()->end(), hash.begin());
    const BencodeNode counts = key.next();
    out.emplace_back(hash,
                     ScrapeCounts{count_of(counts["complete"]).value_or(0), count_of(counts["incomplete"]).value_or(0),
                                  count_of(counts["downloaded"]).value_or(0)});
  }
  return out;
}

}  // namespace podswarm::engine
