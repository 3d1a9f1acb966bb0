#include "engine/torrent.h"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <utility>

#include "engine/core/peer_id.h"

namespace podswarm::engine {

namespace {

// The files of a torrent that has more are laid out by a worker.
constexpr std::size_t kFewFiles = 1000;
// With fewer peers than this, trackers are asked before their time.
constexpr std::size_t kFewPeers = 4;
// A web server that sends nothing for so long is left for others.
constexpr std::chrono::milliseconds kWebStall{20'000};

base::SteadyTime clock_now() {
  return std::chrono::steady_clock::now();
}

Swarm::Options swarm_options(Services& services, const InfoHash& info_hash) {
  Swarm::Options options;
  options.info_hash = info_hash;
  options.our_id = services.peer_id;
  options.client = services.options.user_agent;
  options.listen_port = services.listen_port;
  options.seed = services.random();
  return options;
}

HttpRequest web_seed_request(const Services& services, const HttpOptions& options) {
  HttpRequest request;
  request.user_agent = options.user_agent.empty() ? services.options.user_agent : options.user_agent;
  request.ca_file = options.ca_file;
  request.allow_private = services.options.allow_private && options.allow_private;
  request.connect_timeout = options.connect_timeout;
  request.stall_timeout = std::min(options.stall_timeout, kWebStall);
  return request;
}

PeerCore::Setup peer_setup(const Services& services, const InfoHash& info_hash) {
  PeerCore::Setup setup;
  setup.info_hash = info_hash;
  setup.our_id = services.peer_id;
  return setup;
}

}  // namespace

Torrent::Torrent(Services& services, std::unique_ptr<AddDownload> add, const InfoHash& info_hash,
                 std::unique_ptr<Resume> resume, TorrentHost& host)
    : services_(services),
      id_(add->id),
      add_(std::move(add)),
      peers_at_start_(std::move(add_->peers)),
      limits_(*add_),
      seed_goal_(add_->seed_goal),
      use_trackers_(add_->use_trackers),
      seed_(add_->seed),
      allow_private_(services.options.allow_private && add_->http.allow_private),
      active_(services.options.max_downloading == 0 && services.options.max_seeding == 0),
      info_hash_(info_hash),
      host_(host),
      key_(services.files.new_owner()),
      tracker_key_(static_cast<std::uint32_t>(services.random())),
      swarm_(swarm_options(services, info_hash), *this),
      peers_(services, swarm_, peer_setup(services, info_hash), key_),
      swarm_alarm_(services.timers, [this] { tick(); }),
      save_alarm_(services.timers, [this] { save({}); }),
      goal_alarm_(services.timers, [this] { look_at_goal(); }) {
  swarm_.set_sequential(add_->sequential);
  add_->source = {};
  if (resume && resume->info_hash == info_hash_) {
    tracker_key_ = resume->tracker_key;
    earlier_up_ = resume->uploaded;
    earlier_down_ = resume->downloaded;
    seeded_before_ = resume->seeded;
    resume_ = std::move(resume);
  }
  earlier_up_ = std::max(earlier_up_, add_->uploaded_before);
  if (!allow_private_) peers_.public_only();
  peers_.on_unreadable([this](std::uint32_t piece) { on_unreadable(piece); });
  if (!active_) peers_.close();
  limits_changed();
}

Torrent::~Torrent() {
  if (web_seeds_) web_seeds_->close();
  peers_.close();
  services_.cache.forget(key_);
}

void Torrent::set_limits(const DownloadLimits& limits) {
  limits_ = limits;
  limits_changed();
}

void Torrent::limits_changed() {
  const EngineLimits& all = services_.options;
  peers_.set_limits(limits_.up_limit, limits_.down_limit,
                    limits_.max_peers != 0 ? limits_.max_peers : all.max_peers_per_torrent);
  swarm_.set_upload_slots(limits_.upload_slots != 0 ? limits_.upload_slots : all.upload_slots, clock_now());
  swarm_.set_upload_scarce(limits_.up_limit != 0 || services_.up.is_limited());
}

// ---- starting ----

void Torrent::start(Metainfo metainfo) {
  sources_ = metainfo.sources;
  make_web_seeds();
  const bool is_private = metainfo.is_private;
  set_metainfo(std::move(metainfo), [this, is_private] { start_peers(is_private); });
}

void Torrent::start(const Magnet& magnet, std::optional<Metainfo> known) {
  name_ = magnet.name;
  magnet_files_ = magnet.selected_files;
  sources_ = magnet.sources;
  make_web_seeds();
  // What a magnet link names is not for private torrents (BEP 27).
  const auto call_peers = [this, peers = magnet.peers] {
    for (const auto& [host, port] : peers) add_peer({host, port}, PeerBook::Source::kMagnet);
  };
  if (known) {
    const bool is_private = known->is_private;
    return set_metainfo(std::move(*known), [this, is_private, call_peers] {
      start_peers(is_private);
      if (!is_private) call_peers();
    });
  }
  set_state(DownloadState::kMetadata);
  start_peers(false);
  call_peers();
  host_.on_started(*this);
}

void Torrent::start_peers(bool is_private) {
  // What is left to get is told as it is: where there is a torrent to look at, not before that was done.
  if (!data_ || swarm_.ready()) start_announcing();
  for (const PeerAddress& peer : std::exchange(peers_at_start_, {})) add_peer(peer);
  if (resume_ && !is_private) {
    for (const Endpoint& peer : resume_->peers) peers_.add_address(peer, PeerBook::Source::kResume);
  }
}

void Torrent::start_announcing() {
  if (announcer_ || !active_ || !use_trackers_ || sources_.tiers.empty()) return;
  TrackerList::Options options;
  options.all_tiers = !data_ || !data_->metainfo.is_private;
  options.complete = swarm_.complete();
  AnnouncerHost& host = *this;
  announcer_ = std::make_unique<Announcer>(services_.trackers, services_.timers, sources_.tiers, options,
                                           static_cast<std::uint32_t>(services_.random()), allow_private_, host);
  announcer_->start();
}

void Torrent::add_peer(const PeerAddress& peer, PeerBook::Source source) {
  if (const auto endpoint = parse_endpoint(peer.host, peer.port)) {
    peers_.add_address(*endpoint, source);
    return;
  }
  services_.http.resolver().resolve(peer.host, guarded([this, port = peer.port, source](const Lookup& lookup) {
                                      for (const auto& address : lookup.addresses) {
                                        peers_.add_address(to_endpoint({address, port}), source);
                                      }
                                    }));
}

void Torrent::set_metainfo(Metainfo metainfo, std::function<void()> then) {
  if (!metainfo.verifiable()) {
    return fail(FailureKind::kPermanent, metainfo.name + ": the torrent has no hashes to verify its pieces with");
  }
  name_ = metainfo.name;
  if (metainfo.files.size() <= kFewFiles) {
    set_data(std::make_shared<TorrentData>(std::move(metainfo), add_->dir, services_.files));
    return then();
  }
  services_.disk.run(
      [metainfo = std::move(metainfo), dir = add_->dir, &files = services_.files]() mutable {
        return std::make_shared<TorrentData>(std::move(metainfo), dir, files);
      },
      guarded([this, then = std::move(then)](DiskResult<TorrentDataRef> data) {
        if (stopping_ || failed_) return;
        if (!data) return fail(data.error().code, data.error().message);
        set_data(std::move(*data));
        then();
      }));
}

void Torrent::set_data(TorrentDataRef data) {
  // Peers may have sent the metadata while it was being laid out.
  if (data_) return;
  data_ = std::move(data);
  choose_at_start();
  add_.reset();
  peers_.set_data(data_);
  if (data_->metainfo.is_private) {
    // A magnet link does not say so.
    peers_.trackers_only();
    if (announcer_) announcer_->one_at_a_time();
  }
  swarm_.set_metadata(data_->layout, data_->metainfo.info, data_->metainfo.is_private);
  Started started;
  started.id = id_;
  started.name = name_;
  started.info_hash = base::to_hex(info_hash_);
  started.files = files(false);
  started.total_size = data_->layout.disk_size();
  host_.emit(std::move(started));
  look();
}

void Torrent::got_metadata(MetadataFetch::Candidate info) {
  using Parsed = base::Result<Metainfo, MetainfoError>;
  services_.disk.run(
      [info = std::move(info), info_hash = info_hash_] {
        return is_metadata_of(info_hash, *info) ? std::optional(Metainfo::parse_info(*info)) : std::nullopt;
      },
      guarded([this](DiskResult<std::optional<Parsed>> result) {
        if (data_ || failed_ || stopping_) return;
        if (!result) return fail(result.error().code, result.error().message);
        swarm_.metadata_checked(result->has_value());
        if (!*result) return;
        Parsed& metainfo = **result;
        if (!metainfo) return fail(FailureKind::kPermanent, name_ + ": " + metainfo.error().message);
        set_metainfo(std::move(*metainfo), [] {});
      }));
}

void Torrent::set_have(Bitfield have, bool trusted) {
  if (std::exchange(choice_is_new_, false)) {
    return arrange([this, have = std::move(have), trusted] { set_have(have, trusted); });
  }
  for (std::uint32_t i = have.next_set(0); i < have.size(); i = have.next_set(i + 1)) {
    done_bytes_ += data_->layout.piece_size(i);
  }
  if (!have.all()) {
    PieceStoreHost& host = *this;
    store_ = std::make_unique<PieceStore>(services_.disk, data_, services_.chunks, host);
  }
  swarm_.set_have(std::move(have), clock_now(), piece_priorities());
  count_wanted();
  // What turns out to be complete has not been downloading.
  const bool complete = swarm_.satisfied() && !selection_->nothing();
  if (!complete) set_state(selection_->nothing() ? DownloadState::kPaused : DownloadState::kDownloading);
  start_announcing();
  if (complete) return on_complete(!trusted);
  start_web_seeds();
}

void Torrent::make_web_seeds() {
  std::vector<std::string> urls = std::exchange(add_->web_seeds, {});
  urls.insert(urls.end(), sources_.web_seeds.begin(), sources_.web_seeds.end());
  if (urls.empty()) return;
  web_seeds_ = std::make_unique<WebSeeds>(services_, swarm_, peers_.down_limit(), urls,
                                          web_seed_request(services_, add_->http));
}

void Torrent::start_web_seeds() {
  if (active_ && web_seeds_) web_seeds_->start(data_);
}

// ---- the flow of pieces ----

void Torrent::store(const BlockRef& block, std::vector<Slice> data) {
  if (store_) store_->add(block, std::move(data), [this](const BlockRef& other) { return swarm_.is_given(other); });
}

void Torrent::on_piece_checked(std::uint32_t piece, bool good, const std::vector<Sha1Hash>& blocks) {
  if (stopping_) return;
  if (!good) return swarm_.piece_failed(piece, blocks, clock_now());
  done_bytes_ += data_->layout.piece_size(piece);
  wanted_done_ += selection_->bytes_in(piece);
  most_peers_ = std::max(most_peers_, swarm_.peer_count());
  unsaved_ = true;
  swarm_.piece_passed(piece, blocks, clock_now());
  if (swarm_.satisfied() && state_ == DownloadState::kDownloading) {
    on_complete(true);
  } else if (!save_alarm_.is_set()) {
    save_alarm_.set(clock_now() + services_.options.save_interval);
  }
}

void Torrent::on_store_failed(FailureKind kind, const std::string& message) {
  fail(kind, message);
}

void Torrent::on_complete(bool needs_sync) {
  const std::uint32_t completion = ++completion_;
  if (web_seeds_) web_seeds_->close();
  if (swarm_.complete()) {
    store_.reset();
    if (announcer_) announcer_->completed();
  } else {
    // What has come of others stays, but not in memory.
    store_->flush();
  }
  save_alarm_.cancel();
  if (state_ != DownloadState::kFinished) set_state(DownloadState::kSeeding);
  if (!needs_sync) return finished();
  unsaved_ = true;
  services_.disk.run(
      [data = data_] {
        data->storage.arrange();
        data->storage.complete();
      },
      guarded([this, completion](DiskResult<void> result) {
        if (stopping_ || failed_) return;
        if (!result) return fail(result.error().code, result.error().message);
        if (completion != completion_) return;
        save(guarded([this, completion] {
          if (completion == completion_) finished();
        }));
      }));
}

void Torrent::finished() {
  if (stopping_ || failed_) return;
  if (checker_ || looking_) {
    finish_later_ = true;
    return;
  }
  // What was lost and came again is no news.
  if (!std::exchange(finished_, true)) {
    Finished finished;
    finished.id = id_;
    finished.files = files(true);
    finished.suggested_name = name_;
    finished.peers = most_peers_;
    finished.took = std::chrono::duration_cast<std::chrono::milliseconds>(clock_now() - added_);
    host_.emit(std::move(finished));
  }
  if (state_ == DownloadState::kFinished) return;
  if (!seed_) return rest();
  begin_seeding();
}

// ---- trackers and peers ----

AnnounceRequest Torrent::announce_figures() const {
  AnnounceRequest request;
  request.info_hash = info_hash_;
  request.peer_id = services_.peer_id;
  request.port = services_.listen_port;
  request.uploaded = peers_.uploaded();
  request.downloaded = received();
  request.left = data_ ? data_->layout.total_size() - done_bytes_ : 1;
  request.key = tracker_key_;
  return request;
}

void Torrent::on_tracker_answer(const std::string& url, const AnnounceResponse& response) {
  if (response.external_ip) services_.external.vote(url, *response.external_ip);
  for (const Endpoint& peer : response.peers) peers_.add_address(peer, PeerBook::Source::kTracker);
  for (const auto& [host, port] : response.named_peers) add_peer({host, port}, PeerBook::Source::kTracker);
}

void Torrent::got_peers(std::span<const PexPeer> peers) {
  for (const PexPeer& peer : peers) {
    if (!(swarm_.satisfied() && (peer.flags & kPexUploadOnly) != 0)) {
      peers_.add_address(peer.endpoint, PeerBook::Source::kExchange);
    }
  }
}

void Torrent::tick() {
  if (const auto next = swarm_.tick(clock_now())) swarm_alarm_.set_no_later(*next);
  if (announcer_ && !swarm_.satisfied() && peers_.size() < kFewPeers) announcer_->hurry();
}

// ---- ending ----

void Torrent::fail(FailureKind kind, std::string message) {
  if (failed_ || stopping_) return;
  failed_ = true;
  set_state(DownloadState::kFailed);
  swarm_.stop_requests();
  host_.on_torrent_failed(*this, kind, std::move(message));
}

void Torrent::save(std::function<void()> then) {
  if (!data_ || !(swarm_.ready() || checker_) || !unsaved_) {
    if (then) then();
    return;
  }
  unsaved_ = false;
  save_alarm_.cancel();
  // The pieces of now: what is written after the sync began may not be on the disk when it ends.
  Resume resume;
  resume.info_hash = info_hash_;
  resume.have = checker_ ? checker_->have() : swarm_.have();
  if (checker_) {
    resume.doubtful = checker_->doubtful();
    // What came while others are being checked is here too.
    const Bitfield& came = swarm_.have();
    for (std::uint32_t i = came.next_set(0); i < came.size(); i = came.next_set(i + 1)) {
      if (!resume.have.test(i)) resume.doubtful.set(i);
    }
  }
  resume.open = store_ && (!stopping_ || store_->jobs() > 0);
  resume.downloaded = earlier_down_ + received();
  resume.uploaded = earlier_up_ + peers_.uploaded();
  resume.seeded = seeded(clock_now());
  resume.tracker_key = tracker_key_;
  resume.priorities = selection_->files();
  resume.info = data_->metainfo.info;
  resume.sources = sources_;
  resume.peers = peers_.book().good(kMaxResumePeers);
  services_.disk.run(
      [data = data_, resume = std::move(resume)]() mutable {
        data->storage.sync();
        resume.files = data->storage.look();
        resume.part = data->storage.look_at_part();
        return encode_resume(resume);
      },
      guarded([this, number = ++save_, then = std::move(then)](DiskResult<base::Bytes> result) {
        if (result) {
          // Two that run side by side may end in any order.
          if (number > saved_) host_.emit(ResumeData{id_, std::move(*result)});
          saved_ = std::max(saved_, number);
          if (checker_ && !stopping_) {
            unsaved_ = true;
            save_alarm_.set(clock_now() + services_.options.save_interval);
          }
        } else {
          unsaved_ = true;
          fail(result.error().code, result.error().message);
        }
        if (then) then();
      }));
}

void Torrent::stop(std::function<void()> on_stopped) {
  // What counts for the goal is not to be lost.
  unsaved_ = unsaved_ || (seeding_since_ && seed_goal_ != SeedGoal());
  stopping_ = true;
  end_seeding();
  // What is being saved would come too late.
  if (saved_ < save_) unsaved_ = true;
  if (announcer_) announcer_->stop();
  announcer_.reset();
  swarm_alarm_.cancel();
  if (web_seeds_) web_seeds_->close();
  peers_.close();
  save([this, on_stopped = std::move(on_stopped)]() mutable {
    // What is being written still holds the files; they close after it.
    services_.disk.run(
        [data = data_] {
          if (data) data->storage.release();
        },
        [on_stopped = std::move(on_stopped)](DiskResult<void>) { on_stopped(); });
  });
  checker_.reset();
  if (store_) store_->clear();
}

// ---- figures ----

std::vector<FileInfo> Torrent::files(bool wanted_only) const {
  std::vector<FileInfo> files;
  const auto& entries = data_->layout.entries();
  for (std::uint32_t i = 0; i < entries.size(); ++i) {
    if (entries[i].on_disk && (!wanted_only || selection_->wants(i))) {
      files.push_back({entries[i].path, entries[i].length, i});
    }
  }
  return files;
}

DownloadStatus Torrent::status(base::SteadyTime now) const {
  DownloadStatus status;
  status.id = id_;
  status.state = waits() ? DownloadState::kQueued : state_;
  status.name = name_;
  status.info_hash = base::to_hex(info_hash_);
  status.done_bytes = done_bytes_;
  if (data_) {
    status.total_bytes = data_->layout.total_size();
    status.wanted_bytes = swarm_.ready() ? wanted_bytes_ : selection_->bytes();
    status.wanted_done = wanted_done_;
    status.pieces_total = data_->layout.piece_count();
    status.pieces_done = checker_ ? data_->layout.piece_count() - checker_->doubtful().count() : swarm_.have().count();
  }
  status.down_rate = static_cast<std::uint64_t>(peers_.down_rate(now) + (web_seeds_ ? web_seeds_->down_rate(now) : 0));
  status.up_rate = static_cast<std::uint64_t>(peers_.up_rate(now));
  status.downloaded = received();
  status.uploaded = peers_.uploaded();
  status.wasted = swarm_.wasted();
  status.peers = swarm_.peer_count();
  status.seeds = swarm_.seed_count();
  if (web_seeds_) {
    status.wasted += web_seeds_->wasted();
    status.web_seeds = web_seeds_->active();
    status.web_seed_message = web_seeds_->problem();
  }
  if (announcer_) {
    status.tracker_seeds = announcer_->seeds();
    status.tracker_leechers = announcer_->leechers();
    status.tracker_message = announcer_->last_message();
  }
  return status;
}

}  // namespace podswarm::engine
