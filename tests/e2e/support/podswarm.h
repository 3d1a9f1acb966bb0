// The program under test, with a home, a configuration, a database and a library of its own.
#pragma once

#include <boost/json/value.hpp>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "tests/support/process.h"

namespace podswarm::test {

// The program's path: $PODSWARM_BIN, else the one that was built with the tests.
[[nodiscard]] std::string program();

class Podswarm {
 public:
  explicit Podswarm(const std::filesystem::path& folder);

  // Adds to the configuration file, which ends in its [download] table.
  void configure(const std::string& toml);

  [[nodiscard]] Outcome run(const std::vector<std::string>& words, const std::filesystem::path& input = "/dev/null");
  // Runs with --json and reads what it prints; a value of kind null where that is no JSON.
  [[nodiscard]] boost::json::value json(std::vector<std::string> words);
  [[nodiscard]] Process start(const std::vector<std::string>& words);
  // `podswarm run`; returns when it can be asked. Throws std::runtime_error where it cannot within 20 s.
  [[nodiscard]] Process start_daemon(const std::map<std::string, std::string>& environment = {});

  [[nodiscard]] std::filesystem::path config_file() const { return folder_ / "config/podswarm/config.toml"; }
  [[nodiscard]] std::filesystem::path data() const { return folder_ / "data/podswarm"; }
  [[nodiscard]] std::filesystem::path database() const { return data() / "podswarm.db"; }
  [[nodiscard]] std::filesystem::path daemon_file() const { return folder_ / "runtime/podswarm/daemon.json"; }
  [[nodiscard]] std::filesystem::path library() const { return folder_ / "library"; }

 private:
  [[nodiscard]] Command command(const std::vector<std::string>& words) const;

  std::filesystem::path folder_;
  mutable int runs_ = 0;
};

// The member of an object that a path such as "download/url" names; null where there is none.
[[nodiscard]] const boost::json::value& at(const boost::json::value& document, const std::string& path);
// The same as text, "" where it is none, and as a number, 0 where it is none.
[[nodiscard]] std::string text_at(const boost::json::value& document, const std::string& path);
[[nodiscard]] std::int64_t number_at(const boost::json::value& document, const std::string& path);
// The elements of an array there; none where there is no array.
[[nodiscard]] const boost::json::array& list_at(const boost::json::value& document, const std::string& path);

// The first whose member is this text; null where none is.
[[nodiscard]] const boost::json::value& find(const boost::json::array& list, const std::string& member,
                                             const std::string& text);

}  // namespace podswarm::test
