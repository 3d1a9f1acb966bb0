// How the database keeps what a feed said of an item: its normalised JSON, and the chapters that stand in the feed.
// Pure.
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <optional>
#include <string_view>

#include "feeds/document.h"

namespace podswarm::feeds {

[[nodiscard]] boost::json::object stored_json(const Item& item);

// As the podcast namespace has chapters ("application/json+chapters").
[[nodiscard]] boost::json::array chapters_json(const std::vector<SimpleChapter>& chapters);

// Nothing for text that is no JSON object; a field of a wrong type is left out.
[[nodiscard]] std::optional<Item> item_from_json(std::string_view text);

}  // namespace podswarm::feeds
