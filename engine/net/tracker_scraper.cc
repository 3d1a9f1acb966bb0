#include "engine/net/tracker_scraper.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/text.h"
#include "base/url.h"
#include "engine/net/udp_tracker.h"

namespace podswarm::engine {

namespace {

static_assert(TrackerScraper::kMostAtOnce <= kMaxUdpScrape);

// Set in the tickets of scrapes, which announces count up to never.
constexpr std::uint64_t kScrapeTicket = std::uint64_t{1} << 63;

std::optional<base::Url> udp_url(const std::string& announce) {
  auto url = base::parse_url(announce);
  if (!url || url->scheme != "udp" || url->port == 0) return std::nullopt;
  return std::move(*url);
}

}  // namespace

void TrackerScraper::scrape(const std::string& announce, const InfoHash& torrent, Handler on_counts,
                            bool allow_private) {
  const bool is_web = base::istarts_with(announce, "http://") || base::istarts_with(announce, "https://");
  if (is_web ? !scrape_url(announce, {}) : !udp_url(announce)) return;
  const Key key{announce, allow_private};
  Tracker& tracker = trackers_[key];
  tracker.waiting.push_back({torrent, std::move(on_counts)});
  if (tracker.asked.empty()) ask(key);
}

void TrackerScraper::ask(const Key& key) {
  Tracker& tracker = trackers_.at(key);
  std::vector<InfoHash> torrents;
  while (!tracker.waiting.empty() && torrents.size() < kMostAtOnce) {
    torrents.push_back(tracker.waiting.front().torrent);
    tracker.asked.push_back(std::move(tracker.waiting.front()));
    tracker.waiting.pop_front();
  }
  if (const auto url = udp_url(key.first)) {
    udp_->scrape(kScrapeTicket | ++last_ticket_, *url, key.second, std::move(torrents),
                 [this, key, alive = std::weak_ptr<char>(alive_)](const auto& counts) {
                   if (alive.expired()) return;
                   on_counts(key, counts ? *counts : std::vector<ScrapeCounts>());
                 });
    return;
  }
  HttpRequest request = how_;
  request.url = *scrape_url(key.first, torrents);
  request.allow_private = request.allow_private && key.second;
  tracker.call = http_.get(std::move(request), kMaxTrackerResponse, timeout_,
                           [this, key](const HttpResult<HttpResponse>& response) { on_answer(key, response); });
}

std::vector<TrackerScraper::Question> TrackerScraper::take_asked(const Key& key) {
  Tracker& tracker = trackers_.at(key);
  std::vector<Question> asked = std::exchange(tracker.asked, {});
  if (tracker.waiting.empty()) {
    trackers_.erase(key);
  } else {
    ask(key);
  }
  return asked;
}

void TrackerScraper::on_answer(const Key& key, const HttpResult<HttpResponse>& response) {
  const std::vector<Question> asked = take_asked(key);
  if (!response || response->head.status != 200) return;
  const auto counts = parse_scrape_response(base::as_bytes(response->body));
  if (!counts) return;
  for (const Question& question : asked) {
    const auto told = std::find_if(counts->begin(), counts->end(),
                                   [&question](const auto& entry) { return entry.first == question.torrent; });
    if (told != counts->end()) question.on_counts(told->second);
  }
}

// In the order of the question; what is missing was not told.
void TrackerScraper::on_counts(const Key& key, const std::vector<ScrapeCounts>& counts) {
  const std::vector<Question> asked = take_asked(key);
  for (std::size_t i = 0; i < std::min(asked.size(), counts.size()); ++i) asked[i].on_counts(counts[i]);
}

}  // namespace podswarm::engine
