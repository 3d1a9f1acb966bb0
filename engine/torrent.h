// One torrent from its source to seeding: wires the exchange, the connections, the trackers and the disk together, and
// tells the session what happened. What to exchange with whom is the Swarm's decision. Network thread.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/announcer.h"
#include "engine/core/file_selection.h"
#include "engine/core/magnet.h"
#include "engine/core/resume.h"
#include "engine/core/swarm.h"
#include "engine/core/torrent_queue.h"
#include "engine/disk/checker.h"
#include "engine/disk/piece_store.h"
#include "engine/disk/torrent_data.h"
#include "engine/engine.h"
#include "engine/peer_set.h"
#include "engine/services.h"
#include "engine/web_seeds.h"

namespace podswarm::engine {

class Torrent;

class TorrentHost {
 public:
  virtual void emit(Event event) = 0;
  // Its start is over: it is known what is on disk, or what of it is to be checked, or that peers have to be asked what
  // the torrent is.
  virtual void on_started(Torrent& torrent) = 0;
  // What it wants to do now. The host calls set_active(), later.
  virtual void on_role(Torrent& torrent, TorrentQueue::Role role) = 0;
  // It cannot go on; the host stops it, later. Failed was not emitted.
  virtual void on_torrent_failed(Torrent& torrent, FailureKind kind, std::string message) = 0;

 protected:
  ~TorrentHost() = default;
};

class Torrent final : private SwarmHost, private PieceStoreHost, private AnnouncerHost {
 public:
  // `add` without its source and resume data; `resume`, which may be null, is what was in the latter. All references
  // outlive it.
  Torrent(Services& services, std::unique_ptr<AddDownload> add, const InfoHash& info_hash,
          std::unique_ptr<Resume> resume, TorrentHost& host);
  ~Torrent();
  Torrent(const Torrent&) = delete;
  Torrent& operator=(const Torrent&) = delete;

  // Once, one of these.
  void start(Metainfo metainfo);
  // `known`: the torrent, if an earlier run has got its metadata.
  void start(const Magnet& magnet, std::optional<Metainfo> known);

  void add_peer(const PeerAddress& peer, PeerBook::Source source = PeerBook::Source::kUser);
  // A peer called the engine for this torrent.
  void accept(std::unique_ptr<Transport> transport, base::Bytes received) {
    peers_.accept(std::move(transport), std::move(received));
  }
  // Says goodbye to trackers and peers, syncs, emits ResumeData, closes the files, then calls `on_stopped`, never from
  // inside this call.
  void stop(std::function<void()> on_stopped);

  // See Engine.
  void set_files(std::vector<FilePriority> files);
  void set_sequential(bool sequential);
  void set_seed_goal(const SeedGoal& goal);

  // It has got a place among those that download or seed, or lost it. At first it has one where there is no limit.
  void set_active(bool active);

  // See PeerSet.
  void resume_reading() {
    peers_.resume_reading();
    if (web_seeds_) web_seeds_->resume_reading();
  }
  // Writes the payload that waits in memory, so that there is room for others'.
  void flush() {
    if (store_) store_->flush();
  }
  void set_limits(const DownloadLimits& limits);
  // Those of the engine as a whole have changed.
  void limits_changed();
  [[nodiscard]] std::vector<std::pair<PeerSet::Worth, PeerKey>> connections() const { return peers_.by_worth(); }
  void disconnect(PeerKey key) { peers_.disconnect(key); }

  [[nodiscard]] DownloadId id() const { return id_; }
  [[nodiscard]] const InfoHash& info_hash() const { return info_hash_; }
  // Payload bytes of this run.
  [[nodiscard]] std::uint64_t received() const {
    return peers_.downloaded() + (web_seeds_ ? web_seeds_->downloaded() : 0);
  }
  [[nodiscard]] DownloadStatus status(base::SteadyTime now) const;
  [[nodiscard]] std::vector<FileStatus> file_status() const;

 private:
  // SwarmHost
  void attend(PeerCore& peer) override { peers_.attend(peer); }
  void store(const BlockRef& block, std::vector<Slice> data) override;
  void got_metadata(MetadataFetch::Candidate info) override;
  void got_peers(std::span<const PexPeer> peers) override;
  void got_own_address(const Endpoint& from, const Endpoint& own) override { services_.external.vote(from, own); }
  void ban(const Endpoint& endpoint) override { peers_.ban(endpoint); }
  void wake_at(base::SteadyTime at) override { swarm_alarm_.set_no_later(at); }
  void attend_web(WebSeed& seed) override { web_seeds_->attend(seed); }
  // PieceStoreHost
  void on_piece_checked(std::uint32_t piece, bool good, const std::vector<Sha1Hash>& blocks) override;
  void on_store_failed(FailureKind kind, const std::string& message) override;
  // AnnouncerHost
  [[nodiscard]] AnnounceRequest announce_figures() const override;
  void on_tracker_answer(const std::string& url, const AnnounceResponse& response) override;

