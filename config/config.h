// The configuration file (TOML) as plain values, with defaults; config.example.toml lists every key. Every problem in a
// file is found in one go, with line and column. Plain data, safe to copy between threads; only load_config() reads
// files.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/located.h"
#include "config/extras.h"
#include "config/hook_entry.h"
#include "config/rule_entry.h"
#include "config/window.h"

namespace podswarm::config {

struct GeneralConfig {
  std::string library_dir = "~/Podcasts";
  std::string data_dir;  // "" = the default of paths.h
  base::Located<std::string>
      rules_file;          // a TOML file of [[rule]] tables only, relative to the configuration's folder; "" = none
  std::string user_agent;  // "" = the program's name and version
  base::Located<std::string> timezone;  // what the local clock shows: a zone's name or a POSIX TZ; "" = the system's
};

struct PollConfig {
  std::chrono::seconds interval = std::chrono::hours(1);           // at least so long between two polls
  std::chrono::seconds max_interval = std::chrono::hours(24 * 7);  // at most, as a feed's own history makes it
  int jitter_percent = 10;
  int concurrency = 8;
  int per_host = 2;
  std::chrono::seconds host_spacing{1};                     // between two requests to one host, a few aside
  std::chrono::seconds deadline = std::chrono::minutes(2);  // of one poll, all in all

  bool operator==(const PollConfig&) const = default;
};

// Which source is taken where an item offers several.
enum class Prefer { kFeedOrder, kHttp, kTorrent, kSmallest, kLargest };
[[nodiscard]] std::string_view to_string(Prefer prefer);  // "feed", "http", "torrent", "smallest", "largest"

// What becomes of a download that is under way when its window closes.
enum class Finish {
  kPause,     // goes on in the next window
  kComplete,  // is fetched to its end
};
[[nodiscard]] std::string_view to_string(Finish finish);  // "pause", "complete"

// Whether a connection that is paid for by the byte is used.
enum class Metered { kIgnore, kPause };
[[nodiscard]] std::string_view to_string(Metered metered);  // "ignore", "pause"

// What NetworkManager says of the connection, for metered_command: 1 and 3 are "yes" and "yes, by guess".
inline constexpr std::string_view kMeteredCommand =
    "busctl get-property org.freedesktop.NetworkManager /org/freedesktop/NetworkManager "
    "org.freedesktop.NetworkManager Metered | grep -q '^u [13]'";

struct DownloadConfig {
  Window window;
  Finish finish = Finish::kPause;
  std::optional<DoneBy> done_by;
  int max = 4;
  int per_host = 2;
  std::chrono::seconds stall_timeout = std::chrono::minutes(1);
  Prefer prefer = Prefer::kFeedOrder;
  std::uint64_t limit = 0;                          // bytes a second over everything, 0 = none
  std::optional<std::uint64_t> limit_outside;       // while the window is closed; absent: the same as inside
  std::uint64_t http_limit = 0;                     // over what comes by HTTP, within `limit`
  std::optional<std::uint64_t> http_limit_outside;  // likewise
  std::uint64_t min_free = 1ull << 30;              // bytes of disk that stay free
  Metered metered = Metered::kIgnore;
  std::string metered_command{kMeteredCommand};  // a shell command that ends with 0 where the connection is metered
  bool inhibit_sleep = false;

  bool operator==(const DownloadConfig&) const = default;
};

struct TorrentConfig {
  bool enabled = true;
  std::string listen;                               // "" = every address
  std::uint16_t port = 0;                           // 0 = one that the system picks
  std::uint64_t up_limit = 0;                       // bytes a second, 0 = none
  std::optional<std::uint64_t> up_limit_outside;    // while download.window is closed; absent: the same as inside
  std::uint64_t down_limit = 0;                     // over what comes from swarms, within download.limit
  std::optional<std::uint64_t> down_limit_outside;  // likewise
  int max_peers = 200;
  int max_peers_per_torrent = 50;
  int upload_slots = 8;              // of each torrent
  int max_half_open = 50;            // calls to peers under way
  int connects_per_second = 30;      // 0 = no bound
  std::uint64_t memory = 24u << 20;  // bytes of payload between network and disk
  int max_seeding = 0;               // torrents that seed at a time, 0 = no bound
  bool seed = true;
  bool seed_outside = true;                                 // also while the feed's window is closed
  double seed_ratio = 2.0;                                  // stops at either; 0 = no bound
  std::chrono::seconds seed_time = std::chrono::hours(24);  // 0 = no bound

  bool operator==(const TorrentConfig&) const = default;
};

// How much is kept of what has come; 0 = no bound.
struct KeepConfig {
  int newest = 0;               // episodes
  std::chrono::seconds age{0};  // since it came
  std::uint64_t size = 0;       // bytes

  bool operator==(const KeepConfig&) const = default;
};

struct LibraryConfig {
  base::Located<std::string> name_template{"{feed}/{published:%Y-%m-%d} {title}.{ext}", {}};
  KeepConfig keep;  // over all feeds together
  Extras extras;
  std::uint64_t quota = 0;  // bytes of episodes, what is being fetched included; 0 = no bound
};

// What holds for a feed unless its own table says otherwise.
struct FeedDefaults {
  // How much of what a feed has published before the subscription is fetched: "latest:N" (a number alone means that),
  // "all", "none", "since:YYYY-MM-DD".
  std::string backlog = "latest:1";
  // Whether feeds, and what they lead to, may lie at addresses in private, loopback and link-local ranges. Those whose
  // own address says that it is such a place (base::is_local_host) may in any case.
  bool allow_private = false;
  std::string ca_file;  // "" = the system's
  std::uint64_t quota = 0;  // bytes of each feed's episodes, what is being fetched included; 0 = no bound
  KeepConfig keep;
  bool keep_starred = true;
  bool keep_unplayed = false;

