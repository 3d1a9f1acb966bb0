#include "app/hook_runner.h"

#include <fmt/format.h>

#include "app/report.h"
#include "scheduler/shell_command.h"

namespace podswarm::app {

HookRunner::HookRunner(std::chrono::seconds timeout) : timeout_(timeout), thread_([this] { work(); }) {}

HookRunner::~HookRunner() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

void HookRunner::run(std::string command, std::map<std::string, std::string> variables) {
  {
    const std::lock_guard lock(mutex_);
    jobs_.push_back({std::move(command), std::move(variables)});
  }
  changed_.notify_one();
}

void HookRunner::stop() {
  {
    const std::lock_guard lock(mutex_);
    jobs_.clear();
  }
  stop_.request_stop();
}

void HookRunner::work() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return ending_ || !jobs_.empty(); });
    if (jobs_.empty()) return;
    const Job job = std::move(jobs_.front());
    jobs_.pop_front();
    lock.unlock();
    const auto result = scheduler::run_shell({job.command, job.variables, "", timeout_}, stop_.get_token());
    if (!result.error.empty()) {
      complain(fmt::format("the command \"{}\": {}", job.command, result.error));
    } else if (result.status != 0 && !result.ended) {
      complain(fmt::format("the command \"{}\" ended with status {}", job.command, result.status));
    }
    lock.lock();
  }
}

}  // namespace podswarm::app
