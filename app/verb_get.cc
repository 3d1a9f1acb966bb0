// `podswarm get`: downloads without a database, straight through the engine.

#include <fmt/format.h>
#include <signal.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/json/array.hpp>
#include <charconv>
#include <map>
#include <system_error>

#include "app/args.h"
#include "app/exit_code.h"
#include "app/file_choice.h"
#include "app/get_progress.h"
#include "app/hook_runner.h"
#include "app/report.h"
#include "app/terminal.h"
#include "base/file.h"
#include "base/text.h"
#include "base/units.h"
#include "base/url.h"
#include "config/hook_entry.h"
#include "engine/engine.h"
#include "feeds/document.h"
#include "scheduler/settings.h"

namespace podswarm::app {

namespace asio = boost::asio;
namespace json = boost::json;

namespace {

constexpr std::size_t kMaxTorrentBytes = 32u << 20;
constexpr std::chrono::milliseconds kProgressInterval{250};  // on a terminal, in one line
constexpr std::chrono::milliseconds kLogInterval{30'000};    // elsewhere, a line each

// "HOST:PORT", "[V6]:PORT"; nothing for another form.
std::optional<engine::PeerAddress> parse_endpoint(std::string_view text, bool zero_allowed) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  std::string_view host = text.substr(0, colon);
  const std::string_view digits = text.substr(colon + 1);
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (error != std::errc{} || end != digits.data() + digits.size() || (port == 0 && !zero_allowed)) return std::nullopt;
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  return engine::PeerAddress{std::string(host), port};
}

struct Download {
  std::string source;  // as the user wrote it
  std::string name;
  bool done = false;
  bool failed = false;
  bool torrent = false;
  bool shared = false;     // as much as was asked for
  bool no_choice = false;  // it has none of the files that were asked for
  std::string message;
  std::vector<engine::FileInfo> files;
};

class Getter {
 public:
  Getter(const Globals& globals, const GetArgs& args)
      : globals_(globals),
        args_(args),
        progress_(!globals.quiet && !globals.json),
        signals_(io_, SIGINT, SIGTERM),
        timer_(io_) {}

  int run();

 private:
  bool add_sources(const std::vector<std::string>& sources);
  bool add_source(const std::string& text);
  bool add_torrent_file(const std::filesystem::path& file);
  void add(std::string source, engine::Source how);
  void on_event(const engine::Event& event);
  void on_started(const engine::Started& event);
  void on_failed(engine::DownloadId id, const std::string& message);
  void on_finished(const engine::Finished& event);
  // An HTTP download that turned out to be a .torrent is a torrent to get.
  bool follow_torrent(const engine::Finished& event, Download& download);
  void settle();
  void show_progress();
  [[nodiscard]] int report() const;

