// A child program of a test: started in a process group of its own, its output in files, ended with the test whatever
// happens. A test that has threads starts its programs from one that lives as long as they do.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "tests/support/eventually.h"

namespace podswarm::test {

using std::chrono::seconds;

struct Command {
  std::vector<std::string> words;
  std::map<std::string, std::string> environment;  // on top of the test's own
  std::filesystem::path folder;                    // where it runs; empty: the test's own
  std::filesystem::path input = "/dev/null";
  std::filesystem::path output;  // PREFIX.out and PREFIX.err are written
};

class Process {
 public:
  // Throws std::runtime_error where the system cannot start it. A program that is missing ends with 127.
  explicit Process(const Command& command);
  // Kills the whole group if it still runs.
  ~Process();
  Process(Process&& other) noexcept;
  Process& operator=(Process&&) = delete;

  [[nodiscard]] pid_t pid() const { return pid_; }
  [[nodiscard]] bool running();
  // The exit status, 128 + N where signal N ended it; nothing where it still runs after `patience`.
  [[nodiscard]] std::optional<int> wait(std::chrono::milliseconds patience);
  void signal(int number) const;
  // SIGKILL to the group, and waits for the end.
  void kill();

  // All that it has written so far.
  [[nodiscard]] std::string out() const;
  [[nodiscard]] std::string err() const;

 private:
  std::filesystem::path output_;
  pid_t pid_ = 0;
  std::optional<int> status_;
};

struct Outcome {
  int status = 0;
  std::string out;
  std::string err;
};

// Runs to the end; throws std::runtime_error after `patience`.
[[nodiscard]] Outcome run(const Command& command, std::chrono::milliseconds patience = seconds(60));

// The program's path, empty where it is not installed. Looks into the sbin folders too.
[[nodiscard]] std::string find_program(const std::string& name);

}  // namespace podswarm::test
