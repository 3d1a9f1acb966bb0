#include "app/demo_world.h"

#include <fmt/format.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <cmath>
#include <fstream>
#include <future>
#include <map>
#include <numbers>
#include <stdexcept>
#include <thread>

#include "base/bytes.h"
#include "base/file.h"
#include "engine/core/digest.h"
#include "engine/core/torrent_writer.h"
#include "engine/engine.h"
#include "engine/net/tracker_server.h"
#include "web/daemon_address.h"
#include "web/http_server.h"

namespace podswarm::app {

namespace asio = boost::asio;

namespace {

constexpr int kSampleRate = 22'050;

void put_le(std::string& out, std::uint32_t value, int bytes) {
  for (int i = 0; i < bytes; ++i) out += static_cast<char>(value >> (8 * i));
}

// A few seconds of a tune of two sine waves, 16-bit mono PCM in a RIFF WAVE file; every `pitch` sounds different.
std::string make_wav(int seconds, double pitch) {
  const auto samples = static_cast<std::uint32_t>(seconds * kSampleRate);
  std::string out = "RIFF";
  put_le(out, 36 + samples * 2, 4);
  out += "WAVEfmt ";
  put_le(out, 16, 4);
  put_le(out, 1, 2);  // PCM
  put_le(out, 1, 2);  // one channel
  put_le(out, kSampleRate, 4);
  put_le(out, kSampleRate * 2, 4);
  put_le(out, 2, 2);
  put_le(out, 16, 2);
  out += "data";
  put_le(out, samples * 2, 4);
  out.reserve(out.size() + samples * 2);
  for (std::uint32_t i = 0; i < samples; ++i) {
    const double t = static_cast<double>(i) / kSampleRate;
    const double note = pitch * std::pow(2.0, std::floor(t * 2) * 5 / 12);
    const double wave = std::sin(2 * std::numbers::pi * note * t) + 0.5 * std::sin(3 * std::numbers::pi * pitch * t);
    put_le(out, static_cast<std::uint16_t>(static_cast<std::int16_t>(wave * 9000)), 2);
  }
  return out;
}

std::string make_torrent(const DemoEpisode& episode, const std::string& announce_url) {
  engine::NewTorrent torrent;
  torrent.name = episode.file;
  torrent.piece_length = 32 * 1024;
  torrent.length = episode.content.size();
  torrent.tiers = {{announce_url}};
  for (std::size_t at = 0; at < episode.content.size(); at += torrent.piece_length) {
    const auto hash = engine::sha1(base::as_bytes(std::string_view(episode.content).substr(at, torrent.piece_length)));
    torrent.pieces.append(reinterpret_cast<const char*>(hash.data()), hash.size());
  }
  const auto bytes = engine::encode_torrent(torrent);
  return std::string(bytes.begin(), bytes.end());
}

}  // namespace

class DemoWorld::Impl {
 public:
  explicit Impl(const std::filesystem::path& dir) : seed_dir_(dir / "seed") {
    episodes_ = {{"Episode 1: A beginning", "one.wav", false, make_wav(8, 220)},
                 {"Episode 2: The swarm", "two.wav", true, make_wav(40, 247)},
                 {"Episode 3: By the usual way", "three.wav", false, make_wav(12, 262)},
                 {"Rerun: Episode 1", "rerun.wav", false, make_wav(8, 221)},
                 {"Episode 4: More peers", "four.wav", true, make_wav(60, 294)},
                 {"Episode 5: Good night", "five.wav", false, make_wav(10, 330)}};
    std::filesystem::create_directories(seed_dir_);
    start_tracker();
    start_server();
    seed();
  }

  ~Impl() {
    server_->stop();
    engine_->stop(std::chrono::seconds(2));
    asio::post(io_, [this] {
      tracker_.reset();
      work_.reset();
    });
    thread_.join();
  }

  std::vector<DemoEpisode> episodes_;

  [[nodiscard]] std::string base_url() const { return fmt::format("http://127.0.0.1:{}/", server_->port()); }
  [[nodiscard]] std::uint64_t seeded_bytes() const {
    std::uint64_t sum = 0;
    for (const auto& status : engine_->status()) sum += status.uploaded;
    return sum;
  }

