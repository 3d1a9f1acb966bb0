// Runs the user's shell commands one after the other on a thread of its own, so that nothing waits for them. Their
// failure is reported and harms nothing; one that takes too long is ended, with all that it has started.
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>

namespace podswarm::app {

class HookRunner {
 public:
  explicit HookRunner(std::chrono::seconds timeout);
  // Waits until every command that was handed in has ended.
  ~HookRunner();
  HookRunner(const HookRunner&) = delete;
  HookRunner& operator=(const HookRunner&) = delete;

  // `/bin/sh -c command` with these variables added to the environment and nothing to read; what it prints goes to
  // standard error. Any thread; returns at once.
  void run(std::string command, std::map<std::string, std::string> variables);
  // Ends the one that runs; those that wait do not begin. Any thread; returns at once.
  void stop();

 private:
  struct Job {
    std::string command;
    std::map<std::string, std::string> variables;
  };
  void work();

  const std::chrono::seconds timeout_;
  std::stop_source stop_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Job> jobs_;
  bool ending_ = false;
  std::thread thread_;
};

}  // namespace podswarm::app
