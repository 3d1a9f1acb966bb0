// How many seeds and leeches an HTTP tracker counts, where its answers to announces do not say (BEP 48). Torrents of
// one tracker are asked for together: one request is under way, and who comes meanwhile shares the next.
//
// Threads: the io_context's.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/core/tracker_http.h"
#include "engine/net/http_client.h"

namespace podswarm::engine {

class TrackerScraper {
 public:
  using Handler = std::function<void(const ScrapeCounts&)>;
  static constexpr std::size_t kMostAtOnce = 50;  // a request line is to be no longer than servers take

  // `how` is every request but for its URL. `http` must outlive it.
  TrackerScraper(HttpClient& http, HttpRequest how, std::chrono::milliseconds timeout)
      : http_(http), how_(std::move(how)), timeout_(timeout) {}
  // No handler is called afterwards.
  ~TrackerScraper() = default;
  TrackerScraper(const TrackerScraper&) = delete;
  TrackerScraper& operator=(const TrackerScraper&) = delete;

  // `announce` is the tracker's URL. The handler is never called from inside this call, and not at all where the
  // tracker does not tell.
  void scrape(const std::string& announce, const InfoHash& torrent, Handler on_counts);

 private:
  struct Question {
    InfoHash torrent{};
    Handler on_counts;
  };
  struct Tracker {
    std::deque<Question> waiting;
    std::vector<Question> asked;
    std::unique_ptr<HttpCall> call;
  };
  void ask(const std::string& announce);
  void on_answer(const std::string& announce, const HttpResult<HttpResponse>& response);

  HttpClient& http_;
  HttpRequest how_;
  std::chrono::milliseconds timeout_;
  std::map<std::string, Tracker> trackers_;  // with a request under way
};

}  // namespace podswarm::engine
