// Downloads, at most one an episode: table `download`. A row outlives its file: state "deleted" is the tombstone that
// keeps an episode from coming back. Threads: as the Database. SQL problems throw DatabaseError.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "db/database.h"

namespace podswarm::db {

enum class DownloadState { kQueued, kDownloading, kDone, kFailed, kSkipped, kDeleted };
enum class SourceKind { kHttp, kTorrent, kMagnet };
enum class Via { kNone, kHttp, kSwarm };

[[nodiscard]] std::string_view to_string(DownloadState state);  // "queued", "downloading", ...
[[nodiscard]] std::string_view to_string(SourceKind kind);      // "http", "torrent", "magnet"
[[nodiscard]] std::string_view to_string(Via via);              // "", "http", "swarm"
[[nodiscard]] std::optional<DownloadState> parse_download_state(std::string_view text);

struct DownloadRow {
  std::int64_t id = 0;
  std::int64_t episode_id = 0;
  DownloadState state = DownloadState::kQueued;
  bool paused = false;  // by a person: stays queued, is never due; done, it does not seed
  int priority = 0;     // higher first
  std::chrono::sys_seconds queued_at{};
  int attempts = 0;  // begun and counted
  std::optional<std::chrono::sys_seconds> next_try_at;
  std::string error;         // of the last attempt, one line
  std::string failure_kind;  // the engine's or the library's, by name
  SourceKind source_kind = SourceKind::kHttp;
  std::string source_url;
  std::string host;  // of source_url; "" of a magnet link
  std::uint64_t bytes_done = 0;
  std::optional<std::uint64_t> bytes_total;
  std::optional<std::chrono::sys_seconds> started_at;   // the latest attempt
  std::optional<std::chrono::sys_seconds> finished_at;  // done, failed for good, or deleted
  Via via = Via::kNone;
  int peers = 0;                       // the most at one time
  std::uint64_t rate_bytes_per_s = 0;  // on average
  std::string info_hash;
  bool seeding = false;
  std::uint64_t uploaded = 0;
  std::string naming;  // what the deciding rule says of folder and name, as the scheduler writes it; "" = nothing
  std::filesystem::path placed;  // the file or folder in the library; empty where there is none or it is not known
  std::string original;          // what that was called before, without extension
  std::optional<std::chrono::sys_seconds> failed_at;  // the last failure; none since it was queued anew or is done
  std::int64_t place = 0;    // lower first among those of its priority; 0 unless a person has moved it
  std::int64_t feed_id = 0;  // of its episode; read only
};

struct NewDownload {
  std::int64_t episode_id = 0;
  SourceKind source_kind = SourceKind::kHttp;
  std::string source_url;
  int priority = 0;
  bool paused = false;
  std::optional<std::uint64_t> bytes_total;
  std::string info_hash;
  std::optional<std::chrono::sys_seconds> not_before;
  std::string naming;
  std::int64_t place = 0;
};

struct DownloadProgress {
  std::uint64_t bytes_done = 0;
  std::optional<std::uint64_t> bytes_total;
  Via via = Via::kNone;
  int peers = 0;
  std::uint64_t rate_bytes_per_s = 0;
  std::uint64_t uploaded = 0;
};

struct DownloadFilter {
  std::optional<DownloadState> state;
  std::optional<std::int64_t> feed_id;
  std::size_t limit = 1000;
};

// Which of what is due; empty: no matter.
struct DueFilter {
  std::set<std::int64_t> only_feeds;
  std::set<std::int64_t> not_feeds;
  std::set<std::string> not_hosts;  // of those by HTTP
  bool only_http = false;
};

// What has come to an end in a time.
struct Finished {
  std::size_t done = 0;
  std::size_t failed = 0;
  std::uint64_t bytes = 0;  // of those that are done
};

struct Enqueued {
  std::int64_t id = 0;
  bool is_new = false;
};

class DownloadStore {
 public:
  explicit DownloadStore(Database& database) : database_(database) {}

  // An episode that has a row already, in whatever state, keeps it as it is.
  Enqueued enqueue(const NewDownload& download, std::chrono::sys_seconds now);
  // Back to the queue from any state, attempts and error forgotten: a person wants it (again).
  void requeue(std::int64_t id, std::chrono::sys_seconds now);
  // The enclosure has moved or another one is preferred; progress and resume data are kept only for the same kind.
  void set_source(std::int64_t id, SourceKind kind, std::string_view url);

  // What came of the one before is nothing to this one; `size` where it is claimed.
  void use_other_source(std::int64_t id, SourceKind kind, std::string_view url, std::optional<std::uint64_t> size);

