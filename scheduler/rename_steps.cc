#include "scheduler/rename_steps.h"

#include <sys/stat.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <cstdlib>

#include "base/bytes.h"
#include "base/log.h"
#include "library/below.h"
#include "library/renaming.h"

namespace podswarm::scheduler {

namespace fs = std::filesystem;
namespace json = boost::json;

namespace {

constexpr const char* kRemembered = "renaming";

std::vector<RenameStep> remembered(Context& context) {
  std::vector<RenameStep> steps;
  json::error_code error;
  const json::value list = json::parse(context.remembered.get(kRemembered).value_or("[]"), error);
  if (error || !list.is_array()) return steps;
  for (const auto& value : list.get_array()) {
    if (!value.is_object()) continue;
    const auto& object = value.get_object();
    const auto string = [&](const char* name) {
      const auto* found = object.if_contains(name);
      return found != nullptr && found->is_string() ? std::string(found->get_string()) : std::string();
    };
    const auto* id = object.if_contains("episode");
    if (id == nullptr || !id->is_int64()) continue;
    const auto* passing = object.if_contains("passing");
    steps.push_back({id->get_int64(), base::percent_decode(string("from")), base::percent_decode(string("to")),
                     std::strtoull(string("inode").c_str(), nullptr, 10),
                     passing != nullptr && passing->is_bool() && passing->get_bool()});
  }
  return steps;
}

bool lies_there(const RenameStep& step) {
  return inode_of(step.to) == step.inode;
}

// The step that leads on from a temporary name.
const RenameStep* next_of(const std::vector<RenameStep>& steps, const RenameStep& step) {
  const auto next = std::ranges::find_if(steps, [&](const RenameStep& other) {
    return other.episode_id == step.episode_id && other.inode == step.inode && other.from == step.to;
  });
  return step.passing && next != steps.end() ? &*next : nullptr;
}

// The step that has led to a temporary name.
const RenameStep* step_before(const std::vector<RenameStep>& steps, const RenameStep& step) {
  const auto before =
      std::ranges::find_if(steps, [&](const RenameStep& other) { return next_of(steps, other) == &step; });
  return before == steps.end() ? nullptr : &*before;
}

// Of steps that belong together because something has a temporary name now: all up to the last that leads from such a
// name.
std::vector<bool> to_be_finished(const std::vector<RenameStep>& steps) {
  std::vector<bool> out(steps.size());
  std::size_t end = 0;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const auto* next = next_of(steps, steps[i]);
    if (next != nullptr && (i < end || lies_there(steps[i]))) {
      end = std::max(end, static_cast<std::size_t>(next - steps.data()) + 1);
    }
    out[i] = i < end;
  }
  return out;
}

void record(Context& context, const RenameStep& step) {
  // What a folder's rows say of the files in it changes with the folder.
  const auto moved = [&](const fs::path& path) -> std::optional<fs::path> {
    if (path == step.from) return step.to;
    const auto rest = library::path_below(path, step.from);
    return rest ? std::optional(step.to / *rest) : std::nullopt;
  };
  for (const auto& file : context.files.list_episode(step.episode_id)) {
    if (const auto to = moved(file.path)) context.files.set_path(file.id, *to);
  }
  for (const auto& sidecar : context.sidecars.list_episode(step.episode_id)) {
    if (const auto to = moved(sidecar.path)) context.sidecars.set_path(sidecar.id, *to);
  }
  const auto download = context.downloads.find_by_episode(step.episode_id);
  if (download && download->placed == step.from) context.downloads.set_placed(download->id, step.to);
}

}  // namespace

std::optional<ino_t> inode_of(const fs::path& path) {
  struct stat info {};
  if (::lstat(path.c_str(), &info) != 0) return std::nullopt;
  return info.st_ino;
}

bool has_renames(Context& context) {
  return context.remembered.get(kRemembered).has_value();
}

void remember_renames(Context& context, const std::vector<RenameStep>& steps) {
  json::array list;
  for (const auto& step : steps) {
    // A person's names may be no UTF-8.
    json::object entry{{"episode", step.episode_id},
                       {"from", base::percent_encode(step.from.native())},
                       {"to", base::percent_encode(step.to.native())},
                       {"inode", std::to_string(step.inode)}};
    if (step.passing) entry["passing"] = true;
    list.push_back(std::move(entry));
  }
  context.remembered.set(kRemembered, json::serialize(list));
}

base::Result<fs::path, library::PlaceError> leave_temporary(const fs::path& temporary, const fs::path& wanted,
                                                            const fs::path& old, const fs::path& root) {
  const auto renamed = library::rename_placed(temporary, wanted, root);
  if (renamed) return wanted;
  spdlog::warn("{}", renamed.error().message);
  if (library::rename_placed(temporary, old, root)) return old;
  return renamed.error();
}

void record_renames(Context& context, const std::vector<RenameStep>& done) {
  db::Transaction transaction(context.database);
  for (const auto& step : done) record(context, step);
  context.remembered.erase(kRemembered);
  transaction.commit();
}

void finish_renames(Context& context) {
  if (!context.remembered.get(kRemembered)) return;
  const auto steps = remembered(context);
  const auto unfinished = to_be_finished(steps);
  std::vector<RenameStep> done;
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const auto& step = steps[i];
    const auto* next = next_of(steps, step);
    if (lies_there(step) || (next != nullptr && lies_there(*next))) {
      done.push_back(step);
      continue;
    }
    if (!unfinished[i] || inode_of(step.from) != step.inode) continue;
    const auto episode = context.episodes.find(step.episode_id);
    const auto feed = episode ? context.feeds.find(episode->feed_id) : std::nullopt;
    if (!feed) continue;
    const auto root = context.settings->library_root(context.settings->for_feed(*feed));
    if (const auto* before = step_before(steps, step)) {
      const auto at = leave_temporary(step.from, step.to, before->from, root);
      if (at) done.push_back({step.episode_id, step.from, *at, step.inode, false});
    } else if (library::rename_placed(step.from, step.to, root)) {
      done.push_back(step);
    }
  }
  record_renames(context, done);
}

}  // namespace podswarm::scheduler
