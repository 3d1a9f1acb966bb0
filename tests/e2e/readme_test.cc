// README's "A first night", done as it stands there by somebody who has nothing yet: its configuration, its commands in
// their order, and what it says of their outcome. Only the feed's address is another one, and the time of day is chosen by
// the time zone.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <ctime>
#include <sstream>

#include "tests/e2e/support/content.h"
#include "tests/e2e/support/podswarm.h"
#include "tests/support/files.h"
#include "tests/support/servers.h"

namespace podswarm::test {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;
using testing::HasSubstr;

struct Shown {
  std::string command;              // without "$ podswarm" and what is said behind "#"
  std::vector<std::string> output;  // the lines below it
};

struct Section {
  std::string configuration;
  std::vector<Shown> commands;
};

// Its indented lines: a block that begins with a table is configuration, "$" begins a command.
Section read_section(const std::string& readme, const std::string& title) {
  Section section;
  const auto begin = readme.find("\n## " + title + "\n");
  const auto end = readme.find("\n##", begin + 4);
  if (begin == std::string::npos) return section;
  std::istringstream lines(readme.substr(begin, end - begin));
  bool in_configuration = false;
  bool in_command = false;
  for (std::string line; std::getline(lines, line);) {
    const bool indented = line.starts_with("    ");
    if (!indented && !line.empty()) in_configuration = in_command = false;
    if (!indented) continue;
    const std::string text = line.substr(4);
    if (text.starts_with("[")) in_configuration = true;
    if (in_configuration) {
      section.configuration += text + "\n";
    } else if (text.starts_with("$ podswarm ")) {
      in_command = true;
      section.commands.push_back({text.substr(11, text.find(" #") - 11), {}});
    } else if (in_command) {
      section.commands.back().output.push_back(text);
    }
  }
  return section;
}

std::string with_single_spaces(const std::string& text) {
  std::istringstream words(text);
  std::string out;
  for (std::string word; words >> word;) out += (out.empty() ? "" : " ") + word;
  return out;
}

// A zone in which it is this hour of the day now.
std::string zone_of_hour(int wanted) {
  const int hour = static_cast<int>(std::time(nullptr) / 3600 % 24);
  // POSIX counts west of Greenwich.
  return fmt::format("XXX{:+d}", ((hour - wanted) % 24 + 36) % 24 - 12);
}

class FirstNight : public testing::Test {
 protected:
  [[nodiscard]] Command command(const std::vector<std::string>& words) {
    Command out;
    out.words = {program()};
    out.words.insert(out.words.end(), words.begin(), words.end());
    out.environment = {{"HOME", home_.string()}, {"XDG_CONFIG_HOME", ""}, {"XDG_DATA_HOME", ""},
                       {"XDG_RUNTIME_DIR", ""},  {"NOTIFY_SOCKET", ""},   {"NO_COLOR", "1"},
                       {"TZ", zone_}};
    fs::create_directories(home_);
    out.folder = home_;
    out.output = folder_.path() / fmt::format("run-{}", runs_++);
    return out;
  }
  // As typed at a prompt.
  Outcome type(const std::string& line) {
    std::istringstream words(line);
    std::vector<std::string> list;
    for (std::string word; words >> word;) list.push_back(word);
    auto outcome = run(command(list));
    EXPECT_EQ(outcome.status, 0) << line << "\n" << outcome.out << outcome.err;
    return outcome;
  }
  // `podswarm run` in another terminal; returns when it can be asked.
  Process run_daemon() {
    Process daemon(command({"run"}));
    const auto mark = fmt::format("\"pid\":{}", daemon.pid());
    EXPECT_TRUE(eventually([&] {
      return read(home_ / ".local/share/podswarm/daemon.json").find(mark) != std::string::npos;
    })) << daemon.err();
    return daemon;
  }
  json::value ask(const std::string& line) {
    json::error_code error;
    auto value = json::parse(type(line + " --json").out, error);
    return error ? json::value() : value;
  }

