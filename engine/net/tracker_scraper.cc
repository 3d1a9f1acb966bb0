#include "engine/net/tracker_scraper.h"

#include <algorithm>
#include <utility>

#include "base/text.h"

namespace podswarm::engine {

void TrackerScraper::scrape(const std::string& announce, const InfoHash& torrent, Handler on_counts) {
  const bool is_web = base::istarts_with(announce, "http://") || base::istarts_with(announce, "https://");
  if (!is_web || !scrape_url(announce, {})) return;
  Tracker& tracker = trackers_[announce];
  tracker.waiting.push_back({torrent, std::move(on_counts)});
  if (!tracker.call) ask(announce);
}

void TrackerScraper::ask(const std::string& announce) {
  Tracker& tracker = trackers_.at(announce);
  tracker.asked.clear();
  std::vector<InfoHash> torrents;
  while (!tracker.waiting.empty() && torrents.size() < kMostAtOnce) {
    torrents.push_back(tracker.waiting.front().torrent);
    tracker.asked.push_back(std::move(tracker.waiting.front()));
    tracker.waiting.pop_front();
  }
  HttpRequest request = how_;
  request.url = *scrape_url(announce, torrents);
  tracker.call =
      http_.get(std::move(request), kMaxTrackerResponse, timeout_,
                [this, announce](const HttpResult<HttpResponse>& response) { on_answer(announce, response); });
}

void TrackerScraper::on_answer(const std::string& announce, const HttpResult<HttpResponse>& response) {
  Tracker& tracker = trackers_.at(announce);
  const std::vector<Question> asked = std::exchange(tracker.asked, {});
  if (tracker.waiting.empty()) {
    trackers_.erase(announce);
  } else {
    ask(announce);
  }
  if (!response || response->head.status != 200) return;
  const auto counts = parse_scrape_response(base::as_bytes(response->body));
  if (!counts) return;
  for (const Question& question : asked) {
    const auto told = std::find_if(counts->begin(), counts->end(),
                                   [&question](const auto& entry) { return entry.first == question.torrent; });
    if (told != counts->end()) question.on_counts(told->second);
  }
}

}  // namespace podswarm::engine
