// Many feeds, polled by the whole service (scheduler, fetcher, SQLite) from a server on loopback: the first look at
// each, a round in which nothing has changed and the server says so (304), one in which it sends everything again, one
// in which each feed has a new item. One feed in a hundred is on a host that takes the connection and says nothing.
// Measures of each round requests a second, CPU, the most memory, and what is written to the database; and fails where
// any host is asked more at once, or more often, than the limits say.
//
//   many_feeds [small | full | FEEDS [CONCURRENCY [ITEMS]]]   below $TMPDIR
#include <fmt/core.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "base/log.h"
#include "bench/feed_server.h"
#include "feeds/opml.h"
#include "scheduler/poll_queue.h"
#include "scheduler/service.h"

namespace {
std::atomic<std::uint64_t> g_syncs{0};
}

// SQLite's, counted: the program's own definitions come before the C library's.
extern "C" int fdatasync(int fd) {
  ++g_syncs;
  return static_cast<int>(::syscall(SYS_fdatasync, fd));
}
extern "C" int fsync(int fd) {
  ++g_syncs;
  return static_cast<int>(::syscall(SYS_fsync, fd));
}

namespace podswarm::bench {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;
using Clock = std::chrono::steady_clock;

constexpr std::size_t kPublishers = 20;  // hosts that have many feeds
constexpr std::size_t kFeedsAPublisher = 20;
constexpr std::size_t kFeedsAHost = 2;
constexpr int kPerHost = 2;
constexpr int kSpacing = 1;
constexpr int kDeadline = 10;

constexpr std::size_t kSmall = 500;
constexpr std::size_t kFull = 10'000;

struct Plan {
  std::size_t feeds = kFull;
  int concurrency = 64;
  std::size_t items = 10;
};

struct Usage {
  double cpu_s = 0;
  std::uint64_t writes = 0;  // calls; sockets are not counted here
  std::uint64_t written = 0;
  std::uint64_t syncs = 0;
  Clock::time_point at = Clock::now();
};

std::uint64_t field_of(const char* file, std::string_view name) {
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with(name)) return std::strtoull(line.c_str() + name.size(), nullptr, 10);
  }
  return 0;
}

Usage usage_now() {
  Usage usage;
  rusage own{};
  ::getrusage(RUSAGE_SELF, &own);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_usec);
  };
  usage.cpu_s = seconds(own.ru_utime) + seconds(own.ru_stime);
  usage.writes = field_of("/proc/self/io", "syscw:");
  usage.written = field_of("/proc/self/io", "wchar:");
  usage.syncs = g_syncs;
  return usage;
}

double memory_mib(std::string_view field) {
  return static_cast<double>(field_of("/proc/self/status", field)) / 1024;
}

// The most memory is counted from here on.
void forget_peak() {
  std::ofstream("/proc/self/clear_refs") << "5";
}

scheduler::Service::Options options_in(const fs::path& dir, const Plan& plan) {
  // A window that does not open: what is wanted is queued and stays there.
  const std::time_t now = std::time(nullptr);
  std::tm local{};
  ::localtime_r(&now, &local);
  const int hour = (local.tm_hour + 12) % 24;
  std::ofstream(dir / "config.toml") << fmt::format(
      "[general]\nlibrary_dir = \"{}\"\n[poll]\nconcurrency = {}\nper_host = {}\nhost_spacing = \"{}s\"\n"
      "deadline = \"{}s\"\n[download]\nwindow = \"{:02}:00-{:02}:00\"\n[defaults]\nbacklog = \"none\"\n[web]\n"
      "enabled = false\n",
      (dir / "library").string(), plan.concurrency, kPerHost, kSpacing, kDeadline, hour, (hour + 1) % 24);
  config::Paths paths;
  paths.data_dir = dir / "data";
  auto loaded = scheduler::load_settings(dir / "config.toml", paths);
  for (const auto& problem : loaded.problems) fmt::print(stderr, "{}\n", problem.to_string());
  if (!loaded.settings) std::exit(1);
  scheduler::Service::Options options;
  options.mode = scheduler::Mode::kDaemon;
  options.settings = loaded.settings;
  return options;
}

json::object ask(const scheduler::Answer& answer) {
  if (!answer) {
    fmt::print(stderr, "{}\n", answer.error().message);
    std::exit(1);
  }
  return answer->as_object();
}

class Bench {
 public:
  explicit Bench(const Plan& plan, const fs::path& dir) : plan_(plan), server_(server_plan(plan)) {
    fs::create_directories(dir / "library");
    service_.emplace(options_in(dir, plan));
  }

  int run() {
    fmt::print("{} feeds, {} of them on hosts that hang, {} items each, {} at once\n", plan_.feeds, dead(), plan_.items,
               plan_.concurrency);
    fmt::print("{:<22}{:>9}{:>9}{:>9}{:>9}{:>10}{:>10}{:>10}{:>9}{:>9}{:>9}\n", "", "wall s", "live s", "req/s",
               "CPU-s", "ms/poll", "sent MiB", "peak MiB", "writes", "MiB", "syncs");
    server_.begin(Round::kUnchanged);
    forget_peak();
    Usage before = usage_now();
    auto answer = ask(service_->import_opml(feed_list()));
    fmt::print("{:<22}{:>9.2f}\n", "list imported", std::chrono::duration<double>(Clock::now() - before.at).count());
    finish("first look", before, answer.at("job").to_number<std::int64_t>());
    round("304", Round::kNotModified);
    if (server_.not_modified() != plan_.feeds - dead())
      fail(fmt::format("{} answers were 304", server_.not_modified()));
    round("200, unchanged", Round::kUnchanged);
    const auto known = episodes();
    round("200, a new item each", Round::kNewItem);
    if (episodes() != known + plan_.feeds - dead()) fail(fmt::format("{} new episodes", episodes() - known));
    fmt::print("memory: {:.1f} MiB at the end\n", memory_mib("RssAnon:"));
    const auto begin = Clock::now();
    service_->stop();
    fmt::print("stopped in {:.2f} s\n", std::chrono::duration<double>(Clock::now() - begin).count());
    return failed_ ? 1 : 0;
  }

