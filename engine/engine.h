// The engine: downloads given as sources go in as commands, what became of them comes out as events. HTTP, .torrent
// files and magnet links alike. It knows nothing of feeds, rules or the database.
//
// Threads: one network thread runs everything but disk and hashing. Every method of Engine may be called from any
// thread and returns at once, unless it says otherwise. Events are delivered on the network thread, in order: the
// handler must not block; it usually posts the event to its own thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "engine/core/file_priority.h"
#include "engine/core/seed_goal.h"

namespace podswarm::engine {

// Chosen by the caller, unique among the downloads that the engine holds.
using DownloadId = std::uint64_t;

// What the engine may use of the machine and the line. All of it can be changed while the engine runs.
struct EngineLimits {
  std::uint64_t up_limit = 0;            // bytes a second over all torrents, 0 = none
  std::uint64_t down_limit = 0;          // bytes a second over all downloads, 0 = none
  std::uint64_t http_down_limit = 0;     // of these over those by HTTP, 0 = none
  std::uint64_t torrent_down_limit = 0;  // over torrents, 0 = none
  std::size_t max_peers = 200;           // connections over all torrents
  std::size_t max_peers_per_torrent = 50;
  std::size_t max_half_open = 50;         // calls to peers that nobody has answered yet
  std::size_t connects_per_s = 30;        // calls begun in a second, 0 = no bound
  std::size_t upload_slots = 8;           // peers that a torrent gives to at a time
  std::size_t buffer_budget = 24u << 20;  // bytes in flight between sockets and disk
  // Torrents that download, or seed, at a time; the others wait for their turn, which costs nothing. 0 = no bound.
  std::size_t max_downloading = 0;
  std::size_t max_seeding = 0;