  bool operator==(const FeedDefaults&) const = default;
};

// The directories that `search` asks; "" = not that one.
struct SearchConfig {
  std::string itunes_url = "https://itunes.apple.com/search";
  std::string podcastindex_url = "https://api.podcastindex.org/api/1.0/search/byterm";
  // The environment variables that hold its key and secret; without both it is not asked.
  std::string podcastindex_key_env = "PODCASTINDEX_KEY";
  std::string podcastindex_secret_env = "PODCASTINDEX_SECRET";

  bool operator==(const SearchConfig&) const = default;
};

struct WebConfig {
  bool enabled = true;
  std::string listen = "127.0.0.1";
  std::uint16_t port = 0;  // 0 = one that the system picks, found in the runtime folder

  bool operator==(const WebConfig&) const = default;
};

// The library as feeds for players in the household; a listener of its own, so that the API stays where it is.
struct ServeConfig {
  bool enabled = false;
  std::string listen;         // an address in numbers; "" = every one
  std::uint16_t port = 8420;  // fixed, as players keep the address
  std::string base_url;       // what players call it, without a '/' at the end; "" = as they ask
  int max_episodes = 300;     // in one feed, the newest

  bool operator==(const ServeConfig&) const = default;
};

// A [feeds."..."] table: what is absent follows the global value.
struct FeedOverride {
  base::Located<std::string> key;                // a name, a URL or "tag:NAME"
  std::optional<std::chrono::seconds> interval;  // without max_interval: this, whatever the history
  std::optional<std::chrono::seconds> max_interval;
  std::optional<Window> window;
  std::optional<base::Located<std::string>> name_template;
  ExtrasOverride extras;
  std::optional<std::string> library_dir;
  std::optional<std::string> user_agent;
  std::optional<std::string> user;
  std::optional<std::string> password_env;   // the environment variable that holds it
  std::optional<std::string> password_file;  // the file whose first line it is
  std::optional<std::string> token_env;      // instead of user and password; found like the password
  std::optional<std::string> token_file;
  std::optional<std::vector<std::string>> tags;
  std::optional<std::string> backlog;
  std::optional<Prefer> prefer;
  std::optional<int> priority;
  std::optional<Finish> finish;
  std::optional<std::uint64_t> quota;
  std::optional<std::chrono::seconds> stall_timeout;
  std::optional<bool> seed;
  std::optional<double> seed_ratio;
  std::optional<std::chrono::seconds> seed_time;
  std::optional<bool> allow_private;
  std::optional<std::string> ca_file;
  std::optional<int> keep_newest;
  std::optional<std::chrono::seconds> keep_for;
  std::optional<std::uint64_t> keep_size;
  std::optional<bool> keep_starred;
  std::optional<bool> keep_unplayed;
};

struct Config {
  std::filesystem::path file;  // where it was read; empty = defaults
  GeneralConfig general;
  PollConfig poll;
  DownloadConfig download;
  TorrentConfig torrent;
  LibraryConfig library;
  FeedDefaults feed_defaults;
  WebConfig web;
  ServeConfig serve;
  SearchConfig search;
  std::vector<FeedOverride> feeds;  // in file order
  std::vector<RuleEntry> rules;     // in file order, then those of rules_file
  std::vector<HookEntry> hooks;     // in file order
};

// All that holds for one feed.
struct FeedSettings {
  std::chrono::seconds interval{};
  std::chrono::seconds max_interval{};
  Window window;
  base::Located<std::string> name_template;
  Extras extras;
  std::string library_dir;  // as written: see expand_home()
  std::string user_agent;
  std::string user;
  std::string password_env;
  std::string password_file;
  std::string token_env;  // instead of user and password
  std::string token_file;
  std::vector<std::string> tags;  // the feed's own and those that the tables add, no duplicates
  std::string backlog;
  Prefer prefer = Prefer::kFeedOrder;
  int priority = 0;
  Finish finish = Finish::kPause;
  std::uint64_t quota = 0;  // of this feed alone; 0 = no bound
  std::chrono::seconds stall_timeout{};
  bool seed = true;
  double seed_ratio = 0;
  std::chrono::seconds seed_time{};
  bool allow_private = false;
  std::string ca_file;
  KeepConfig keep;
  bool keep_starred = true;
  bool keep_unplayed = false;
};

// Without problems there is a config, with any there is none: a caller keeps the one that it has.
struct LoadResult {
  std::optional<Config> config;
  std::vector<base::Diagnostic> problems;
};
struct RulesResult {
  std::vector<RuleEntry> rules;  // those that could be read, problems or not
  std::vector<base::Diagnostic> problems;
};

// `filename` is for the messages. rules_file is not read.
[[nodiscard]] LoadResult parse_config(std::string_view text, const std::string& filename);
[[nodiscard]] RulesResult parse_rules(std::string_view text, const std::string& filename);

// The file and the rules_file it names. A missing `file` is a problem; whether one is needed is the caller's to know.
[[nodiscard]] LoadResult load_config(const std::filesystem::path& file);

// The global values, then the tables of the feed's tags, then that of its name (letter case ignored), then that of its
// URL (compared in canonical form): later ones win, and tags add up.
[[nodiscard]] FeedSettings settings_for(const Config& config, std::string_view feed_url, std::string_view feed_name,
                                        std::span<const std::string> tags);

// Whether a feed at this address, which a person has named, may lie in a private network, and lead into it: [defaults]
// says so, or the address itself does.
[[nodiscard]] bool allows_private(const Config& config, std::string_view url);

// The normal form of a backlog policy ("3" → "latest:3"), nothing where it is none.
[[nodiscard]] std::optional<std::string> normalise_backlog(std::string_view text);

}  // namespace podswarm::config
