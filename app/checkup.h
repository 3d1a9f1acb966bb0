// What `doctor` finds out about a feed: what its server does, what its document is like, and what is wrong with either.
// Three requests at most, redirects aside: the document, the same again with its validators, one byte of an episode.
// Blocking.
#pragma once

#include <boost/json/object.hpp>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "feeds/document.h"
#include "feeds/fetcher.h"
#include "feeds/parse.h"

namespace podswarm::app {

struct Finding {
  enum class Level { kNote, kWarning, kError };
  Level level = Level::kNote;
  std::string text;  // one line for a person
};

struct Checkup {
  // Of the first request; nothing where it failed, and why stands in `findings`.
  std::optional<feeds::FetchResponse> answer;
  std::optional<bool> answers_304;  // nothing where it gave no validator
  std::optional<feeds::Feed> feed;
  std::string enclosure;       // the episode that was asked for a byte of; "" where there is none over HTTP
  std::optional<bool> ranges;  // nothing where that could not be learnt
  std::vector<Finding> findings;

  // Could be fetched and read.
  [[nodiscard]] bool readable() const { return feed.has_value(); }
};

// `request` says who asks, with which credentials and limits; its validators are not used. `now` dates the answers.
[[nodiscard]] Checkup check_up(feeds::FetchRequest request, base::WallTime now);

// What a document by itself makes one say: identities, dates, enclosures. Pure.
[[nodiscard]] std::vector<Finding> look_at(const feeds::Feed& feed, base::WallTime now);

// As docs/api.md has it; addresses without passwords.
[[nodiscard]] boost::json::object to_document(const Checkup& checkup);

}  // namespace podswarm::app
