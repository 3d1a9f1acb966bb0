// The service's inside: its threads, and the calls that cross onto the scheduler's. For service.cc and verbs.cc only.
#pragma once

#include <algorithm>
#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <future>
#include <random>
#include <shared_mutex>
#include <thread>

#include "base/log.h"
#include "scheduler/client_book.h"
#include "scheduler/scheduler.h"
#include "scheduler/service.h"
#include "scheduler/world.h"

namespace podswarm::scheduler {

// The clock may be set, and the machine may sleep: nobody waits longer than this before looking at it again.
inline constexpr std::chrono::seconds kLongestSleep{30};

class Service::Impl {
 public:
  explicit Impl(Options options)
      : mode_(options.mode),
        reread_(std::move(options.reread)),
        clock_(std::move(options.clock)),
        database_(options.settings->paths.data_dir / "podswarm.db"),
        work_(boost::asio::make_work_guard(io_)),
        timer_(io_),
        world_(io_, *clock_, *options.settings),
        scheduler_(
            options.mode, database_, *clock_, options.settings, [this] { return chance_(random_); }, world_, world_,
            world_, &world_) {
    world_.attach(scheduler_, [this] { after_feed_answer(); });
    scheduler_.attach(world_, world_);
    thread_ = std::thread([this] { run(); });
    try {
      on_thread([this] {
        scheduler_.start();
        clients_.replace(scheduler_.context().clients.list());
        return 0;
      });
    } catch (...) {
      // A database that cannot be read: whoever constructs this is told, and no thread is left behind.
      stop(std::chrono::milliseconds(0));
      throw;
    }
  }

  ~Impl() { stop(std::chrono::milliseconds(0)); }

  // A Result of ServiceError. Runs `verb` on the scheduler's thread, then whatever has become due; SQL trouble becomes
  // an answer.
  template <class F>
  auto call(F&& verb) -> decltype(verb()) {
    // The thread outlives every call that has begun.
    const std::shared_lock running(ending_);
    if (stopped_) return base::fail(ServiceError::kFailed, "the service is stopping");
    try {
      return on_thread(std::forward<F>(verb));
    } catch (const db::DatabaseError& error) {
      return base::fail(ServiceError::kFailed, error.what());
    }
  }

  void stop(std::chrono::milliseconds patience) {
    if (stopped_.exchange(true)) return;
    on_thread([this] {
      guarded([this] { scheduler_.stop(); });
      return 0;
    });
    // The engine's last events, its resume data above all, are posted before the thread is told to end.
    world_.stop(patience);
    const std::unique_lock ended(ending_);
    boost::asio::post(io_, [this] {
      timer_.cancel();
      work_.reset();
    });
    thread_.join();
  }

  void wake() {
    on_thread([] { return 0; });
  }

  std::optional<db::FeedRow> find_feed(const std::string& reference) {
    return scheduler_.context().feeds.find_by_reference(reference);
  }

  // Every id, or the reference that is not one.
  base::Result<std::vector<std::int64_t>, ServiceError> feed_ids(const std::vector<std::string>& references) {
    std::vector<std::int64_t> ids;
    for (const auto& reference : references) {
      const auto feed = find_feed(reference);
      if (!feed) return base::fail(ServiceError::kNotFound, "there is no feed \"" + reference + "\"");
      ids.push_back(feed->id);
    }
    return ids;
  }

  ClientBook clients_;  // follows the table
  const Mode mode_;
  std::function<SettingsResult()> reread_;
  std::shared_ptr<const base::Clock> clock_;

 private:
  void run() {
    for (;;) {
      try {
        io_.run();
        return;
      } catch (const std::exception& error) {
        // A job's boundary: a disk or database in trouble ends the step, not the program.
        spdlog::error("{}", error.what());
      }
    }
  }

  template <class F>
  static void guarded(F&& step) {
    try {
      step();
    } catch (const std::exception& error) {
      spdlog::error("{}", error.what());
    }
  }

  template <class F>
  auto on_thread(F&& work) -> decltype(work()) {
    // Shared: whoever waits is gone before set_value() has returned.
    const auto promise = std::make_shared<std::promise<decltype(work())>>();
    auto future = promise->get_future();
    boost::asio::post(io_, [this, promise, &work] {
      try {
        auto result = work();
        // Before the answer is given: whoever has it finds done what has become due by their call. Other threads see no
        // state in between, as all they ask is asked here.
        if (!stopped_) look();
        promise->set_value(std::move(result));
      } catch (...) {
        promise->set_exception(std::current_exception());
      }
    });
    return future.get();
  }

  // Does what is due and sets the timer for what comes next.
  void look() {
    guarded([this] { scheduler_.tick(); });
    base::WallTime next = clock_->now() + kLongestSleep;
    guarded([&] { next = std::min(next, scheduler_.next_wakeup().value_or(next)); });
    sleep_until(next);
  }

  // What the answer has brought may wait for more to come, but not for the next look.
  void after_feed_answer() {
    const auto next = scheduler_.next_look_at_finds();
    if (!stopped_ && next && *next < wakes_at_) sleep_until(*next);
  }

  void sleep_until(base::WallTime next) {
    wakes_at_ = next;
    timer_.expires_after(
        std::clamp(std::chrono::seconds(next - clock_->now()), std::chrono::seconds(1), kLongestSleep));
    timer_.async_wait([this](boost::system::error_code error) {
      if (!error && !stopped_) look();
    });
  }

  std::mt19937_64 random_{std::random_device{}()};
  std::uniform_real_distribution<double> chance_{0.0, 1.0};
  db::Database database_;
  boost::asio::io_context io_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  boost::asio::steady_timer timer_;
  base::WallTime wakes_at_{};  // by the timer
  World world_;

 public:
  Scheduler scheduler_;  // on its thread only
  World& world() { return world_; }

 private:
  std::thread thread_;
  std::atomic<bool> stopped_{false};
  std::shared_mutex ending_;
};

}  // namespace podswarm::scheduler