  void start_peers(bool is_private);
  void start_announcing();
  // Takes it, then calls `then`: at once, or when a worker has laid out its many files. Or fails.
  void set_metainfo(Metainfo metainfo, std::function<void()> then);
  void set_data(TorrentDataRef data);
  // What the disk looks like, before anything of it is believed.
  struct DiskLook {
    std::vector<ResumeFile> files;
    ResumeFile part;
    std::vector<std::uint32_t> part_pieces;
  };
  void look();
  void on_look(DiskLook disk);
  void check(Bitfield have, Bitfield doubtful);
  // Nothing is left of the files that there were.
  [[nodiscard]] static bool is_gone(const std::vector<ResumeFile>& before, const std::vector<ResumeFile>& now);
  void fail_gone();
  // The disk does not give a piece that was there: whatever else is gone or changed in its files is found out.
  void on_unreadable(std::uint32_t piece);
  void recheck(std::uint32_t piece);
  void lose(const Bitfield& pieces);
  void set_have(Bitfield have, bool trusted);
  // Where there are any.
  void make_web_seeds();
  // For what is missing; they are closed when nothing is.
  void start_web_seeds();
  void on_complete(bool needs_sync);
  void finished();
  // torrent_choice.cc
  void choose_at_start();
  [[nodiscard]] std::vector<FilePriority> piece_priorities() const;
  void count_wanted();
  // The choice of files has changed: goes on, or is through, or rests.
  void follow_choice();
  // Has the files laid out by the choice, then calls `then`.
  void arrange(std::function<void()> then);
  [[nodiscard]] std::chrono::seconds seeded(base::SteadyTime now) const;
  void begin_seeding();
  void end_seeding();
  void watch_goal();
  void look_at_goal();
  // It is shared no longer.
  void rest();
  // torrent_turns.cc
  void set_state(DownloadState state);
  [[nodiscard]] TorrentQueue::Role role() const;
  // Not on the network thread, as a disk may take its time for it.
  void close_files();
  [[nodiscard]] bool waits() const { return !active_ && role() != TorrentQueue::Role::kNone; }
  void tick();
  // Syncs, emits ResumeData, then calls `then`. During a check, with what it has found and what it has not come to.
  void save(std::function<void()> then);
  void fail(FailureKind kind, std::string message);
  [[nodiscard]] std::vector<FileInfo> files(bool wanted_only) const;
  [[nodiscard]] std::uint64_t done_bytes() const;
  // Hands a result to the torrent if it is still there.
  template <class Action>
  [[nodiscard]] auto guarded(Action action) {
    return [alive = std::weak_ptr<char>(alive_), action = std::move(action)](auto&&... arguments) mutable {
      if (!alive.expired()) action(std::forward<decltype(arguments)>(arguments)...);
    };
  }

  Services& services_;
  const DownloadId id_;
  std::unique_ptr<AddDownload> add_;  // until it is known what the torrent is
  std::vector<PeerAddress> peers_at_start_;
  DownloadLimits limits_;
  SeedGoal seed_goal_;
  const bool use_trackers_;
  const bool seed_;
  // Whether what others than the user name may lie at addresses that are not public: peers, trackers, web seeds.
  const bool allow_private_;
  bool active_;
  DownloadState state_ = DownloadState::kStarting;
  InfoHash info_hash_;
  TorrentHost& host_;
  std::string name_;
  std::uint64_t key_;               // in the block cache
  std::unique_ptr<Resume> resume_;  // until it is known what of it holds
  std::uint32_t tracker_key_;
  std::uint64_t earlier_up_ = 0;  // of earlier runs
  std::uint64_t earlier_down_ = 0;
  std::uint64_t told_up_ = 0;  // by SeedProgress
  base::SteadyTime told_at_{};
  base::SteadyTime seeding_saved_{};  // when seeded() was in ResumeData
  TorrentSources sources_;
  std::vector<std::pair<std::uint32_t, std::uint32_t>> magnet_files_;  // `so`
  TorrentDataRef data_;
  std::optional<FileSelection> selection_;  // once there is data_
  Swarm swarm_;
  PeerSet peers_;
  std::unique_ptr<WebSeeds> web_seeds_;  // most torrents have none
  std::unique_ptr<Announcer> announcer_;
  std::unique_ptr<Checker> checker_;
  std::unique_ptr<PieceStore> store_;  // while pieces are missing
  std::uint64_t done_bytes_ = 0;
  std::uint64_t wanted_bytes_ = 0;
  std::uint64_t wanted_done_ = 0;
  std::uint32_t completion_ = 0;                   // counts on_complete(), and what makes it void
  std::optional<base::SteadyTime> seeding_since_;  // with Finished said
  std::chrono::steady_clock::duration seeded_before_{0};
  const base::SteadyTime added_ = std::chrono::steady_clock::now();
  std::size_t most_peers_ = 0;  // at one time
  bool choice_is_new_ = false;  // made since what is on disk was looked at
  bool unsaved_ = false;        // ResumeData would be news
  std::uint64_t save_ = 0;      // the latest one that was begun
  std::uint64_t saved_ = 0;     // the latest one that was emitted
  bool finished_ = false;       // Finished was emitted
  bool looking_ = false;        // for what the disk did not give
  bool finish_later_ = false;   // when it is known that nothing is lost
  bool failed_ = false;
  bool stopping_ = false;
  TimerQueue::Alarm swarm_alarm_;
  TimerQueue::Alarm save_alarm_;
  TimerQueue::Alarm goal_alarm_;
  std::shared_ptr<char> alive_ = std::make_shared<char>();
};

}  // namespace podswarm::engine