 private:
  static std::size_t dead(const Plan& plan) { return plan.feeds / 100; }
  [[nodiscard]] std::size_t dead() const { return dead(plan_); }
  static std::size_t publisher_feeds(const Plan& plan) {
    return std::min(kPublishers * kFeedsAPublisher, plan.feeds / 10);
  }
  static ServerPlan server_plan(const Plan& plan) {
    ServerPlan server;
    const std::size_t rest = plan.feeds - dead(plan) - publisher_feeds(plan);
    server.live_hosts = kPublishers + (rest + kFeedsAHost - 1) / kFeedsAHost;
    server.dead_hosts = dead(plan);
    server.items = plan.items;
    return server;
  }

  // The publishers' feeds, those of the many small hosts, and in between those of the dead.
  std::string feed_list() const {
    feeds::OpmlList list;
    const auto add = [&](std::size_t host) {
      const std::size_t number = list.feeds.size();
      list.feeds.push_back({fmt::format("http://{}:{}/feed/{}", host_address(host), server_.port(), number),
                            fmt::format("Feed {}", number),
                            "",
                            {}});
    };
    const ServerPlan server = server_plan(plan_);
    for (std::size_t i = 0; i < publisher_feeds(plan_); ++i) add(i % kPublishers);
    const std::size_t rest = plan_.feeds - dead() - publisher_feeds(plan_);
    for (std::size_t i = 0; i < rest; ++i) {
      add(kPublishers + i / kFeedsAHost);
      if (i % 99 == 0 && i / 99 < dead()) add(server.live_hosts + i / 99);
    }
    while (list.feeds.size() < plan_.feeds) add(server.live_hosts + plan_.feeds - 1 - list.feeds.size());
    return feeds::write_opml(list);
  }

  std::size_t episodes() {
    scheduler::EpisodeQuery query;
    query.limit = 1;
    return ask(service_->episodes(query)).at("total").to_number<std::size_t>();
  }

  void round(const char* name, Round kind) {
    // What a host was asked before is over and done with for its limits, too.
    std::this_thread::sleep_for(std::chrono::seconds(kSpacing * (scheduler::PollQueue::kTogether + 1)));
    server_.begin(kind);
    forget_peak();
    const Usage before = usage_now();
    finish(name, before, ask(service_->check({})).at("job").to_number<std::int64_t>());
  }

  void finish(const char* name, const Usage& before, std::int64_t job) {
    while (!ask(service_->job(job)).at("done").as_bool()) std::this_thread::sleep_for(std::chrono::seconds(1));
    const Usage after = usage_now();
    const auto polls = static_cast<double>(plan_.feeds);
    const double live_s = server_.live_seconds(kPublishers);
    const auto live = static_cast<double>(plan_.feeds - dead() - publisher_feeds(plan_));
    const double cpu_s = after.cpu_s - before.cpu_s;
    constexpr double kMiB = 1 << 20;
    fmt::print("{:<22}{:>9.2f}{:>9.2f}{:>9.0f}{:>9.2f}{:>10.2f}{:>10.1f}{:>10.1f}{:>9}{:>9.1f}{:>9}\n", name,
               std::chrono::duration<double>(after.at - before.at).count(), live_s, live / live_s, cpu_s,
               1e3 * cpu_s / polls, static_cast<double>(server_.bytes_sent()) / kMiB, memory_mib("VmHWM:"),
               after.writes - before.writes, static_cast<double>(after.written - before.written) / kMiB,
               after.syncs - before.syncs);
    std::fflush(stdout);
    if (server_.requests() != plan_.feeds) fail(fmt::format("{} requests", server_.requests()));
    const auto broken = server_.violations(kPerHost, scheduler::PollQueue::kTogether, kSpacing);
    for (std::size_t i = 0; i < broken.size() && i < 10; ++i) fail(broken[i]);
  }

  void fail(const std::string& what) {
    fmt::print("FAILED: {}\n", what);
    failed_ = true;
  }

  Plan plan_;
  FeedServer server_;  // before the service: it forks
  std::optional<scheduler::Service> service_;
  bool failed_ = false;
};

int run(const std::vector<std::string>& arguments) {
  Plan plan;
  if (!arguments.empty()) {
    plan.feeds = arguments[0] == "small" ? kSmall : arguments[0] == "full" ? kFull : std::stoul(arguments[0]);
  }
  if (arguments.size() > 1) plan.concurrency = std::stoi(arguments[1]);
  if (arguments.size() > 2) plan.items = std::stoul(arguments[2]);
  base::init_log(base::LogLevel::kQuiet, false);
  std::string folder = (fs::temp_directory_path() / "podswarm_feeds_XXXXXX").string();
  if (::mkdtemp(folder.data()) == nullptr) return 1;
  const int result = Bench(plan, folder).run();
  fs::remove_all(folder);
  return result;
}

}  // namespace
}  // namespace podswarm::bench

int main(int argc, char** argv) {
  return podswarm::bench::run({argv + 1, argv + argc});
}
