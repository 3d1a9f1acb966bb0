// `podswarm search`: podcasts in public directories. Nothing is asked of anyone but by this verb.

#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <cstdlib>

#include "app/api.h"
#include "app/args.h"
#include "app/directory.h"
#include "app/exit_code.h"
#include "app/report.h"
#include "app/terminal.h"
#include "base/text.h"
#include "base/units.h"
#include "base/url.h"
#include "feeds/fetcher.h"

namespace podswarm::app {

namespace json = boost::json;

namespace {

constexpr std::size_t kMaxAnswer = 8u << 20;

std::string from_environment(const std::string& name) {
  const char* value = name.empty() ? nullptr : std::getenv(name.c_str());
  return value == nullptr ? std::string() : std::string(value);
}

// The answer's entries, or a complaint.
std::optional<std::vector<DirectoryEntry>> ask(const scheduler::Settings& settings, const std::string& name,
                                               DirectoryQuestion question, DirectoryResult (*read)(std::string_view)) {
  feeds::FetchRequest request;
  request.url = std::move(question.url);
  request.headers = std::move(question.headers);
  request.user_agent = settings.user_agent();
  request.ca_file = settings.config.feed_defaults.ca_file;
  request.deadline = std::chrono::seconds(30);
  request.max_bytes = kMaxAnswer;
  const auto answer = feeds::fetch(request, base::SystemClock().now());
  if (!answer) {
    complain(name + ": " + answer.error().message);
    return std::nullopt;
  }
  if (answer->status != 200) {
    complain(fmt::format("{}: the server answers {}{}", name, answer->status,
                         answer->status == 401 ? ": the key or the secret is wrong" : ""));
    return std::nullopt;
  }
  auto entries = read(answer->body);
  if (entries) return std::move(*entries);
  complain(name + ": " + entries.error().message);
  return std::nullopt;
}

json::object to_document(const DirectoryEntry& entry) {
  json::object document{{"title", base::repair_utf8(entry.title)},
                        {"author", base::repair_utf8(entry.author)},
                        {"url", base::redact_url(entry.url)},
                        {"directory", entry.directory}};
  if (!entry.site.empty()) document["site"] = base::redact_url(entry.site);
  if (entry.episodes) document["episodes"] = *entry.episodes;
  if (entry.newest) document["newest"] = base::format_rfc3339(*entry.newest);
  return document;
}

}  // namespace

int run_search(const Globals& globals, const SearchArgs& args) {
  const auto settings = settings_or_complain(globals);
  if (!settings) return kFailure;
  const auto& search = settings->config.search;
  std::string words;
  for (const auto& word : args.words) words += (words.empty() ? "" : " ") + word;
  const int limit = static_cast<int>(args.limit);

  std::vector<std::vector<DirectoryEntry>> found;
  int asked = 0;
  if (!search.itunes_url.empty()) {
    ++asked;
    if (auto entries = ask(*settings, "iTunes", ask_itunes(search.itunes_url, words, limit), read_itunes)) {
      found.push_back(std::move(*entries));
    }
  }
  const std::string key = from_environment(search.podcastindex_key_env);
  const std::string secret = from_environment(search.podcastindex_secret_env);
  if (!search.podcastindex_url.empty() && !key.empty() && !secret.empty()) {
    ++asked;
    auto question = ask_podcast_index(search.podcastindex_url, words, limit, key, secret, base::SystemClock().now());
    if (auto entries = ask(*settings, "Podcast Index", std::move(question), read_podcast_index)) {
      found.push_back(std::move(*entries));
    }
  }
  if (asked == 0) {
    complain("no directory is configured: see [search] in the configuration");
    return kFailure;
  }
  if (found.empty()) return kFailure;
  auto entries = merge(found);
  if (entries.size() > static_cast<std::size_t>(limit)) entries.resize(static_cast<std::size_t>(limit));
  const int exit_code = found.size() < static_cast<std::size_t>(asked) ? kPartial : kOk;
  if (globals.json) {
    json::array results;
    for (const auto& entry : entries) results.emplace_back(to_document(entry));
    print_json(json::object{{"results", std::move(results)}});
    return exit_code;
  }
  Table table({"TITLE", "AUTHOR", "EPISODES", "NEWEST", "ADDRESS"});
  for (const auto& entry : entries) {
    table.add({entry.title, fit(entry.author, 24), entry.episodes ? std::to_string(*entry.episodes) : "",
               entry.newest ? base::format_rfc3339(*entry.newest).substr(0, 10) : "", base::redact_url(entry.url)});
  }
  if (!table.empty()) {
    table.print();
  } else if (!globals.quiet) {
    complain("nothing was found; other words may do");
  }
  return exit_code;
}

}  // namespace podswarm::app
