// The command line's grammar (CLI11): every verb, its options and an example each. The only file that knows CLI11.

#include <CLI/CLI.hpp>
#include <charconv>
#include <chrono>

#include "app/args.h"
#include "app/exit_code.h"
#include "app/file_choice.h"
#include "app/report.h"
#include "base/located.h"
#include "base/log.h"
#include "base/units.h"

namespace podswarm::app {

namespace {

using Action = std::function<int()>;

// All that the options are parsed into, and the verb that was named.
struct CommandLine {
  Globals globals;
  AddArgs add;
  RmArgs rm;
  ShowArgs show;
  EpisodesArgs episodes;
  CheckArgs check;
  FetchArgs fetch;
  IdsArgs retry;
  IdsArgs skip;
  MarkArgs star;
  MarkArgs played;
  MarkArgs mark;
  IdsArgs remove;
  TidyArgs tidy;
  TidyArgs rename;
  AdoptArgs adopt;
  ReportArgs report;
  QueueArgs queue;
  PauseArgs pause;
  PauseArgs resume;
  ReviewArgs review;
  ClientArgs client_add;
  ClientArgs client_rm;
  RulesTestArgs rules_test;
  ExplainArgs rules_explain;
  RulesImportArgs rules_import;
  FileArgs rules_check;
  FileArgs config_check;
  FileArgs import_file{"-"};
  FileArgs export_file{"-"};
  DoctorArgs doctor;
  SearchArgs search;
  ParseArgs parse;
  GetArgs get;
  VerifyArgs verify;
  bool all = false;
  bool none = false;
  std::int64_t latest = -1;
  std::string since;
  Action action;
};

CLI::App* verb(CLI::App& parent, CommandLine& line, const std::string& name, const std::string& description,
               const std::string& example, Action action) {
  CLI::App* sub = parent.add_subcommand(name, description);
  sub->footer("Example:\n  " + example);
  sub->callback([&line, action] { line.action = action; });
  return sub;
}

void json_option(CLI::App* sub, CommandLine& line) {
  sub->add_flag("--json", line.globals.json, "Print JSON, for scripts");
}

// An option whose value must be a size or rate such as 8MB or 500KiB.
void rate_option(CLI::App* sub, const std::string& name, std::string& value, const std::string& description) {
  sub->add_option(name, value, description)->type_name("RATE")->check([](const std::string& text) {
    return base::parse_bytes(text) ? std::string() : "\"" + text + "\" is not a rate such as 8MB or 500KiB";
  });
}

void files_option(CLI::App* sub, std::string& value, const std::string& description) {
  sub->add_option("--files", value, description)->type_name("LIST")->check([](const std::string& text) {
    const auto choice = FileChoice::parse(text);
    return choice ? std::string() : choice.error().message;
  });
}

// Both end seeding; the bounds are far from what the engine cannot count.
std::string no_ratio(const std::string& text) {
  double ratio = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), ratio);
  const bool good = error == std::errc{} && end == text.data() + text.size() && ratio > 0 && ratio <= 1e6;
  return good ? std::string() : "\"" + text + "\" is not a ratio such as 1.5";
}
std::string no_seed_time(const std::string& text) {
  const auto time = base::parse_duration(text);
  const bool good = time && *time >= std::chrono::seconds(1) && *time <= std::chrono::days(36'500);
  return good ? std::string() : "\"" + text + "\" is not a time such as 90m or 2d";
}

void add_feed_verbs(CLI::App& app, CommandLine& line) {
  auto* add = verb(app, line, "add", "Subscribe to feeds and look at them once",
                   "podswarm add --latest 3 --tag news https://example.org/feed.xml", [&line] {
                     if (line.all) line.add.backlog = "all";
                     if (line.none) line.add.backlog = "none";
                     if (line.latest >= 0) line.add.backlog = "latest:" + std::to_string(line.latest);
                     if (!line.since.empty()) line.add.backlog = "since:" + line.since;
                     return run_add(line.globals, line.add);
                   });
  add->add_option("URL", line.add.urls, "Addresses of feeds")->required();
  add->add_option("--name", line.add.name, "What to call it (default: the feed's title)");
  add->add_option("--tag", line.add.tags, "A tag, for rules and settings; may be given again")
      ->allow_extra_args(false);  // what follows the tag is an address
  auto* backlog = add->add_option_group("backlog", "Which of the episodes that are there already to fetch");
  backlog->add_option("--latest", line.latest, "The newest N that the rules want (default 1)")
      ->type_name("N")
      ->check(CLI::Range(std::int64_t{0}, std::int64_t{1'000'000}));
  backlog->add_flag("--all", line.all, "All of them");
  backlog->add_flag("--none", line.none, "None: only what comes from now on");
  backlog->add_option("--since", line.since, "Those published on DATE or later")
      ->type_name("DATE")
      ->check([](const std::string& text) {
        return base::parse_rfc3339(text) ? std::string() : "\"" + text + "\" is not a date such as 2026-11-20";
      });
  backlog->require_option(0, 1);
  json_option(add, line);

  auto* rm = verb(app, line, "rm", "End subscriptions; the files stay unless told otherwise",
                  "podswarm rm \"Old show\"", [&line] { return run_rm(line.globals, line.rm); });
  rm->add_option("FEED", line.rm.feeds, "Names or addresses of feeds")->required();
  rm->add_flag("--delete-files", line.rm.delete_files, "Delete the episodes in the library too");
  json_option(rm, line);

  json_option(
      verb(app, line, "list", "List the subscriptions", "podswarm list", [&line] { return run_list(line.globals); }),
      line);

  auto* show = verb(app, line, "show", "Everything about one feed or episode, and why it is as it is",
                    "podswarm show 42", [&line] { return run_show(line.globals, line.show); });
  show->add_option("WHAT", line.show.what, "A feed's name or address, or an episode's number")->required();
  json_option(show, line);

  auto* episodes = verb(app, line, "episodes", "List episodes, newest first", "podswarm episodes --state failed",
                        [&line] { return run_episodes(line.globals, line.episodes); });
  episodes->add_option("FEED", line.episodes.feed, "Of this feed alone");
  episodes->add_option("--state", line.episodes.state,
                       "queued, downloading, done, failed, skipped, held, backlog, none ...");
  episodes->add_option("--search", line.episodes.text, "With this text in the title");
  episodes->add_option("--tag", line.episodes.tag, "With this tag, as rules give them");
  episodes->add_option("--since", line.episodes.since, "Published on DATE or later")->type_name("DATE");
  episodes->add_flag("--starred", line.episodes.starred, "Those with a star");
  auto* played = episodes->add_flag("--played", line.episodes.played, "Those that are marked as played");
  episodes->add_flag("--unplayed", line.episodes.unplayed, "Those that are not")->excludes(played);
  episodes->add_option("--limit", line.episodes.limit, "At most so many")
      ->check(CLI::Range(1, 10'000))
      ->capture_default_str();
  json_option(episodes, line);
}

void add_work_verbs(CLI::App& app, CommandLine& line) {
  auto* check = verb(app, line, "check", "Ask feeds for news now; downloads nothing", "podswarm check",
                     [&line] { return run_check(line.globals, line.check); });
  check->add_option("FEED", line.check.feeds, "These feeds (default: all)");
  json_option(check, line);

  auto* fetch = verb(app, line, "fetch", "Check, decide, download, exit: for cron and for the impatient",
                     "podswarm fetch", [&line] { return run_fetch(line.globals, line.fetch); });
  fetch->add_option("FEED", line.fetch.feeds, "These feeds (default: all)");
  fetch->add_flag("--window", line.fetch.window, "Download inside the configured window only");
  json_option(fetch, line);

  verb(app, line, "run", "Run the daemon in the foreground", "podswarm run -v",
       [&line] { return run_daemon(line.globals); });

  json_option(
      verb(app, line, "status", "What is going on", "podswarm status", [&line] { return run_status(line.globals); }),
      line);

  auto* report = verb(app, line, "report", "What came, what did not and why, and what happens next",
                      "podswarm report --since yesterday", [&line] { return run_report(line.globals, line.report); });
  report->add_option("--since", line.report.since, "yesterday, today, a DATE, or how long ago: 24h, 7d")
      ->type_name("WHEN")
      ->capture_default_str();
  json_option(report, line);

  auto* retry = verb(app, line, "retry", "Queue episodes again: failed ones, or any that was not wanted before",
                     "podswarm retry 42 43", [&line] { return run_retry(line.globals, line.retry); });
  retry->add_option("EPISODE", line.retry.ids, "Numbers, as `episodes` shows them (default: all that failed)");
  json_option(retry, line);

  auto* skip = verb(app, line, "skip", "Take episodes out of the queue for good", "podswarm skip 42",
                    [&line] { return run_skip(line.globals, line.skip); });
  skip->add_option("EPISODE", line.skip.ids, "Numbers, as `episodes` shows them")->required();
  json_option(skip, line);

  auto* review =
      verb(app, line, "review", "Episodes that wait for a person: list, accept or reject them",
           "podswarm review \"Night Waves\" --reject", [&line] { return run_review(line.globals, line.review); });
  review->add_option("FEED", line.review.feed, "Of this feed alone");
  auto* accept = review->add_flag("--accept", line.review.accept, "They are new: the rules decide");
  review->add_flag("--reject", line.review.reject, "They are not wanted")->excludes(accept);
  json_option(review, line);
}

void mark_options(CLI::App* sub, CommandLine& line, MarkArgs& args) {
  sub->add_option("EPISODE", args.ids, "Numbers, as `episodes` shows them")->required();
  sub->add_flag("--off", args.off, "Take the mark off again");
  json_option(sub, line);
}

void add_library_verbs(CLI::App& app, CommandLine& line) {
  mark_options(verb(app, line, "star", "Star episodes: retention keeps them", "podswarm star 42",
                    [&line] { return run_mark(line.globals, "star", line.star); }),
               line, line.star);
  mark_options(verb(app, line, "played", "Mark episodes as played", "podswarm played 42 43",
                    [&line] { return run_mark(line.globals, "played", line.played); }),
               line, line.played);
  mark_options(verb(app, line, "mark", "Mark episodes as seen: they count as had and are not downloaded",
                    "podswarm mark 42", [&line] { return run_mark(line.globals, "mark", line.mark); }),
               line, line.mark);

  auto* remove = verb(app, line, "delete", "Delete episodes from the library; they do not come back by themselves",
                      "podswarm delete 42", [&line] { return run_delete(line.globals, line.remove); });
  remove->add_option("EPISODE", line.remove.ids, "Numbers, as `episodes` shows them")->required();
  json_option(remove, line);

  auto* tidy = verb(app, line, "tidy", "Delete what is beyond the bounds of keep_newest, keep_for and keep_size",
                    "podswarm tidy --dry-run", [&line] { return run_tidy(line.globals, line.tidy); });
  tidy->add_option("FEED", line.tidy.feeds, "Of these feeds (default: all)");
  tidy->add_flag("--dry-run", line.tidy.dry_run, "Show what would go; change nothing");
  json_option(tidy, line);

  auto* rename = verb(app, line, "rename", "Give the files in the library the names that the templates say today",
                      "podswarm rename --dry-run", [&line] { return run_rename(line.globals, line.rename); });
  rename->add_option("FEED", line.rename.feeds, "Of these feeds (default: all)");
  rename->add_flag("--dry-run", line.rename.dry_run, "Show old and new names; change nothing");
  json_option(rename, line);

  auto* adopt = verb(app, line, "adopt", "Take over a folder of episodes that came some other way",
                     "podswarm adopt --dry-run ~/gPodder/Downloads",
                     [&line] { return run_adopt(line.globals, line.adopt); });
  adopt->add_option("DIR", line.adopt.folder, "The folder; its files stay where they are")->required();
  adopt->add_option("--feed", line.adopt.feed, "They are episodes of this feed (default: of any)")->type_name("FEED");
  adopt->add_flag("--move", line.adopt.move, "Move them into the library, under its names");
  adopt->add_flag("--dry-run", line.adopt.dry_run, "Show what would be taken for what; change nothing");
  json_option(adopt, line);
}

void add_turn_verbs(CLI::App& app, CommandLine& line) {
  auto* queue = verb(app, line, "queue", "What is under way and what waits, in order; or change that order",
                     "podswarm queue top 42", [&line] { return run_queue(line.globals, line.queue); });
  queue->add_option("ACTION", line.queue.action, "top, up, down or bottom with EPISODES; priority with N EPISODES")
      ->check(CLI::IsMember({"top", "up", "down", "bottom", "priority"}));
  queue->add_option("EPISODE", line.queue.numbers, "Numbers, as `queue` shows them");
  json_option(queue, line);

  auto* pause = verb(app, line, "pause", "Hold the queue, or some episodes or feeds; all of it survives a restart",
                     "podswarm pause \"Night Waves\" 42", [&line] { return run_pause(line.globals, line.pause); });
  pause->add_option("WHAT", line.pause.what, "Episodes by number, feeds by name or address (default: the whole queue)");
  json_option(pause, line);

  auto* resume = verb(app, line, "resume", "Let the queue, or some episodes or feeds, go on", "podswarm resume",
                      [&line] { return run_resume(line.globals, line.resume); });
  resume->add_option("WHAT", line.resume.what,
                     "Episodes by number, feeds by name or address (default: the whole queue)");
  json_option(resume, line);

  json_option(verb(app, line, "schedule", "The coming seven days: windows, checks, what is expected, what will start",
                   "podswarm schedule", [&line] { return run_schedule(line.globals); }),
              line);
}

void add_setting_verbs(CLI::App& app, CommandLine& line) {
  auto* rules = app.add_subcommand("rules", "Rules: which episodes are wanted");
  rules->require_subcommand(1);
  json_option(verb(*rules, line, "list", "The rules in force", "podswarm rules list",
                   [&line] { return run_rules_list(line.globals); }),
              line);
  auto* rules_check =
      verb(*rules, line, "check", "Look for mistakes in a file of rules", "podswarm rules check rules.toml",
           [&line] { return run_rules_check(line.globals, line.rules_check); });
  rules_check->add_option("FILE", line.rules_check.file, "A TOML file of [[rule]] tables")->required();
  json_option(rules_check, line);
  auto* rules_test =
      verb(*rules, line, "test",
           "What a condition or a file of rules would take of the known episodes, of a feed, or of a file of items; "
           "changes nothing",
           "podswarm rules test --where 'title : \"tides\" and duration >= 20m' --history 90d",
           [&line] { return run_rules_test(line.globals, line.rules_test); });
  auto* where = rules_test->add_option("--where", line.rules_test.where, "A condition")->type_name("EXPR");
  rules_test->add_option("--rules", line.rules_test.rules, "A TOML file of [[rule]] tables")->excludes(where);
  auto* history =
      rules_test
          ->add_option("--history", line.rules_test.history, "The episodes of the last so many days that are known")
          ->type_name("TIME")
          ->capture_default_str();
  auto* items = rules_test->add_option("--items", line.rules_test.items, "A JSON array of items")->excludes(history);
  auto* feed = rules_test->add_option("--feed", line.rules_test.feed, "A feed: an address or a file")
                   ->type_name("URL")
                   ->excludes(history)
                   ->excludes(items);
  rules_test->add_option("--tag", line.rules_test.tags, "A tag to take the feed to have; may be given again")
      ->needs(feed)
      ->allow_extra_args(false);
  rules_test->add_option("--now", line.rules_test.now, "The time to assume (RFC 3339; default: now)")
      ->excludes(history);
  json_option(rules_test, line);
  auto* explain =
      verb(*rules, line, "explain", "Why an episode is as it is: every rule, every condition, every value",
           "podswarm rules explain 42", [&line] { return run_rules_explain(line.globals, line.rules_explain); });
  explain->add_option("EPISODE", line.rules_explain.episode, "Its number, as `episodes` shows it")->required();
  json_option(explain, line);
  auto* rules_import = verb(*rules, line, "import", "qBittorrent's RSS rules as rules of ours",
                            "podswarm rules import download_rules.json --out rules.toml",
                            [&line] { return run_rules_import(line.globals, line.rules_import); });
  rules_import->add_option("FILE", line.rules_import.file, "download_rules.json; - is standard input")->required();
  rules_import->add_option("--out", line.rules_import.out, "Where to write them (default: standard output)")
      ->type_name("FILE");

  auto* config = app.add_subcommand("config", "The configuration file");
  config->require_subcommand(1);
  auto* config_check =
      verb(*config, line, "check", "Look for mistakes, with file, line and column", "podswarm config check",
           [&line] { return run_config_check(line.globals, line.config_check); });
  config_check->add_option("FILE", line.config_check.file, "Another file than the one in use");
  json_option(config_check, line);
  json_option(verb(*config, line, "path", "Where configuration, data and library lie", "podswarm config path",
                   [&line] { return run_config_path(line.globals); }),
              line);

  auto* import =
      verb(app, line, "import", "Subscribe to the feeds of an OPML list", "podswarm import subscriptions.opml",
           [&line] { return run_import(line.globals, line.import_file); });
  import->add_option("FILE", line.import_file.file, "OPML: a file or an address; - is standard input")
      ->capture_default_str();
  json_option(import, line);

  auto* exported =
      verb(app, line, "export", "Write the subscriptions as OPML, without passwords",
           "podswarm export subscriptions.opml", [&line] { return run_export(line.globals, line.export_file); });
  exported->add_option("FILE", line.export_file.file, "- is standard output")->capture_default_str();
  json_option(exported, line);
}

void add_client_verbs(CLI::App& app, CommandLine& line) {
  auto* client = app.add_subcommand("client", "Players that may read the served library");
  client->require_subcommand(1);
  auto* client_add =
      verb(*client, line, "add", "Make addresses for a player, to be pasted there",
           "podswarm client add \"Ann's phone\"", [&line] { return run_client_add(line.globals, line.client_add); });
  client_add->add_option("NAME", line.client_add.name, "What to call it")->required();
  json_option(client_add, line);
  json_option(verb(*client, line, "list", "The players, and when each was last here", "podswarm client list",
                   [&line] { return run_client_list(line.globals); }),
              line);
  auto* client_rm = verb(*client, line, "rm", "Take a player's addresses back", "podswarm client rm \"Ann's phone\"",
                         [&line] { return run_client_rm(line.globals, line.client_rm); });
  client_rm->add_option("NAME", line.client_rm.name, "Its name")->required();
  json_option(client_rm, line);
}

void add_tool_verbs(CLI::App& app, CommandLine& line) {
  auto* search = verb(app, line, "search", "Look for podcasts in public directories", "podswarm search night waves",
                      [&line] { return run_search(line.globals, line.search); });
  search->add_option("WORDS", line.search.words, "What to look for")->required();
  search->add_option("--limit", line.search.limit, "At most so many")->check(CLI::Range(1, 200))->capture_default_str();
  json_option(search, line);

  auto* doctor =
      verb(app, line, "doctor", "What is wrong with a feed, what its server can do, when it is asked next",
           "podswarm doctor https://example.org/feed.xml", [&line] { return run_doctor(line.globals, line.doctor); });
  doctor->add_option("FEED", line.doctor.feed, "The name, number or address of a subscription, or any address")
      ->required();
  json_option(doctor, line);

  auto* parse = verb(app, line, "parse", "Show what a feed, OPML list, .torrent or magnet link says",
                     "podswarm parse --json feed.xml", [&line] { return run_parse(line.globals, line.parse); });
  parse->add_option("FILE", line.parse.file, "- is standard input")->capture_default_str();
  parse->add_option("--base-url", line.parse.base_url, "The document's own address, for relative links");
  parse->add_option("--content-type", line.parse.content_type, "The Content-Type it was served with");
  json_option(parse, line);

  auto* get = verb(app, line, "get", "Download without a database: URLs, .torrent files, folders of them, magnet links",
                   "podswarm get --dir Downloads debian.torrent", [&line] { return run_get(line.globals, line.get); });
  get->add_option("SOURCE", line.get.sources, "What to get")->required();
  get->add_option("--dir", line.get.dir, "Where to")->capture_default_str();
  get->add_option("--peer", line.get.peers, "A peer to ask, HOST:PORT; may be given again")
      ->type_name("HOST:PORT")
      ->allow_extra_args(false);
  get->add_option("--web-seed", line.get.web_seeds, "Where a web server has the torrent (BEP 19); may be given again")
      ->type_name("URL")
      ->allow_extra_args(false);
  get->add_flag("--no-tracker", line.get.no_tracker, "Announce to no tracker");
  get->add_option("--listen", line.get.listen, "Where to listen for peers")->type_name("ADDR:PORT");
  rate_option(get, "--up-limit", line.get.up_limit, "Bytes a second to send, such as 500KiB; 0 is no limit");
  rate_option(get, "--down-limit", line.get.down_limit, "Bytes a second to receive, such as 8MB; 0 is no limit");
  files_option(get, line.get.files, "Of torrents these files: places such as 0,2-4, or patterns such as *.ogg");
  get->add_flag("--sequential", line.get.sequential, "Torrents in order, as for somebody who listens meanwhile");
  get->add_flag("--seed", line.get.seed, "Go on seeding until SIGTERM");
  get->add_option("--seed-ratio", line.get.seed_ratio, "Seed until R times the content is sent")
      ->type_name("R")
      ->check(no_ratio);
  get->add_option("--seed-time", line.get.seed_time,
                  "Seed for so long, such as 90m; with --seed-ratio what comes first")
      ->type_name("TIME")
      ->check(no_seed_time);
  get->add_option("--on-done", line.get.on_done, "A shell command for each that completes ($PODSWARM_PATH is it)")
      ->type_name("CMD");
  json_option(get, line);

  auto* torrent = app.add_subcommand("torrent", "Torrent files");
  torrent->require_subcommand(1);
  auto* verify = verb(*torrent, line, "verify", "Check data against a .torrent: 0 complete, 3 partly, 1 nothing",
                      "podswarm torrent verify debian.torrent --dir Downloads",
                      [&line] { return run_torrent_verify(line.globals, line.verify); });
  verify->add_option("TORRENT", line.verify.torrent, "The .torrent file")->required();
  verify->add_option("--dir", line.verify.dir, "Where its data lies")->capture_default_str();
  files_option(verify, line.verify.files, "These files alone: places such as 0,2-4, or patterns such as *.ogg");
  json_option(verify, line);

  verb(app, line, "demo", "A night in half a minute: a feed, rules, HTTP and a swarm, on this machine alone",
       "podswarm demo", [&line] { return run_demo(line.globals); });
}

// What there is where a word was typed that means nothing: verbs, or the options of the verb and of its parents.
std::vector<std::string> names_for(const CLI::App& app, const std::string& word) {
  std::vector<std::string> names;
  const CLI::App* verb = &app;
  for (;;) {
    for (const auto* option : verb->get_options()) {
      for (const auto& name : option->get_lnames()) names.push_back("--" + name);
    }
    const auto typed = verb->get_subcommands();
    if (typed.empty()) break;
    verb = typed.front();
  }
  if (word.starts_with('-')) return names;
  names.clear();
  for (const auto* below : verb->get_subcommands({})) names.push_back(below->get_name());
  return names;
}

// What was typed and means nothing here.
int refuse(const CLI::App& app, const std::vector<std::string>& extras, bool no_verb) {
  if (extras.empty()) {
    complain("a verb is missing; `podswarm --help` lists them");
    return kUsage;
  }
  std::string message = no_verb ? "there is no verb \"" + extras.front() + "\"" : "what is \"" + extras.front() + "\"?";
  const std::string word = extras.front().substr(0, extras.front().find('='));
  if (const auto near = base::nearest(word, names_for(app, word)); !near.empty()) {
    message += "; did you mean \"" + near + "\"?";
  }
  complain(message + " (`podswarm --help` explains)");
  return kUsage;
}

base::LogLevel log_level(const Globals& globals, bool daemon) {
  if (globals.quiet) return base::LogLevel::kQuiet;
  const int verbosity = globals.verbose + (daemon ? 1 : 0);
  // A command says itself what went wrong; its log is for those who ask.
  if (verbosity == 0) return base::LogLevel::kQuiet;
  return verbosity == 1 ? base::LogLevel::kVerbose : base::LogLevel::kDebug;
}

}  // namespace

int run_command_line(int argc, char** argv) {
  CommandLine line;
  CLI::App app("Subscribes to podcasts, decides by your rules, fetches overnight over HTTP and BitTorrent.",
               "podswarm");
  app.set_version_flag("--version", "podswarm " PODSWARM_VERSION);
  app.set_help_flag("-h,--help", "Show this help");
  app.allow_extras();  // so that a verb that does not exist can be named
  app.fallthrough();   // -q, -v and --config may stand behind the verb
  app.footer(
      "`podswarm VERB --help` explains a verb. Exit codes: 0 ok, 1 failure, 2 usage, 3 partial,\n"
      "4 daemon unreachable, 5 not found.");
  app.add_option("--config", line.globals.config, "The configuration file")->type_name("FILE");
  app.add_flag("-q,--quiet", line.globals.quiet, "Errors only");
  app.add_flag("-v,--verbose", line.globals.verbose, "Say more; -vv still more");
  add_feed_verbs(app, line);
  add_work_verbs(app, line);
  add_library_verbs(app, line);
  add_turn_verbs(app, line);
  add_setting_verbs(app, line);
  add_client_verbs(app, line);
  add_tool_verbs(app, line);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    // Help and the version come this way, too.
    if (error.get_exit_code() == 0) return app.exit(error);
    // A verb's verb that is none is a missing one to the parser.
    if (const auto extras = app.remaining(true); dynamic_cast<const CLI::RequiredError*>(&error) && !extras.empty()) {
      return refuse(app, extras, true);
    }
    complain(std::string(error.what()) + " (`podswarm --help` explains)");
    return kUsage;
  }
  if (const auto extras = app.remaining(); !extras.empty() || !line.action) return refuse(app, extras, !line.action);
  const bool daemon = app.got_subcommand("run");
  base::init_log(log_level(line.globals, daemon), daemon && std::getenv("JOURNAL_STREAM") == nullptr);
  return line.action();
}

}  // namespace podswarm::app
