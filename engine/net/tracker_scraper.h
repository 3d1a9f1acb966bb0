// How many seeds and leeches a tracker counts, where its answers to announces do not say (BEP 48; over UDP, BEP 15).
// Torrents of one tracker are asked for together: one request is under way, and who comes meanwhile shares the next.
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

class UdpTrackers;

class TrackerScraper {
 public:
  using Handler = std::function<void(const ScrapeCounts&)>;
  // A request line is to be no longer than servers take, and a packet no longer than kMaxUdpScrape allows.
  static constexpr std::size_t kMostAtOnce = 50;

  // `how` is every HTTP request but for its URL. `http` must outlive it.
  TrackerScraper(HttpClient& http, std::shared_ptr<UdpTrackers> udp, HttpRequest how, std::chrono::milliseconds timeout)
      : http_(http), udp_(std::move(udp)), how_(std::move(how)), timeout_(timeout) {}
  // No handler is called afterwards.
  ~TrackerScraper() = default;
  TrackerScraper(const TrackerScraper&) = delete;
  TrackerScraper& operator=(const TrackerScraper&) = delete;

  // `announce` is the tracker's URL. The handler is never called from inside this call, and not at all where the
  // tracker does not tell, or is at an address that is not public and that is not allowed.
  void scrape(const std::string& announce, const InfoHash& torrent, Handler on_counts, bool allow_private = true);

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
  // Its URL, and whether addresses that are not public are allowed: a torrent that forbids them shares no request with
  // one that does not.
  using Key = std::pair<std::string, bool>;
  void ask(const Key& key);
  // What was asked is over; the next request is begun.
  [[nodiscard]] std::vector<Question> take_asked(const Key& key);
  void on_answer(const Key& key, const HttpResult<HttpResponse>& response);
  void on_counts(const Key& key, const std::vector<ScrapeCounts>& counts);

  HttpClient& http_;
  std::shared_ptr<UdpTrackers> udp_;
  HttpRequest how_;
  std::chrono::milliseconds timeout_;
  std::map<Key, Tracker> trackers_;  // with a request under way
  std::uint64_t last_ticket_ = 0;
  std::shared_ptr<char> alive_ = std::make_shared<char>();
};

}  // namespace podswarm::engine
