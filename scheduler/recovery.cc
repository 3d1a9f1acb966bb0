// What the queue mends when the program starts: a process may have ended between any two steps.

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <charconv>

#include "base/log.h"
#include "scheduler/adoption.h"
#include "scheduler/download_queue.h"
#include "scheduler/placing.h"

namespace podswarm::scheduler {

namespace {

constexpr const char* kLibraries = "libraries";

std::string to_text(const std::set<std::filesystem::path>& paths) {
  boost::json::array list;
  for (const auto& path : paths) list.emplace_back(path.string());
  return boost::json::serialize(list);
}

std::set<std::filesystem::path> paths_from_text(const std::string& text) {
  std::set<std::filesystem::path> paths;
  boost::json::error_code error;
  boost::json::parse_options options;
  options.allow_invalid_utf8 = true;
  const auto list = boost::json::parse(text, error, {}, options);
  if (error || !list.is_array()) return paths;
  for (const auto& path : list.get_array()) {
    if (path.is_string()) paths.insert(std::string(path.get_string()));
  }
  return paths;
}

}  // namespace

void DownloadQueue::recover(bool seed) {
  db::Transaction transaction(context_.database);
  context_.downloads.recover();
  last_start_ = context_.downloads.last_starts();
  finish_remembered();
  sweep_folders();
  end_unwanted_seeds();
  avoid_torrents();
  transaction.commit();
  seeds_ = seed;
  seeds_changed_ = true;
}

// A file that was put in its place, but not written down. What was not yet moved is placed when its turn comes.
void DownloadQueue::finish_remembered() {
  for (const auto& plan : remembered_plans(context_)) {
    if (plan.adopted) {
      finish_move(context_, plan);
      continue;
    }
    const auto row = context_.downloads.find(plan.download_id);
    if (!row || row->state != db::DownloadState::kQueued) {
      forget_plan(context_, plan.download_id);
      continue;
    }
    std::error_code error;
    const bool still_there = std::filesystem::exists(plan.request.source, error);
    if (still_there && !plan.request.keep_source) continue;
    const auto placed = library::find_placed(plan.request, plan.total_size);
    // Another episode's file of the same size and name is not this one.
    const bool known = placed && !placed->files.empty() && context_.files.find_by_path(placed->files.front().path);
    if (placed && !known) {
      finish(plan.download_id, *placed, plan.request.keep_source && still_there);
    } else if (!still_there) {
      forget_plan(context_, plan.download_id);
    }
  }
}

// The libraries of all feeds, as the settings have them.
std::set<std::filesystem::path> DownloadQueue::libraries() {
  std::set<std::filesystem::path> roots{config::expand_home(context_.settings->config.general.library_dir)};
  for (const auto& feed : context_.feeds.list()) {
    roots.insert(context_.settings->library_root(context_.settings->for_feed(feed)));
  }
  return roots;
}

// Of folders that downloads work in, those that are over go: the process may have ended before it removed them. Those
// that lie in a library of earlier settings come along to where they belong.
void DownloadQueue::sweep_folders() {
  const auto now = libraries();
  auto roots = now;
  for (const auto& root : paths_from_text(context_.remembered.get(kLibraries).value_or(""))) roots.insert(root);
  auto known = now;
  for (const auto& root : roots) {
    std::vector<std::filesystem::path> folders;
    std::error_code error;
    for (const auto& entry :
         std::filesystem::directory_iterator(root / kIncomingFolder / database_tag(context_), error)) {
      folders.push_back(entry.path());
    }
    for (const auto& folder : folders) {
      // What must stay there for now is looked for again.
      if (!sweep(folder)) known.insert(root);
    }
  }
  // Most starts have nothing to write.
  if (const auto text = to_text(known); context_.remembered.get(kLibraries) != text) {
    context_.remembered.set(kLibraries, text);
  }
  libraries_ = now;
}

// False where it is not where it should be, and cannot be moved now.
bool DownloadQueue::sweep(const std::filesystem::path& folder) {
  const std::string name = folder.filename().string();
  std::int64_t id = 0;
  const auto [end, bad] = std::from_chars(name.data(), name.data() + name.size(), id);
  if (bad != std::errc{} || end != name.data() + name.size()) return true;
  const auto row = context_.downloads.find(id);
  const auto feed = row ? context_.feeds.find(row->feed_id) : std::nullopt;
  std::error_code error;
  if (!feed || (row->state != db::DownloadState::kQueued && !row->seeding && !active_.contains(id))) {
    std::filesystem::remove_all(folder, error);
    return true;
  }
  const auto home = incoming(context_.settings->for_feed(*feed), id);
  if (folder != home) {
    if (active_.contains(id) || remembered_plan(context_, id) || std::filesystem::exists(home, error)) return false;
    std::filesystem::create_directories(home.parent_path(), error);
    // On another disk it would have to be copied: it stays, and is fetched anew.
    std::filesystem::rename(folder, home, error);
    if (error) {
      spdlog::warn("{}: cannot be moved to {}: {}", folder.string(), home.string(), error.message());
      return false;
    }
  }
  if (row->state == db::DownloadState::kQueued && !active_.contains(id)) note_stored(*row, home);
  return true;
}

}  // namespace podswarm::scheduler