  [[nodiscard]] std::optional<DownloadRow> find(std::int64_t id);
  [[nodiscard]] std::optional<DownloadRow> find_by_episode(std::int64_t episode_id);
  [[nodiscard]] std::optional<DownloadRow> find_by_info_hash(std::string_view info_hash);
  [[nodiscard]] std::vector<DownloadRow> list(const DownloadFilter& filter = {});  // queue order, then newest finished

  // Ended so since then, in the order of time.
  [[nodiscard]] std::vector<DownloadRow> finished_since(DownloadState state, std::chrono::sys_seconds since,
                                                        std::size_t limit);
  // Failed since then, for good or to be tried again, and not done since.
  [[nodiscard]] std::vector<DownloadRow> failed_since(std::chrono::sys_seconds since, std::size_t limit);

  // Queued, not paused, their time come, of feeds that are not paused: by priority, place, then who queued first.
  [[nodiscard]] std::vector<DownloadRow> due(std::chrono::sys_seconds now, std::size_t limit,
                                             const DueFilter& filter = {});
  // By priority, place, then who queued first, whether its time has come or not.
  [[nodiscard]] std::optional<DownloadRow> first_queued();
  // When the next one that waits falls due; nothing where none waits. Only of those that fall due after a time, and of
  // those by HTTP, where that is asked for.
  [[nodiscard]] std::optional<std::chrono::sys_seconds> next_due(
      std::optional<std::chrono::sys_seconds> after = std::nullopt, bool only_http = false);
  [[nodiscard]] std::vector<DownloadRow> seeding();

  [[nodiscard]] std::map<DownloadState, std::size_t> count_by_state();
  // Of those downloading now.
  [[nodiscard]] std::map<std::string, std::size_t> active_by_host();
  // Bytes still to come of all that are queued or downloading and whose size is known.
  [[nodiscard]] std::uint64_t bytes_outstanding();
  // Received of those that are queued, a feed each: what lies in unfinished files.
  [[nodiscard]] std::map<std::int64_t, std::uint64_t> partial_bytes();
  // When one of a feed was last begun.
  [[nodiscard]] std::map<std::int64_t, std::chrono::sys_seconds> last_starts();
  // Bytes a second of the `count` that were finished last, on average; nothing where none is known.
  [[nodiscard]] std::optional<std::uint64_t> recent_rate(std::size_t count);
  [[nodiscard]] std::optional<std::uint64_t> recent_size(std::size_t count);  // likewise
  [[nodiscard]] Finished finished_since(std::chrono::sys_seconds since);

  void start(std::int64_t id, std::chrono::sys_seconds at);  // counts an attempt
  void record_progress(std::int64_t id, const DownloadProgress& progress);
  void set_info_hash(std::int64_t id, std::string_view info_hash);
  void set_uploaded(std::int64_t id, std::uint64_t bytes);  // in all runs together
  void finish(std::int64_t id, std::chrono::sys_seconds at);
  void set_attempts(std::int64_t id, int attempts);
  // With `next_try_at` it goes back to the queue until then, else it has failed for good.
  void fail(std::int64_t id, std::chrono::sys_seconds at, std::string_view kind, std::string_view error,
            std::optional<std::chrono::sys_seconds> next_try_at);
  // Downloading → queued without counting it as a failure (window closed, shutdown).
  void put_back(std::int64_t id);
  void skip(std::int64_t id, std::chrono::sys_seconds at, std::string_view reason);
  // The tombstone. Resume data is dropped, seeding ends.
  void mark_deleted(std::int64_t id, std::chrono::sys_seconds at);
  // Where it lies as a whole, and how it was called before ("" = not known).
  void set_placed(std::int64_t id, const std::filesystem::path& placed);
  void set_original(std::int64_t id, std::string_view original);
  void set_priority(std::int64_t id, int priority);
  void set_paused(std::int64_t id, bool paused);
  void set_turn(std::int64_t id, int priority, std::int64_t place);
  void set_size(std::int64_t id, std::uint64_t bytes_total);
  void set_received(std::int64_t id, std::uint64_t bytes_done);
  // Failed for want of a line ("unreachable" since then, or "offline", which did not count): due at once, the attempt
  // forgotten. Returns how many.
  std::size_t forgive(std::chrono::sys_seconds since, std::chrono::sys_seconds now);
  // Of one that is done; no more seeding, nothing to pause.
  void set_seeding(std::int64_t id, bool seeding);

  // A torrent's resume data, whole; empty = none.
  void set_resume(std::int64_t id, base::ByteView data);
  [[nodiscard]] base::Bytes resume(std::int64_t id);

  // At start: what was downloading when the process ended is queued again. Returns how many.
  std::size_t recover();

 private:
  Database& database_;
};

}  // namespace podswarm::db
