// `podswarm demo`: the whole way of an episode on this machine alone, in a temporary folder, through the same service,
// rules, engine and library that serve a real subscription. Succeeds only if every wanted byte is there and right.

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <chrono>
#include <cstdlib>
#include <thread>

#include "app/args.h"
#include "app/demo_world.h"
#include "app/exit_code.h"
#include "app/report.h"
#include "app/terminal.h"
#include "base/file.h"
#include "base/units.h"
#include "scheduler/service.h"

namespace podswarm::app {

namespace json = boost::json;

namespace {

constexpr std::chrono::seconds kPatience{25};

std::filesystem::path make_temporary_folder() {
  std::string pattern = (std::filesystem::temp_directory_path() / "podswarm-demo-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("cannot make a folder like " + pattern);
  return pattern;
}

std::string configuration(const std::filesystem::path& dir) {
  return fmt::format(
      "[general]\n"
      "library_dir = \"{0}/library\"\n"
      "data_dir = \"{0}/data\"\n"
      "\n"
      "[download]\n"
      "min_free = \"1MiB\"\n"
      "\n"
      "[torrent]\n"
      "listen = \"127.0.0.1\"\n"
      "\n"
      "[[rule]]\n"
      "id = \"no-reruns\"\n"
      "feeds = [\"*\"]\n"
      "any = ['title : \"rerun\"']\n"
      "action = \"skip\"\n"
      "\n"
      "[[rule]]\n"
      "id = \"everything-else\"\n"
      "feeds = [\"*\"]\n"
      "match_all = true\n",
      dir.string());
}

void step(std::string_view text) {
  fmt::print("\n{}\n", coloured(Colour::kBold, text));
}

scheduler::Answer wait_for(scheduler::Service& service, std::int64_t job) {
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  for (;;) {
    auto answer = service.job(job);
    if (!answer || flag_of(answer->get_object(), "done")) return answer;
    if (std::chrono::steady_clock::now() > deadline) {
      return base::fail(scheduler::ServiceError::kFailed, "the demo is not done within 25 s");
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
}

void print_tree(const std::filesystem::path& root) {
  std::vector<std::filesystem::path> entries;
  for (auto entry = std::filesystem::recursive_directory_iterator(root);
       entry != std::filesystem::recursive_directory_iterator(); ++entry) {
    if (entry->path().filename() == ".podswarm") {
      entry.disable_recursion_pending();
    } else {
      entries.push_back(entry->path());
    }
  }
  std::sort(entries.begin(), entries.end());
  fmt::print("{}\n", root.string());
  for (const auto& entry : entries) {
    const auto relative = entry.lexically_relative(root);
    const std::string indent(2 * static_cast<std::size_t>(std::distance(relative.begin(), relative.end())), ' ');
    const bool file = std::filesystem::is_regular_file(entry);
    fmt::print("{}{}{}\n", indent, entry.filename().string(),
               file ? "  (" + base::format_bytes(std::filesystem::file_size(entry)) + ")" : "/");
  }
}

// Whether each wanted episode lies in the library, byte for byte; prints how it came.
bool verify(scheduler::Service& service, const DemoWorld& world) {
  const auto listed = service.episodes({});
  if (!listed) {
    complain(listed.error().message);
    return false;
  }
  std::size_t right = 0;
  std::size_t skipped = 0;
  for (const auto& value : array_of(listed->get_object(), "episodes")) {
    const auto& episode = value.get_object();
    const std::string title = text_of(episode, "title");
    const auto& decision = object_of(episode, "decision");
    if (text_of(decision, "action") == "skip") {
      fmt::print("  {}  {}: rule \"{}\", {}\n", coloured(Colour::kYellow, "skipped"), title, text_of(decision, "rule"),
                 text_of(decision, "reason"));
      ++skipped;
      continue;
    }
    const auto& download = object_of(episode, "download");
    const auto& files = array_of(episode, "files");
    const auto made = std::find_if(world.episodes().begin(), world.episodes().end(),
                                   [&](const DemoEpisode& candidate) { return candidate.title == title; });
    const auto content = files.size() == 1 ? base::read_file(text_of(files.front().get_object(), "path"), 1u << 30)
                                           : base::fail(base::FileError::kNotFound, "no file");
    if (made == world.episodes().end() || !content || *content != made->content) {
      fmt::print("  {}    {}: {}\n", coloured(Colour::kRed, "WRONG"), title,
                 content ? "the bytes differ" : text_of(download, "error"));
      continue;
    }
    const bool swarm = text_of(download, "via") == "swarm";
    fmt::print(
        "  {}      {}: {} {}, {}, {}/s\n", coloured(Colour::kGreen, "got"), title, base::format_bytes(content->size()),
        swarm ? "from a swarm" : "over HTTP",
        swarm ? fmt::format("{} peer{}", number_of(download, "peers"), number_of(download, "peers") == 1 ? "" : "s")
              : std::string("1 server"),
        base::format_bytes(static_cast<std::uint64_t>(number_of(download, "rate"))));
    ++right;
  }
  return skipped == 1 && right + skipped == world.episodes().size();
}

int play(const std::filesystem::path& dir) {
  const DemoWorld world(dir);
  step("A feed of six episodes, three over HTTP and one to skip, two as torrents");
  fmt::print("  {}\n", world.feed_url());

  const auto config_file = dir / "config.toml";
  if (const auto written = base::write_file_atomically(config_file, configuration(dir)); !written) {
    complain(written.error().message);
    return kFailure;
  }
  scheduler::Service::Options options;
  auto loaded = scheduler::load_settings(config_file);
  for (const auto& problem : loaded.problems) complain(problem.to_string());
  if (!loaded.settings) return kFailure;
  options.settings = loaded.settings;
  options.reread = [config_file] { return scheduler::load_settings(config_file); };
  scheduler::Service service(std::move(options));

  step("Subscribing, with all that is there already");
  const auto added = service.add_feed({world.feed_url(), "", {"demo"}, "all"});
  const auto checked = added ? wait_for(service, number_of(added->get_object(), "job")) : added;
  if (!checked) {
    complain(checked.error().message);
    return kFailure;
  }
  for (const auto& value : array_of(checked->get_object(), "polls")) {
    const auto& poll = value.get_object();
    fmt::print("  {}: {} episodes, {} wanted, {} skipped {}\n", text_of(poll, "feed"), number_of(poll, "items"),
               number_of(poll, "wanted"), number_of(poll, "skipped"), text_of(poll, "message"));
  }

  step("Fetching");
  const auto started = service.fetch({}, scheduler::WindowRule::kIgnore);
  const auto fetched = started ? wait_for(service, number_of(started->get_object(), "job")) : started;
  if (!fetched) {
    complain(fetched.error().message);
    return kFailure;
  }
  for (const auto& value : array_of(fetched->get_object(), "downloads")) {
    const auto& download = value.get_object();
    if (!flag_of(download, "ok")) complain(text_of(download, "title") + ": " + text_of(download, "message"));
  }
  const bool right = verify(service, world);
  fmt::print("  the seeding engine sent {}\n", base::format_bytes(world.seeded_bytes()));

  step("The library");
  print_tree(dir / "library");
  service.stop();
  if (!right) {
    complain("the demo did not end as it should: something is missing or wrong above");
    return kFailure;
  }
  fmt::print("\n{} Everything lies in {}\n", coloured(Colour::kGreen, "Every wanted byte is there and right."),
             dir.string());
  fmt::print("Next: podswarm add URL, then podswarm fetch, or podswarm run for every night.\n");
  return kOk;
}

}  // namespace

int run_demo(const Globals&) {
  const auto started = std::chrono::steady_clock::now();
  const auto dir = make_temporary_folder();
  fmt::print("Podswarm's demo, on loopback only; it writes nothing outside {}\n", dir.string());
  const int status = play(dir);
  const auto took = std::chrono::steady_clock::now() - started;
  fmt::print("({:.1f} s)\n", std::chrono::duration<double>(took).count());
  return status;
}

}  // namespace podswarm::app
