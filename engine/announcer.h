// One torrent's talk with its trackers: TrackerList decides, TrackerClient speaks. Network thread.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/core/metainfo.h"
#include "engine/core/tracker_list.h"
#include "engine/net/timer_queue.h"
#include "engine/net/tracker_client.h"

namespace podswarm::engine {

class AnnouncerHost {
 public:
  // What to announce; event and tracker_id are filled in by the announcer.
  [[nodiscard]] virtual AnnounceRequest announce_figures() const = 0;
  virtual void on_tracker_answer(const std::string& url, const AnnounceResponse& response) = 0;

 protected:
  ~AnnouncerHost() = default;
};

class Announcer {
 public:
  Announcer(TrackerClient& client, TimerQueue& timers, const std::vector<std::vector<std::string>>& tiers,
            TrackerList::Options options, std::uint32_t seed, bool allow_private, AnnouncerHost& host);
  // Cancels what is under way, but for `stopped`.
  ~Announcer();
  Announcer(const Announcer&) = delete;
  Announcer& operator=(const Announcer&) = delete;

  // The first announces leave before this returns.
  void start();
  void completed();
  // The torrent turned out to be private (BEP 27).
  void one_at_a_time() { list_.one_at_a_time(); }
  // More peers are wanted.
  void hurry();
  // Says goodbye; nothing is announced afterwards.
  void stop();
  [[nodiscard]] std::string last_message() const { return list_.last_message(); }
  // The most that any of the trackers counts; nothing as long as none has told. Who does not tell when announced to is
  // asked (BEP 48), twice an hour at most.
  [[nodiscard]] std::optional<std::uint64_t> seeds() const;
  [[nodiscard]] std::optional<std::uint64_t> leechers() const;

 private:
  // Seeds and leeches, as one tracker counts them.
  struct Counts {
    std::optional<std::uint64_t> seeds;
    std::optional<std::uint64_t> leechers;
    base::SteadyTime next_scrape{};
  };

  void work();
  void count(std::size_t tracker, const std::string& url, const AnnounceResponse& response, bool is_further);
  [[nodiscard]] AnnounceRequest request_for(std::uint32_t tracker, AnnounceEvent event) const;

  TrackerClient& client_;
  const bool allow_private_;  // trackers at addresses that are not public
  TrackerList list_;
  AnnouncerHost& host_;
  TimerQueue::Alarm alarm_;
  std::map<std::size_t, TrackerClient::Ticket> last_;  // announces by tracker, which may be over
  std::map<std::size_t, Counts> counts_;               // by tracker
  std::shared_ptr<char> alive_ = std::make_shared<char>();
};

}  // namespace podswarm::engine
