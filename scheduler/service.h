// The whole program behind one object: what the command line and the web API call. It owns the threads: the
// scheduler's (which is the database's writer), the feed pool, the engine's.
//
// Every verb may be called from any thread but the scheduler's own; it runs on the scheduler's thread and the caller
// waits, for milliseconds: whatever takes longer is a job, asked about with job(). Answers are JSON documents
// (docs/api.md).
#pragma once

#include <boost/json/value.hpp>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "scheduler/settings.h"
#include "scheduler/types.h"

namespace podswarm::scheduler {

enum class ServiceError {
  kInvalid,   // the request makes no sense: the message says what to change
  kNotFound,  // no such feed, episode or job
  kConflict,  // subscribed already, a name that is taken
  kFailed,    // the database or the disk: the message is theirs
};

using Answer = base::Result<boost::json::value, ServiceError>;

struct Subscription {
  std::string url;
  std::string name;
  std::vector<std::string> tags;
  std::string backlog;  // "" = the configured one
};

struct EpisodeQuery {
  std::string feed;   // a reference; "" = all
  std::string state;  // as episodes show it; "" = any
  std::string text;   // in the title
  std::string tag;    // of the rules
  std::optional<base::WallTime> since;
  std::optional<bool> starred;
  std::optional<bool> played;
  std::size_t limit = 50;
  std::size_t offset = 0;
};

// What a player of the served library gets: a document, or a file of the library.
struct ServedText {
  std::string body;
  std::string content_type;
};
struct ServedFile {
  std::filesystem::path root;  // the library, or the folder of a file outside of it
  std::filesystem::path path;  // below it, to be opened without following links (base/beneath.h)
  std::string content_type;
};

struct AdoptRequest {
  std::string folder;  // absolute, as the service sees it
  std::string feed;    // a reference; "" = all
  bool move = false;   // into the library, under the template's names
  bool dry_run = false;
};

class Service {
 public:
  struct Options {
    Mode mode = Mode::kOnDemand;
    SettingsPtr settings;
    // Reads the settings anew for reload().
    std::function<SettingsResult()> reread;
    std::shared_ptr<const base::Clock> clock = std::make_shared<base::SystemClock>();
  };

  // Opens the database and starts. Throws db::DatabaseError.
  explicit Service(Options options);
  // Like stop().
  ~Service();
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;

  // Subscribes, and starts a check of the feed: {"feed": …, "job": N}.
  Answer add_feed(const Subscription& subscription);
  // `feed` is what a person typed: the number, the name or the URL.
  Answer remove_feed(const std::string& feed, bool delete_files);
  Answer feeds();
  Answer feed(const std::string& reference);

  Answer episodes(const EpisodeQuery& query);
  Answer episode(std::int64_t id);
  // Queues them again, or for the first time: {"queued": [ids]}. No ids: all that have failed.
  Answer retry(const std::vector<std::int64_t>& ids);
  Answer skip(const std::vector<std::int64_t>& ids);
  // All held episodes, of one feed or ("") of all, are accepted (as new: the rules decide) or rejected for good.
  // `verdict`: "accept" or "reject". {"reviewed": [ids], "queued": N}.
  Answer review(const std::string& feed, const std::string& verdict);

  // A person's marks, set or taken off: {"marked": [ids]}. Starred ones are kept by retention.
  Answer star(const std::vector<std::int64_t>& ids, bool on);
  Answer played(const std::vector<std::int64_t>& ids, bool on);
  // Counts as had, without a download; off: the rules decide anew. {"marked": [ids], "unchanged": [ids]}.
  Answer mark_seen(const std::vector<std::int64_t>& ids, bool on);
  // The files go, the episodes do not come back by themselves: {"deleted": [ids], "nothing_there": [ids], "failed": […]}.
  Answer delete_files(const std::vector<std::int64_t>& ids);
  // Deletes what is beyond the configured bounds, some of it: {"deleted": […], "bytes": N, "failed": […], "more": false}.
  Answer tidy(const std::vector<std::string>& feeds, bool dry_run);

  // Gives files the names that the templates say today, some of them:
  // {"renamed": […], "kept": […], "failed": […], "more": false}.
  Answer rename(const std::vector<std::string>& feeds, bool dry_run);

  // Takes over a folder's files as downloaded episodes: {"adopted": […], "ambiguous": […], "unknown": […],
  // "already_there": […], "failed": […], "known": N}. Takes as long as reading the folder and moving its files takes.
  Answer adopt(const AdoptRequest& request);

  // What is under way and what waits, as it takes its turns.
  Answer queue();
  // `to`: "top", "up", "down" or "bottom". {"moved": [ids], "not_queued": [ids]}.
  Answer move_in_queue(const std::vector<std::int64_t>& episodes, const std::string& to);
  Answer set_priority(const std::vector<std::int64_t>& episodes, std::int64_t priority);
  // Or resumes; neither episodes nor feeds: the whole queue.
  Answer pause(const std::vector<std::int64_t>& episodes, const std::vector<std::string>& feeds, bool paused);
  // The coming seven days: windows, polls, what is expected, what will start.
  Answer schedule();

  // {"job": N}; no feeds: all.
  Answer check(const std::vector<std::string>& feeds);
  Answer fetch(const std::vector<std::string>& feeds, WindowRule window);
  Answer job(JobId id);

  Answer status();
  // What happened since: "yesterday", "today", a date, "24h", RFC 3339; "" = yesterday.
  Answer report(const std::string& since);
  Answer rules();
  // Why the episode is as it is: every predicate of every rule, evaluated now.
  Answer explain(std::int64_t episode_id);
  // What a condition would take of the episodes of so many days. Writes nothing.
  Answer test_condition(const std::string& where, std::int64_t history_days);
  // What rules, the text of a TOML file, would have decided on them. Writes nothing.
  Answer test_rules(const std::string& rules, std::int64_t history_days);
  // Reads the configuration anew; with any problem the running one stays and the problems are the message.
  Answer reload();

  // {"added": [...], "known": [...], "failed": [...], "repairs": [...], "job": N}. `list_url`: the list's own, for relative
  // addresses in it, or "".
  Answer import_opml(const std::string& text, const std::string& list_url = {});
  Answer export_opml();  // {"opml": "…"}

  // Players that may read the served library (docs/serving.md). `token` is the new client's, random and secret; it is
  // in the answer's addresses and nowhere else.
  Answer add_client(const std::string& name, const std::string& token);
  Answer clients();
  Answer remove_client(const std::string& name);

  // The library for a player. kNotFound for an unknown token as for what is not there. `origin` is how the player calls
  // this server, "http://192.168.1.5:8420", unless the configuration says otherwise. No feed: all of them.
  base::Result<ServedText, ServiceError> served_feed(const std::string& token, std::optional<std::int64_t> feed_id,
                                                     const std::string& origin);
  base::Result<ServedText, ServiceError> served_list(const std::string& token, const std::string& origin);
  base::Result<ServedFile, ServiceError> served_file(const std::string& token, std::int64_t file_id);
  // At once, without waiting for the scheduler's thread.
  [[nodiscard]] bool knows_client(std::string_view token) const;

  // Ends everything within about `patience`, state saved. Later calls fail. Twice is harmless.
  void stop(std::chrono::milliseconds patience = std::chrono::seconds(4));

  // After an answer that a ManualClock's owner has moved the clock: looks at what is due now, and waits for it.
  void wake();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace podswarm::scheduler
