// Runs work that touches disks or hashes on worker threads, and hands the results to the network thread. Work takes and
// returns values; what it throws becomes a failure.
//
// Two classes: run() is for what somebody waits for; run_behind() for what can wait (checks), which takes the workers
// that the others leave idle, and at least one, so that it ends some day.
//
// Threads: run() and run_behind() on the network thread. How much may wait here is bounded by those who submit (a
// ChunkPool's budget, a few jobs a torrent), not by the queue.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

#include "engine/disk/disk_error.h"

namespace podswarm::engine {

class DiskQueue {
 public:
  // Both must outlive it. `workers` is joined, and what is left in `io` run or destroyed, before the queue is.
  DiskQueue(boost::asio::io_context& io, boost::asio::thread_pool& workers, std::size_t threads)
      : io_(io), workers_(workers), threads_(threads) {}

  [[nodiscard]] std::size_t threads() const { return threads_; }

  // `work()` on a worker, then `done(DiskResult<T>)` with what it returned on the network thread. Both are destroyed
  // on the network thread, so that they may hold what is counted there; `done` must not assume that whoever submitted
  // still exists.
  template <class Work, class Done>
  void run(Work work, Done done) {
    ++ahead_;
    submit(std::move(work), std::move(done), ahead_);
  }
  // As run(), when there is a worker to spare. A job should take milliseconds: longer work comes back for more.
  template <class Work, class Done>
  void run_behind(Work work, Done done) {
    // Copyable, as std::function wants it.
    const auto job = std::make_shared<std::pair<Work, Done>>(std::move(work), std::move(done));
    waiting_.push_back([this, job] { submit(std::move(job->first), std::move(job->second), behind_); });
    start_waiting();
  }

 private:
  template <class Work, class Done>
  void submit(Work work, Done done, std::size_t& count) {
    using T = std::invoke_result_t<Work&>;
    struct Job {
      Work work;
      Done done;
      std::optional<DiskResult<T>> result;
    };
    boost::asio::post(workers_,
                      [this, &count, job = std::make_unique<Job>(Job{std::move(work), std::move(done), {}})]() mutable {
                        perform<T>(*job);
                        boost::asio::post(io_, [this, &count, job = std::move(job)]() mutable {
                          --count;
                          start_waiting();
                          job->done(std::move(*job->result));
                        });
                      });
  }

  void start_waiting() {
    // With nobody ahead one more than there are workers, so that none waits for the next job.
    const std::size_t most = ahead_ == 0 ? threads_ + 1 : threads_ > ahead_ ? threads_ - ahead_ : 1;
    while (behind_ < most && !waiting_.empty()) {
      const auto start = std::move(waiting_.front());
      waiting_.pop_front();
      ++behind_;
      start();
    }
  }

  template <class T, class Job>
  static void perform(Job& job) {
    try {
      if constexpr (std::is_void_v<T>) {
        job.work();
        job.result.emplace();
      } else {
        job.result.emplace(job.work());
      }
    } catch (const DiskError& error) {
      job.result.emplace(base::fail(error.kind(), error.what()));
    } catch (const std::exception& error) {
      job.result.emplace(base::fail(FailureKind::kDisk, error.what()));
    }
  }

  boost::asio::io_context& io_;
  boost::asio::thread_pool& workers_;
  std::size_t threads_;
  std::size_t ahead_ = 0;   // jobs of run() under way
  std::size_t behind_ = 0;  // of run_behind()
  std::deque<std::function<void()>> waiting_;
};

}  // namespace podswarm::engine
