// What nights need of the machine: the command that tells whether the connection is metered, systemd-inhibit, which
// keeps it awake, and whether there is a route. Where a program is not there, nothing happens but a line in the log.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <stop_token>
#include <string>
#include <vector>

#include "base/file.h"

namespace podswarm::scheduler {

// `/bin/sh -c command` without input and output. The exit status; -1 where it could not be started, was ended by a
// signal or took longer than `patience`: then it and what it has started are killed. Blocks; a stop request ends it at
// once.
[[nodiscard]] int run_quietly(const std::string& command, std::chrono::milliseconds patience,
                              const std::stop_token& stop = {});

// Whether the system knows a route to the rest of the world, by IPv4 or IPv6. Asks its routing table: nothing is sent.
[[nodiscard]] bool has_way_out();

// Holds an inhibitor lock against sleep by a child process that lives as long as this program does. One thread; nothing
// waits for a child but the destructor, and that two seconds at most.
class SleepInhibitor {
 public:
  SleepInhibitor() = default;
  ~SleepInhibitor();
  SleepInhibitor(const SleepInhibitor&) = delete;
  SleepInhibitor& operator=(const SleepInhibitor&) = delete;

  void set(bool awake);

 private:
  void start();
  void reap();

  pid_t child_ = 0;
  base::UniqueFd pipe_;        // its end is the child's
  std::vector<pid_t> ending_;  // let go, not gone yet
  bool told_ = false;          // that it does not work
};

}  // namespace podswarm::scheduler
