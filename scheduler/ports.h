// What the scheduler asks of the world, and how the world answers. The service wires these to the fetcher, the engine
// and the disk; tests wire them to scripts. Every call returns at once; answers come later, on the scheduler's thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/engine.h"
#include "feeds/discovery.h"
#include "feeds/fetcher.h"
#include "feeds/parse.h"
#include "library/library.h"
#include "library/sidecar_file.h"

namespace podswarm::scheduler {

// One poll's outcome: what the server said and, of a 200, what the document says.
struct FeedAnswer {
  std::int64_t feed_id = 0;
  feeds::FetchResult<feeds::FetchResponse> response;
  std::optional<feeds::ParseResult<feeds::Feed>> document;
  std::string content_hash;                         // of the body; equal bytes need no look at their items
  std::vector<feeds::DiscoveredFeed> discovered{};  // of a document that is no feed: those that it names
  std::size_t bytes = 0;                            // of the body
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
  // On the disk that the folder lies on or will lie on.
  [[nodiscard]] virtual std::optional<std::uint64_t> free_bytes(const std::filesystem::path& folder) {
    return library::free_bytes(folder);
  }
};

class MachinePort {
 public:
  virtual ~MachinePort() = default;
  // Runs this shell command; answered by Scheduler::on_metered, once: it has ended with 0.
  virtual void ask_metered(const std::string& command) = 0;
  // Whether there is a way from this machine to others at all; at once.
  [[nodiscard]] virtual bool has_route() { return true; }
  // Keeps the machine from going to sleep, or lets it.
  virtual void keep_awake(bool awake) = 0;
};

// One hook that is to hear of one event.
struct HookCall {
  std::int64_t event_id = 0;
  std::string hook;  // which of the event's hooks it is
  std::string event;
  std::string command;  // either this
  std::string url;      // or this
  std::chrono::seconds timeout{};
  std::string user_agent;
  std::string ca_file;
  std::string document;                          // JSON
  std::map<std::string, std::string> variables;  // for a command's environment
  int tries = 0;                                 // that failed before this one
};

// What came of it.
enum class HookOutcome {
  kOver,     // it was told, or trying again does not help
  kMayPass,  // its server could not be reached, or was in trouble
};

class HookPort {
 public:
  virtual ~HookPort() = default;
  // Answered by Scheduler::on_hook_told, once, with the call and what came of it.
  virtual void tell(HookCall call) = 0;
};

// A file that accompanies an episode or a feed: fetched, or its text given.
struct SidecarJob {
  std::int64_t id = 0;
  std::optional<feeds::FetchRequest> request;
  std::string content;  // without a request
  library::SidecarPlace place;
  // Of chapters: the file that they are written into as well, and how.
  std::filesystem::path tagged;
  library::TagMode tag_mode = library::TagMode::kMissing;
};

// Where it is now, or why it is not.
using SidecarResult = base::Result<std::filesystem::path, library::PlaceError>;

class SidecarPort {
 public:
  virtual ~SidecarPort() = default;
  // Answered by Scheduler::on_sidecar, once.
  virtual void make(SidecarJob job) = 0;
};

}  // namespace podswarm::scheduler
