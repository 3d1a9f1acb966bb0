// Decisions after the first: of what was put off or held, of what a person wants, and of what has lost its better copy.
// Runs on the scheduler's thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "scheduler/context.h"

namespace podswarm::scheduler {

// What tells an episode that the flood brake holds from one of which a rule could not tell.
inline constexpr std::string_view kReviewReason = "held for review: ";

// Deferred episodes whose time has come are decided again. Returns how many were looked at.
std::size_t review_deferred(Context& context, base::WallTime now);

// A person says that a held episode is a new one: the rules decide. Where a rule could not tell, its conditions count as
// fulfilled, and what it would not fetch even so is fetched as a person's wish. True if it was queued.
bool accept_held(Context& context, const db::EpisodeRow& episode, base::WallTime now);

// The rules decide on an episode once more, as if nobody had; what was there before the subscription is backlog again,
// unless it had been queued.
void decide_anew(Context& context, const db::EpisodeRow& episode, base::WallTime now);

// Queues an episode because a person wants it, whatever was decided. False where it has nothing to fetch.
bool want_by_hand(Context& context, const db::EpisodeRow& episode, base::WallTime now);

// What came some other way, such as by hand, stands in the rules' history as had: `once_per` lets no second copy come.
// Within the caller's transaction.
void count_as_had(Context& context, const db::EpisodeRow& episode, base::WallTime now);

// An episode has failed for good, and its place in the history is free: copies of it that were refused because of it are
// decided again. `released`: what its place was. Within the caller's transaction.
void reconsider_copies(Context& context, const std::vector<db::HistoryEntry>& released, base::WallTime now);

}  // namespace podswarm::scheduler
