// From a feed document to episodes in the database: identify, decide, queue. Everything that one document brings is
// one transaction. Runs on the scheduler's thread.
#pragma once

#include <cstddef>

#include "feeds/document.h"
#include "scheduler/context.h"

namespace podswarm::scheduler {

struct IntakeResult {
  std::size_t items = 0;    // that the document has
  std::size_t added = 0;    // episodes that are new here
  std::size_t wanted = 0;   // of the new ones: queued
  std::size_t skipped = 0;  // of the new ones: a rule said no, or none spoke for them
  std::size_t backlog = 0;  // of the new ones: older than the subscription wants
  std::size_t held = 0;     // of the new ones: waiting for a person, for they look like known ones

  IntakeResult& operator+=(const IntakeResult& other);
};

enum class DocumentKind {
  kCurrent,    // what the feed's address brings
  kOlderPage,  // of its past: the backlog policy speaks for it
};

// The feed's backlog policy counts when no document of it was taken in before: of what the rules want, the newest N, or
// all, none, or since a day.
IntakeResult take_in(Context& context, const db::FeedRow& feed, const feeds::Feed& document, base::WallTime now,
                     DocumentKind kind = DocumentKind::kCurrent);

// Deferred episodes whose time has come are decided again. Returns how many were looked at.
std::size_t review_deferred(Context& context, base::WallTime now);

// A person says that a held episode is a new one: the rules decide, or, where a rule could not tell, it is queued. True
// if it was queued.
bool accept_held(Context& context, const db::EpisodeRow& episode, base::WallTime now);

// The rules decide on an episode once more, as if nobody had; what was there before the subscription is backlog again,
// unless it had been queued.
void decide_anew(Context& context, const db::EpisodeRow& episode, base::WallTime now);

// Queues an episode because a person wants it, whatever was decided. False where it has nothing to fetch.
bool want_by_hand(Context& context, const db::EpisodeRow& episode, base::WallTime now);

// What came some other way, such as by hand, stands in the rules' history as had: `once_per` lets no second copy come.
// Within the caller's transaction.
void count_as_had(Context& context, const db::EpisodeRow& episode, base::WallTime now);

}  // namespace podswarm::scheduler
