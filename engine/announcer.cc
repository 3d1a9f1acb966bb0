#include "engine/announcer.h"

#include <algorithm>

namespace podswarm::engine {

namespace {

constexpr std::chrono::minutes kScrapePause{30};

base::SteadyTime clock_now() {
  return std::chrono::steady_clock::now();
}

}  // namespace

Announcer::Announcer(TrackerClient& client, TimerQueue& timers, const std::vector<std::vector<std::string>>& tiers,
                     TrackerList::Options options, std::uint32_t seed, bool allow_private, AnnouncerHost& host)
    : client_(client), allow_private_(allow_private), list_(tiers, options, seed), host_(host), alarm_(timers, [this] {
        work();
      }) {}

Announcer::~Announcer() {
  for (const auto& [tracker, ticket] : last_) client_.cancel(ticket);
}

void Announcer::start() {
  work();
}

void Announcer::completed() {
  list_.completed(clock_now());
  work();
}

void Announcer::hurry() {
  list_.hurry(clock_now());
  work();
}

AnnounceRequest Announcer::request_for(std::uint32_t tracker, AnnounceEvent event) const {
  AnnounceRequest request = host_.announce_figures();
  request.event = event;
  request.tracker_id = list_.tracker_id(tracker);
  if (event == AnnounceEvent::kStopped) request.num_want = 0;
  // As it was when that became due; a piece may have been lost since.
  if (event == AnnounceEvent::kCompleted) request.left = 0;
  return request;
}

void Announcer::work() {
  for (const auto& announce : list_.due(clock_now())) {
    const auto tracker = static_cast<std::uint32_t>(announce.tracker);
    // What it has not answered over the other family yet is overtaken.
    if (const auto last = last_.find(tracker); last != last_.end()) client_.cancel(last->second);
    // They wait for their turn together with those of thousands of torrents: both capture little.
    last_[tracker] = client_.announce(
        announce.url, TrackerClient::kind_of(request_for(tracker, announce.event)),
        [this, tracker, event = announce.event] { return request_for(tracker, event); },
        [this, tracker](const AnnounceOutcome& outcome) {
          const std::string& url = list_.url(tracker);
          if (outcome.result) count(tracker, url, *outcome.result, outcome.is_further);
          if (outcome.is_further) return host_.on_tracker_answer(url, *outcome.result);
          if (outcome.result) {
            list_.succeeded(tracker, *outcome.result, clock_now());
            host_.on_tracker_answer(url, *outcome.result);
          } else {
            const auto& error = outcome.result.error();
            const bool unheard = error.code == AnnounceError::kNetwork;
            list_.failed(tracker, error.message, clock_now(), outcome.retry_after,
                         unheard ? TrackerList::Failure::kUnheard : TrackerList::Failure::kSaid);
          }
          work();
        },
        allow_private_);
  }
  if (const auto due = list_.next_due()) {
    alarm_.set(*due);
  } else {
    alarm_.cancel();
  }
}

void Announcer::count(std::size_t tracker, const std::string& url, const AnnounceResponse& response, bool is_further) {
  Counts& counts = counts_[tracker];
  // Over the other family it may count others, or the same.
  const auto take = [is_further](std::optional<std::uint64_t>& before, const std::optional<std::uint32_t>& told) {
    if (told) before = is_further && before ? std::max<std::uint64_t>(*before, *told) : *told;
  };
  take(counts.seeds, response.complete);
  take(counts.leechers, response.incomplete);
  const base::SteadyTime now = clock_now();
  // Who says that there is nobody does not count us either: it keeps the numbers to itself, as over UDP it must say
  // something.
  const bool tells = response.complete && response.incomplete && (*response.complete > 0 || *response.incomplete > 0);
  if (tells || now < counts.next_scrape) return;
  counts.next_scrape = now + kScrapePause;
  client_.scrape(
      url, host_.announce_figures().info_hash,
      [this, tracker, alive = std::weak_ptr<char>(alive_)](const ScrapeCounts& told) {
        if (alive.expired()) return;
        counts_[tracker].seeds = told.complete;
        counts_[tracker].leechers = told.incomplete;
      },
      allow_private_);
}

std::optional<std::uint64_t> Announcer::seeds() const {
  std::optional<std::uint64_t> most;
  for (const auto& [tracker, counts] : counts_) most = std::max(most, counts.seeds);
  return most;
}

std::optional<std::uint64_t> Announcer::leechers() const {
  std::optional<std::uint64_t> most;
  for (const auto& [tracker, counts] : counts_) most = std::max(most, counts.leechers);
  return most;
}

void Announcer::stop() {
  alarm_.cancel();
  for (const auto& [tracker, ticket] : last_) client_.cancel(ticket);
  last_.clear();
  // The answers are of no interest: the client sends them whether or not this object lives on.
  for (const auto& announce : list_.stop())
    client_.announce(
        announce.url, request_for(static_cast<std::uint32_t>(announce.tracker), announce.event),
        [](const AnnounceOutcome&) {}, allow_private_);
}

}  // namespace podswarm::engine
