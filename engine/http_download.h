// One media file by HTTP(S), from a URL to a finished file: resume, sniffing, rate limits, and the commit to disk.
//
// What arrives goes to NAME.part beside the target, with what a resume needs in NAME.part.meta; the finished file is
// synced and renamed without replacing anything ("NAME (2).mp3" where NAME.mp3 is there already). Where a finished
// file of the target's name is there and has the server's size, the download is complete without a transfer.
//
// Threads: created, called, answered and destroyed on the network thread; files are touched on the workers only.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>
#include <functional>
#include <memory>
#include <string>

#include "base/clock.h"
#include "engine/core/rate.h"
#include "engine/engine.h"
#include "engine/net/http_client.h"

namespace podswarm::engine {

// What downloads share. All of it must outlive them; `workers` must be joined before the io_context goes.
struct HttpDownloadContext {
  boost::asio::io_context& io;
  boost::asio::thread_pool& workers;
  HttpClient& client;
  TokenBucket& down_bucket;   // the limit over all of them
  std::string user_agent;     // where AddDownload::http has none
  bool allow_private = true;  // EngineOptions's; private addresses are reached only where the download allows it too
};

class HttpDownload {
 public:
  // Started, Finished and Failed; never from inside a call, and nothing after Finished or Failed. The handler may
  // destroy the download.
  using EventHandler = std::function<void(Event)>;

  // `download.source` holds an HttpSource. Nothing happens before start().
  HttpDownload(const HttpDownloadContext& context, AddDownload download, EventHandler on_event);
  // Cancels at once: what waits in memory is dropped, the partial stays as far as it was written; a write under way
  // ends on its worker.
  ~HttpDownload();
  HttpDownload(const HttpDownload&) = delete;
  HttpDownload& operator=(const HttpDownload&) = delete;

  // Once.
  void start();
  // Stops receiving, writes what was received, closes the files, then calls `on_stopped` (never from inside this
  // call), which may destroy the download. No event is delivered afterwards.
  void stop(std::function<void()> on_stopped);

  void set_limits(const DownloadLimits& limits);
  // The context's bucket has another limit.
  void limits_changed();

  [[nodiscard]] DownloadStatus status(base::SteadyTime now) const;

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace podswarm::engine
