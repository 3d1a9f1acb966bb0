#include "engine/session.h"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <random>
#include <utility>

#include "base/url.h"
#include "engine/core/http_failure.h"
#include "engine/core/peer_id.h"
#include "engine/core/resume.h"

namespace podswarm::engine {

namespace {

constexpr std::chrono::seconds kTorrentFileDeadline{120};
// Larger torrent files and resume data are read by a worker.
constexpr std::size_t kParseAtOnce = 256 * 1024;
// Goodbyes to trackers are not waited for longer than this.
constexpr std::chrono::milliseconds kGoodbye{2'000};
constexpr std::chrono::milliseconds kGoodbyeReserve{500};

base::SteadyTime clock_now() {
  return std::chrono::steady_clock::now();
}

std::uint64_t random_seed() {
  std::random_device device;
  return (std::uint64_t{device()} << 32) | device();
}

PeerId random_peer_id(SmallRandom& random) {
  std::array<std::uint8_t, 12> bytes;
  for (auto& byte : bytes) byte = static_cast<std::uint8_t>(random());
  return make_peer_id(bytes);
}

TrackerClientOptions tracker_options(const EngineOptions& options) {
  TrackerClientOptions trackers;
  trackers.user_agent = options.user_agent;
  trackers.allow_private = options.allow_private;
  if (!options.listen_address.empty()) {
    trackers.local_address = boost::asio::ip::make_address(options.listen_address);
  }
  return trackers;
}

TokenBucket limited(std::uint64_t bytes_per_s, TokenBucket* whole = nullptr) {
  TokenBucket bucket(whole);
  bucket.set_limit(bytes_per_s, clock_now());
  return bucket;
}

}  // namespace

// A quarter of the budget is for what goes out, the rest for what comes in.
Session::Session(boost::asio::io_context& io, boost::asio::thread_pool& workers, std::size_t threads,
                 EngineOptions options, Engine::EventHandler on_event)
    : io_(io),
      workers_(workers),
      options_(std::move(options)),
      on_event_(std::move(on_event)),
      up_bucket_(limited(options_.up_limit)),
      down_bucket_(limited(options_.down_limit)),
      http_bucket_(limited(options_.http_down_limit, &down_bucket_)),
      torrent_bucket_(limited(options_.torrent_down_limit, &down_bucket_)),
      random_(random_seed()),
      disk_(io, workers, threads),
      files_(FilePool::kMostOpen, options_.before_write),
      chunks_(options_.buffer_budget - options_.buffer_budget / 3),
      cache_chunks_(options_.buffer_budget / 3),
      timers_(io),
      up_(timers_, up_bucket_),
      down_(timers_, torrent_bucket_),
      http_(io, workers),
      trackers_(io, http_, tracker_options(options_)),
      dialer_(io, options_.listen_address),
      cache_(disk_, cache_chunks_,
             [this] {
               if (std::exchange(flush_posted_, true)) return;
               boost::asio::post(io_, [this, alive = std::weak_ptr<char>(alive_)] {
                 if (alive.expired()) return;
                 flush_posted_ = false;
                 unread_.wake_all();
               });
             }),
      listener_(io, options_.listen_address, options_.listen_port,
                [this](const InfoHash& info_hash, std::unique_ptr<Transport> transport, base::Bytes received) {
                  on_peer(info_hash, std::move(transport), std::move(received));
                }),
      services_{io,
                options_,
                disk_,
                files_,
                chunks_,
                cache_,
                unread_,
                timers_,
                dialer_,
                http_,
                trackers_,
                up_,
                down_,
                random_,
                external_,
                random_peer_id(random_),
                listener_.port(),
                connections_},
      queue_([this](DownloadId id) {
        const auto at = downloads_.find(id);
        return at != downloads_.end() && at->second.torrent ? at->second.torrent->received() : 0;
      }),
      turn_alarm_(timers_, [this] { give_turns(); }) {
  queue_.set_limits(options_.max_downloading, options_.max_seeding);
  dialer_.set_limits(options_.max_half_open, options_.connects_per_s);
  // What one torrent's pieces hold back is room for another's, though nothing comes for them any more.
  chunks_.on_starved([this] {
    boost::asio::post(io_, [this, alive = std::weak_ptr<char>(alive_)] {
      if (alive.expired()) return;
      for (const auto& [hash, torrent] : torrents_) torrent->flush();
    });
  });
  chunks_.on_room([this] {
    if (std::exchange(room_posted_, true)) return;
    boost::asio::post(io_, [this, alive = std::weak_ptr<char>(alive_)] {
      if (alive.expired()) return;
      room_posted_ = false;
      for (const auto& [hash, torrent] : torrents_) torrent->resume_reading();
    });
  });
}

Session::~Session() {
  abandon();
}

void Session::abandon() {
  alive_.reset();
  listener_.close();
  dialer_.close();
  torrents_.clear();
  downloads_.clear();
}

// ---- commands ----

void Session::add(AddDownload add) {
  const DownloadId id = add.id;
  if (stopping_) return;
  if (downloads_.contains(id)) {
    return emit(Failed{id, FailureKind::kPermanent, "the id is in use", {}});
  }
  Download& download = downloads_[id];
  download.add = std::make_unique<AddDownload>(std::move(add));
  if (std::holds_alternative<HttpSource>(download.add->source)) {
    start_http(id, download);
  } else {
    to_start_.push_back(id);
    start_waiting();
  }
}

void Session::remove(DownloadId id) {
  if (!downloads_.contains(id)) return emit(Removed{id});
  end(id);
}

void Session::add_peer(DownloadId id, PeerAddress peer) {
  const auto at = downloads_.find(id);
  if (at == downloads_.end() || at->second.ending) return;
  if (at->second.torrent) {
    at->second.torrent->add_peer(peer);
  } else if (at->second.add) {
    at->second.add->peers.push_back(std::move(peer));
  }
}

// What comes before the torrent is there to be told goes with what it is made of.
template <class Tell, class Note>
void Session::tell(DownloadId id, Tell tell, Note note) {
  const auto at = downloads_.find(id);
  if (at == downloads_.end() || at->second.ending) return;
  if (at->second.torrent) {
    tell(*at->second.torrent);
  } else if (at->second.add) {
    note(*at->second.add);
  }
}

void Session::set_files(DownloadId id, std::vector<FilePriority> files) {
  tell(
      id, [&](Torrent& torrent) { torrent.set_files(std::move(files)); },
      [&](AddDownload& add) {
        add.files = std::move(files);
        add.choose_files = false;
      });
}

void Session::set_sequential(DownloadId id, bool sequential) {
  tell(
      id, [=](Torrent& torrent) { torrent.set_sequential(sequential); },
      [=](AddDownload& add) { add.sequential = sequential; });
}

void Session::set_seed_goal(DownloadId id, SeedGoal goal) {
  tell(
      id, [&](Torrent& torrent) { torrent.set_seed_goal(goal); }, [&](AddDownload& add) { add.seed_goal = goal; });
}

void Session::set_limits(const EngineLimits& limits) {
  static_cast<EngineLimits&>(options_) = limits;
  const base::SteadyTime now = clock_now();
  up_.set_limit(limits.up_limit, now);
  down_bucket_.set_limit(limits.down_limit, now);
  http_bucket_.set_limit(limits.http_down_limit, now);
  down_.set_limit(limits.torrent_down_limit, now);
  dialer_.set_limits(limits.max_half_open, limits.connects_per_s);
  queue_.set_limits(limits.max_downloading, limits.max_seeding);
  give_turns();
  chunks_.set_budget(limits.buffer_budget - limits.buffer_budget / 3);
  cache_chunks_.set_budget(limits.buffer_budget / 3);
  // The most first: torrents call no new peers for room that is to go.
  shrink();
  for (const auto& [id, download] : downloads_) {
    if (download.torrent) download.torrent->limits_changed();
    if (download.http) download.http->limits_changed();
  }
}

void Session::set_limits(DownloadId id, const DownloadLimits& limits) {
  const auto at = downloads_.find(id);
  if (at == downloads_.end()) return;
  Download& download = at->second;
  if (download.torrent) {
    download.torrent->set_limits(limits);
  } else if (download.http) {
    download.http->set_limits(limits);
  } else if (download.add) {
    static_cast<DownloadLimits&>(*download.add) = limits;
  }
}

void Session::shrink() {
  if (connections_ <= options_.max_peers) return;
  struct Candidate {
    PeerSet::Worth worth;
    Torrent* torrent;
    PeerKey key;
  };
  std::vector<Candidate> candidates;
  for (const auto& [hash, torrent] : torrents_) {
    for (const auto& [worth, key] : torrent->connections()) candidates.push_back({worth, torrent, key});
  }
  std::sort(candidates.begin(), candidates.end(),
            [](const Candidate& a, const Candidate& b) { return a.worth < b.worth; });
  for (const Candidate& candidate : candidates) {
    if (connections_ <= options_.max_peers) return;
    candidate.torrent->disconnect(candidate.key);
  }
}

std::vector<DownloadStatus> Session::status() const {
  const base::SteadyTime now = clock_now();
  std::vector<DownloadStatus> all;
  all.reserve(downloads_.size());
  for (const auto& [id, download] : downloads_) all.push_back(status_of(id, download, now));
  return all;
}

BufferUse Session::buffers() const {
  return {chunks_.in_use() + cache_chunks_.in_use(), chunks_.most_in_use() + cache_chunks_.most_in_use(),
          chunks_.budget() + cache_chunks_.budget()};
}

std::optional<DownloadStatus> Session::status(DownloadId id) const {
  const auto at = downloads_.find(id);
  if (at == downloads_.end()) return std::nullopt;
  DownloadStatus status = status_of(id, at->second, clock_now());
  if (at->second.torrent) status.files = at->second.torrent->file_status();
  return status;
}

DownloadStatus Session::status_of(DownloadId id, const Download& download, base::SteadyTime now) const {
  if (download.torrent) return download.torrent->status(now);
  if (download.http) return download.http->status(now);
  DownloadStatus status;
  status.id = id;
  return status;
}

// ---- starting ----

void Session::start_http(DownloadId id, Download& download) {
  const HttpDownloadContext context{io_, workers_, http_, http_bucket_, options_.user_agent, options_.allow_private};
  download.http = std::make_unique<HttpDownload>(context, std::move(*std::exchange(download.add, nullptr)),
                                                 [this, id](Event event) {
                                                   const bool is_over = std::holds_alternative<Failed>(event);
                                                   emit(std::move(event));
                                                   if (is_over) end_later(id);
                                                 });
  download.http->start();
}

void Session::start_waiting() {
  while (starting_ < kMostStarting && !to_start_.empty()) {
    const DownloadId id = to_start_.front();
    to_start_.pop_front();
    const auto at = downloads_.find(id);
    // The id may stand here twice: it was removed, and is another one's now.
    if (at == downloads_.end() || at->second.ending || std::exchange(at->second.begun, true)) continue;
    at->second.starting = true;
    ++starting_;
    start_resumed(id, at->second);
  }
}

void Session::start_over(DownloadId id) {
  const auto at = downloads_.find(id);
  if (at == downloads_.end() || !std::exchange(at->second.starting, false)) return;
  --starting_;
  // Not from within the one whose start is over.
  if (to_start_.empty() || std::exchange(start_posted_, true)) return;
  boost::asio::post(io_, [this, alive = std::weak_ptr<char>(alive_)] {
    if (alive.expired()) return;
    start_posted_ = false;
    if (!stopping_) start_waiting();
  });
}

void Session::start_resumed(DownloadId id, Download& download) {
  base::Bytes bytes = std::exchange(download.add->resume, {});
  if (bytes.empty()) return start_source(id, download);
  const bool is_small = bytes.size() <= kParseAtOnce;
  // A .torrent that is at hand need not be found in there.
  const bool is_known = std::holds_alternative<TorrentFileSource>(download.add->source);
  auto read = [bytes = std::move(bytes), is_known] {
    Resumed resumed;
    auto resume = decode_resume(bytes);
    if (!resume) return resumed;
    if (auto known = is_known ? std::nullopt : resumed_metainfo(*resume)) {
      resumed.metainfo = std::make_unique<Metainfo>(std::move(*known));
    }
    resumed.resume = std::make_unique<Resume>(std::move(*resume));
    return resumed;
  };
  if (is_small) {
    download.resumed = read();
    return start_source(id, download);
  }
  disk_.run(std::move(read), [this, id, alive = std::weak_ptr<char>(download.alive)](DiskResult<Resumed> resumed) {
    const auto at = find(id, alive);
    if (at == nullptr) return;
    if (resumed) at->resumed = std::move(*resumed);
    start_source(id, *at);
  });
}

Session::Download* Session::find(DownloadId id, const std::weak_ptr<char>& alive) {
  if (alive.expired()) return nullptr;
  Download& download = downloads_.at(id);
  return download.ending ? nullptr : &download;
}

void Session::start_source(DownloadId id, Download& download) {
  Source& source = download.add->source;
  if (const auto* url = std::get_if<TorrentUrlSource>(&source)) {
    fetch_torrent(id, download, url->url);
  } else if (auto* file = std::get_if<TorrentFileSource>(&source)) {
    read_torrent(id, download, std::move(file->bytes));
  } else if (const auto* magnet = std::get_if<MagnetSource>(&source)) {
    start_magnet(id, download, std::string(magnet->uri));
  }
}

void Session::fetch_torrent(DownloadId id, Download& download, const std::string& url) {
  // What was fetched before is the torrent that the data on disk belongs to; the server may be gone by now.
  if (download.resumed.metainfo && download.resumed.resume->sources) {
    return start_torrent(id, std::move(*download.resumed.metainfo));
  }
  HttpRequest request;
  request.url = url;
  const HttpOptions& options = download.add->http;
  request.user_agent = options.user_agent.empty() ? options_.user_agent : options.user_agent;
  request.user = options.user;
  request.password = options.password;
  request.token = options.token;
  request.ca_file = options.ca_file;
  request.allow_private = options_.allow_private && options.allow_private;
  request.connect_timeout = options.connect_timeout;
  request.stall_timeout = options.stall_timeout;
  // A slow server keeps nobody waiting.
  start_over(id);
  download.fetch = http_.get(
      std::move(request), kMaxTorrentFileSize, kTorrentFileDeadline, [this, id](HttpResult<HttpResponse> result) {
        const auto at = downloads_.find(id);
        if (at == downloads_.end() || at->second.ending) return;
        if (!result) {
          const HttpError code = result.error().code;
          const bool permanent =
              code == HttpError::kBadUrl || code == HttpError::kForbidden || code == HttpError::kTooLarge;
          const bool unreachable = code == HttpError::kResolve || code == HttpError::kConnect;
          return fail(id,
                      permanent     ? FailureKind::kPermanent
                      : unreachable ? FailureKind::kUnreachable
                                    : FailureKind::kTemporary,
                      result.error().message);
        }
        const HttpHead& head = result->head;
        if (head.status != 200) {
          const auto final_url = base::parse_url(head.final_url);
          const auto wall = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
          auto failure = judge_status(head, final_url ? final_url->host : std::string(), wall);
          return fail(id, failure.kind, std::move(failure.message), failure.retry_after);
        }
        const base::ByteView body = base::as_bytes(result->body);
        read_torrent(id, at->second, base::Bytes(body.begin(), body.end()));
      });
}

void Session::read_torrent(DownloadId id, Download& download, base::Bytes bytes) {
  const auto take = [this, id,
                     alive = std::weak_ptr<char>(download.alive)](base::Result<Metainfo, MetainfoError> result) {
    if (find(id, alive) == nullptr) return;
    if (!result) return fail(id, FailureKind::kPermanent, "not a usable torrent: " + result.error().message);
    start_torrent(id, std::move(*result));
  };
  if (bytes.size() <= kParseAtOnce) return take(Metainfo::parse(bytes));
  disk_.run([bytes = std::move(bytes)] { return Metainfo::parse(bytes); },
            [take](DiskResult<base::Result<Metainfo, MetainfoError>> result) {
              take(result ? std::move(*result) : base::fail(MetainfoError::kNotBencoded, result.error().message));
            });
}

Torrent* Session::make_torrent(DownloadId id, const InfoHash& info_hash) {
  if (torrents_.contains(info_hash)) {
    fail(id, FailureKind::kPermanent, "the same torrent is being downloaded already");
    return nullptr;
  }
  Download& download = downloads_[id];
  TorrentHost& host = *this;
  download.torrent = std::make_unique<Torrent>(services_, std::exchange(download.add, nullptr), info_hash,
                                               std::move(download.resumed.resume), host);
  download.resumed = {};
  download.fetch.reset();
  torrents_[info_hash] = download.torrent.get();
  return download.torrent.get();
}

void Session::start_torrent(DownloadId id, Metainfo metainfo) {
  const InfoHash info_hash = metainfo.info_hash();
  if (Torrent* torrent = make_torrent(id, info_hash)) torrent->start(std::move(metainfo));
}

void Session::start_magnet(DownloadId id, Download& download, const std::string& uri) {
  const auto magnet = parse_magnet(uri);
  if (!magnet) return fail(id, FailureKind::kPermanent, "not a usable magnet link: " + magnet.error().message);
  const auto resumed = std::move(download.resumed.metainfo);
  std::optional<Metainfo> known;
  if (resumed && resumed->info_hash() == magnet->info_hash()) known = std::move(*resumed);
  if (Torrent* torrent = make_torrent(id, magnet->info_hash())) torrent->start(*magnet, std::move(known));
}

void Session::on_peer(const InfoHash& info_hash, std::unique_ptr<Transport> transport, base::Bytes received) {
  const auto at = torrents_.find(info_hash);
  if (at == torrents_.end() || stopping_) return transport->close();
  at->second->accept(std::move(transport), std::move(received));
}

// ---- ending ----

void Session::emit(Event event) {
  on_event_(std::move(event));
}

void Session::on_torrent_failed(Torrent& torrent, FailureKind kind, std::string message) {
  fail(torrent.id(), kind, std::move(message));
}

void Session::fail(DownloadId id, FailureKind kind, std::string message,
                   std::optional<std::chrono::seconds> retry_after) {
  emit(Failed{id, kind, std::move(message), retry_after});
  end_later(id);
}

// For calls from within what is to be ended.
void Session::end_later(DownloadId id) {
  boost::asio::post(io_, [this, id, alive = std::weak_ptr<char>(alive_)] {
    if (!alive.expired() && downloads_.contains(id)) end(id);
  });
}

void Session::end(DownloadId id) {
  Download& download = downloads_[id];
  if (std::exchange(download.ending, true)) return;
  start_over(id);
  queue_.remove(id);
  give_turns();
  const auto done = [this, id, alive = std::weak_ptr<char>(alive_)] {
    if (!alive.expired()) ended(id);
  };
  if (download.torrent) {
    download.torrent->stop(done);
  } else if (download.http) {
    download.http->stop(done);
  } else {
    download.fetch.reset();
    boost::asio::post(io_, done);
  }
}

void Session::ended(DownloadId id) {
  const auto at = downloads_.find(id);
  if (at == downloads_.end()) return;
  if (at->second.torrent) torrents_.erase(at->second.torrent->info_hash());
  downloads_.erase(at);
  if (!stopping_) return emit(Removed{id});
  if (downloads_.empty() && on_stopped_) std::exchange(on_stopped_, nullptr)();
}

void Session::stop(std::chrono::milliseconds patience, std::function<void()> on_stopped) {
  stopping_ = true;
  listener_.close();
  // Both ends side by side: the downloads' data and the goodbyes to trackers.
  auto left = std::make_shared<int>(2);
  const auto one_done = [left, on_stopped = std::move(on_stopped)] {
    if (--*left == 0) on_stopped();
  };
  on_stopped_ = one_done;
  std::vector<DownloadId> ids;
  for (const auto& [id, download] : downloads_) ids.push_back(id);
  for (const DownloadId id : ids) end(id);
  if (downloads_.empty() && on_stopped_) std::exchange(on_stopped_, nullptr)();
  const auto goodbye = std::clamp(patience - kGoodbyeReserve, std::chrono::milliseconds(0), kGoodbye);
  trackers_.finish(goodbye, one_done);
}

}  // namespace podswarm::engine