  const Globals& globals_;
  const GetArgs& args_;
  ProgressLine progress_;
  asio::io_context io_{1};
  asio::signal_set signals_;
  asio::steady_timer timer_;
  std::vector<engine::PeerAddress> peers_;
  std::optional<FileChoice> files_;
  engine::SeedGoal seed_goal_;
  bool seed_ = false;
  std::map<engine::DownloadId, Download> downloads_;
  std::vector<engine::AddDownload> to_add_;
  engine::DownloadId next_id_ = 1;
  HookRunner hooks_{config::HookEntry{}.timeout};
  std::unique_ptr<engine::Engine> engine_;
};

int Getter::run() {
  for (const auto& text : args_.peers) {
    const auto peer = parse_endpoint(text, false);
    if (!peer) {
      complain("--peer " + text + ": not HOST:PORT");
      return kUsage;
    }
    peers_.push_back(*peer);
  }
  for (const auto& text : args_.web_seeds) {
    const auto url = base::parse_url(text);
    if (url && (url->scheme == "http" || url->scheme == "https")) continue;
    complain("--web-seed " + base::redact_url(text) + ": not an http or https URL");
    return kUsage;
  }
  // What is none has been refused where the command line is read.
  if (!args_.files.empty()) files_ = FileChoice::parse(args_.files).value();
  seed_goal_.ratio = args_.seed_ratio;
  seed_goal_.time = std::chrono::ceil<std::chrono::seconds>(
      base::parse_duration(args_.seed_time).value_or(std::chrono::milliseconds(0)));
  seed_ = args_.seed || seed_goal_ != engine::SeedGoal{};
  engine::EngineOptions options;
  options.user_agent = scheduler::default_user_agent();
  options.up_limit = base::parse_bytes(args_.up_limit).value_or(0);
  options.down_limit = base::parse_bytes(args_.down_limit).value_or(0);
  if (!args_.listen.empty()) {
    const auto listen = parse_endpoint(args_.listen, true);
    if (!listen) {
      complain("--listen " + args_.listen + ": not ADDR:PORT");
      return kUsage;
    }
    options.listen_address = listen->host;
    options.listen_port = listen->port;
  }
  if (!add_sources(args_.sources)) return kNotFound;
  std::error_code error;
  std::filesystem::create_directories(args_.dir, error);
  if (error) {
    complain(args_.dir.string() + ": cannot make this folder: " + error.message());
    return kFailure;
  }
  try {
    engine_ = std::make_unique<engine::Engine>(options, [this](engine::Event event) {
      asio::post(io_, [this, event = std::move(event)] { on_event(event); });
    });
  } catch (const std::system_error& failure) {
    complain("cannot listen for peers" + (args_.listen.empty() ? "" : " on " + args_.listen) + ": " + failure.what());
    return kFailure;
  }
  for (auto& add : to_add_) engine_->add(std::move(add));
  to_add_.clear();
  signals_.async_wait([this](boost::system::error_code failed, int signal) {
    if (failed) return;
    // Whoever presses Ctrl-C means the command of --on-done as well.
    if (signal == SIGINT) hooks_.stop();
    io_.stop();
  });
  if (!globals_.quiet && !globals_.json) show_progress();
  io_.run();
  progress_.clear();
  engine_->stop(std::chrono::seconds(3));
  return report();
}

bool Getter::add_sources(const std::vector<std::string>& sources) {
  bool all = true;
  for (const auto& source : sources) all = add_source(source) && all;
  return all && !downloads_.empty();
}

bool Getter::add_source(const std::string& text) {
  if (base::istarts_with(text, "magnet:")) {
    add(text, engine::MagnetSource{text});
    return true;
  }
  if (base::istarts_with(text, "http://") || base::istarts_with(text, "https://")) {
    if (feeds::link_kind(text, "") == feeds::LinkKind::kTorrent) {
      add(text, engine::TorrentUrlSource{text});
    } else {
      add(text, engine::HttpSource{text});
    }
    return true;
  }
  std::error_code error;
  if (!std::filesystem::is_directory(text, error)) return add_torrent_file(text);
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(text, error)) {
    if (entry.path().extension() == ".torrent") files.push_back(entry.path());
  }
  if (files.empty()) {
    complain(text + ": there is no .torrent file in this folder" + (error ? " (" + error.message() + ")" : ""));
    return false;
  }
  std::sort(files.begin(), files.end());
  return std::all_of(files.begin(), files.end(), [this](const auto& file) { return add_torrent_file(file); });
}

bool Getter::add_torrent_file(const std::filesystem::path& file) {
  const auto content = base::read_file(file, kMaxTorrentBytes);
  if (!content) {
    complain(content.error().message);
    return false;
  }
  if (base::istarts_with(base::trim(*content), "magnet:")) {
    add(file.string(), engine::MagnetSource{std::string(base::trim(*content))});
  } else {
    add(file.string(), engine::TorrentFileSource{base::Bytes(content->begin(), content->end())});
  }
  return true;
}

void Getter::add(std::string source, engine::Source how) {
  engine::AddDownload add;
  add.id = next_id_++;
  add.source = std::move(how);
  add.dir = args_.dir;
  add.expect_media = false;  // whatever is at an address that a person has named is what they want
  add.peers = peers_;
  add.web_seeds = args_.web_seeds;
  add.use_trackers = !args_.no_tracker;
  add.choose_files = files_.has_value();
  add.sequential = args_.sequential;
  add.seed = seed_;
  add.seed_goal = seed_goal_;
  downloads_[add.id].source = std::move(source);
  if (engine_) {
    engine_->add(std::move(add));
  } else {
    to_add_.push_back(std::move(add));
  }
}

void Getter::on_event(const engine::Event& event) {
  if (const auto* started = std::get_if<engine::Started>(&event)) {
    on_started(*started);
  } else if (const auto* finished = std::get_if<engine::Finished>(&event)) {
    on_finished(*finished);
  } else if (const auto* failed = std::get_if<engine::Failed>(&event)) {
    on_failed(failed->id, failed->message);
  } else if (const auto* reached = std::get_if<engine::SeedGoalReached>(&event)) {
    downloads_[reached->id].shared = true;
    settle();
  }
}

void Getter::on_started(const engine::Started& event) {
  Download& download = downloads_[event.id];
  download.name = event.name;
  download.torrent = !event.info_hash.empty();
  if (!download.torrent || !files_) return;
  auto priorities = files_->priorities(event.files);
  if (!priorities.empty()) return engine_->set_files(event.id, std::move(priorities));
  download.no_choice = true;
  on_failed(event.id, "--files " + args_.files + " names none of its files");
  fmt::print(stderr, "{}", listing(event.files));
  engine_->remove(event.id);
}

void Getter::on_failed(engine::DownloadId id, const std::string& message) {
  Download& download = downloads_[id];
  download.failed = true;
  download.done = false;
  download.message = message;
  progress_.clear();
  complain(base::redact_url(download.source) + ": " + message);
  settle();
}

void Getter::on_finished(const engine::Finished& event) {
  Download& download = downloads_[event.id];
  if (download.done || follow_torrent(event, download)) return;
  download.done = true;
  download.files = event.files;
  if (download.name.empty()) download.name = event.suggested_name;
  std::uint64_t bytes = 0;
  for (const auto& file : event.files) bytes += file.size;
  const auto path = event.files.empty() ? args_.dir : args_.dir / *event.files.front().path.begin();
  if (!args_.on_done.empty()) {
    hooks_.run(args_.on_done, {{"PODSWARM_NAME", download.name},
                               {"PODSWARM_PATH", path.string()},
                               {"PODSWARM_DIR", args_.dir.string()},
                               {"PODSWARM_BYTES", std::to_string(bytes)},
                               {"PODSWARM_SOURCE", base::redact_url(download.source)}});
  }
  if (!globals_.quiet && !globals_.json) {
    progress_.clear();
    fmt::print("{} ({})\n", printable(path.string()), base::format_bytes(bytes));
    std::fflush(stdout);
  }
  settle();
}

bool Getter::follow_torrent(const engine::Finished& event, Download& download) {
  if (!base::istarts_with(event.content_type, "application/x-bittorrent") || event.files.empty()) return false;
  const auto content = base::read_file(args_.dir / event.files.front().path, kMaxTorrentBytes);
  if (!content) return false;
  engine_->remove(event.id);
  const std::string source = download.source;
  downloads_.erase(event.id);
  add(source, engine::TorrentFileSource{base::Bytes(content->begin(), content->end())});
  return true;
}

// Ends when nothing is left to wait for; while something is seeded without a goal a person or the system ends it.
void Getter::settle() {
  for (const auto& [id, download] : downloads_) {
    if (download.failed) continue;
    if (!download.done || (seed_ && download.torrent && !download.shared)) return;
  }
  io_.stop();
}

void Getter::show_progress() {
  timer_.expires_after(progress_.active() ? kProgressInterval : kLogInterval);
  timer_.async_wait([this](boost::system::error_code error) {
    if (error) return;
    const std::string line = progress_text(engine_->status());
    if (progress_.active()) {
      progress_.show(line);
    } else {
      fmt::print(stderr, "{}\n", line);
    }
    show_progress();
  });
}

int Getter::report() const {
  std::size_t done = 0;
  std::size_t no_choice = 0;
  json::array results;
  for (const auto& [id, download] : downloads_) {
    done += download.done ? 1 : 0;
    no_choice += download.no_choice ? 1 : 0;
    json::array files;
    for (const auto& file : download.files) {
      files.push_back(json::object{{"path", (args_.dir / file.path).string()}, {"size", file.size}});
    }
    results.push_back(json::object{{"source", base::redact_url(download.source)},
                                   {"name", download.name},
                                   {"complete", download.done},
                                   {"message", download.message},
                                   {"files", std::move(files)}});
  }
  if (globals_.json) print_json(results);
  if (done == downloads_.size()) return kOk;
  if (no_choice == downloads_.size()) return kUsage;
  return done == 0 ? kFailure : kPartial;
}

}  // namespace

int run_get(const Globals& globals, const GetArgs& args) {
  return Getter(globals, args).run();
}

}  // namespace podswarm::app
