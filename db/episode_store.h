// Episodes and what was decided about each: tables `episode`, `episode_key` and `episode_tag`. Threads: as the Database. SQL problems
// throw DatabaseError.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "db/database.h"
#include "db/download_store.h"

namespace podswarm::db {

enum class Decision {
  kNone,  // no rule spoke, or (without decided_at) not looked at yet
  kDownload,
  kSkip,
  kHold,  // waits for a person
  kNotify,
  kMarkSeen,
  kDefer,    // looked at again at review_at; not seen
  kBacklog,  // there before the subscription and outside its backlog policy
};
[[nodiscard]] std::string_view to_string(Decision decision);  // "none", "download", ..., "mark-seen", ...
[[nodiscard]] std::optional<Decision> parse_decision(std::string_view text);

// The decision_reason of what a person asked for, whatever the rules say.
inline constexpr std::string_view kWantedByHand = "wanted by hand";

struct EpisodeRow {
  std::int64_t id = 0;
  std::int64_t feed_id = 0;
  std::string identity;  // unique in its feed; what the same episode is known by again
  std::string guid;
  std::string title;
  std::string link;
  std::optional<std::chrono::sys_seconds> published_at;
  std::chrono::sys_seconds first_seen_at{};
  std::optional<std::chrono::seconds> duration;
  std::optional<std::uint64_t> size;
  std::string item;  // the normalised item as JSON, whole
  Decision decision = Decision::kNone;
  std::string decision_rule;
  std::string decision_reason;
  std::optional<std::chrono::sys_seconds> decided_at;
  std::optional<std::chrono::sys_seconds> review_at;
  std::optional<std::chrono::sys_seconds> starred_at;  // by a person, as the next; upsert() leaves both alone
  std::optional<std::chrono::sys_seconds> played_at;

  std::optional<DownloadState> download_state;  // of its download, where there is one; read only
};

struct EpisodeFilter {
  std::optional<std::int64_t> feed_id;
  std::optional<Decision> decision;
  std::string decision_rule;  // "" = whichever
  std::optional<DownloadState> download_state;
  bool undecided = false;                                   // only those without decided_at
  bool on_disk = false;                                     // only those with a file
  std::optional<bool> starred;                              // only those that are, or are not
  std::optional<bool> played;
  std::string text;                                         // in the title, ASCII case ignored
  std::string tag;                                          // of the rules, ASCII case ignored
  std::optional<std::chrono::sys_seconds> decided_since;
  std::optional<std::chrono::sys_seconds> published_since;  // first seen, where the date is unknown
  std::size_t limit = 100;
  std::size_t offset = 0;
  bool with_item = true;  // false leaves `item` empty: it may be large
};

struct Upserted {
  std::int64_t id = 0;
  bool is_new = false;
};

class EpisodeStore {
 public:
  explicit EpisodeStore(Database& database) : database_(database) {}

  // By feed and identity. What is known already gets the item's new text and facts; its decision, review time and
  // first_seen_at stand.
  Upserted upsert(const EpisodeRow& episode);

  [[nodiscard]] std::optional<EpisodeRow> find(std::int64_t id);
  [[nodiscard]] std::optional<EpisodeRow> find_by_identity(std::int64_t feed_id, std::string_view identity);

  // For an item whose guid has changed. False, and nothing changed, where another episode of the feed has it.
  bool set_identity(std::int64_t id, std::string_view identity);

  // Further names of an episode within its feed (an enclosure's canonical URL, an info-hash, a former guid). A key that
  // another episode of the feed holds stays there.
  void add_keys(std::int64_t episode_id, const std::vector<std::string>& keys);
  [[nodiscard]] std::optional<EpisodeRow> find_by_key(std::int64_t feed_id, std::string_view key);

  // Newest first: by date of publication, else by when it was first seen.
  [[nodiscard]] std::vector<EpisodeRow> list(const EpisodeFilter& filter = {});
  [[nodiscard]] std::size_t count(const EpisodeFilter& filter = {});  // limit and offset do not matter
  // When the newest of a feed were published and first seen, newest first.
  struct Release {
    std::optional<std::chrono::sys_seconds> published_at;
    std::chrono::sys_seconds first_seen_at{};
  };
  [[nodiscard]] std::vector<Release> releases(std::int64_t feed_id, std::size_t limit);
  // Deferred ones whose time has come, earliest first.
  [[nodiscard]] std::vector<EpisodeRow> due_for_review(std::chrono::sys_seconds now, std::size_t limit);
  [[nodiscard]] std::optional<std::chrono::sys_seconds> next_review();

  // `review_at` only counts for kDefer.
  void decide(std::int64_t id, Decision decision, std::string_view rule, std::string_view reason,
              std::chrono::sys_seconds at, std::optional<std::chrono::sys_seconds> review_at = std::nullopt);
  // What the rules have tagged it with, instead of what they had; each once, letter case ignored.
  void set_tags(std::int64_t id, const std::vector<std::string>& tags);
  [[nodiscard]] std::vector<std::string> tags(std::int64_t id);  // by name

  // Since when; nothing = not (any more). One that is marked already keeps its time.
  void set_starred(std::int64_t id, std::optional<std::chrono::sys_seconds> at);
  void set_played(std::int64_t id, std::optional<std::chrono::sys_seconds> at);

  // What retention weighs of every episode with files.
  struct Stored {
    std::int64_t id = 0;
    std::int64_t feed_id = 0;
    std::string title;
    std::chrono::sys_seconds published{};  // or first seen, where the date is unknown
    std::chrono::sys_seconds arrived{};    // its latest file
    std::uint64_t size = 0;                // of all its files
    bool starred = false;
    bool played = false;
    bool by_hand = false;  // no rule wanted it: a person did
    bool seeding = false;
    bool done = false;  // not on its way once more
  };
  [[nodiscard]] std::vector<Stored> stored();

 private:
  Database& database_;
};

}  // namespace podswarm::db
