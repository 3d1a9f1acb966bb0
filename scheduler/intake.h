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

// The feed's backlog policy counts when no document of it was taken in before: of what the rules want, now or later, the
// newest N, or all, none, or since a day.
IntakeResult take_in(Context& context, const db::FeedRow& feed, const feeds::Feed& document, base::WallTime now,
                     DocumentKind kind = DocumentKind::kCurrent);

}  // namespace podswarm::scheduler