  const TemporaryFolder folder_;
  const fs::path home_ = folder_.path() / "home";
  std::string zone_ = zone_of_hour(21);
  int runs_ = 0;
};

TEST_F(FirstNight, GoesAsReadmeSays) {
  PODSWARM_NEED_PROGRAM("nginx");
  PODSWARM_NEED_PROGRAM("openssl");
  const Section section = read_section(read(fs::path(PODSWARM_SOURCE_DIR) / "README.md"), "A first night");
  ASSERT_THAT(section.configuration, HasSubstr("window = "));
  ASSERT_GE(section.commands.size(), 5u);
  const Nginx nginx(folder_.path() / "nginx");
  std::vector<Item> items;
  const std::vector<std::string> newest{"Episode 12: Harbour", "Episode 11: Low water", "Episode 10: Fog"};
  for (int number = 12; number > 0; --number) {
    const std::string file = fmt::format("{}.wav", number);
    write(nginx.root() / file, make_wav(100'000, static_cast<std::uint32_t>(number)));
    items.push_back({number > 9 ? newest[static_cast<std::size_t>(12 - number)] : fmt::format("Episode {}", number),
                     nginx.url(file)});
  }
  write(nginx.root() / "feed.xml", make_feed("Night Waves", items));

  // "Say when."
  std::istringstream paths(type("config path").out);
  std::string config_file;
  paths >> config_file >> config_file;
  ASSERT_TRUE(config_file.starts_with(home_.string())) << config_file;
  // What a disk must have free is not what this is about.
  write(config_file, section.configuration + "min_free = \"0\"\n");
  EXPECT_EQ(type("config check").status, 0);

  // "Look ahead.", "Have a say."
  std::vector<std::string> verbs;
  for (auto shown : section.commands) {
    const std::string example = "https://example.org/feed.xml";
    if (const auto at = shown.command.find(example); at != std::string::npos) {
      shown.command.replace(at, example.size(), nginx.url("feed.xml"));
    }
    verbs.push_back(shown.command.substr(0, shown.command.find(' ')));
    const auto out = type(shown.command).out;
    if (verbs.back() == "add") {
      ASSERT_EQ(shown.output.size(), 1u);
      EXPECT_THAT(out, HasSubstr(shown.output[0]));
    }
    if (verbs.back() != "schedule") continue;
    const std::string text = with_single_spaces(out);
    std::size_t told = 0;
    for (const auto& line : shown.output) {
      // Days and hours are those of that day; headings and what is to start, with its number, must be as it says.
      const bool heading = !line.empty() && line.find_first_of("0123456789") == std::string::npos && line != "  …";
      const bool episode = line.find("Episode") != std::string::npos;
      if (heading) EXPECT_THAT(text, HasSubstr(with_single_spaces(line)));
      if (!episode) continue;
      const auto words = with_single_spaces(line);
      EXPECT_THAT(text, HasSubstr(words.substr(words.find(' ', words.find(' ') + 1)))) << "behind day and hour";
      ++told;
    }
    EXPECT_EQ(told, 3u);
  }
  EXPECT_EQ(verbs, (std::vector<std::string>{"add", "schedule", "queue", "pause", "queue"}));
  const auto queue = ask("queue");
  const auto& waiting = list_at(queue, "downloads");
  ASSERT_EQ(waiting.size(), 3u) << json::serialize(queue);
  EXPECT_EQ(text_at(waiting[0], "title"), "Episode 10: Fog") << "moved to the top";

  // "Go to bed.": in the evening nothing comes yet, and `status` says why.
  {
    Process evening = run_daemon();
    ASSERT_TRUE(eventually([&] { return type("status").out.find("window") != std::string::npos; })) << evening.err();
    EXPECT_EQ(number_at(ask("episodes --state done"), "total"), 0);
    evening.signal(SIGTERM);
    EXPECT_EQ(evening.wait(seconds(10)), 0);
  }
  // Hours later.
  zone_ = zone_of_hour(3);
  Process night = run_daemon();
  EXPECT_TRUE(eventually([&] { return number_at(ask("episodes --state done"), "total") == 2; }, seconds(60)))
      << type("queue").out << night.err();
  night.signal(SIGTERM);
  EXPECT_EQ(night.wait(seconds(10)), 0);

  // "In the morning,"
  std::vector<std::string> names;
  for (const auto& [name, content] : tree(home_ / "Podcasts")) {
    if (!name.starts_with(".")) names.push_back(name);
  }
  EXPECT_THAT(names, testing::UnorderedElementsAre(HasSubstr("Episode 11- Low water.wav"),
                                                   HasSubstr("Episode 10- Fog.wav")));
  const auto report = type("report").out;
  EXPECT_THAT(report, HasSubstr("Episode 11: Low water"));
  EXPECT_THAT(report, HasSubstr("Episode 10: Fog"));
}

}  // namespace
}  // namespace podswarm::test
