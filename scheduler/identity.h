// Which episode an item is, so that a feed polled twice adds nothing: guid, else the info-hash or the enclosure's
// address, else the link, else title and day. The scope of an identity is one feed. Guids change and enclosures move;
// an episode has further keys by which it is known again, and is compared by title and day before it is believed. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "feeds/document.h"

namespace podswarm::scheduler {

// "guid:…", "btih:…", "url:…", "link:…" or "title:…"; "" for an item that says nothing at all.
[[nodiscard]] std::string identity_of(const feeds::Item& item);

// What else an episode is known by: "btih:…" and "url:…" with the media_key of each enclosure.
[[nodiscard]] std::vector<std::string> further_keys(const feeds::Item& item);

// A title to compare: lower case (ASCII), with runs of blanks and punctuation as one blank.
[[nodiscard]] std::string comparable_title(std::string_view title);

// The day (UTC) on which an item says it was published; nothing where it does not say.
[[nodiscard]] std::optional<std::chrono::sys_days> day_of(std::optional<base::WallTime> published);

// What is known of an episode that an item of another identity shares a key with.
struct KnownEpisode {
  std::string title;
  std::optional<base::WallTime> published;
};

enum class Likeness {
  kSame,       // the same episode under a new identity: its row is brought up to date
  kDuplicate,  // the same episode, twice in one document
  kOther,      // an episode of its own
};

// `key` is the shared one. An info-hash is the content itself. An address that is shared is the same episode when title
// or day are the same too: some feeds publish each day under one address. While the known item still stands in the
// document (`in_document`), publishers list two things, and only an equal title makes them one.
[[nodiscard]] Likeness likeness(const feeds::Item& item, const KnownEpisode& known, std::string_view key,
                                bool in_document);

}  // namespace podswarm::scheduler
