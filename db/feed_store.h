// Subscriptions: table `feed`. Threads: as the Database. SQL problems throw DatabaseError.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "db/database.h"

namespace podswarm::db {

enum class FeedStatus { kActive, kPaused, kStopped };
[[nodiscard]] std::string_view to_string(FeedStatus status);  // "active", "paused", "stopped"

struct FeedRow {
  std::int64_t id = 0;
  std::string url;          // as subscribed or permanently redirected; unique by its canonical form
  std::string name;         // the user's; unique by its slug
  bool name_given = false;  // by the user; else it was made from the title or, until that is known, the URL
  std::string title;        // as published, "" until the first poll
  std::string site_link;
  std::string image;
  std::string language;  // BCP 47, as published
  std::vector<std::string> tags;
  FeedStatus status = FeedStatus::kActive;
  std::string status_reason;  // of kPaused and kStopped: "410 Gone"

  std::string etag;
  std::string last_modified;
  std::string content_hash;

  std::string backlog;                                         // "latest:1", "all", "none", "since:DATE"
  std::optional<std::chrono::sys_seconds> backlog_applied_at;  // at the first poll that worked

  std::chrono::sys_seconds added_at{};
  std::optional<std::chrono::sys_seconds> last_poll_at;
  std::optional<std::chrono::sys_seconds> last_ok_at;
  std::optional<std::chrono::sys_seconds> next_poll_at;  // absent: at once
  int poll_failures = 0;                                 // in a row
  std::string last_error;                                // of the last poll; "" when it worked
  std::string update_hints;                              // what the last document says of it, as JSON; "" = nothing
  std::string poll_reasons;                              // of next_poll_at, as JSON; "" = not planned yet

  std::string user_agent;   // instead of the configured one
  std::string credentials;  // a reference into the configuration or key store, never a secret
};

struct NewFeed {
  std::string url;
  std::string name;   // "" = from the title, once it is known
  std::string title;  // where it is known already (OPML)
  std::vector<std::string> tags;
  std::string backlog = "latest:1";
  std::string user_agent;
  std::string credentials;
};

// A poll that brought a document, or learned that it has not changed.
struct PollSuccess {
  std::chrono::sys_seconds at{};
  std::chrono::sys_seconds next_poll_at{};
  std::string etag;
  std::string last_modified;
  std::string content_hash;
  std::string update_hints;
  std::string poll_reasons;
};

struct PollFailure {
  std::chrono::sys_seconds at{};
  std::chrono::sys_seconds next_poll_at{};
  std::string error;  // one line, URLs redacted
  std::string poll_reasons;
};

enum class FeedStoreError { kDuplicateUrl, kDuplicateName, kBadName };

// What names are compared by: letters and digits in lower case (ASCII; other characters stand), the rest as one '-'.
[[nodiscard]] std::string slug(std::string_view name);

class FeedStore {
 public:
  explicit FeedStore(Database& database) : database_(database) {}

  // Refused, with a message that names the other feed, where the URL or the given name is taken. A name that was not
  // given is made unique: "News", "News 2".
  [[nodiscard]] base::Result<FeedRow, FeedStoreError> add(const NewFeed& feed, std::chrono::sys_seconds now);

  // With its episodes, downloads and files' rows; no file is touched. False where there is none.
  bool remove(std::int64_t id);

  [[nodiscard]] std::optional<FeedRow> find(std::int64_t id);
  [[nodiscard]] std::optional<FeedRow> find_by_url(std::string_view url);    // compared in canonical form
  [[nodiscard]] std::optional<FeedRow> find_by_name(std::string_view name);  // compared by slug
  // What a person typed: the number, the URL or the name.
  [[nodiscard]] std::optional<FeedRow> find_by_reference(std::string_view text);

  [[nodiscard]] std::vector<FeedRow> list();                             // by name
  [[nodiscard]] std::vector<FeedRow> list_tagged(std::string_view tag);  // by name

  // Active feeds whose poll is due, longest overdue first.
  struct Due {
    std::int64_t id = 0;
    std::string url;
  };
  [[nodiscard]] std::vector<Due> due(std::chrono::sys_seconds now);
  // Moves what is due to random times within `over` from now. Returns how many feeds that were.
  std::size_t spread_due(std::chrono::sys_seconds now, std::chrono::seconds over);
  // When the next active feed falls due; nothing where none is active.
  [[nodiscard]] std::optional<std::chrono::sys_seconds> next_due();

  [[nodiscard]] base::Result<void, FeedStoreError> rename(std::int64_t id, std::string_view name);
  // For a permanent redirect or a person. The validators of the old address are forgotten.
  [[nodiscard]] base::Result<void, FeedStoreError> set_url(std::int64_t id, std::string_view url);
  // What the document says of itself. The first title that is known also becomes the name, unless one was given.
  void set_published(std::int64_t id, std::string_view title, std::string_view site_link, std::string_view image,
                     std::string_view language = {});
  void set_tags(std::int64_t id, const std::vector<std::string>& tags);
  void set_status(std::int64_t id, FeedStatus status, std::string_view reason = {});
  void set_user_agent(std::int64_t id, std::string_view user_agent);
  void set_credentials(std::int64_t id, std::string_view reference);
  void set_backlog(std::int64_t id, std::string_view policy);
  void set_backlog_applied(std::int64_t id, std::chrono::sys_seconds at);
  void set_next_poll(std::int64_t id, std::optional<std::chrono::sys_seconds> at);

  void record_success(std::int64_t id, const PollSuccess& poll);
  void record_failure(std::int64_t id, const PollFailure& poll);
  // Active feeds whose last poll, since then, failed: due now, the failure not counted. Returns how many.
  std::size_t forgive(std::chrono::sys_seconds since, std::chrono::sys_seconds now);

 private:
  Database& database_;
};

}  // namespace podswarm::db
