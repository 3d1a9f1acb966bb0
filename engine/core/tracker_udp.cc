#include "engine/core/tracker_udp.h"

#include <algorithm>
#include <cassert>

#include "engine/core/tracker_text.h"

namespace podswarm::engine {

namespace {

constexpr std::uint64_t kProtocolId = 0x41727101980;
enum Action : std::uint32_t { kConnect = 0, kAnnounce = 1, kScrape = 2, kError = 3 };

constexpr std::size_t kRequestHeader = 16;
constexpr std::size_t kAnnounceSize = 98;
constexpr std::size_t kAnnouncedHeader = 20;
constexpr std::uint8_t kOptionEnd = 0;
constexpr std::uint8_t kOptionNop = 1;
constexpr std::uint8_t kOptionUrlData = 2;
constexpr std::size_t kMaxUrlData = 2048;

void put32(base::Bytes& out, std::uint32_t value) {
  out.resize(out.size() + 4);
  base::store_be32(out.data() + out.size() - 4, value);
}

void put64(base::Bytes& out, std::uint64_t value) {
  put32(out, static_cast<std::uint32_t>(value >> 32));
  put32(out, static_cast<std::uint32_t>(value));
}

base::Bytes request(std::uint64_t connection, Action action, std::uint32_t transaction) {
  base::Bytes out;
  put64(out, connection);
  put32(out, action);
  put32(out, transaction);
  return out;
}

base::Bytes reply(Action action, std::uint32_t transaction) {
  base::Bytes out;
  put32(out, action);
  put32(out, transaction);
  return out;
}

std::chrono::seconds interval_of(std::uint32_t value) {
  return std::clamp(std::chrono::seconds(value), kMinInterval, kMaxInterval);
}

AnnounceResponse read_announced(base::ByteView packet, bool v6) {
  AnnounceResponse out;
  out.interval = interval_of(base::load_be32(packet.data() + 8));
  out.incomplete = base::load_be32(packet.data() + 12);
  out.complete = base::load_be32(packet.data() + 16);
  append_compact(out.peers, packet.subspan(kAnnouncedHeader), v6, kMaxTrackerPeers);
  std::sort(out.peers.begin(), out.peers.end());
  out.peers.erase(std::unique(out.peers.begin(), out.peers.end()), out.peers.end());
  return out;
}

// The URL that the options after an announce spell (BEP 41).
std::string read_options(base::ByteView options) {
  std::string out;
  while (!options.empty() && options[0] != kOptionEnd) {
    const std::uint8_t kind = options[0];
    options = options.subspan(1);
    if (kind == kOptionNop) continue;
    if (options.empty() || options.size() - 1 < options[0]) break;
    const auto value = options.subspan(1, options[0]);
    if (kind == kOptionUrlData && out.size() + value.size() <= kMaxUrlData) out += base::as_text(value);
    options = options.subspan(1 + value.size());
  }
  return out;
}

UdpAnnounceRequest read_announce(base::ByteView packet) {
  const std::uint8_t* p = packet.data();
  UdpAnnounceRequest out;
  out.connection = base::load_be64(p);
  AnnounceRequest& r = out.request;
  std::copy_n(p + 16, 20, r.info_hash.begin());
  std::copy_n(p + 36, 20, r.peer_id.begin());
  r.downloaded = base::load_be64(p + 56);
  r.left = base::load_be64(p + 64);
  r.uploaded = base::load_be64(p + 72);
  const std::uint32_t event = base::load_be32(p + 80);
  r.event = event <= 3 ? static_cast<AnnounceEvent>(event) : AnnounceEvent::kNone;
  if (base::load_be32(p + 84) != 0) r.ip = Endpoint::v4({p[84], p[85], p[86], p[87]}, 0).address_string();
  r.key = base::load_be32(p + 88);
  const std::uint32_t wanted = base::load_be32(p + 92);
  if ((wanted & 0x80000000u) == 0) r.num_want = std::min<std::uint32_t>(wanted, 200);  // -1: as the tracker likes
  r.port = base::load_be16(p + 96);
  out.path_and_query = read_options(packet.subspan(kAnnounceSize));
  return out;
}

}  // namespace

std::chrono::seconds udp_tracker_timeout(unsigned attempt) {
  return std::chrono::seconds(15u << std::min(attempt, 8u));
}

base::Bytes encode_udp_connect(std::uint32_t transaction) {
  return request(kProtocolId, kConnect, transaction);
}

base::Bytes encode_udp_announce(std::uint64_t connection, std::uint32_t transaction, const AnnounceRequest& r,
                                std::string_view path_and_query) {
  base::Bytes out = request(connection, kAnnounce, transaction);
  out.insert(out.end(), r.info_hash.begin(), r.info_hash.end());
  out.insert(out.end(), r.peer_id.begin(), r.peer_id.end());
  put64(out, r.downloaded);
  put64(out, r.left);
  put64(out, r.uploaded);
  put32(out, static_cast<std::uint32_t>(r.event));
  const auto address = parse_endpoint(r.ip, 0);
  put32(out, address && !address->is_v6 ? base::load_be32(address->address.data()) : 0);
  put32(out, r.key);
  put32(out, r.event == AnnounceEvent::kStopped ? 0 : r.num_want);
  out.push_back(static_cast<std::uint8_t>(r.port >> 8));
  out.push_back(static_cast<std::uint8_t>(r.port));
  if (path_and_query == "/" || path_and_query.size() > kMaxUrlData) return out;
  while (!path_and_query.empty()) {
    const std::string_view part = path_and_query.substr(0, 255);
    out.push_back(kOptionUrlData);
    out.push_back(static_cast<std::uint8_t>(part.size()));
    out.insert(out.end(), part.begin(), part.end());
    path_and_query.remove_prefix(part.size());
  }
  return out;
}

base::Bytes encode_udp_scrape(std::uint64_t connection, std::uint32_t transaction,
                              const std::vector<InfoHash>& torrents) {
  assert(torrents.size() <= kMaxUdpScrape);
  base::Bytes out = request(connection, kScrape, transaction);
  for (const InfoHash& hash : torrents) out.insert(out.end(), hash.begin(), hash.end());
  return out;
}

std::optional<UdpReplyHeader> peek_udp_reply(base::ByteView packet) {
  if (packet.size() < 8) return std::nullopt;
  return UdpReplyHeader{base::load_be32(packet.data()), base::load_be32(packet.data() + 4)};
}

base::Result<UdpTrackerReply, UdpTrackerError> decode_udp_reply(base::ByteView packet, bool v6) {
  const auto not_reply = base::fail(UdpTrackerError::kNotReply, "a UDP packet that is no tracker's reply");
  const auto header = peek_udp_reply(packet);
  if (!header) return not_reply;
  UdpTrackerReply out;
  out.transaction = header->transaction;
  switch (header->action) {
    case kConnect:
      if (packet.size() < 16) return not_reply;
      out.body = UdpConnected{base::load_be64(packet.data() + 8)};
      return out;
    case kAnnounce:
      if (packet.size() < kAnnouncedHeader) return not_reply;
      out.body = read_announced(packet, v6);
      return out;
    case kScrape: {
      UdpScraped scraped;
      for (auto rest = packet.subspan(8); rest.size() >= 12; rest = rest.subspan(12)) {
        scraped.torrents.push_back({.complete = base::load_be32(rest.data()),
                                    .incomplete = base::load_be32(rest.data() + 8),
                                    .downloaded = base::load_be32(rest.data() + 4)});
      }
      out.body = std::move(scraped);
      return out;
    }
    case kError:
      return base::fail(UdpTrackerError::kRefused, clean_tracker_text(base::as_text(packet.subspan(8))));
    default:
      return not_reply;
  }
}

base::Result<UdpTrackerRequest, UdpRequestError> decode_udp_request(base::ByteView packet) {
  const auto not_request = base::fail(UdpRequestError::kNotRequest, "a UDP packet that is no tracker request");
  if (packet.size() < kRequestHeader) return not_request;
  const std::uint64_t connection = base::load_be64(packet.data());
  UdpTrackerRequest out;
  out.transaction = base::load_be32(packet.data() + 12);
  switch (base::load_be32(packet.data() + 8)) {
    case kConnect:
      if (connection != kProtocolId) return not_request;
      out.body = UdpConnectRequest{};
      return out;
    case kAnnounce:
      if (packet.size() < kAnnounceSize) return not_request;
      out.body = read_announce(packet);
      return out;
    case kScrape: {
      UdpScrapeRequest scrape{connection, {}};
      for (auto rest = packet.subspan(kRequestHeader); rest.size() >= 20 && scrape.torrents.size() < kMaxUdpScrape;
           rest = rest.subspan(20)) {
        std::copy_n(rest.begin(), 20, scrape.torrents.emplace_back().begin());
      }
      out.body = std::move(scrape);
      return out;
    }
    default:
      return not_request;
  }
}

base::Bytes encode_udp_connected(std::uint32_t transaction, std::uint64_t connection) {
  base::Bytes out = reply(kConnect, transaction);
  put64(out, connection);
  return out;
}

base::Bytes encode_udp_announced(std::uint32_t transaction, const AnnounceAnswer& answer, bool v6) {
  base::Bytes out = reply(kAnnounce, transaction);
  put32(out, static_cast<std::uint32_t>(answer.interval.count()));
  put32(out, answer.incomplete);
  put32(out, answer.complete);
  for (const TrackedPeer& peer : answer.peers) {
    if (peer.endpoint.is_v6 == v6) write_compact(out, peer.endpoint);
  }
  return out;
}

base::Bytes encode_udp_scraped(std::uint32_t transaction, const std::vector<ScrapeCounts>& torrents) {
  base::Bytes out = reply(kScrape, transaction);
  for (const ScrapeCounts& counts : torrents) {
    put32(out, counts.complete);
    put32(out, counts.downloaded);
    put32(out, counts.incomplete);
  }
  return out;
}

base::Bytes encode_udp_error(std::uint32_t transaction, std::string_view message) {
  base::Bytes out = reply(kError, transaction);
  out.insert(out.end(), message.begin(), message.end());
  return out;
}

}  // namespace podswarm::engine
