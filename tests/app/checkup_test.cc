#include "app/checkup.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/units.h"

namespace podswarm::app {
namespace {

const base::WallTime kNow = *base::parse_rfc3339("2026-11-20T12:00:00Z");

feeds::Item good_item(const std::string& guid) {
  feeds::Item item;
  item.guid = guid;
  item.title = guid;
  item.published = kNow - std::chrono::hours(1);
  item.enclosures.push_back({"https://a.example/" + guid + ".mp3", "audio/mpeg", 1000, feeds::LinkKind::kHttp});
  return item;
}

std::vector<std::string> texts(const feeds::Feed& feed) {
  std::vector<std::string> out;
  for (const auto& finding : look_at(feed, kNow)) out.push_back(finding.text);
  return out;
}

TEST(Checkup, AGoodFeedHasNothingWrong) {
  feeds::Feed feed;
  feed.title = "Show";
  feed.items = {good_item("a"), good_item("b")};
  EXPECT_EQ(texts(feed), std::vector<std::string>());
}

TEST(Checkup, EachThingThatIsWrongIsSaidOnce) {
  feeds::Feed feed;
  feed.repairs = {"line 12: bare &"};
  feed.new_feed_url = "https://user:secret@b.example/f";
  feed.hints.complete = true;
  auto ahead = good_item("a");
  ahead.published = kNow + std::chrono::hours(48);
  auto bare = good_item("a");
  bare.published.reset();
  bare.enclosures.clear();
  auto vague = good_item("");
  vague.enclosures[0].type.clear();
  vague.enclosures[0].length.reset();
  feed.items = {ahead, bare, vague, good_item("b")};
  EXPECT_EQ(texts(feed),
            (std::vector<std::string>{
                "repaired: line 12: bare &", "has no title", "1 item without a guid: known again by address or title",
                "1 item with a guid that another one has", "1 item without a date that can be read",
                "1 item dated in the future", "1 item with nothing to download",
                "1 item with an enclosure that does not say its type",
                "1 item with an enclosure that does not say its length",
                "says that it has moved to https://b.example/f", "says that it is complete: nothing new will come"}));
}

}  // namespace
}  // namespace podswarm::app
