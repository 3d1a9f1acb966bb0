#include "web/api.h"

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <charconv>
#include <optional>
#include <string>
#include <vector>

#include "base/text.h"
#include "base/units.h"
#include "web/daemon_address.h"

namespace podswarm::web {

namespace json = boost::json;
using scheduler::Answer;
using scheduler::Service;
using scheduler::ServiceError;

namespace {

constexpr std::string_view kPrefix = "/api/v1/";
// Nobody guesses 128 bits, and an address with them can still be typed.
constexpr std::size_t kClientTokenBytes = 16;

// What is wrong with a request itself; becomes a 400 answer.
struct BadRequest {
  std::string message;
};

// The body's members. A body that is no object, or a member of another type, is a BadRequest.
class Body {
 public:
  explicit Body(const std::string& text) {
    if (base::trim(text).empty()) return;
    json::error_code error;
    json::value value = json::parse(text, error);
    if (error) throw BadRequest{"the body is not JSON: " + error.message()};
    if (!value.is_object()) throw BadRequest{"the body is not a JSON object"};
    object_ = std::move(value.get_object());
  }

  [[nodiscard]] std::string text(std::string_view key) const {
    const auto* value = object_.if_contains(key);
    if (value == nullptr) return {};
    if (!value->is_string()) throw BadRequest{"\"" + std::string(key) + "\" must be a string"};
    return std::string(value->get_string());
  }
  [[nodiscard]] bool flag(std::string_view key) const {
    const auto* value = object_.if_contains(key);
    if (value == nullptr) return false;
    if (!value->is_bool()) throw BadRequest{"\"" + std::string(key) + "\" must be true or false"};
    return value->get_bool();
  }
  [[nodiscard]] std::int64_t number(std::string_view key, std::int64_t otherwise) const {
    const auto* value = object_.if_contains(key);
    if (value == nullptr) return otherwise;
    if (!value->is_int64()) throw BadRequest{"\"" + std::string(key) + "\" must be a whole number"};
    return value->get_int64();
  }
  [[nodiscard]] std::vector<std::string> texts(std::string_view key) const {
    std::vector<std::string> out;
    for (const auto& element : array(key)) {
      if (!element.is_string()) throw BadRequest{"\"" + std::string(key) + "\" must be a list of strings"};
      out.emplace_back(element.get_string());
    }
    return out;
  }
  [[nodiscard]] std::vector<std::int64_t> numbers(std::string_view key) const {
    std::vector<std::int64_t> out;
    for (const auto& element : array(key)) {
      if (!element.is_int64()) throw BadRequest{"\"" + std::string(key) + "\" must be a list of whole numbers"};
      out.push_back(element.get_int64());
    }
    return out;
  }

 private:
  [[nodiscard]] const json::array& array(std::string_view key) const {
    static const json::array kNone;
    const auto* value = object_.if_contains(key);
    if (value == nullptr) return kNone;
    if (!value->is_array()) throw BadRequest{"\"" + std::string(key) + "\" must be a list"};
    return value->get_array();
  }

