#include "scheduler/world.h"

#include <fmt/format.h>

#include <boost/asio/post.hpp>
#include <system_error>

#include "base/log.h"
#include "base/url.h"
#include "library/chapters.h"
#include "scheduler/hook_runner.h"
#include "scheduler/scheduler.h"

namespace podswarm::scheduler {

namespace {

constexpr std::chrono::seconds kMeterPatience{10};

engine::EngineOptions engine_options(const Settings& settings) {
  const auto& torrent = settings.config.torrent;
  engine::EngineOptions options;
  options.listen_address = torrent.listen;
  options.listen_port = torrent.port;
  options.user_agent = settings.user_agent();
  static_cast<engine::EngineLimits&>(options) = settings.engine_limits(true);
  return options;
}

}  // namespace

// FNV-1a over 64 bits: it tells a changed document from an unchanged one, and guards nothing.
std::string content_hash(std::string_view bytes) {
  std::uint64_t hash = 0xcbf29ce484222325u;
  for (const char c : bytes) {
    hash ^= static_cast<unsigned char>(c);
    hash *= 0x100000001b3u;
  }
  return fmt::format("{:016x}-{}", hash, bytes.size());
}

World::World(boost::asio::io_context& io, const base::Clock& clock, const Settings& settings)
    : io_(io),
      clock_(clock),
      engine_options_(engine_options(settings)),
      feed_pool_(static_cast<std::size_t>(settings.config.poll.concurrency)) {}

World::~World() {
  stop(std::chrono::milliseconds(0));
}

void World::fetch(std::int64_t feed_id, feeds::FetchRequest request, std::string known_hash) {
  boost::asio::post(feed_pool_, [this, feed_id, request = std::move(request), known_hash = std::move(known_hash),
                                 now = clock_.now(), stop = stop_.get_token()] {
    FeedAnswer answer{feed_id, feeds::fetch(request, now, stop), std::nullopt, {}};
    if (stop.stop_requested()) return;
    if (answer.response && answer.response->status == 200) {
      answer.content_hash = content_hash(answer.response->body);
      answer.bytes = answer.response->body.size();
      if (answer.content_hash != known_hash) {
        feeds::ParseOptions options;
        options.base_url = answer.response->final_url;
        options.content_type = answer.response->content_type;
        answer.document = feeds::parse_feed(answer.response->body, options);
        if (!*answer.document && answer.document->error().code == feeds::ParseError::kNotAFeed) {
          answer.discovered =
              feeds::discover_feeds(answer.response->body, {answer.response->final_url, answer.response->content_type});
        }
      }
      answer.response->body.clear();
      answer.response->body.shrink_to_fit();
    }
    boost::asio::post(io_, [this, answer = std::move(answer)]() mutable {
      scheduler_->on_feed_answer(std::move(answer));
      after_feed_answer_();
    });
  });
}

engine::Engine& World::engine() {
  if (!engine_) {
    const auto deliver = [this](engine::Event event) {
      boost::asio::post(io_,
                        [this, event = std::move(event)]() mutable { scheduler_->on_engine_event(std::move(event)); });
    };
    try {
      engine_ = std::make_unique<engine::Engine>(engine_options_, deliver);
    } catch (const std::system_error& error) {
      // Another port will do; another address would tell the world what was meant to stay behind this one.
      spdlog::warn("cannot listen for peers on port {} ({}); using a free one", engine_options_.listen_port,
                   error.what());
      engine_options_.listen_port = 0;
      engine_ = std::make_unique<engine::Engine>(engine_options_, deliver);
    }
  }
  return *engine_;
}

void World::add(engine::AddDownload download) {
  engine().add(std::move(download));
}

void World::remove(engine::DownloadId id) {
  engine().remove(id);
}

void World::set_seed_goal(engine::DownloadId id, const engine::SeedGoal& goal) {
  if (engine_) engine_->set_seed_goal(id, goal);
}

std::vector<engine::DownloadStatus> World::status() {
  return engine_ ? engine_->status() : std::vector<engine::DownloadStatus>();
}

void World::set_limits(const engine::EngineLimits& limits) {
  static_cast<engine::EngineLimits&>(engine_options_) = limits;
  if (engine_) engine_->set_limits(limits);
}

void World::place(std::int64_t download_id, library::PlaceRequest request) {
  boost::asio::post(file_thread_, [this, download_id, request = std::move(request)] {
    auto result = library::place(request);
    boost::asio::post(io_, [this, download_id, result = std::move(result)]() mutable {
      scheduler_->on_placed(download_id, std::move(result));
    });
  });
}

void World::tell(HookCall call) {
  boost::asio::post(hook_thread_, [this, call = std::move(call), now = clock_.now(), stop = stop_.get_token()] {
    if (stop.stop_requested()) return;
    const auto result = run_hook(call, now, stop);
    // What was cut short is told again at the next start.
    if (stop.stop_requested()) return;
    if (!result.problem.empty()) spdlog::warn("hook on \"{}\": {}", call.event, result.problem);
    boost::asio::post(io_, [this, call, outcome = result.outcome] { scheduler_->on_hook_told(call, outcome); });
  });
}

void World::make(SidecarJob job) {
  boost::asio::post(feed_pool_, [this, job = std::move(job), now = clock_.now(), stop = stop_.get_token()]() mutable {
    std::string content = std::move(job.content);
    auto result = [&]() -> SidecarResult {
      if (!job.request) return library::write_sidecar(job.place, content);
      auto response = feeds::fetch(*job.request, now, stop);
      if (!response) return base::fail(library::PlaceError::kIo, response.error().message);
      if (response->status != 200) {
        return base::fail(library::PlaceError::kIo,
                          base::redact_url(job.request->url) + ": the answer is " + std::to_string(response->status));
      }
      content = std::move(response->body);
      return library::write_sidecar(job.place, content);
    }();
    if (stop.stop_requested()) return;
    if (result && !job.tagged.empty()) return embed(std::move(job), std::move(*result), content);
    boost::asio::post(io_, [this, id = job.id, result = std::move(result)] { scheduler_->on_sidecar(id, result); });
  });
}

// On the thread that moves files, so that none is moved meanwhile.
void World::embed(SidecarJob job, std::filesystem::path sidecar, const std::string& chapters) {
  boost::asio::post(file_thread_, [this, job = std::move(job), sidecar = std::move(sidecar),
                                   list = library::parse_chapters(chapters)]() mutable {
    const auto embedded = library::embed_chapters(job.tagged, std::move(list), job.tag_mode);
    if (!embedded) spdlog::debug("no chapters are written: {}", embedded.error().message);
    boost::asio::post(io_, [this, id = job.id, sidecar = std::move(sidecar)] { scheduler_->on_sidecar(id, sidecar); });
  });
}

void World::ask_metered(const std::string& command) {
  boost::asio::post(feed_pool_, [this, command, stop = stop_.get_token()] {
    const bool metered = run_quietly(command, kMeterPatience, stop) == 0;
    if (stop.stop_requested()) return;
    boost::asio::post(io_, [this, metered] { scheduler_->on_metered(metered); });
  });
}

bool World::has_route() {
  return has_way_out();
}

void World::stop(std::chrono::milliseconds patience) {
  stop_.request_stop();
  if (engine_) engine_->stop(patience);
  feed_pool_.join();
  // A file that is being moved is moved to its end: the next start would have to do it again.
  file_thread_.join();
  hook_thread_.join();
}

}  // namespace podswarm::scheduler
