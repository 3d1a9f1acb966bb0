#include "scheduler/renames.h"

#include <sys/stat.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <map>
#include <optional>

#include "base/bytes.h"
#include "base/log.h"
#include "library/library.h"
#include "library/name_index.h"
#include "library/portable_name.h"
#include "library/renaming.h"
#include "scheduler/naming.h"
#include "scheduler/placing.h"
#include "scheduler/sidecars.h"

namespace podswarm::scheduler {

namespace fs = std::filesystem;
namespace json = boost::json;

namespace {

constexpr const char* kRemembered = "renaming";

// One file or folder on its way.
struct Step {
  std::int64_t episode_id = 0;
  fs::path from;
  fs::path to;
  ino_t inode = 0;
};

std::optional<ino_t> inode_of(const fs::path& path) {
  struct stat info {};
  if (::lstat(path.c_str(), &info) != 0) return std::nullopt;
  return info.st_ino;
}

// The path below `folder`; nothing where it is not.
std::optional<fs::path> below(const fs::path& path, const fs::path& folder) {
  const auto relative = path.lexically_normal().lexically_relative((folder / "").lexically_normal().parent_path());
  if (relative.empty() || relative == "." || *relative.begin() == "..") return std::nullopt;
  return relative;
}

// Where it lies as a whole.
fs::path unit_of(const db::DownloadRow& download, const std::vector<db::FileRow>& files) {
  if (!download.placed.empty()) return download.placed;
  if (files.size() == 1) return files.front().path;
  fs::path common = files.front().path.parent_path();
  for (const auto& file : files) {
    while (!below(file.path, common)) common = common.parent_path();
  }
  return common;
}

// What the deciding rule says today; what its expression has caught is what it caught then.
Naming naming_of(const Settings& settings, const db::EpisodeRow& episode, const db::DownloadRow& download) {
  Naming naming = naming_from_text(download.naming);
  for (const auto& rule : settings.config.rules) {
    if (!rule.id || rule.id->value != episode.decision_rule || episode.decision_rule.empty()) continue;
    naming.dest = rule.dest ? rule.dest->value : "";
    naming.name = rule.name ? rule.name->value : "";
  }
  return naming;
}

bool names_original(const config::FeedSettings& settings, const Naming& naming) {
  return combined_template(settings.name_template.value, naming).find("{original}") != std::string::npos;
}

// What belongs to a file by its name: "Title.jpg" and "Title.en.vtt" to "Title.mp3".
std::optional<fs::path> companion_name(const fs::path& companion, const fs::path& from, const fs::path& to) {
  if (companion.parent_path() != from.parent_path()) return std::nullopt;
  const std::string name = companion.filename().string();
  const std::string stem = from.stem().string() + ".";
  if (!name.starts_with(stem)) return std::nullopt;
  return to.parent_path() / (to.stem().string() + "." + name.substr(stem.size()));
}

void remember(Context& context, const std::vector<Step>& steps) {
  json::array list;
  for (const auto& step : steps) {
    // A person's names may be no UTF-8.
    list.push_back(json::object{{"episode", step.episode_id},
                                {"from", base::percent_encode(step.from.native())},
                                {"to", base::percent_encode(step.to.native())},
                                {"inode", std::to_string(step.inode)}});
  }
  context.remembered.set(kRemembered, json::serialize(list));
}

void record(Context& context, const Step& step) {
  for (const auto& file : context.files.list_episode(step.episode_id)) {
    if (file.path == step.from) {
      context.files.set_path(file.id, step.to);
    } else if (const auto rest = below(file.path, step.from)) {
      context.files.set_path(file.id, step.to / *rest);
    }
  }
  const auto download = context.downloads.find_by_episode(step.episode_id);
  if (download && download->placed == step.from) context.downloads.set_placed(download->id, step.to);
}

// What accompanies an episode follows it, once the rows say where it is; a folder that this leaves empty goes.
void let_follow(Context& context, const std::vector<Step>& steps) {
  for (const auto& step : steps) {
    move_sidecars(context, step.episode_id, step.from);
    const auto episode = context.episodes.find(step.episode_id);
    const auto feed = episode ? context.feeds.find(episode->feed_id) : std::nullopt;
    if (!feed) continue;
    const auto root = context.settings->library_root(context.settings->for_feed(*feed));
    library::remove_empty_folders(step.from.parent_path(), root);
  }
}

}  // namespace

std::vector<RenameEntry> plan_rename(Context& context, const std::set<std::int64_t>& feeds) {
  std::map<std::int64_t, RenameEntry> entries;
  std::vector<std::int64_t> stuck;
  std::vector<library::RenameWish> wishes;
  for (const auto& feed : context.feeds.list()) {
    if (!feeds.empty() && !feeds.contains(feed.id)) continue;
    const auto settings = context.settings->for_feed(feed);
    const auto root = context.settings->library_root(settings);
    std::map<std::int64_t, std::vector<db::FileRow>> of_episode;
    for (auto& file : context.files.list_feed(feed.id)) of_episode[file.episode_id].push_back(std::move(file));
    for (const auto& [id, files] : of_episode) {
      const auto episode = context.episodes.find(id);
      const auto download = context.downloads.find_by_episode(id);
      if (!episode || !download || download->state != db::DownloadState::kDone) continue;
      RenameEntry entry{id, feed.id, episode->title, unit_of(*download, files), {}, "", false};
      const auto naming = naming_of(*context.settings, *episode, *download);
      std::error_code error;
      if (!below(entry.from, root)) {
        entry.problem = "outside the library";
      } else if (!fs::exists(entry.from, error)) {
        entry.problem = "no longer there";
      } else if (names_original(settings, naming) && download->original.empty()) {
        entry.problem = "what it was called at first is not known";
      } else {
        auto fields = name_fields(context, *episode, files.front().added_at);
        fields.original = download->original;
        const std::string name = entry.from.filename().string();
        const auto dot = library::extension_offset(name);
        if (!fs::is_directory(entry.from, error) && dot < name.size()) fields.ext = name.substr(dot + 1);
        entry.to = root / name_for(*episode, settings, naming, std::move(fields));
        wishes.push_back({id, entry.from, entry.to, library::collision_tag(episode->identity)});
      }
      if (!entry.problem.empty()) stuck.push_back(id);
      entries.emplace(id, std::move(entry));
    }
  }
  library::NameIndex names;
  std::vector<RenameEntry> out;
  for (const auto& rename : library::plan_renames(wishes, [&](const fs::path& path) { return names.taken(path); })) {
    auto entry = entries.at(rename.id);
    entry.to = rename.to;
    out.push_back(std::move(entry));
  }
  for (const auto id : stuck) out.push_back(entries.at(id));
  return out;
}

void rename_in_library(Context& context, std::vector<RenameEntry>& entries) {
  std::vector<std::pair<Step, RenameEntry*>> steps;
  std::vector<Step> plan;
  for (auto& entry : entries) {
    const auto inode = inode_of(entry.from);
    if (!entry.problem.empty()) continue;
    if (!inode) {
      entry.problem = "no longer there";
      continue;
    }
    steps.push_back({{entry.episode_id, entry.from, entry.to, *inode}, &entry});
    for (const auto& file : context.files.list_episode(entry.episode_id)) {
      const auto to = file.path == entry.from ? std::nullopt : companion_name(file.path, entry.from, entry.to);
      const auto of_file = to ? inode_of(file.path) : std::nullopt;
      if (of_file) steps.push_back({{entry.episode_id, file.path, *to, *of_file}, &entry});
    }
  }
  if (steps.empty()) return;
  // What an earlier call has moved, and the database then refused to take down, is not forgotten for this one.
  finish_renames(context);
  for (const auto& [step, entry] : steps) plan.push_back(step);
  remember(context, plan);
  std::vector<Step> done;
  for (const auto& [step, entry] : steps) {
    if (!entry->problem.empty()) continue;  // a companion stays with what could not be renamed
    const auto feed = context.feeds.find(entry->feed_id);
    if (!feed) continue;
    const auto root = context.settings->library_root(context.settings->for_feed(*feed));
    const auto renamed = library::rename_placed(step.from, step.to, root);
    if (renamed) {
      done.push_back(step);
    } else if (step.from == entry->from) {
      entry->problem = renamed.error().message;
      entry->failed = true;
    } else {
      spdlog::warn("{}", renamed.error().message);
    }
  }
  db::Transaction transaction(context.database);
  for (const auto& step : done) record(context, step);
  context.remembered.erase(kRemembered);
  transaction.commit();
  let_follow(context, done);
}

void finish_renames(Context& context) {
  const auto text = context.remembered.get(kRemembered);
  if (!text) return;
  json::error_code error;
  const json::value list = json::parse(*text, error);
  std::vector<Step> done;
  db::Transaction transaction(context.database);
  if (!error && list.is_array()) {
    for (const auto& value : list.get_array()) {
      if (!value.is_object()) continue;
      const auto& object = value.get_object();
      const auto string = [&](const char* name) {
        const auto* found = object.if_contains(name);
        return found != nullptr && found->is_string() ? std::string(found->get_string()) : std::string();
      };
      const auto* id = object.if_contains("episode");
      if (id == nullptr || !id->is_int64()) continue;
      const Step step{id->get_int64(), base::percent_decode(string("from")), base::percent_decode(string("to")),
                      std::strtoull(string("inode").c_str(), nullptr, 10)};
      if (inode_of(step.to) != step.inode) continue;
      record(context, step);
      done.push_back(step);
    }
  }
  context.remembered.erase(kRemembered);
  transaction.commit();
  let_follow(context, done);
}

}  // namespace podswarm::scheduler
