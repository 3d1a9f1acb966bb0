// Runs a person's shell command and waits for it. Blocking: for threads that have nothing else to do.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <stop_token>
#include <string>

namespace podswarm::scheduler {

struct ShellCommand {
  std::string command;                           // for /bin/sh -c
  std::map<std::string, std::string> variables;  // added to the environment, in place of those of the same names
  // On its standard input; without it the command has this program's, and its terminal.
  std::optional<std::string> input;
  // Then it is ended; with `input`, all that it has started as well.
  std::optional<std::chrono::seconds> timeout;
};

struct ShellResult {
  int status = 0;      // of the shell; 128 + N where signal N ended it; -1 where it was not started
  std::string error;   // one line: it could not be started, or ran out of time; "" otherwise
  bool ended = false;  // by the stop request or the timeout
};

// A command with `input` is the leader of a process group of its own, and what it prints goes to standard error. A stop
// request ends it.
[[nodiscard]] ShellResult run_shell(const ShellCommand& command, std::stop_token stop = {});

}  // namespace podswarm::scheduler
