// The engine's own tracker for tests, on a thread of its own.
#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <memory>
#include <string>
#include <thread>

#include "engine/net/tracker_server.h"

namespace podswarm::engine {

class TestTracker {
 public:
  explicit TestTracker(const TrackerServerOptions& options = {})
      : server_(std::make_unique<TrackerServer>(io_, options)), url_(server_->announce_url()) {
    thread_ = std::thread([this] { io_.run(); });
  }
  ~TestTracker() {
    boost::asio::post(io_, [this] {
      server_.reset();
      work_.reset();
      io_.stop();
    });
    thread_.join();
  }
  [[nodiscard]] const std::string& url() const { return url_; }

 private:
  boost::asio::io_context io_;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_{io_.get_executor()};
  std::unique_ptr<TrackerServer> server_;
  std::string url_;
  std::thread thread_;
};

}  // namespace podswarm::engine