 private:
  void start_tracker() {
    thread_ = std::thread([this] { io_.run(); });
    std::promise<std::string> url;
    asio::post(io_, [&] {
      try {
        tracker_ = std::make_unique<engine::TrackerServer>(io_, engine::TrackerServerOptions{});
        url.set_value(tracker_->announce_url());
      } catch (...) {
        url.set_exception(std::current_exception());
      }
    });
    announce_url_ = url.get_future().get();
  }

  void start_server() {
    web::HttpServerOptions options;
    options.token = web::new_token();
    options.pages = [this](const web::ApiRequest& request) -> web::ApiResponse {
      const auto page = pages_.find(request.path);
      if (page == pages_.end()) return {404, "not here", "text/plain"};
      return {200, page->second.first, page->second.second};
    };
    auto started = web::HttpServer::start(options, [](const web::ApiRequest&) { return web::ApiResponse{404, "{}"}; });
    if (!started) throw std::runtime_error(started.error().message);
    server_ = std::move(*started);
    // Nobody has been told the address yet, so the pages may still be made.
    std::string items;
    int day = 10;
    for (const auto& episode : episodes_) {
      std::string url = base_url() + episode.file;
      std::string type = "audio/wav";
      pages_["/" + episode.file] = {episode.content, type};
      if (episode.torrent) {
        pages_.erase("/" + episode.file);
        type = "application/x-bittorrent";
        url += ".torrent";
        pages_["/" + episode.file + ".torrent"] = {make_torrent(episode, announce_url_), type};
      }
      items += fmt::format(
          "<item><title>{}</title><guid isPermaLink=\"false\">demo-{}</guid><pubDate>{} Nov 2026 06:00:00 GMT</pubDate>"
          "<enclosure url=\"{}\" type=\"{}\" length=\"{}\"/></item>\n",
          episode.title, episode.file, day++, url, type, episode.content.size());
    }
    pages_["/feed.xml"] = {
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<rss version=\"2.0\"><channel>"
        "<title>Demo Radio</title><link>" +
            base_url() + "</link><description>Made on this machine</description>\n" + items + "</channel></rss>\n",
        "application/rss+xml"};
  }

  void seed() {
    engine::EngineOptions options;
    options.listen_address = "127.0.0.1";
    std::promise<void> ready;
    std::size_t waiting = 0;
    for (const auto& episode : episodes_) waiting += episode.torrent ? 1 : 0;
    engine_ = std::make_unique<engine::Engine>(options, [&, waiting](const engine::Event& event) mutable {
      if (std::holds_alternative<engine::Finished>(event) && --waiting == 0) ready.set_value();
    });
    engine::DownloadId id = 1;
    for (const auto& episode : episodes_) {
      if (!episode.torrent) continue;
      std::ofstream(seed_dir_ / episode.file, std::ios::binary) << episode.content;
      const std::string torrent = make_torrent(episode, announce_url_);
      engine::AddDownload add;
      add.id = id++;
      add.source = engine::TorrentFileSource{base::Bytes(torrent.begin(), torrent.end())};
      add.dir = seed_dir_;
      engine_->add(std::move(add));
    }
    ready.get_future().wait();
  }

  std::filesystem::path seed_dir_;
  std::map<std::string, std::pair<std::string, std::string>> pages_;  // path to content and type
  asio::io_context io_{1};
  asio::executor_work_guard<asio::io_context::executor_type> work_ = asio::make_work_guard(io_);
  std::thread thread_;
  std::unique_ptr<engine::TrackerServer> tracker_;
  std::string announce_url_;
  std::unique_ptr<web::HttpServer> server_;
  std::unique_ptr<engine::Engine> engine_;
};

DemoWorld::DemoWorld(const std::filesystem::path& dir) : impl_(std::make_unique<Impl>(dir)) {}
DemoWorld::~DemoWorld() = default;

const std::vector<DemoEpisode>& DemoWorld::episodes() const {
  return impl_->episodes_;
}
std::string DemoWorld::feed_url() const {
  return impl_->base_url() + "feed.xml";
}
std::uint64_t DemoWorld::seeded_bytes() const {
  return impl_->seeded_bytes();
}

}  // namespace podswarm::app
