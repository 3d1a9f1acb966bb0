// What the scheduler asks of the world, and how the world answers. The service wires these to the fetcher, the engine
// and the disk; tests wire them to scripts. Every call returns at once; answers come later, on the scheduler's thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/engine.h"
#include "feeds/discovery.h"
#include "feeds/fetcher.h"
#include "feeds/parse.h"
#include "library/library.h"

namespace podswarm::scheduler {

// One poll's outcome: what the server said and, of a 200, what the document says.
struct FeedAnswer {
  std::int64_t feed_id = 0;
  feeds::FetchResult<feeds::FetchResponse> response;
  std::optional<feeds::ParseResult<feeds::Feed>> document;
  std::string content_hash;                         // of the body; equal bytes need no look at their items
  std::vector<feeds::DiscoveredFeed> discovered{};  // of a document that is no feed: those that it names
};

class FeedPort {
 public:
  virtual ~FeedPort() = default;
  // Answered by Scheduler::on_feed_answer, once. `known_hash`: a body with that hash is not parsed.
  virtual void fetch(std::int64_t feed_id, feeds::FetchRequest request, std::string known_hash) = 0;
};

class DownloadPort {
 public:
  virtual ~DownloadPort() = default;
  // Answered by Scheduler::on_engine_event, any number of times.
  virtual void add(engine::AddDownload download) = 0;
  virtual void remove(engine::DownloadId id) = 0;
  // Of a torrent; holds at once.
  virtual void set_seed_goal(engine::DownloadId id, const engine::SeedGoal& goal) = 0;
  [[nodiscard]] virtual std::vector<engine::DownloadStatus> status() = 0;
  // Over all downloads; holds at once.
  virtual void set_limits(const engine::EngineLimits& limits) = 0;
};

class FilePort {
 public:
  virtual ~FilePort() = default;
  // Answered by Scheduler::on_placed, once.
  virtual void place(std::int64_t download_id, library::PlaceRequest request) = 0;
};

}  // namespace podswarm::scheduler
