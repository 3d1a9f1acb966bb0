#include "feeds/rules/seen_items.h"

#include <algorithm>
#include <string_view>

#include "base/text.h"
#include "base/url.h"
#include "feeds/rules/case_fold.h"
#include "feeds/rules/numbering.h"
#include "feeds/rules/subject.h"

namespace podswarm::rules {

namespace {

constexpr std::string_view kGuid = "guid";
constexpr std::string_view kAddress = "enclosure";
constexpr std::string_view kInfoHash = "info-hash";

struct Key {
  std::string_view kind;
  std::string value;
};

std::vector<Key> keys_of(const Candidate& candidate) {
  const feeds::Item& item = candidate.item;
  std::vector<Key> out;
  const std::string feed =
      candidate.feed_url.empty() ? fold(candidate.feed_name) : base::canonical_url(candidate.feed_url);
  const auto add = [&](std::string_view kind, std::string_view value) {
    out.push_back({kind, feed + '\n' + std::string(kind) + '\n' + std::string(value)});
  };
  if (const auto guid = base::trim(item.guid); !guid.empty()) add(kGuid, guid);
  if (item.torrent && !item.torrent->info_hash.empty()) add(kInfoHash, base::ascii_lower(item.torrent->info_hash));
  for (const auto& enclosure : item.enclosures) {
    // Pictures are shared by all episodes of a show.
    if (!base::istarts_with(enclosure.type, "image/")) add(kAddress, base::canonical_url(enclosure.url));
  }
  return out;
}

}  // namespace

// A guid is the item, an info-hash its content. Some feeds publish each day under one address.
bool SeenItems::is_same(const Candidate& candidate, const Item& earlier) const {
  const feeds::Item& item = candidate.item;
  if (normalise_title(item.title) == normalise_title(earlier.title)) return true;
  if (source_ == Source::kDocument) return false;
  const auto day = [](base::WallTime time) { return std::chrono::floor<std::chrono::days>(time); };
  return !item.published || !earlier.published || day(*item.published) == day(*earlier.published);
}

std::string SeenItems::reason(const Candidate& candidate) const {
  for (const Key& key : keys_of(candidate)) {
    const auto earlier = by_key_.find(key.value);
    if (earlier == by_key_.end()) continue;
    if (key.kind == kAddress && !is_same(candidate, earlier->second)) continue;
    return "seen before: it has the " + std::string(key.kind) + " of \"" + one_line(earlier->second.title) + "\"";
  }
  return "";
}

void SeenItems::add(const Candidate& candidate) {
  for (const Key& key : keys_of(candidate)) by_key_[key.value] = {candidate.item.title, candidate.item.published};
}

}  // namespace podswarm::rules
