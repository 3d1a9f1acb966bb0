// The command line, parsed: one struct a verb. cli.cc fills them, the verb_*.cc files act on them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace podswarm::app {

struct Globals {
  std::optional<std::filesystem::path> config;
  bool json = false;
  bool quiet = false;
  int verbose = 0;
};

struct AddArgs {
  std::vector<std::string> urls;
  std::string name;
  std::vector<std::string> tags;
  std::string backlog;
};
struct RmArgs {
  std::vector<std::string> feeds;
  bool delete_files = false;
};
struct ShowArgs {
  std::string what;
};
struct EpisodesArgs {
  std::string feed;
  std::string state;
  std::string text;
  std::string tag;
  std::string since;
  bool starred = false;
  bool played = false;
  bool unplayed = false;
  std::int64_t limit = 50;
};
struct CheckArgs {
  std::vector<std::string> feeds;
};
struct FetchArgs {
  std::vector<std::string> feeds;
  bool window = false;
};
struct IdsArgs {
  std::vector<std::int64_t> ids;
  bool all = false;
};
struct MarkArgs {
  std::vector<std::int64_t> ids;
  bool off = false;
};
struct TidyArgs {
  std::vector<std::string> feeds;
  bool dry_run = false;
};
struct AdoptArgs {
  std::filesystem::path folder;
  std::string feed;
  bool move = false;
  bool dry_run = false;
};
struct ReportArgs {
  std::string since = "yesterday";
};
struct QueueArgs {
  std::string action;  // "" = list
  std::vector<std::int64_t> numbers;
};
struct PauseArgs {
  std::vector<std::string> what;
};
struct ReviewArgs {
  std::string feed;
  bool accept = false;
  bool reject = false;
};
struct ClientArgs {
  std::string name;
};
struct RulesTestArgs {
  std::string where;
  std::string history = "90d";
  std::filesystem::path rules;
  std::filesystem::path items;
  std::string feed;
  std::vector<std::string> tags;
  std::string now;
};
struct ExplainArgs {
  std::int64_t episode = 0;
};
struct RulesImportArgs {
  std::string file;
  std::filesystem::path out;
};
struct FileArgs {
  std::string file;
};
struct ParseArgs {
  std::string file = "-";
  std::string base_url;
  std::string content_type;
};
struct DoctorArgs {
  std::string feed;
};
struct SearchArgs {
  std::vector<std::string> words;
  std::int64_t limit = 20;
};
struct GetArgs {
  std::vector<std::string> sources;
  std::filesystem::path dir = ".";
  std::vector<std::string> peers;
  std::vector<std::string> web_seeds;
  bool no_tracker = false;
  std::string listen;
  std::string up_limit;
  std::string down_limit;
  std::string files;
  bool sequential = false;
  bool seed = false;
  double seed_ratio = 0;  // 0 = until told to end
  std::string seed_time;
  std::string on_done;
};
struct VerifyArgs {
  std::filesystem::path torrent;
  std::filesystem::path dir = ".";
  std::string files;
};

// Each returns the program's exit status (exit_code.h) and has said on standard error what went wrong.
int run_add(const Globals& globals, const AddArgs& args);
int run_rm(const Globals& globals, const RmArgs& args);
int run_list(const Globals& globals);
int run_show(const Globals& globals, const ShowArgs& args);
int run_episodes(const Globals& globals, const EpisodesArgs& args);
int run_check(const Globals& globals, const CheckArgs& args);
int run_fetch(const Globals& globals, const FetchArgs& args);
int run_daemon(const Globals& globals);
int run_status(const Globals& globals);
int run_report(const Globals& globals, const ReportArgs& args);
int run_retry(const Globals& globals, const IdsArgs& args);
int run_skip(const Globals& globals, const IdsArgs& args);
// `mark` is the route: "star", "played" or "mark".
int run_mark(const Globals& globals, const std::string& mark, const MarkArgs& args);
int run_delete(const Globals& globals, const IdsArgs& args);
int run_tidy(const Globals& globals, const TidyArgs& args);
int run_adopt(const Globals& globals, const AdoptArgs& args);
int run_rename(const Globals& globals, const TidyArgs& args);
int run_queue(const Globals& globals, const QueueArgs& args);
int run_pause(const Globals& globals, const PauseArgs& args);
int run_resume(const Globals& globals, const PauseArgs& args);
int run_schedule(const Globals& globals);
int run_review(const Globals& globals, const ReviewArgs& args);
int run_client_add(const Globals& globals, const ClientArgs& args);
int run_client_list(const Globals& globals);
int run_client_rm(const Globals& globals, const ClientArgs& args);
int run_rules_list(const Globals& globals);
int run_rules_check(const Globals& globals, const FileArgs& args);
int run_rules_test(const Globals& globals, const RulesTestArgs& args);
int run_rules_explain(const Globals& globals, const ExplainArgs& args);
int run_rules_import(const Globals& globals, const RulesImportArgs& args);
int run_config_check(const Globals& globals, const FileArgs& args);
int run_config_path(const Globals& globals);
int run_import(const Globals& globals, const FileArgs& args);
int run_export(const Globals& globals, const FileArgs& args);
int run_doctor(const Globals& globals, const DoctorArgs& args);
int run_search(const Globals& globals, const SearchArgs& args);
int run_parse(const Globals& globals, const ParseArgs& args);
int run_get(const Globals& globals, const GetArgs& args);
int run_torrent_verify(const Globals& globals, const VerifyArgs& args);
int run_demo(const Globals& globals);

// Parses the command line and runs the verb.
int run_command_line(int argc, char** argv);

}  // namespace podswarm::app
