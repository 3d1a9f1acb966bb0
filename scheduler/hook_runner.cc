#include "scheduler/hook_runner.h"

#include <fmt/format.h>

#include "base/url.h"
#include "feeds/fetcher.h"
#include "scheduler/shell_command.h"

namespace podswarm::scheduler {

namespace {

std::string run_command(const HookCall& call, std::stop_token stop) {
  const auto result = run_shell({call.command, call.variables, call.document, call.timeout}, std::move(stop));
  if (!result.error.empty()) return fmt::format("the command \"{}\": {}", call.command, result.error);
  if (result.status == 0 || result.ended) return {};
  return fmt::format("the command \"{}\" ended with status {}", call.command, result.status);
}

HookResult post(const HookCall& call, base::WallTime now, std::stop_token stop) {
  feeds::FetchRequest request;
  request.url = call.url;
  request.user_agent = call.user_agent;
  request.ca_file = call.ca_file;
  request.body = call.document;
  request.body_type = "application/json";
  request.headers = {{"Accept", "*/*"}};
  request.connect_timeout = request.stall_timeout = request.deadline = call.timeout;
  request.headers_only = true;
  const auto response = feeds::fetch(request, now, std::move(stop));
  const std::string shown = base::redact_url(call.url);
  if (!response) {
    const auto code = response.error().code;
    const bool never = code == feeds::FetchError::kBadUrl || code == feeds::FetchError::kForbidden;
    return {fmt::format("{}: {}", shown, response.error().message), never ? HookOutcome::kOver : HookOutcome::kMayPass};
  }
  const int status = response->status;
  if (status >= 200 && status < 300) return {};
  const bool may_pass = status == 408 || status == 429 || status >= 500;
  return {fmt::format("{}: the answer is {}", shown, status), may_pass ? HookOutcome::kMayPass : HookOutcome::kOver};
}

}  // namespace

HookResult run_hook(const HookCall& call, base::WallTime now, std::stop_token stop) {
  if (call.url.empty()) return {run_command(call, std::move(stop)), HookOutcome::kOver};
  return post(call, now, std::move(stop));
}

}  // namespace podswarm::scheduler
