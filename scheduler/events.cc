#include "scheduler/events.h"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include "base/log.h"
#include "base/text.h"
#include "base/units.h"
#include "base/url.h"
#include "scheduler/documents.h"

namespace podswarm::scheduler {

namespace json = boost::json;

namespace {

// Hooks that fall behind by more than this are told no more: the database is no place for a flood.
constexpr std::size_t kMostWaiting = 10'000;
// A value of the environment; all of them together must fit on a command's stack.
constexpr std::size_t kMaxValue = 8192;

void put(Context& context, Event event, const db::FeedRow* feed, json::object document) {
  const auto& hooks = context.settings->config.hooks;
  const auto tags = feed == nullptr ? std::vector<std::string>{} : context.settings->for_feed(*feed).tags;
  const bool wanted = std::any_of(hooks.begin(), hooks.end(), [&](const config::HookEntry& hook) {
    return wants(hook, to_string(event), feed, tags);
  });
  if (!wanted) return;
  if (context.outbox.count() >= kMostWaiting) {
    spdlog::warn("hooks are behind by {} events: they are not told of this one ({})", kMostWaiting, to_string(event));
    return;
  }
  const auto now = context.clock.now();
  json::object whole;
  whole["event"] = to_string(event);
  whole["at"] = base::format_rfc3339(now);
  for (auto& [key, value] : document) whole[key] = std::move(value);
  context.outbox.add({0, std::string(to_string(event)), now, feed == nullptr ? std::nullopt : std::optional(feed->id),
                      json::serialize(whole)});
}

std::string text_at(const json::object& object, std::string_view key) {
  const auto* found = object.if_contains(key);
  if (found == nullptr) return {};
  if (found->is_string()) return std::string(found->get_string());
  return found->is_number() ? json::serialize(*found) : std::string();
}

const json::object& object_at(const json::object& object, std::string_view key) {
  static const json::object kNone;
  const auto* found = object.if_contains(key);
  return found != nullptr && found->is_object() ? found->get_object() : kNone;
}

// Where the episode lies: its file, or the folder that its files have in common.
struct Place {
  std::filesystem::path path;
  std::uint64_t bytes = 0;
};

Place place_of(const json::object& episode) {
  Place place;
  const auto* files = episode.if_contains("files");
  if (files == nullptr || !files->is_array()) return place;
  for (const auto& value : files->get_array()) {
    if (!value.is_object()) continue;
    const std::filesystem::path path = text_at(value.get_object(), "path");
    json::error_code error;
    const auto* size = value.get_object().if_contains("size");
    if (size != nullptr) place.bytes += size->to_number<std::uint64_t>(error);
    if (place.path.empty()) {
      place.path = path;
      continue;
    }
    std::filesystem::path common;
    for (auto a = place.path.begin(), b = path.begin(); a != place.path.end() && b != path.end() && *a == *b;
         ++a, ++b) {
      common /= *a;
    }
    place.path = common;
  }
  return place;
}

}  // namespace

std::string_view to_string(Event event) {
  return config::kHookEvents[static_cast<std::size_t>(event)];
}

bool wants(const config::HookEntry& hook, std::string_view event, const db::FeedRow* feed,
           const std::vector<std::string>& tags) {
  if (std::find(hook.on.begin(), hook.on.end(), event) == hook.on.end()) return false;
  if (hook.feeds.empty() || feed == nullptr) return true;
  constexpr std::string_view kTag = "tag:";
  return std::any_of(hook.feeds.begin(), hook.feeds.end(), [&](const std::string& spec) {
    if (spec == "*" || base::iequals(spec, feed->name)) return true;
    if (spec.find("://") != std::string::npos) return base::canonical_url(spec) == base::canonical_url(feed->url);
    if (!base::istarts_with(spec, kTag)) return false;
    const auto wanted = base::trim(std::string_view(spec).substr(kTag.size()));
    return std::any_of(tags.begin(), tags.end(), [&](const auto& tag) { return base::iequals(tag, wanted); });
  });
}

void announce(Context& context, Event event, std::int64_t episode_id) {
  // Most users have no hook, and a document costs some queries.
  if (context.settings->config.hooks.empty()) return;
  const auto episode = context.episodes.find(episode_id);
  const auto feed = episode ? context.feeds.find(episode->feed_id) : std::nullopt;
  if (!feed) return;
  json::object document;
  document["feed"] = json::object{{"id", feed->id}, {"name", feed->name}, {"url", base::redact_url(feed->url)}};
  document["episode"] = episode_document(context, *episode, false);
  put(context, event, &*feed, std::move(document));
}

void announce_night(Context& context, json::object summary) {
  put(context, Event::kNightFinished, nullptr, json::object{{"summary", std::move(summary)}});
}

std::map<std::string, std::string> environment_of(const json::object& document) {
  std::map<std::string, std::string> out;
  const auto set = [&](const char* name, const std::string& text) {
    // What would end the value early is left out.
    std::string value(base::utf8_prefix(text, kMaxValue));
    std::erase(value, '\0');
    out[name] = std::move(value);
  };
  set("PODSWARM_EVENT", text_at(document, "event"));
  const auto& episode = object_at(document, "episode");
  const auto& download = object_at(episode, "download");
  const auto place = place_of(episode);
  set("PODSWARM_FEED", text_at(object_at(document, "feed"), "name"));
  set("PODSWARM_EPISODE", text_at(episode, "id"));
  set("PODSWARM_TITLE", text_at(episode, "title"));
  set("PODSWARM_LINK", text_at(episode, "link"));
  set("PODSWARM_REASON", text_at(object_at(episode, "decision"), "reason"));
  set("PODSWARM_ERROR", text_at(download, "error"));
  set("PODSWARM_SOURCE", text_at(download, "url"));
  set("PODSWARM_PATH", place.path.string());
  set("PODSWARM_NAME", place.path.filename().string());
  set("PODSWARM_DIR", place.path.parent_path().string());
  set("PODSWARM_BYTES", place.path.empty() ? "" : std::to_string(place.bytes));
  set("PODSWARM_SUMMARY", text_at(object_at(document, "summary"), "text"));
  return out;
}

}  // namespace podswarm::scheduler
