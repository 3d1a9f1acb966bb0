#include "scheduler/poller_parts.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "base/url.h"
#include "scheduler/identity.h"

namespace podswarm::scheduler {

std::string host_of(const std::string& url) {
  const auto parsed = base::parse_url(url);
  return parsed ? parsed->host : std::string();
}

bool same_origin(const std::string& a, const std::string& b) {
  const auto first = base::parse_url(a);
  const auto second = base::parse_url(b);
  return first && second && first->scheme == second->scheme && first->host == second->host &&
         first->port == second->port;
}

std::string page_address(const std::string& url) {
  std::string page = base::canonical_url(url);
  const auto question = page.find('?');
  if (question == std::string::npos) return page;
  auto parameters = base::split(std::string_view(page).substr(question + 1), '&');
  std::sort(parameters.begin(), parameters.end());
  std::string sorted = page.substr(0, question);
  for (const auto parameter : parameters) {
    if (!parameter.empty()) sorted.append("&").append(parameter);
  }
  return sorted;
}

std::string page_content(const feeds::Feed& document) {
  if (document.items.empty()) return "nothing";
  return std::to_string(document.items.size()) + " " + identity_of(document.items.front()) + " " +
         identity_of(document.items.back());
}

std::string status_message(int status) {
  switch (status) {
    case 401:
      return "401 Unauthorized: the feed wants a user name and password (set user and password_env, or token_env, for "
             "it)";
    case 403:
      return "403 Forbidden: the server refuses this feed to us";
    case 404:
      return "404 Not Found: there is no feed at this address";
    case 429:
      return "429 Too Many Requests: the server asks us to wait";
    default:
      return fmt::format("the server answered with status {}", status);
  }
}

bool is_plain_address(const std::string& url) {
  const auto parsed = base::parse_url(url);
  return parsed && (parsed->scheme == "http" || parsed->scheme == "https") && parsed->user.empty() &&
         parsed->password.empty();
}

void add_notice(PollReport& report, const std::string& notice) {
  if (!report.message.empty() && !notice.empty()) report.message += "; ";
  report.message += notice;
}

}  // namespace podswarm::scheduler
