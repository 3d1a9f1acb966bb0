#include "library/retention.h"

#include <algorithm>

#include "base/units.h"

namespace podswarm::library {

namespace {

bool older(const StoredEpisode* a, const StoredEpisode* b) {
  return std::pair(a->published, a->id) < std::pair(b->published, b->id);
}

// The bounds of one feed or of the library over a set of episodes.
class Pass {
 public:
  Pass(std::vector<const StoredEpisode*> episodes, const RetentionBounds& bounds, bool whole, std::vector<Deletion>& out)
      : episodes_(std::move(episodes)), bounds_(bounds), whole_(whole), out_(out) {
    std::sort(episodes_.begin(), episodes_.end(), older);
  }

  // Returns what stays, oldest first.
  std::vector<const StoredEpisode*> run(std::chrono::sys_seconds now) {
    if (bounds_.age.count() != 0) by_age(now);
    if (bounds_.newest != 0) by_number();
    if (bounds_.size != 0) by_size();
    return std::move(episodes_);
  }

 private:
  void let_go(const StoredEpisode& episode, DeletionReason of_feed, DeletionReason of_library, std::string text) {
    out_.push_back(
        {episode.id, episode.feed_id, episode.size, whole_ ? of_library : of_feed, (whole_ ? "library: " : "") + text});
  }

  void by_age(std::chrono::sys_seconds now) {
    std::erase_if(episodes_, [&](const StoredEpisode* episode) {
      // Not the sum of two times: an age may be as long as time goes.
      const bool goes = episode->protection.empty() && now - episode->arrived > bounds_.age;
      if (goes) {
        let_go(*episode, DeletionReason::kAge, DeletionReason::kLibraryAge,
               "in the library for more than " + base::format_duration(bounds_.age));
      }
      return goes;
    });
  }

  void by_number() {
    const std::size_t count = episodes_.size();
    std::size_t place = 0;
    std::erase_if(episodes_, [&](const StoredEpisode* episode) {
      const bool beyond = count - place++ > bounds_.newest;
      const bool goes = beyond && episode->protection.empty();
      if (goes) {
        let_go(*episode, DeletionReason::kNewest, DeletionReason::kLibraryNewest,
               "not among the newest " + std::to_string(bounds_.newest));
      }
      return goes;
    });
  }

  void by_size() {
    std::uint64_t total = 0;
    // Where protected ones alone are over the bound, each new arrival would be deleted at once.
    const StoredEpisode* newest = nullptr;
    for (const auto* episode : episodes_) {
      total += episode->size;
      if (episode->protection.empty() && episode->size != 0) newest = episode;
    }
    std::erase_if(episodes_, [&](const StoredEpisode* episode) {
      // What takes no room frees none.
      const bool may_go = episode->protection.empty() && episode->size != 0 && episode != newest;
      const bool goes = total > bounds_.size && may_go;
      if (goes) {
        total -= episode->size;
        let_go(*episode, DeletionReason::kSize, DeletionReason::kLibrarySize,
               "the oldest, over " + base::format_bytes(bounds_.size));
      }
      return goes;
    });
  }

  std::vector<const StoredEpisode*> episodes_;
  const RetentionBounds& bounds_;
  bool whole_;
  std::vector<Deletion>& out_;
};

}  // namespace

std::string_view to_string(DeletionReason reason) {
  switch (reason) {
    case DeletionReason::kAge:
      return "age";
    case DeletionReason::kNewest:
      return "newest";
    case DeletionReason::kSize:
      return "size";
    case DeletionReason::kLibraryAge:
      return "library-age";
    case DeletionReason::kLibraryNewest:
      return "library-newest";
    case DeletionReason::kLibrarySize:
      return "library-size";
  }
  return "";
}

std::vector<Deletion> plan_deletions(std::span<const StoredEpisode> episodes,
                                     const std::map<std::int64_t, RetentionBounds>& feeds,
                                     const RetentionBounds& library, std::chrono::sys_seconds now) {
  std::map<std::int64_t, std::vector<const StoredEpisode*>> by_feed;
  for (const auto& episode : episodes) by_feed[episode.feed_id].push_back(&episode);
  std::vector<Deletion> out;
  std::vector<const StoredEpisode*> left;
  for (auto& [feed_id, of_feed] : by_feed) {
    const auto bounds = feeds.find(feed_id);
    auto stays = bounds == feeds.end() ? std::move(of_feed) : Pass(std::move(of_feed), bounds->second, false, out).run(now);
    left.insert(left.end(), stays.begin(), stays.end());
  }
  (void)Pass(std::move(left), library, true, out).run(now);
  return out;
}

}  // namespace podswarm::library