  bool operator==(const EngineLimits&) const = default;
};

struct EngineOptions : EngineLimits {
  std::string listen_address;                       // "" = any, IPv4 and IPv6
  std::uint16_t listen_port = 0;                    // 0 = one that the system picks
  std::string user_agent;                           // of HTTP requests; also `v` of the extension handshake
  std::size_t disk_threads = 0;                     // 0 = one a core, at most 4
  bool allow_private = true;                        // HTTP to private, loopback and link-local addresses
  std::chrono::milliseconds save_interval{30'000};  // between the ResumeData of a torrent under way
  // For tests of slow and full disks: called on a disk thread before bytes are written to a torrent's file. It may
  // block; what it returns is the errno that the write fails with, 0 to go on.
  std::function<int(const std::string& path, std::size_t bytes)> before_write;
};

struct HttpOptions {
  std::string user_agent;  // "" = the engine's
  std::string user;        // Basic credentials, sent to the URL's own host only
  std::string password;
  std::string token;    // a bearer token in their place (RFC 6750)
  std::string ca_file;  // instead of the system's CAs
  bool allow_private = true;
  std::chrono::milliseconds connect_timeout{15'000};
  std::chrono::milliseconds stall_timeout{60'000};
};

// A media file by HTTP(S).
struct HttpSource {
  std::string url;
};
// A .torrent by URL, or its bytes.
struct TorrentUrlSource {
  std::string url;
};
struct TorrentFileSource {
  base::Bytes bytes;
};
struct MagnetSource {
  std::string uri;
};
using Source = std::variant<HttpSource, TorrentUrlSource, TorrentFileSource, MagnetSource>;

struct PeerAddress {
  std::string host;  // an IP address or a name
  std::uint16_t port = 0;
};

// What one download may use, within the engine's limits. Can be changed while it runs. Only the first one means
// something for HTTP.
struct DownloadLimits {
  std::uint64_t down_limit = 0;  // bytes a second, 0 = none
  std::uint64_t up_limit = 0;
  std::size_t max_peers = 0;     // 0 = EngineLimits::max_peers_per_torrent
  std::size_t upload_slots = 0;  // 0 = EngineLimits::upload_slots
};

struct AddDownload : DownloadLimits {
  DownloadId id = 0;
  Source source;
  // Where the data goes: a torrent's files below it under the torrent's own (safe) names; an HTTP file as
  // `file_name`.part, renamed to `file_name` when complete. Created if missing, but not its parent.
  std::filesystem::path dir;
  std::string file_name;  // of an HTTP file; "" = from Content-Disposition or the URL
  HttpOptions http;
  bool expect_media = true;  // an HTML, XML or JSON body is an error page, not an episode
  // From the last ResumeData of this torrent; a .torrent by URL is not fetched then. Empty = data on disk is verified
  // first.
  base::Bytes resume;
  std::vector<PeerAddress> peers;
  std::vector<std::string> web_seeds;  // URLs (BEP 19), besides the torrent's own
  bool use_trackers = true;
  // Which files of a torrent are wanted how much, by FileInfo::index; those beyond the end are normal. Empty: as in
  // `resume`, else as a magnet's `so=` says (BEP 53), else all.
  std::vector<FilePriority> files;
  bool choose_files = false;  // nothing is downloaded before set_files() says what
  bool sequential = false;    // in the order of the pieces, as for somebody who listens meanwhile
  bool seed = true;           // go on seeding when everything wanted is there; else the torrent stops then
  SeedGoal seed_goal;         // when seeding ends; what earlier runs sent and seeded counts, by `resume`
  std::uint64_t uploaded_before = 0;  // in earlier runs, where the caller knows of more than `resume` does
};

enum class DownloadState {
  kStarting,
  kMetadata,
  kChecking,
  kDownloading,
  kSeeding,   // everything wanted is there
  kPaused,    // nothing is wanted
  kFinished,  // everything wanted is there, and it is not shared
  kFailed,
  kQueued,  // waits for a place among those that download or seed
};

// What a failure means to whoever retries.
enum class FailureKind {
  kTemporary,    // network, 5xx, stall: try again later
  kPermanent,    // the source can never work: not a torrent, 404, 410, refused metainfo
  kAccess,       // 401, 403: fresh credentials or a fresh URL might help
  kNotMedia,     // an error page instead of an episode
  kDiskFull,     // nothing lost; try again when there is room
  kDisk,         // permission, read-only, I/O error
  kMissing,      // what had been downloaded is gone, all of it: a disk that is not mounted, a folder that was moved
  kUnreachable,  // no such host, or nobody there: the server's trouble, or the machine's own network
};

struct FileInfo {
  std::filesystem::path path;  // below AddDownload::dir
  std::uint64_t size = 0;
  std::uint32_t index = 0;  // in the torrent's list of files, where padding counts too
};

// Sent once a download's name and size are known (a magnet's after its metadata).
struct Started {
  DownloadId id = 0;
  std::string name;
  std::string info_hash;  // hexadecimal; "" for HTTP
  std::vector<FileInfo> files;
  std::optional<std::uint64_t> total_size;
};
// Every byte that is wanted is there, verified and synced. A torrent may go on seeding. Comes again when other files
// were wanted since, and are there.
struct Finished {
  DownloadId id = 0;
  std::vector<FileInfo> files;        // those that are wanted
  std::string content_type;           // of an HTTP answer
  std::string suggested_name;         // Content-Disposition or URL, sanitised; the torrent's name
  std::size_t peers = 0;              // of a torrent: the most at one time
  std::chrono::milliseconds took{0};  // since it was added
};
struct Failed {
  DownloadId id = 0;
  FailureKind kind = FailureKind::kTemporary;
  std::string message;  // one line, for a person; URLs redacted
  std::optional<std::chrono::seconds> retry_after;
};
// A torrent was shared as much as its goal says, and has stopped: its state is kFinished.
struct SeedGoalReached {
  DownloadId id = 0;
  std::uint64_t uploaded = 0;  // in all runs
  std::chrono::seconds seeded{0};
};
// A torrent that seeds has sent kSeedStep or more since this was told last, kSeedPause ago or longer: to be remembered,
// in case the process is killed.
inline constexpr std::uint64_t kSeedStep = 4u << 20;
inline constexpr std::chrono::seconds kSeedPause{30};
struct SeedProgress {
  DownloadId id = 0;
  std::uint64_t uploaded = 0;  // in all runs
};
// To be stored and handed back in AddDownload::resume: the pieces in it are synced to disk.
struct ResumeData {
  DownloadId id = 0;
  base::Bytes data;
};
// The download has left the engine, after remove() or a failure: its files are closed, its id may be used again.
struct Removed {
  DownloadId id = 0;
};
using Event = std::variant<Started, Finished, Failed, SeedGoalReached, SeedProgress, ResumeData, Removed>;

struct FileStatus {
  FilePriority priority = FilePriority::kNormal;
  std::uint64_t size = 0;
  std::uint64_t done = 0;  // in verified pieces
};

struct DownloadStatus {
  DownloadId id = 0;
  DownloadState state = DownloadState::kStarting;
  std::string name;
  std::string info_hash;
  std::uint64_t done_bytes = 0;  // verified, or for HTTP received
  std::optional<std::uint64_t> total_bytes;
  std::uint64_t wanted_bytes = 0;  // of the files that are wanted, once they are known; `wanted_done` of them are there
  std::uint64_t wanted_done = 0;
  std::vector<FileStatus> files;  // by FileInfo::index; filled where the status of one torrent is asked for
  std::uint64_t down_rate = 0;    // bytes a second, payload
  std::uint64_t up_rate = 0;
  std::uint64_t downloaded = 0;  // payload bytes of this run, wasted ones included
  std::uint64_t uploaded = 0;
  std::uint64_t wasted = 0;  // of failed pieces and duplicates
  std::uint32_t pieces_done = 0;
  std::uint32_t pieces_total = 0;
  std::size_t peers = 0;
  std::size_t seeds = 0;
  std::optional<std::uint64_t> tracker_seeds;     // the most that a tracker counts
  std::optional<std::uint64_t> tracker_leechers;  // likewise
  std::size_t web_seeds = 0;                      // that are being received from
  std::string tracker_message;                    // the last failure or warning, "" if none
  std::string web_seed_message;                   // likewise
};

// Until what is wanted is here at the present rate; nothing where that rate is none or nothing is missing.
[[nodiscard]] std::optional<std::chrono::seconds> time_left(const DownloadStatus& status);

// Memory that payload is in, between sockets and disk.
struct BufferUse {
  std::size_t in_use = 0;
  std::size_t most = 0;  // at any one time so far
  std::size_t budget = 0;
};

class Engine {
 public:
  using EventHandler = std::function<void(Event)>;

  // Starts the threads and listens. Throws std::system_error when it cannot listen.
  Engine(EngineOptions options, EventHandler on_event);
  // Like stop(), if it was not called.
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  void add(AddDownload download);
  // Stops it and forgets it; what is on disk stays. Answered by Removed; an unknown id too.
  void remove(DownloadId id);
  void add_peer(DownloadId id, PeerAddress peer);
  // See AddDownload; each holds at once, for a torrent that has finished too.
  void set_files(DownloadId id, std::vector<FilePriority> files);
  void set_sequential(DownloadId id, bool sequential);
  void set_seed_goal(DownloadId id, SeedGoal goal);
  // Both hold at once: a lower bound on connections ends those that are of the least use.
  void set_limits(const EngineLimits& limits);
  void set_limits(DownloadId id, const DownloadLimits& limits);

  // A picture of everything, taken on the network thread; waits for it (milliseconds). Not from the event handler.
  [[nodiscard]] std::vector<DownloadStatus> status() const;
  // Of one, with its files; nothing when there is none of that id.
  [[nodiscard]] std::optional<DownloadStatus> status(DownloadId id) const;
  [[nodiscard]] BufferUse buffers() const;
  [[nodiscard]] std::uint16_t listen_port() const;

  // Stops all downloads, syncs and emits ResumeData, tells the trackers, closes; waits for it, at most `patience`.
  // No event is delivered afterwards.
  void stop(std::chrono::milliseconds patience = std::chrono::seconds(4));

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace podswarm::engine
