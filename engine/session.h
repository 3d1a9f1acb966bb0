// Everything the engine holds: the downloads, and what they share. Lives on the network thread alone; engine.cc brings
// commands to it and events away.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "engine/engine.h"
#include "engine/http_download.h"
#include "engine/net/listener.h"
#include "engine/services.h"
#include "engine/torrent.h"

namespace podswarm::engine {

class Session final : private TorrentHost {
 public:
  // Listens; throws boost::system::system_error when it cannot. `io` and `workers` outlive it; `workers` is joined
  // before it is destroyed.
  Session(boost::asio::io_context& io, boost::asio::thread_pool& workers, std::size_t threads, EngineOptions options,
          Engine::EventHandler on_event);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  void add(AddDownload download);
  void remove(DownloadId id);
  void add_peer(DownloadId id, PeerAddress peer);
  void set_files(DownloadId id, std::vector<FilePriority> files);
  void set_sequential(DownloadId id, bool sequential);
  void set_seed_goal(DownloadId id, SeedGoal goal);
  void set_limits(const EngineLimits& limits);
  void set_limits(DownloadId id, const DownloadLimits& limits);
  [[nodiscard]] std::vector<DownloadStatus> status() const;
  [[nodiscard]] std::optional<DownloadStatus> status(DownloadId id) const;
  [[nodiscard]] BufferUse buffers() const;
  [[nodiscard]] std::uint16_t listen_port() const { return listener_.port(); }
  // Stops every download and tells the trackers, within `patience`; then calls `on_stopped`. No event comes after it.
  void stop(std::chrono::milliseconds patience, std::function<void()> on_stopped);
  // Drops every download as it is. What is left in the io_context does nothing any more, but may hold memory of the
  // session's: it is to be run or destroyed before the session is destroyed.
  void abandon();

 private:
  // What an earlier run of a torrent knew: either may be missing.
  struct Resumed {
    std::unique_ptr<Resume> resume;
    std::unique_ptr<Metainfo> metainfo;
  };
  struct Download {
    std::unique_ptr<AddDownload> add;  // until it is handed on
    Resumed resumed;                   // likewise
    std::unique_ptr<HttpCall> fetch;   // of a .torrent
    std::unique_ptr<Torrent> torrent;
    std::unique_ptr<HttpDownload> http;
    bool begun = false;     // its start was
    bool starting = false;  // and is not over
    bool ending = false;
    std::shared_ptr<char> alive = std::make_shared<char>();  // another one may have its id after it
  };

  // Torrents that start side by side. What each needs for a while is memory for the next ones then, where thousands at
  // once would leave it as holes between what stays.
  static constexpr std::size_t kMostStarting = 64;

  // TorrentHost
  void emit(Event event) override;
  void on_started(Torrent& torrent) override { start_over(torrent.id()); }
  void on_role(Torrent& torrent, TorrentQueue::Role role) override;
  void on_torrent_failed(Torrent& torrent, FailureKind kind, std::string message) override;

  template <class Tell, class Note>
  void tell(DownloadId id, Tell tell, Note note);
  [[nodiscard]] DownloadStatus status_of(DownloadId id, const Download& download, base::SteadyTime now) const;
  void start_http(DownloadId id, Download& download);
  void start_waiting();
  // Makes room for the next one's start, if the download was starting.
  void start_over(DownloadId id);
  // Null when it is gone, or going.
  [[nodiscard]] Download* find(DownloadId id, const std::weak_ptr<char>& alive);
  // Reads the resume data, then goes on with start_source().
  void start_resumed(DownloadId id, Download& download);
  void start_source(DownloadId id, Download& download);
  void fetch_torrent(DownloadId id, Download& download, const std::string& url);
  void read_torrent(DownloadId id, Download& download, base::Bytes bytes);
  void start_torrent(DownloadId id, Metainfo metainfo);
  void start_magnet(DownloadId id, Download& download, const std::string& uri);
  // The torrent for the download, or null when another one has the same info-hash: then it has failed.
  Torrent* make_torrent(DownloadId id, const InfoHash& info_hash);
  void fail(DownloadId id, FailureKind kind, std::string message, std::optional<std::chrono::seconds> retry_after = {});
  // Winds it down; Removed follows, unless the whole session stops.
  void end(DownloadId id);
  void end_later(DownloadId id);
  void ended(DownloadId id);
  // Ends the connections that are too many.
  void shrink();
  // Gives places among the torrents that download or seed.
  void give_turns();
  void on_peer(const InfoHash& info_hash, std::unique_ptr<Transport> transport, base::Bytes received);

  boost::asio::io_context& io_;
  boost::asio::thread_pool& workers_;
  EngineOptions options_;
  Engine::EventHandler on_event_;
  std::size_t connections_ = 0;
  TokenBucket up_bucket_;
  TokenBucket down_bucket_;
  TokenBucket http_bucket_;  // shares of the one above
  TokenBucket torrent_bucket_;
  SmallRandom random_;
  ExternalAddress external_;
  DiskQueue disk_;
  FilePool files_;
  ChunkPool chunks_;
  ChunkPool cache_chunks_;
  TimerQueue timers_;
  Throttle up_;
  Throttle down_;
  HttpClient http_;
  TrackerClient trackers_;
  Dialer dialer_;
  WakeList unread_;
  BlockCache cache_;
  Listener listener_;
  Services services_;
  std::unordered_map<DownloadId, Download> downloads_;
  std::unordered_map<InfoHash, Torrent*, DigestHasher> torrents_;
  std::deque<DownloadId> to_start_;  // some may be gone
  std::size_t starting_ = 0;
  TorrentQueue queue_;
  TimerQueue::Alarm turn_alarm_;
  std::function<void()> on_stopped_;
  std::shared_ptr<char> alive_ = std::make_shared<char>();
  bool stopping_ = false;
  bool flush_posted_ = false;
  bool room_posted_ = false;
  bool turns_posted_ = false;
  bool start_posted_ = false;
};

}  // namespace podswarm::engine
