#include "scheduler/intake.h"

#include <algorithm>
#include <boost/json/serialize.hpp>
#include <string>
#include <vector>

#include "base/log.h"
#include "base/text.h"
#include "base/units.h"
#include "base/url.h"
#include "feeds/item_json.h"
#include "scheduler/deciding.h"
#include "scheduler/events.h"
#include "scheduler/identity.h"
#include "scheduler/recognise.h"
#include "scheduler/review.h"

namespace podswarm::scheduler {

namespace {

// A new episode and what is to become of it, before the backlog policy has spoken.
struct Arrival {
  std::int64_t episode_id = 0;
  const feeds::Item* item = nullptr;
  std::vector<MediaSource> sources;
  rules::Decision decision;
  bool left_out = false;  // by the backlog policy
  bool is_new = false;
};

// Titles that are missing are made from the description, as a person would.
std::string title_of(const feeds::Item& item) {
  std::string title(base::trim(item.title));
  if (!title.empty()) return title;
  bool in_tag = false;
  for (const char c : item.description.empty() ? item.content : item.description) {
    if (c == '<') in_tag = true;
    if (!in_tag && (c != ' ' || !title.empty())) title += c == '\n' ? ' ' : c;
    if (c == '>') in_tag = false;
    if (title.size() > 120) break;
  }
  title = base::trim(base::utf8_prefix(title, 80));
  if (title.empty() && !item.enclosures.empty()) title = base::url_file_name(item.enclosures.front().url);
  return title;
}

db::EpisodeRow row_of(const db::FeedRow& feed, const feeds::Item& item, const std::string& identity,
                      const std::vector<MediaSource>& sources, base::WallTime now) {
  db::EpisodeRow row;
  row.feed_id = feed.id;
  row.identity = identity;
  row.guid = item.guid;
  row.title = title_of(item);
  row.link = item.link;
  row.published_at = item.published ? item.published : item.updated;
  row.first_seen_at = now;
  if (item.duration_seconds) row.duration = std::chrono::seconds(static_cast<std::int64_t>(*item.duration_seconds));
  if (!sources.empty()) row.size = sources.front().size;
  row.item = boost::json::serialize(feeds::stored_json(item));
  return row;
}

// Marks those of the past that the backlog policy leaves out. What would be fetched later, or if a person says so, is
// wanted as well; what a rule only tells of is no news any more.
// More than the feed's retention keeps is not fetched to be deleted again.
void apply_backlog(const std::string& policy, const config::FeedSettings& settings, std::vector<Arrival>& arrivals) {
  std::vector<Arrival*> wanted;
  for (auto& arrival : arrivals) {
    const auto action = arrival.decision.action;
    arrival.left_out = action == rules::Action::kNotify;
    if (action == rules::Action::kDownload || action == rules::Action::kDefer || action == rules::Action::kHold) {
      wanted.push_back(&arrival);
    }
  }
  const auto date = [&](const Arrival* arrival) {
    return arrival->item->published.value_or(arrival->item->updated.value_or(base::WallTime{}));
  };
  std::stable_sort(wanted.begin(), wanted.end(), [&](const Arrival* a, const Arrival* b) { return date(a) > date(b); });

  std::size_t keep = wanted.size();
  if (settings.keep.newest > 0 && !settings.keep_unplayed) {
    keep = std::min(keep, static_cast<std::size_t>(settings.keep.newest));
  }
  std::optional<base::WallTime> since;
  if (policy == "none") {
    keep = 0;
  } else if (policy.starts_with("latest:")) {
    keep = std::min<std::size_t>(keep, std::strtoul(policy.c_str() + 7, nullptr, 10));
  } else if (policy.starts_with("since:")) {
    since = base::parse_rfc3339(policy.substr(6));
  }
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    // An item without a date, when days are what counts, is taken for new.
    const bool wanted_by_date = !since || date(wanted[i]) == base::WallTime{} || date(wanted[i]) >= *since;
    wanted[i]->left_out = i >= keep || !wanted_by_date;
  }
}

// The enclosure of a download that has not been had yet follows the feed: URLs carry tokens that expire.
void refresh_source(Context& context, std::int64_t episode_id, const std::vector<MediaSource>& sources,
                    std::optional<std::uint64_t> known_size) {
  if (sources.empty()) return;
  const auto download = context.downloads.find_by_episode(episode_id);
  if (!download) return;
  const auto& size = sources.front().size;
  const bool waits = download->state == db::DownloadState::kQueued || download->state == db::DownloadState::kFailed;
  // A claim that is corrected; what the download itself has told is better than an old one.
  if (waits && size && size != known_size && download->bytes_done == 0) context.downloads.set_size(download->id, *size);
  // One that is tried in its turn is left alone while the feed still names it.
  const bool still_named = std::any_of(sources.begin(), sources.end(),
                                       [&](const MediaSource& source) { return source.url == download->source_url; });
  if (still_named) return;
  if (waits) {
    context.downloads.set_source(download->id, source_kind_of(sources.front().kind), sources.front().url);
  }
}

}  // namespace

