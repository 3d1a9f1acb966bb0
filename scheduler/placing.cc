#include "scheduler/placing.h"

#include <boost/json.hpp>
#include <ctime>
#include <fstream>

#include "base/bytes.h"
#include "base/log.h"
#include "feeds/item_json.h"
#include "library/media_type.h"
#include "scheduler/episode_facts.h"
#include "scheduler/sidecars.h"
#include "scheduler/tagging.h"

namespace podswarm::scheduler {

namespace json = boost::json;

namespace {

constexpr std::string_view kPlanPrefix = "placing:";

base::Bytes head_of(const std::filesystem::path& file) {
  base::Bytes head(library::kSniffBytes);
  std::ifstream in(file, std::ios::binary);
  in.read(reinterpret_cast<char*>(head.data()), static_cast<std::streamsize>(head.size()));
  head.resize(static_cast<std::size_t>(in.gcount()));
  return head;
}

}  // namespace

std::chrono::seconds utc_offset_at(base::WallTime time) {
  const std::time_t seconds = time.time_since_epoch().count();
  std::tm local{};
  ::localtime_r(&seconds, &local);
  return std::chrono::seconds(local.tm_gmtoff);
}

library::NameFields name_fields(Context& context, const db::EpisodeRow& episode, base::WallTime added) {
  library::NameFields fields;
  const auto feed = context.feeds.find(episode.feed_id);
  if (feed) fields.feed = feed->name;
  fields.title = episode.title;
  fields.published = episode.published_at;
  fields.added = added;
  fields.utc_offset = utc_offset_at(episode.published_at.value_or(fields.added));
  fields.guid = episode.guid;
  fields.id = episode.id;
  fields.tags = context.episodes.tags(episode.id);
  fields.duration = episode.duration;
  if (const auto item = feeds::item_from_json(episode.item)) {
    fields.episode_type = item->episode_type;
    fields.author = item->author;
    const auto facts = episode_facts(*item, fields.feed);
    fields.show = facts.show;
    fields.season = facts.season;
    fields.episode = facts.episode;
    fields.ep = facts.ep;
    if (facts.quality) fields.quality = std::to_string(*facts.quality) + "p";
  }
  return fields;
}

std::filesystem::path name_for(const db::EpisodeRow& episode, const config::FeedSettings& settings,
                               const Naming& naming, library::NameFields fields) {
  // What the rule's other conditions would have caught is empty this time: its templates were checked, with the names of
  // all that it may catch, when they were loaded.
  const std::string text = combined_template(settings.name_template.value, naming);
  const auto named = library::fields_in(text);
  fields.extra = naming.captures;
  auto compiled = library::NameTemplate::compile(text, named);
  if (!compiled) {
    spdlog::warn("{}: the rule's name is not used: {}", episode.title, compiled.error().message);
    compiled = library::NameTemplate::compile(settings.name_template.value);
  }
  return compiled->expand(fields);
}

namespace {

std::optional<Planned> read_plan(std::int64_t download_id, const std::string& text) {
  json::error_code error;
  json::parse_options options;
  options.allow_invalid_utf8 = true;  // as a person's file names may be
  const json::value value = json::parse(text, error, {}, options);
  if (error || !value.is_object()) return std::nullopt;
  const auto& object = value.get_object();
  const auto string = [&](const char* name) {
    const auto* found = object.if_contains(name);
    return found != nullptr && found->is_string() ? std::string(found->get_string()) : std::string();
  };
  Planned plan;
  plan.download_id = download_id;
  plan.request.source = string("source");
  plan.request.root = string("root");
  plan.request.relative = string("relative");
  plan.request.collision_tag = string("collision_tag");
  if (const auto* keep = object.if_contains("keep_source"); keep != nullptr && keep->is_bool()) {
    plan.request.keep_source = keep->get_bool();
  }
  if (const auto* adopted = object.if_contains("adopted"); adopted != nullptr && adopted->is_bool()) {
    plan.adopted = adopted->get_bool();
  }
  if (const auto* size = object.if_contains("total_size"); size != nullptr && size->is_number()) {
    json::error_code not_whole;
    plan.total_size = size->to_number<std::uint64_t>(not_whole);
  }
  if (const auto* tagging = object.if_contains("tagging"); tagging != nullptr && tagging->is_object()) {
    plan.request.tagging = tag_request_from_json(tagging->get_object());
  }
  if (const auto* mtime = object.if_contains("mtime"); mtime != nullptr && mtime->is_int64()) {
    plan.request.mtime = base::WallTime(std::chrono::seconds(mtime->get_int64()));
  }
  return plan;
}

}  // namespace

library::PlaceRequest plan_place(Context& context, const db::EpisodeRow& episode, const config::FeedSettings& settings,
                                 const Arrived& arrived) {
  library::NameFields fields = name_fields(context, episode, context.clock.now());
  library::PlaceRequest request;
  request.root = context.settings->library_root(settings);
  request.collision_tag = library::collision_tag(episode.identity);
  request.keep_source = arrived.keep_source;
  request.mtime = episode.published_at;

  // One file directly in the download's folder is placed by itself; a torrent's folder goes whole.
  const auto& first = arrived.files.front().path;
  const bool single = arrived.files.size() == 1 && first.parent_path().empty();
  if (single) {
    request.source = arrived.dir / first;
    fields.ext = library::choose_extension(head_of(request.source), arrived.content_type,
                                           arrived.suggested_name.empty() ? first.string() : arrived.suggested_name);
  } else {
    request.source = arrived.dir / *first.begin();
  }
  fields.original = original_name(request.source);
  const auto utc_offset = fields.utc_offset;
  request.relative = name_for(episode, settings, naming_from_text(arrived.naming), std::move(fields));
  if (const auto feed = context.feeds.find(episode.feed_id)) {
    request.tagging = tags_wanted(context, episode, settings, feed_folder(context, *feed, settings), utc_offset);
  }
  return request;
}

std::string original_name(const std::filesystem::path& source) {
  std::error_code error;
  const bool folder = std::filesystem::is_directory(source, error);
  return (folder ? source.filename() : source.stem()).string();
}

std::string database_tag(Context& context) {
  constexpr const char* kKey = "database-tag";
  if (auto tag = context.remembered.get(kKey)) return *tag;
  std::string tag;
  for (int i = 0; i < 8; ++i) tag += static_cast<char>('a' + static_cast<int>(context.random() * 26));
  context.remembered.set(kKey, tag);
  return tag;
}

void remember_plan(Context& context, const Planned& plan) {
  json::object value;
  value["source"] = plan.request.source.string();
  value["root"] = plan.request.root.string();
  value["relative"] = plan.request.relative.string();
  value["collision_tag"] = plan.request.collision_tag;
  value["keep_source"] = plan.request.keep_source;
  value["total_size"] = plan.total_size;
  value["adopted"] = plan.adopted;
  if (plan.request.tagging) value["tagging"] = to_json(*plan.request.tagging);
  if (plan.request.mtime) value["mtime"] = plan.request.mtime->time_since_epoch().count();
  context.remembered.set(std::string(kPlanPrefix) + std::to_string(plan.download_id), json::serialize(value));
}

void forget_plan(Context& context, std::int64_t download_id) {
  context.remembered.erase(std::string(kPlanPrefix) + std::to_string(download_id));
}

std::optional<Planned> remembered_plan(Context& context, std::int64_t download_id) {
  const auto text = context.remembered.get(std::string(kPlanPrefix) + std::to_string(download_id));
  return text ? read_plan(download_id, *text) : std::nullopt;
}

std::vector<Planned> remembered_plans(Context& context) {
  std::vector<Planned> plans;
  for (const auto& [key, text] : context.remembered.list()) {
    if (!key.starts_with(kPlanPrefix)) continue;
    auto plan = read_plan(std::strtoll(key.c_str() + kPlanPrefix.size(), nullptr, 10), text);
    if (plan) plans.push_back(std::move(*plan));
  }
  return plans;
}

}  // namespace podswarm::scheduler
