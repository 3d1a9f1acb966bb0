// Runs the user's shell commands one after the other on a thread of its own, so that nothing waits for them. Their
// failure is reported and harms nothing.
#pragma once

#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <thread>

namespace podswarm::app {

class HookRunner {
 public:
  HookRunner();
  // Waits until every command that was handed in has ended.
  ~HookRunner();
  HookRunner(const HookRunner&) = delete;
  HookRunner& operator=(const HookRunner&) = delete;

  // `/bin/sh -c command` with these variables added to the environment. Any thread; returns at once.
  void run(std::string command, std::map<std::string, std::string> variables);

 private:
  struct Job {
    std::string command;
    std::map<std::string, std::string> variables;
  };
  void work();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Job> jobs_;
  bool ending_ = false;
  std::thread thread_;
};

}  // namespace podswarm::app