IntakeResult& IntakeResult::operator+=(const IntakeResult& other) {
  items += other.items;
  added += other.added;
  wanted += other.wanted;
  skipped += other.skipped;
  backlog += other.backlog;
  held += other.held;
  return *this;
}

IntakeResult take_in(Context& context, const db::FeedRow& feed, const feeds::Feed& document, base::WallTime now,
                     DocumentKind kind) {
  const auto settings = context.settings->for_feed(feed);
  const bool is_past = !feed.backlog_applied_at || kind == DocumentKind::kOlderPage;
  IntakeResult result;
  result.items = document.items.size();
  std::vector<Arrival> arrivals;
  db::Transaction transaction(context.database);
  for (auto& one : recognise(context, feed, document, !is_past)) {
    if (one.duplicate) continue;
    const feeds::Item& item = *one.item;
    auto sources = sources_of(context, settings, item);
    if (one.known && one.known->identity != one.identity) {
      // The row goes on under the new identity; with both in use, the old one stays.
      spdlog::info("{}: \"{}\" has a new identity: {}", feed.name, one.known->title, one.identity);
      if (!context.episodes.set_identity(one.known->id, one.identity)) one.identity = one.known->identity;
    }
    const auto upserted = context.episodes.upsert(row_of(feed, item, one.identity, sources, now));
    context.episodes.add_keys(upserted.id, one.keys);
    if (!upserted.is_new) {
      refresh_source(context, upserted.id, sources, one.known ? one.known->size : std::nullopt);
      // An item may be published first and get its enclosure later.
      const bool had_nothing = one.known && one.known->decision == db::Decision::kNone &&
                               one.known->decision_rule.empty() &&
                               one.known->decision_reason.starts_with("nothing to download");
      if (!had_nothing || sources.empty()) continue;
    } else {
      ++result.added;
      if (!one.hold_reason.empty()) {
        context.episodes.decide(upserted.id, db::Decision::kHold, "", std::string(kReviewReason) + one.hold_reason, now);
        announce(context, Event::kNew, upserted.id);
        ++result.held;
        continue;
      }
    }
    const Asked asked{feed, settings, item, sources, now};
    auto decision = decide(context, asked, now);
    // Limits look at what was accepted before, so each decision is on record before the next is made.
    if (!is_past) carry_out(context, upserted.id, asked, decision, now);
    arrivals.push_back({upserted.id, &item, std::move(sources), std::move(decision), false, upserted.is_new});
  }
  if (is_past) {
    const std::string policy = feed.backlog.empty() ? settings.backlog : feed.backlog;
    apply_backlog(policy, settings, arrivals);
    for (auto& arrival : arrivals) {
      if (arrival.left_out) {
        context.episodes.decide(arrival.episode_id, db::Decision::kBacklog, "",
                                "published before the subscription (backlog \"" + policy + "\")", now);
        ++result.backlog;
        continue;
      }
      // The first look was at all of them at once; this one knows what was accepted before it.
      const Asked asked{feed, settings, *arrival.item, arrival.sources, now};
      arrival.decision = decide(context, asked, now);
      carry_out(context, arrival.episode_id, asked, arrival.decision, now, News::kKeepQuiet);
    }
    context.feeds.set_backlog_applied(feed.id, now);
  }
  for (const auto& arrival : arrivals) {
    // Of the past, what is not wanted is no news.
    const bool news = !is_past || arrival.decision.action == rules::Action::kDownload;
    if (arrival.is_new && !arrival.left_out && news) announce(context, Event::kNew, arrival.episode_id);
    if (!arrival.left_out && arrival.decision.action == rules::Action::kDownload) ++result.wanted;
  }
  result.skipped = arrivals.size() - result.wanted - result.backlog;
  transaction.commit();
  return result;
}

}  // namespace podswarm::scheduler
