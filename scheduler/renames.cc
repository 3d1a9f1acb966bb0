#include "scheduler/renames.h"

#include <algorithm>
#include <deque>
#include <iterator>
#include <map>
#include <optional>

#include "base/log.h"
#include "library/below.h"
#include "library/library.h"
#include "library/name_index.h"
#include "library/portable_name.h"
#include "library/renaming.h"
#include "scheduler/naming.h"
#include "scheduler/placing.h"
#include "scheduler/rename_steps.h"

namespace podswarm::scheduler {

namespace fs = std::filesystem;

namespace {

// Nothing but these files, which all lie below it, is in the folder.
bool holds_only(const fs::path& folder, const std::vector<fs::path>& paths) {
  std::error_code error;
  std::size_t found = 0;
  for (fs::recursive_directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    if (it->is_directory(error) && !it->is_symlink(error)) continue;
    if (std::find(paths.begin(), paths.end(), it->path()) == paths.end()) return false;
    ++found;
  }
  return !error && found == paths.size();
}

// Where it lies as a whole; nothing where that was never taken down and its files lie among others.
std::optional<fs::path> unit_of(const db::DownloadRow& download, const std::vector<db::FileRow>& files) {
  if (!download.placed.empty()) return download.placed;
  if (files.size() == 1) return files.front().path;
  std::vector<fs::path> paths;
  for (const auto& file : files) paths.push_back(file.path);
  const auto common = library::common_folder(paths);
  return !common.empty() && holds_only(common, paths) ? std::optional(common) : std::nullopt;
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

// What belongs to a file or folder by its name: "Title.jpg" and "Title.en.vtt" to "Title.mp3".
std::optional<fs::path> companion_name(const fs::path& companion, const fs::path& from, const fs::path& to,
                                       bool is_folder) {
  if (companion.parent_path() != from.parent_path()) return std::nullopt;
  const auto name_of = [&](const fs::path& path) { return (is_folder ? path.filename() : path.stem()).string(); };
  const std::string name = companion.filename().string();
  const std::string old = name_of(from);
  if (!name.starts_with(old + ".")) return std::nullopt;
  return to.parent_path() / (name_of(to) + name.substr(old.size()));
}

// An entry on its way, with all that comes along: the file or folder itself first.
class Party {
 public:
  Party(Context& context, RenameEntry& leader, ino_t inode, fs::path library)
      : entry(leader), root(std::move(library)) {
    std::error_code error;
    is_folder_ = fs::is_directory(entry.from, error);
    members_.push_back({entry.from, inode});
    const auto add = [&](const fs::path& path) {
      const auto own_inode = path == entry.from ? std::nullopt : inode_of(path);
      if (own_inode && companion_name(path, entry.from, entry.to, is_folder_)) members_.push_back({path, *own_inode});
    };
    for (const auto& file : context.files.list_episode(entry.episode_id)) add(file.path);
    for (const auto& sidecar : context.sidecars.list_episode(entry.episode_id)) add(sidecar.path);
  }

  // To be called for each stretch of the way, in order.
  std::vector<RenameStep> steps_to(const fs::path& to, bool passing) {
    const fs::path from = members_.front().at;
    std::vector<RenameStep> steps;
    for (auto& [at, inode] : members_) {
      const auto target = at == from ? to : companion_name(at, from, to, is_folder_).value_or(at);
      steps.push_back({entry.episode_id, at, target, inode, passing});
      at = target;
    }
    return steps;
  }

  RenameEntry& entry;
  const fs::path root;

 private:
  struct Member {
    fs::path at;
    ino_t inode = 0;
  };
  bool is_folder_ = false;
  std::vector<Member> members_;
};

// Those that belong together, and what is done for them in this order.
struct Group {
  std::deque<Party> parties;
  std::vector<std::pair<Party*, RenameStep>> steps;
  std::size_t end = 0;  // of its entries
};

void add_steps(Group& group, Party& party, const fs::path& to, bool passing) {
  for (auto& step : party.steps_to(to, passing)) group.steps.emplace_back(&party, std::move(step));
}

// The one that begins with this entry.
Group group_at(Context& context, std::span<RenameEntry> entries, std::size_t begin) {
  Group group;
  for (group.end = begin; group.end < entries.size();) {
    auto& entry = entries[group.end++];
    const auto inode = inode_of(entry.from);
    const auto feed = context.feeds.find(entry.feed_id);
    if (entry.problem.empty() && (!inode || !feed)) entry.problem = "no longer there";
    if (entry.problem.empty()) {
      const auto root = context.settings->library_root(context.settings->for_feed(*feed));
      auto& party = group.parties.emplace_back(context, entry, *inode, root);
      const bool passing = !entry.via.empty();
      add_steps(group, party, passing ? entry.via : entry.to, passing);
    }
    if (!entry.with_next) break;
  }
  for (auto& party : group.parties) {
    if (!party.entry.via.empty()) add_steps(group, party, party.entry.to, false);
  }
  return group;
}

// What was done.
std::vector<RenameStep> carry_out(const Group& group) {
  std::vector<RenameStep> done;
  std::map<fs::path, fs::path> old_names;  // of what has a temporary one
  for (const auto& [party, step] : group.steps) {
    auto& entry = party->entry;
    if (const auto old = old_names.find(step.from); old != old_names.end()) {
      const auto at = leave_temporary(step.from, step.to, old->second, party->root);
      if (at) done.push_back({step.episode_id, step.from, *at, step.inode, false});
      if (step.from == entry.via && (!at || *at != step.to)) {
        entry.problem = step.to.string() + ": could not be had";
        entry.failed = true;
      }
      continue;
    }
    // A companion stays with what could not be renamed.
    if (!entry.problem.empty() || step.from == step.to) continue;
    const auto renamed = library::rename_placed(step.from, step.to, party->root);
    if (renamed) {
      done.push_back(step);
      if (step.passing) old_names[step.to] = step.from;
    } else if (step.from == entry.from) {
      entry.problem = renamed.error().message;
      entry.failed = true;
    } else {
      spdlog::warn("{}", renamed.error().message);
    }
  }
  return done;
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
      const auto unit = unit_of(*download, files);
      RenameEntry entry{id, feed.id, episode->title, unit.value_or(files.front().path), {}, {}, false, "", false};
      const auto naming = naming_of(*context.settings, *episode, *download);
      std::error_code error;
      if (!library::lies_below(entry.from, root)) {
        entry.problem = "outside the library";
      } else if (!unit) {
        entry.problem = "its files lie among others";
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
    entry.via = rename.via;
    entry.with_next = rename.with_next;
    out.push_back(std::move(entry));
  }
  for (const auto id : stuck) out.push_back(entries.at(id));
  return out;
}

std::size_t rename_in_library(Context& context, std::span<RenameEntry> entries, const Enough& enough) {
  // What an earlier call has moved, and the database then refused to take down, is not forgotten for this one.
  finish_renames(context);
  std::deque<Group> groups;
  std::vector<RenameStep> plan;
  for (std::size_t begin = 0; begin < entries.size(); begin = groups.back().end) {
    groups.push_back(group_at(context, entries, begin));
    for (const auto& [party, step] : groups.back().steps) plan.push_back(step);
  }
  if (!plan.empty()) remember_renames(context, plan);
  std::vector<RenameStep> done;
  std::size_t looked_at = 0;
  for (const auto& group : groups) {
    std::ranges::move(carry_out(group), std::back_inserter(done));
    looked_at = group.end;
    if (enough()) break;
  }
  record_renames(context, done);
  return looked_at;
}

}  // namespace podswarm::scheduler