  json::object object_;
};

std::int64_t parse_id(std::string_view text) {
  std::int64_t id = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
  if (error != std::errc{} || end != text.data() + text.size()) {
    throw BadRequest{"\"" + std::string(text) + "\" is not a number"};
  }
  return id;
}

bool parse_flag(const std::string& key, const std::string& value) {
  if (value != "true" && value != "false") throw BadRequest{key + "=\"" + value + "\" is neither true nor false"};
  return value == "true";
}

ApiResponse respond(const Answer& answer) {
  // Files of other programs may have names in any bytes; JSON is UTF-8.
  if (answer) return {200, base::repair_utf8(json::serialize(*answer))};
  const auto& failure = answer.error();
  switch (failure.code) {
    case ServiceError::kInvalid:
      return api_error(400, "invalid", failure.message);
    case ServiceError::kNotFound:
      return api_error(404, "not-found", failure.message);
    case ServiceError::kConflict:
      return api_error(409, "conflict", failure.message);
    case ServiceError::kFailed:
      break;
  }
  return api_error(500, "failed", failure.message);
}

scheduler::EpisodeQuery episode_query(const ApiRequest& request) {
  scheduler::EpisodeQuery query;
  for (const auto& [key, value] : request.query) {
    if (key == "feed") {
      query.feed = value;
    } else if (key == "state") {
      query.state = value;
    } else if (key == "text") {
      query.text = value;
    } else if (key == "tag") {
      query.tag = value;
    } else if (key == "since") {
      query.since = base::parse_rfc3339(value);
      if (!query.since) throw BadRequest{"since=\"" + value + "\" is not a date like 2026-11-20"};
    } else if (key == "starred") {
      query.starred = parse_flag(key, value);
    } else if (key == "played") {
      query.played = parse_flag(key, value);
    } else if (key == "limit") {
      query.limit = static_cast<std::size_t>(std::clamp<std::int64_t>(parse_id(value), 0, 10'000));
    } else if (key == "offset") {
      query.offset = static_cast<std::size_t>(std::max<std::int64_t>(parse_id(value), 0));
    } else {
      throw BadRequest{"episodes have no parameter \"" + key + "\""};
    }
  }
  return query;
}

std::string since_of(const ApiRequest& request) {
  for (const auto& [key, value] : request.query) {
    if (key != "since") throw BadRequest{"a report has no parameter \"" + key + "\""};
  }
  const auto found = request.query.find("since");
  return found == request.query.end() ? "" : found->second;
}

// The answer of the route that `method` and `path` (below the prefix) name; nothing where there is no such path.
std::optional<Answer> route(Service& service, const ApiRequest& request, std::string_view path, bool& wrong_method) {
  const std::string& method = request.method;
  const bool get = method == "GET";
  const bool post = method == "POST";
  // The part behind "feeds/", "episodes/" or "jobs/".
  const auto below = [&](std::string_view folder) -> std::optional<std::string> {
    if (!path.starts_with(folder) || path.size() == folder.size()) return std::nullopt;
    return std::string(path.substr(folder.size()));
  };
  wrong_method = false;

  if (path == "feeds") {
    if (get) return service.feeds();
    if (post) {
      const Body body(request.body);
      return service.add_feed({body.text("url"), body.text("name"), body.texts("tags"), body.text("backlog")});
    }
  } else if (const auto feed = below("feeds/")) {
    if (get) return service.feed(*feed);
    if (method == "DELETE") {
      const auto files = request.query.find("files");
      return service.remove_feed(*feed, files != request.query.end() && files->second == "delete");
    }
  } else if (path == "episodes") {
    if (get) return service.episodes(episode_query(request));
  } else if (const auto episode = below("episodes/")) {
    constexpr std::string_view kExplain = "/explain";
    if (get && episode->ends_with(kExplain)) {
      return service.explain(parse_id(std::string_view(*episode).substr(0, episode->size() - kExplain.size())));
    }
    if (get) return service.episode(parse_id(*episode));
  } else if (path == "retry") {
    if (post) return service.retry(Body(request.body).numbers("episodes"));
  } else if (path == "skip") {
    if (post) return service.skip(Body(request.body).numbers("episodes"));
  } else if (path == "star" || path == "played" || path == "mark") {
    if (post) {
      const Body body(request.body);
      const auto ids = body.numbers("episodes");
      const bool on = !body.flag("off");
      return path == "star" ? service.star(ids, on) : path == "played" ? service.played(ids, on)
                                                                        : service.mark_seen(ids, on);
    }
  } else if (path == "delete") {
    if (post) return service.delete_files(Body(request.body).numbers("episodes"));
  } else if (path == "tidy") {
    if (post) {
      const Body body(request.body);
      return service.tidy(body.texts("feeds"), body.flag("dry_run"));
    }
  } else if (path == "rename") {
    if (post) {
      const Body body(request.body);
      return service.rename(body.texts("feeds"), body.flag("dry_run"));
    }
  } else if (path == "adopt") {
    if (post) {
      const Body body(request.body);
      return service.adopt({body.text("folder"), body.text("feed"), body.flag("move"), body.flag("dry_run")});
    }
  } else if (path == "queue") {
    if (get) return service.queue();
  } else if (path == "queue/move") {
    if (post) {
      const Body body(request.body);
      return service.move_in_queue(body.numbers("episodes"), body.text("to"));
    }
  } else if (path == "queue/priority") {
    if (post) {
      const Body body(request.body);
      return service.set_priority(body.numbers("episodes"), body.number("priority", 0));
    }
  } else if (path == "pause" || path == "resume") {
    if (post) {
      const Body body(request.body);
      return service.pause(body.numbers("episodes"), body.texts("feeds"), path == "pause");
    }
  } else if (path == "schedule") {
    if (get) return service.schedule();
  } else if (path == "review") {
    if (post) {
      const Body body(request.body);
      return service.review(body.text("feed"), body.text("verdict"));
    }
  } else if (path == "check") {
    if (post) return service.check(Body(request.body).texts("feeds"));
  } else if (path == "fetch") {
    if (post) {
      const Body body(request.body);
      const auto window = body.flag("window") ? scheduler::WindowRule::kObey : scheduler::WindowRule::kIgnore;
      return service.fetch(body.texts("feeds"), window);
    }
  } else if (const auto job = below("jobs/")) {
    if (get) return service.job(parse_id(*job));
  } else if (path == "status") {
    if (get) return service.status();
  } else if (path == "report") {
    if (get) return service.report(since_of(request));
  } else if (path == "rules") {
    if (get) return service.rules();
  } else if (path == "rules/test") {
    if (post) {
      const Body body(request.body);
      const auto rules = body.text("rules");
      const auto days = body.number("history_days", 90);
      return rules.empty() ? service.test_condition(body.text("where"), days) : service.test_rules(rules, days);
    }
  } else if (path == "reload") {
    if (post) return service.reload();
  } else if (path == "clients") {
    if (get) return service.clients();
    if (post) return service.add_client(Body(request.body).text("name"), new_token(kClientTokenBytes));
  } else if (const auto client = below("clients/")) {
    if (method == "DELETE") return service.remove_client(*client);
  } else if (path == "import") {
    if (post) {
      const Body body(request.body);
      return service.import_opml(body.text("opml"), body.text("url"));
    }
  } else if (path == "export") {
    if (get) return service.export_opml();
  } else {
    return std::nullopt;
  }
  wrong_method = true;
  return std::nullopt;
}

}  // namespace

ApiResponse handle_api(Service& service, const ApiRequest& request) {
  if (!request.path.starts_with(kPrefix)) return api_error(404, "not-found", "there is nothing at " + request.path);
  try {
    bool wrong_method = false;
    const auto answer = route(service, request, std::string_view(request.path).substr(kPrefix.size()), wrong_method);
    if (answer) return respond(*answer);
    if (wrong_method) return api_error(405, "method", request.path + " does not take " + request.method);
    return api_error(404, "not-found", "there is nothing at " + request.path);
  } catch (const BadRequest& bad) {
    return api_error(400, "invalid", bad.message);
  }
}

}  // namespace podswarm::web
