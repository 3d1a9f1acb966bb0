// Files that accompany episodes and feeds: what is wanted stands in the database from the moment an episode is in the
// library, and is made in the background afterwards. Its failure is tried again a few times and harms nothing. Runs on
// the scheduler's thread.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <vector>

#include "scheduler/context.h"
#include "scheduler/ports.h"
#include "scheduler/types.h"

namespace podswarm::scheduler {

// The folder that the feed's template gives to this feed alone: the part of it up to the last {feed}, as long as
// nothing else varies in it. "" where it has none.
[[nodiscard]] std::filesystem::path feed_folder(Context& context, const db::FeedRow& feed,
                                                const config::FeedSettings& settings);

// Notes what the settings want beside this episode, whose files are recorded; within the caller's transaction.
void want_sidecars(Context& context, const db::EpisodeRow& episode);
// Notes the feed's image, so that it is there when the first episode wants it embedded.
void want_cover(Context& context, const db::FeedRow& feed);

// The episode's file has gone from the library, and the files that accompanied it go along. Returns their rows, which are
// the caller's to remove. `root` is the library of today; what came when it was elsewhere is deleted there.
[[nodiscard]] std::vector<std::int64_t> delete_sidecars(Context& context, std::int64_t episode_id,
                                                        const std::filesystem::path& root);

class Sidecars {
 public:
  Sidecars(Context& context, SidecarPort& port) : context_(context), port_(port) {}

  // Begins with what is due, a few at a time. Unless told otherwise, what is to be fetched while the feed's window is
  // closed is put off until it opens.
  void start_due(base::WallTime now, WindowRule window);
  void on_made(std::int64_t id, const SidecarResult& result);

  // start_due() has left nothing that it may begin with, and nothing is under way.
  [[nodiscard]] bool idle() const { return under_way_.empty(); }
  // When start_due() has something to do by time alone.
  [[nodiscard]] std::optional<base::WallTime> next_look();

 private:
  bool start(const db::SidecarRow& row, const db::FeedRow& feed, const config::FeedSettings& settings);

  Context& context_;
  SidecarPort& port_;
  // Where it will be called what; the episode may be renamed or deleted meanwhile.
  struct UnderWay {
    std::filesystem::path root;
    std::filesystem::path stem;  // its folder and its name without the ending
  };
  // Follows the episode: where the file is now, nothing where it was deleted as nobody's.
  std::optional<std::filesystem::path> settle(const UnderWay& made, const std::optional<db::SidecarRow>& row,
                                              const std::filesystem::path& file);
  std::map<std::int64_t, UnderWay> under_way_;
};

}  // namespace podswarm::scheduler
