#include "engine/engine.h"

#include <algorithm>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/system/system_error.hpp>
#include <future>
#include <system_error>
#include <thread>

#include "engine/session.h"

namespace podswarm::engine {

namespace {

std::size_t worker_count(const EngineOptions& options) {
  if (options.disk_threads != 0) return options.disk_threads;
  return std::clamp<std::size_t>(std::thread::hardware_concurrency(), 1, 4);
}

}  // namespace

// Owns the threads. Everything else is posted to the network thread.
class Engine::Impl {
 public:
  Impl(EngineOptions options, EventHandler on_event)
      : workers_(worker_count(options)),
        session_(make_session(std::move(options), std::move(on_event))),
        listen_port_(session_->listen_port()),
        thread_([this] { io_.run(); }) {}

  ~Impl() { stop(std::chrono::seconds(4)); }

  template <class Action>
  void post(Action action) {
    boost::asio::post(io_, [this, action = std::move(action)]() mutable {
      if (session_) action(*session_);
    });
  }

  // What `action(session)` gives on the network thread; nothing of it once the engine is stopped.
  template <class Action, class T = std::invoke_result_t<Action&, Session&>>
  [[nodiscard]] T ask(Action action) {
    if (!thread_.joinable()) return {};
    auto promise = std::make_shared<std::promise<T>>();
    auto future = promise->get_future();
    post([promise, action](Session& session) { promise->set_value(action(session)); });
    // The engine may be stopped in between; then nobody answers.
    while (future.wait_for(std::chrono::milliseconds(100)) != std::future_status::ready) {
      if (io_.stopped()) return {};
    }
    return future.get();
  }

  void stop(std::chrono::milliseconds patience) {
    if (!thread_.joinable()) return;
    boost::asio::post(io_, [this, patience] {
      deadline_.expires_after(patience);
      deadline_.async_wait([this](const boost::system::error_code& error) {
        if (!error) quit();
      });
      session_->stop(patience, [this] { quit(); });
    });
    thread_.join();
    // Disk jobs end before what they refer to does. Their results are left in the context and hold chunks of the
    // session's pools: they are run off, as nobody's, before the pools go.
    workers_.join();
    session_->abandon();
    io_.restart();
    io_.poll();
    session_.reset();
  }

  [[nodiscard]] std::uint16_t listen_port() const { return listen_port_; }

 private:
  [[nodiscard]] std::unique_ptr<Session> make_session(EngineOptions options, EventHandler on_event) {
    const std::size_t threads = worker_count(options);
    try {
      return std::make_unique<Session>(io_, workers_, threads, std::move(options),
                                       [this, on_event = std::move(on_event)](Event event) {
                                         if (!silent_) on_event(std::move(event));
                                       });
    } catch (const boost::system::system_error& error) {
      throw std::system_error(error.code(), "cannot listen for peers");
    }
  }
  void quit() {
    silent_ = true;
    deadline_.cancel();
    work_.reset();
    io_.stop();
  }

  boost::asio::io_context io_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_{io_.get_executor()};
  boost::asio::thread_pool workers_;
  boost::asio::steady_timer deadline_{io_};
  bool silent_ = false;  // network thread
  std::unique_ptr<Session> session_;
  std::uint16_t listen_port_;
  std::thread thread_;
};

std::optional<std::chrono::seconds> time_left(const DownloadStatus& status) {
  const bool chosen = status.wanted_bytes > 0;
  const std::uint64_t whole = chosen ? status.wanted_bytes : status.total_bytes.value_or(0);
  const std::uint64_t done = chosen ? status.wanted_done : status.done_bytes;
  if (status.down_rate == 0 || done >= whole) return std::nullopt;
  return std::chrono::seconds((whole - done) / status.down_rate);
}

Engine::Engine(EngineOptions options, EventHandler on_event)
    : impl_(std::make_unique<Impl>(std::move(options), std::move(on_event))) {}

Engine::~Engine() = default;

void Engine::add(AddDownload download) {
  impl_->post([download = std::move(download)](Session& session) mutable { session.add(std::move(download)); });
}

void Engine::remove(DownloadId id) {
  impl_->post([id](Session& session) { session.remove(id); });
}

void Engine::add_peer(DownloadId id, PeerAddress peer) {
  impl_->post([id, peer = std::move(peer)](Session& session) mutable { session.add_peer(id, std::move(peer)); });
}

void Engine::set_files(DownloadId id, std::vector<FilePriority> files) {
  impl_->post([id, files = std::move(files)](Session& session) mutable { session.set_files(id, std::move(files)); });
}

void Engine::set_sequential(DownloadId id, bool sequential) {
  impl_->post([=](Session& session) { session.set_sequential(id, sequential); });
}

void Engine::set_seed_goal(DownloadId id, SeedGoal goal) {
  impl_->post([=](Session& session) { session.set_seed_goal(id, goal); });
}

void Engine::set_limits(const EngineLimits& limits) {
  impl_->post([limits](Session& session) { session.set_limits(limits); });
}

void Engine::set_limits(DownloadId id, const DownloadLimits& limits) {
  impl_->post([id, limits](Session& session) { session.set_limits(id, limits); });
}

std::vector<DownloadStatus> Engine::status() const {
  return impl_->ask([](Session& session) { return session.status(); });
}

BufferUse Engine::buffers() const {
  return impl_->ask([](Session& session) { return session.buffers(); });
}

std::optional<DownloadStatus> Engine::status(DownloadId id) const {
  return impl_->ask([id](Session& session) { return session.status(id); });
}

std::uint16_t Engine::listen_port() const {
  return impl_->listen_port();
}

void Engine::stop(std::chrono::milliseconds patience) {
  impl_->stop(patience);
}

}  // namespace podswarm::engine
