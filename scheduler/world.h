// The ports wired to the real world: a pool for fetching and parsing feeds, the engine (made when the first download
// needs it), a thread for moving files, one for hooks. Answers are posted to the scheduler's io_context.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>
#include <functional>
#include <memory>
#include <stop_token>

#include "base/clock.h"
#include "engine/engine.h"
#include "scheduler/ports.h"
#include "scheduler/settings.h"
#include "scheduler/system_tools.h"

namespace podswarm::scheduler {

class Scheduler;

class World final : public FeedPort,
                    public DownloadPort,
                    public FilePort,
                    public HookPort,
                    public SidecarPort,
                    public MachinePort {
 public:
  // `clock` turns relative times of servers into moments; it is asked on the scheduler's thread.
  World(boost::asio::io_context& io, const base::Clock& clock, const Settings& settings);
  ~World() override;

  // Whom to answer, and what to call behind each feed's answer; before the first call of a port.
  void attach(Scheduler& scheduler, std::function<void()> after_feed_answer) {
    scheduler_ = &scheduler;
    after_feed_answer_ = std::move(after_feed_answer);
  }

  void fetch(std::int64_t feed_id, feeds::FetchRequest request, std::string known_hash) override;
  void add(engine::AddDownload download) override;
  void remove(engine::DownloadId id) override;
  void set_seed_goal(engine::DownloadId id, const engine::SeedGoal& goal) override;
  [[nodiscard]] std::vector<engine::DownloadStatus> status() override;
  void set_limits(const engine::EngineLimits& limits) override;
  void place(std::int64_t download_id, library::PlaceRequest request) override;
  void tell(HookCall call) override;
  void make(SidecarJob job) override;
  void ask_metered(const std::string& command) override;
  bool has_route() override;
  void keep_awake(bool awake) override { inhibitor_.set(awake); }

  // No more answers come for fetches; running ones end within about a second. The engine's last events are posted.
  void stop(std::chrono::milliseconds patience);

 private:
  engine::Engine& engine();
  // The chapters that were fetched, into the episode's file; answers for the sidecar, which is there.
  void embed(SidecarJob job, std::filesystem::path sidecar, const std::string& chapters);

  boost::asio::io_context& io_;
  const base::Clock& clock_;
  engine::EngineOptions engine_options_;
  Scheduler* scheduler_ = nullptr;
  std::function<void()> after_feed_answer_;
  std::stop_source stop_;
  boost::asio::thread_pool feed_pool_;
  boost::asio::thread_pool file_thread_{1};
  boost::asio::thread_pool hook_thread_{1};
  SleepInhibitor inhibitor_;
  std::unique_ptr<engine::Engine> engine_;
};

// A stable hash of a document, to see that it is the one that was read last.
[[nodiscard]] std::string content_hash(std::string_view bytes);

}  // namespace podswarm::scheduler
