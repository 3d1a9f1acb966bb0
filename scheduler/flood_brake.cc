#include "scheduler/flood_brake.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

namespace podswarm::scheduler {

FloodVerdict judge_flood(const std::vector<KnownEpisode>& known, const std::vector<KnownEpisode>& fresh,
                         std::size_t items) {
  FloodVerdict verdict;
  verdict.held.assign(fresh.size(), false);
  if (known.empty() || fresh.empty()) return verdict;

  std::map<std::string, std::set<std::optional<base::WallTime>>> titles;  // to their dates
  std::map<std::chrono::sys_days, int> days;
  std::optional<base::WallTime> newest;
  for (const auto& episode : known) {
    titles[comparable_title(episode.title)].insert(episode.published);
    if (const auto day = day_of(episode.published)) ++days[*day];
    if (episode.published) newest = std::max(newest.value_or(*episode.published), *episode.published);
  }
  std::size_t matches = 0;
  for (std::size_t i = 0; i < fresh.size(); ++i) {
    const std::string title = comparable_title(fresh[i].title);
    const auto same_title = titles.find(title);
    bool match = !title.empty() && same_title != titles.end() && same_title->second.size() == 1;
    const auto day = day_of(fresh[i].published);
    if (const auto same_day = day ? days.find(*day) : days.end(); same_day != days.end()) {
      const bool after_all = *fresh[i].published > *newest;
      if (match || (!after_all && same_day->second > 0)) {
        match = true;
        --same_day->second;
      }
    }
    verdict.held[i] = match;
    matches += match ? 1 : 0;
  }
  const bool flood = matches > std::max<std::size_t>(5, known.size() / 5);
  const bool all_changed = fresh.size() == items && items >= 2 && matches * 2 >= items;
  if (flood || all_changed) {
    verdict.reason =
        fmt::format("{} items at once look like episodes that are known, under new guids and addresses", matches);
  } else {
    verdict.held.assign(fresh.size(), false);
  }
  return verdict;
}

}  // namespace podswarm::scheduler
