// What the rules make of an item, and what follows from it: the decision on record, its place in the history, in the
// queue, and who is told. Runs on the scheduler's thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "feeds/rules/rule_set.h"
#include "scheduler/context.h"
#include "scheduler/source_choice.h"

namespace podswarm::scheduler {

// An item and what the rules are asked about it with. Outlives the candidate that is made of it.
struct Asked {
  const db::FeedRow& feed;
  const config::FeedSettings& settings;
  const feeds::Item& item;
  const std::vector<MediaSource>& sources;  // sources_of()
  base::WallTime first_seen{};

  [[nodiscard]] rules::Candidate candidate(base::WallTime now) const;
};

[[nodiscard]] std::vector<MediaSource> sources_of(const Context& context, const config::FeedSettings& settings,
                                                  const feeds::Item& item);

// More than the item tells.
struct Hint {
  bool waited = false;         // it is chosen among copies of which one has waited long enough
  std::string_view certain{};  // the rule that could not tell, and a person has
};

// What has nothing to fetch is no download, but may be told of, skipped or marked.
[[nodiscard]] rules::Decision decide(Context& context, const Asked& asked, base::WallTime now, const Hint& hint = {});

// Whether what a rule tells of is news: of what there was before the subscription nothing is.
enum class News { kTell, kKeepQuiet };

// Writes the decision down and carries out what follows from it.
void carry_out(Context& context, std::int64_t episode_id, const Asked& asked, const rules::Decision& decision,
               base::WallTime now, News news = News::kTell);

// Into the queue without a rule's word.
void enqueue_by_hand(Context& context, std::int64_t episode_id, const Asked& asked, base::WallTime now);

}  // namespace podswarm::scheduler
