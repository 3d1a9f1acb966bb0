// Runs work that touches disks or hashes on worker threads, and hands the results to the network thread. Work takes and
// returns values; what it throws becomes a failure.
//
// Threads: run() on the network thread. How much may wait here is bounded by those who submit (a ChunkPool's budget,
// a few jobs a torrent), not by the queue.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <optional>
#include <type_traits>
#include <utility>

#include "engine/disk/disk_error.h"

namespace podswarm::engine {

class DiskQueue {
 public:
  // Both must outlive it, and `workers` be joined before `io` is destroyed.
  DiskQueue(boost::asio::io_context& io, boost::asio::thread_pool& workers, std::size_t threads)
      : io_(io), workers_(workers), threads_(threads) {}

  [[nodiscard]] std::size_t threads() const { return threads_; }

  // `work()` on a worker, then `done(DiskResult<T>)` with what it returned on the network thread. Both are destroyed
  // on the network thread, so that they may hold what is counted there; `done` must not assume that whoever submitted
  // still exists.
  template <class Work, class Done>
  void run(Work work, Done done) {
    using T = std::invoke_result_t<Work&>;
    struct Job {
      Work work;
      Done done;
      std::optional<DiskResult<T>> result;
    };
    boost::asio::post(workers_,
                      [&io = io_, job = std::make_unique<Job>(Job{std::move(work), std::move(done), {}})]() mutable {
                        perform<T>(*job);
                        boost::asio::post(io, [job = std::move(job)]() mutable { job->done(std::move(*job->result)); });
                      });
  }

 private:
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
};

}  // namespace podswarm::engine
