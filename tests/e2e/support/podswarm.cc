#include "tests/e2e/support/podswarm.h"

#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <cstdlib>
#include <stdexcept>

#include "tests/support/files.h"

namespace podswarm::test {

namespace fs = std::filesystem;
namespace json = boost::json;

std::string program() {
  const char* other = std::getenv("PODSWARM_BIN");
  return other != nullptr && *other != '\0' ? other : PODSWARM_PROGRAM;
}

Podswarm::Podswarm(const fs::path& folder) : folder_(folder) {
  for (const char* name : {"home", "config/podswarm", "data", "runtime", "runs"}) fs::create_directories(folder / name);
  configure(fmt::format("[general]\nlibrary_dir = \"{}\"\n\n[download]\nmin_free = \"0\"\n", library().string()));
}

void Podswarm::configure(const std::string& toml) {
  write(config_file(), read(config_file()) + toml + "\n");
}

Command Podswarm::command(const std::vector<std::string>& words) const {
  Command out;
  out.words = {program()};
  out.words.insert(out.words.end(), words.begin(), words.end());
  out.environment = {{"HOME", (folder_ / "home").string()},
                     {"XDG_CONFIG_HOME", (folder_ / "config").string()},
                     {"XDG_DATA_HOME", (folder_ / "data").string()},
                     {"XDG_RUNTIME_DIR", (folder_ / "runtime").string()},
                     {"NOTIFY_SOCKET", ""},
                     {"NO_COLOR", "1"},
                     {"TZ", "UTC"}};
  out.folder = folder_ / "home";
  out.output = folder_ / "runs" / fmt::format("{}-{}", runs_++, words.front());
  return out;
}

Outcome Podswarm::run(const std::vector<std::string>& words, const fs::path& input) {
  Command one = command(words);
  one.input = input;
  return test::run(one);
}

json::value Podswarm::json(std::vector<std::string> words) {
  words.emplace_back("--json");
  json::error_code error;
  json::value value = json::parse(run(words).out, error);
  return error ? json::value() : value;
}

Process Podswarm::start(const std::vector<std::string>& words) {
  return Process(command(words));
}

Process Podswarm::start_daemon(const std::map<std::string, std::string>& environment) {
  Command one = command({"run", "-v"});
  for (const auto& [name, value] : environment) one.environment[name] = value;
  Process daemon(one);
  const std::string mark = fmt::format("\"pid\":{}", daemon.pid());
  const bool up = eventually([&] { return !daemon.running() || read(daemon_file()).find(mark) != std::string::npos; });
  if (!up || !daemon.running()) throw std::runtime_error("the daemon does not come up: " + daemon.out() + daemon.err());
  return daemon;
}

namespace {
const json::value kNull;
}

const json::value& at(const json::value& document, const std::string& path) {
  const auto slash = path.find('/');
  const auto* object = document.if_object();
  const auto* member = object == nullptr ? nullptr : object->if_contains(path.substr(0, slash));
  if (member == nullptr) return kNull;
  return slash == std::string::npos ? *member : at(*member, path.substr(slash + 1));
}

std::string text_at(const json::value& document, const std::string& path) {
  const auto* text = at(document, path).if_string();
  return text == nullptr ? std::string() : std::string(*text);
}

std::int64_t number_at(const json::value& document, const std::string& path) {
  json::error_code error;
  const auto& value = at(document, path);
  const auto number = value.is_number() ? value.to_number<std::int64_t>(error) : 0;
  return error ? 0 : number;
}

const json::array& list_at(const json::value& document, const std::string& path) {
  static const json::array kNone;
  const auto* list = at(document, path).if_array();
  return list == nullptr ? kNone : *list;
}

const json::value& find(const json::array& list, const std::string& member, const std::string& text) {
  for (const auto& element : list) {
    if (text_at(element, member) == text) return element;
  }
  return kNull;
}

}  // namespace podswarm::test
