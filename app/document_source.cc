#include "app/document_source.h"

#include <fmt/format.h>

#include "app/api.h"
#include "app/exit_code.h"
#include "app/report.h"
#include "base/file.h"
#include "base/url.h"
#include "feeds/fetcher.h"

namespace podswarm::app {

std::optional<Document> read_document(const Globals& globals, const std::string& where, std::size_t max_bytes,
                                      int& exit_code) {
  exit_code = kFailure;
  const auto url = base::parse_url(where);
  if (!url || (url->scheme != "http" && url->scheme != "https")) {
    auto text = base::read_file(where == "-" ? "/dev/stdin" : where, max_bytes);
    if (text) return Document{std::move(*text), "", ""};
    complain(text.error().message);
    if (text.error().code == base::FileError::kNotFound) exit_code = kNotFound;
    return std::nullopt;
  }
  const auto settings = settings_or_complain(globals);
  if (!settings) return std::nullopt;
  feeds::FetchRequest request;
  request.url = where;
  request.user_agent = settings->user_agent();
  request.ca_file = settings->config.feed_defaults.ca_file;
  request.allow_private = config::allows_private(settings->config, where);
  request.deadline = settings->config.poll.deadline;
  request.max_bytes = max_bytes;
  auto answer = feeds::fetch(request, base::SystemClock().now());
  if (answer && answer->status == 200) {
    return Document{std::move(answer->body), std::move(answer->final_url), std::move(answer->content_type)};
  }
  complain(answer ? fmt::format("{}: the server answers {}", base::redact_url(where), answer->status)
                  : answer.error().message);
  if (answer && answer->status == 404) exit_code = kNotFound;
  return std::nullopt;
}

}  // namespace podswarm::app
