#include "scheduler/intake.h"

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <string>
#include <vector>

#include "base/log.h"
#include "base/text.h"
#include "base/units.h"
#include "base/url.h"
#include "feeds/item_json.h"
#include "feeds/normalised_json.h"
#include "scheduler/download_queue.h"
#include "scheduler/events.h"
#include "scheduler/identity.h"
#include "scheduler/naming.h"
#include "scheduler/recognise.h"
#include "scheduler/rule_history.h"
#include "scheduler/source_choice.h"

namespace podswarm::scheduler {

namespace {

// What tells an episode that the flood brake holds from one of which a rule could not tell.
const std::string kReviewReason = "held for review: ";

// A new episode and what is to become of it, before the backlog policy has spoken.
struct Arrival {
  std::int64_t episode_id = 0;
  const feeds::Item* item = nullptr;
  std::vector<MediaSource> sources;
  rules::Decision decision;
  bool left_out = false;  // by the backlog policy
  bool is_new = false;
};

db::Decision stored(rules::Action action) {
  switch (action) {
    case rules::Action::kDownload:
      return db::Decision::kDownload;
    case rules::Action::kSkip:
      return db::Decision::kSkip;
    case rules::Action::kNotify:
      return db::Decision::kNotify;
    case rules::Action::kMarkSeen:
      return db::Decision::kMarkSeen;
    case rules::Action::kHold:
      return db::Decision::kHold;
    case rules::Action::kDefer:
      return db::Decision::kDefer;
    case rules::Action::kNone:
      return db::Decision::kNone;
  }
  return db::Decision::kNone;
}

std::vector<MediaSource> sources_of(const Context& context, const config::FeedSettings& settings,
                                    const feeds::Item& item) {
  return media_sources(item, settings.prefer, context.settings->config.torrent.enabled);
}

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

rules::Candidate candidate_of(const db::FeedRow& feed, const config::FeedSettings& settings, const feeds::Item& item,
                              const std::vector<MediaSource>& sources, base::WallTime now, base::WallTime first_seen) {
  return {.feed_name = feed.name,
          .feed_url = feed.url,
          .feed_tags = settings.tags,
          .feed_language = feed.language,
          .item = item,
          .now = now,
          .first_seen = first_seen,
          .size_bytes = sources.empty() ? std::nullopt : sources.front().size};
}

rules::Decision decide(Context& context, const db::FeedRow& feed, const config::FeedSettings& settings,
                       const feeds::Item& item, const std::vector<MediaSource>& sources, base::WallTime now,
                       base::WallTime first_seen, bool waited = false) {
  if (sources.empty()) {
    rules::Decision decision;
    decision.reason = item.enclosures.empty() ? "nothing to download: the item has no enclosure"
                                              : "nothing to download: no enclosure is HTTP or BitTorrent";
    return decision;
  }
  const RuleHistory history(context.history);
  auto candidate = candidate_of(feed, settings, item, sources, now, first_seen);
  candidate.waited = waited;
  return context.settings->rules.decide(candidate, history);
}

// Where in the queue a new download stands.
struct Place {
  int priority = 0;
  bool top = false;  // before all that is there
  bool paused = false;
};

void enqueue(Context& context, std::int64_t episode_id, const std::vector<MediaSource>& sources, const Place& place,
             const std::string& naming, base::WallTime now) {
  const MediaSource& source = sources.front();
  db::NewDownload download;
  download.episode_id = episode_id;
  download.source_kind = source_kind_of(source.kind);
  download.source_url = source.url;
  download.priority = place.priority;
  download.paused = place.paused;
  if (place.top) {
    const auto first = context.downloads.first_queued();
    if (first && first->priority >= place.priority) {
      download.priority = first->priority;
      download.place = std::min<std::int64_t>(first->place, 0) - 1;
    }
  }
  download.bytes_total = source.size;
  download.naming = naming;
  context.downloads.enqueue(download, now);
}

// Writes the decision down and carries out what follows from it.
void carry_out(Context& context, const config::FeedSettings& settings, const Arrival& arrival, base::WallTime now) {
  const auto& decision = arrival.decision;
  context.episodes.decide(arrival.episode_id, stored(decision.action), decision.rule, decision.reason, now,
                          decision.until);
  context.episodes.set_tags(arrival.episode_id, decision.tags);
  if (decision.action == rules::Action::kNotify) announce(context, Event::kNotify, arrival.episode_id);
  if (decision.action != rules::Action::kDownload) return;
  reserve(context.history, decision.entry, arrival.episode_id);
  enqueue(context, arrival.episode_id, arrival.sources,
          {settings.priority + decision.priority, decision.queue_top, decision.paused},
          to_text(Naming{decision.dest, decision.name, decision.captures}), now);
}

// Marks those of the wanted arrivals that the backlog policy leaves out.
void apply_backlog(const std::string& policy, std::vector<Arrival>& arrivals) {
  std::vector<Arrival*> wanted;
  for (auto& arrival : arrivals) {
    if (arrival.decision.action == rules::Action::kDownload) wanted.push_back(&arrival);
  }
  const auto date = [&](const Arrival* arrival) {
    return arrival->item->published.value_or(arrival->item->updated.value_or(base::WallTime{}));
  };
  std::stable_sort(wanted.begin(), wanted.end(), [&](const Arrival* a, const Arrival* b) { return date(a) > date(b); });

  std::size_t keep = wanted.size();
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
void refresh_source(Context& context, std::int64_t episode_id, const std::vector<MediaSource>& sources) {
  if (sources.empty()) return;
  const auto download = context.downloads.find_by_episode(episode_id);
  if (!download) return;
  // One that is tried in its turn is left alone while the feed still names it.
  const bool still_named = std::any_of(sources.begin(), sources.end(),
                                       [&](const MediaSource& source) { return source.url == download->source_url; });
  if (still_named) return;
  if (download->state == db::DownloadState::kQueued || download->state == db::DownloadState::kFailed) {
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
      refresh_source(context, upserted.id, sources);
      // An item may be published first and get its enclosure later.
      const bool had_nothing = one.known && one.known->decision == db::Decision::kNone &&
                               one.known->decision_rule.empty() &&
                               one.known->decision_reason.starts_with("nothing to download");
      if (!had_nothing || sources.empty()) continue;
    } else {
      ++result.added;
      if (!one.hold_reason.empty()) {
        context.episodes.decide(upserted.id, db::Decision::kHold, "", kReviewReason + one.hold_reason, now);
        announce(context, Event::kNew, upserted.id);
        ++result.held;
        continue;
      }
    }
    auto decision = decide(context, feed, settings, item, sources, now, now);
    arrivals.push_back({upserted.id, &item, std::move(sources), std::move(decision), false, upserted.is_new});
    // Limits look at what was accepted before, so each decision is on record before the next is made.
    if (!is_past) carry_out(context, settings, arrivals.back(), now);
  }
  if (is_past) {
    const std::string policy = feed.backlog.empty() ? settings.backlog : feed.backlog;
    apply_backlog(policy, arrivals);
    for (auto& arrival : arrivals) {
      if (arrival.left_out) {
        context.episodes.decide(arrival.episode_id, db::Decision::kBacklog, "",
                                "published before the subscription (backlog \"" + policy + "\")", now);
        ++result.backlog;
        continue;
      }
      // The first look was at all of them at once; this one knows what was accepted before it.
      arrival.decision = decide(context, feed, settings, *arrival.item, arrival.sources, now, now);
      carry_out(context, settings, arrival, now);
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

namespace {

// An episode that was put off, and what there is to decide on it again.
struct Deferred {
  db::EpisodeRow episode;
  db::FeedRow feed;
  config::FeedSettings settings;
  feeds::Item item;
  std::vector<MediaSource> sources;

  [[nodiscard]] rules::Candidate candidate(base::WallTime now) const {
    return candidate_of(feed, settings, item, sources, now, episode.first_seen_at);
  }
};

std::optional<Deferred> deferred(Context& context, const db::EpisodeRow& episode) {
  auto feed = context.feeds.find(episode.feed_id);
  auto item = feeds::item_from_json(episode.item);
  if (!feed || !item) return std::nullopt;
  auto settings = context.settings->for_feed(*feed);
  auto sources = sources_of(context, settings, *item);
  return Deferred{episode, std::move(*feed), std::move(settings), std::move(*item), std::move(sources)};
}

void decide_again(Context& context, const Deferred& one, base::WallTime now, bool waited) {
  auto decision =
      decide(context, one.feed, one.settings, one.item, one.sources, now, one.episode.first_seen_at, waited);
  db::Transaction transaction(context.database);
  carry_out(context, one.settings, {one.episode.id, &one.item, one.sources, std::move(decision), false}, now);
  transaction.commit();
}

// No rule is to take another copy of it. One that had accepted it keeps its place.
void reserve_by_hand(Context& context, const db::EpisodeRow& episode, base::WallTime now) {
  if (!context.history.list_episode(episode.id).empty()) return;
  if (const auto one = deferred(context, episode)) {
    reserve(context.history, rules::entry_by_hand(one->candidate(now)), episode.id);
  }
}

constexpr std::size_t kMaxWaiting = 2000;

// Of the copies of an episode that wait under the same rule, the one that it prefers to `first`, whose wait is over.
std::optional<Deferred> preferred_copy(Context& context, const Deferred& first, base::WallTime now) {
  if (first.episode.decision_rule.empty()) return std::nullopt;
  const auto& rules = context.settings->rules;
  const auto keys = rules::entry_by_hand(first.candidate(now)).keys;
  auto rank = rules.preference(first.candidate(now), first.episode.decision_rule);
  db::EpisodeFilter waiting;
  waiting.decision = db::Decision::kDefer;
  waiting.limit = kMaxWaiting;
  std::optional<Deferred> best;
  for (const auto& episode : context.episodes.list(waiting)) {
    if (episode.id == first.episode.id || episode.decision_rule != first.episode.decision_rule) continue;
    auto other = deferred(context, episode);
    if (!other || other->sources.empty()) continue;
    const auto other_rank = rules.preference(other->candidate(now), episode.decision_rule);
    if (other_rank <= rank || !rules::are_copies(keys, rules::entry_by_hand(other->candidate(now)).keys)) continue;
    rank = other_rank;
    best = std::move(other);
  }
  return best;
}

}  // namespace

std::size_t review_deferred(Context& context, base::WallTime now) {
  const auto due = context.episodes.due_for_review(now, 200);
  for (const auto& episode : due) {
    // An earlier one of these may have settled it.
    const auto row = context.episodes.find(episode.id);
    if (!row || row->decision != db::Decision::kDefer) continue;
    const auto one = deferred(context, *row);
    if (!one) continue;
    if (const auto better = preferred_copy(context, *one, now)) decide_again(context, *better, now, true);
    decide_again(context, *one, now, false);
  }
  return due.size();
}

bool accept_held(Context& context, const db::EpisodeRow& episode, base::WallTime now) {
  // A rule that could not tell would not be able to now; the brake has nothing against what the rules say.
  if (!episode.decision_reason.starts_with(kReviewReason)) return want_by_hand(context, episode, now);
  const auto feed = context.feeds.find(episode.feed_id);
  const auto item = feeds::item_from_json(episode.item);
  if (!feed || !item) return false;
  const auto settings = context.settings->for_feed(*feed);
  auto sources = sources_of(context, settings, *item);
  auto decision = decide(context, *feed, settings, *item, sources, now, episode.first_seen_at);
  const bool wanted = decision.action == rules::Action::kDownload;
  db::Transaction transaction(context.database);
  carry_out(context, settings, {episode.id, &*item, std::move(sources), std::move(decision), false}, now);
  transaction.commit();
  return wanted;
}

void decide_anew(Context& context, const db::EpisodeRow& episode, base::WallTime now) {
  const auto feed = context.feeds.find(episode.feed_id);
  const auto item = feeds::item_from_json(episode.item);
  if (!feed || !item) return;
  const auto download = context.downloads.find_by_episode(episode.id);
  if (!download && feed->backlog_applied_at && episode.first_seen_at <= *feed->backlog_applied_at) {
    context.episodes.decide(episode.id, db::Decision::kBacklog, "", "published before the subscription", now);
    return;
  }
  const auto settings = context.settings->for_feed(*feed);
  auto sources = sources_of(context, settings, *item);
  auto decision = decide(context, *feed, settings, *item, sources, now, episode.first_seen_at);
  const bool wanted = decision.action == rules::Action::kDownload;
  db::Transaction transaction(context.database);
  carry_out(context, settings, {episode.id, &*item, std::move(sources), std::move(decision), false}, now);
  if (wanted && download) context.downloads.requeue(download->id, now);
  transaction.commit();
}

bool want_by_hand(Context& context, const db::EpisodeRow& episode, base::WallTime now) {
  const auto feed = context.feeds.find(episode.feed_id);
  const auto item = feeds::item_from_json(episode.item);
  if (!feed || !item) return false;
  const auto settings = context.settings->for_feed(*feed);
  const auto sources = sources_of(context, settings, *item);
  if (sources.empty()) return false;
  db::Transaction transaction(context.database);
  const auto download = context.downloads.find_by_episode(episode.id);
  // One more try of what a rule wanted is still the rule's wish.
  const bool one_more_try = episode.decision == db::Decision::kDownload && download &&
                            (download->state == db::DownloadState::kFailed ||
                             download->state == db::DownloadState::kQueued);
  if (!one_more_try) context.episodes.decide(episode.id, db::Decision::kDownload, "", db::kWantedByHand, now);
  if (download) {
    if (download->source_url != sources.front().url) {
      context.downloads.set_source(download->id, source_kind_of(sources.front().kind), sources.front().url);
    }
    // Whoever asks for what was had, or for what is gone from its disk, wants it from the beginning.
    if (download->state == db::DownloadState::kDone || download->failure_kind == kMissingFailure) {
      context.downloads.set_resume(download->id, {});
    }
    context.downloads.requeue(download->id, now);
  } else {
    enqueue(context, episode.id, sources, {settings.priority, false, false}, "", now);
  }
  reserve_by_hand(context, episode, now);
  transaction.commit();
  return true;
}

void count_as_had(Context& context, const db::EpisodeRow& episode, base::WallTime now) {
  reserve_by_hand(context, episode, now);
  context.history.commit(episode.id);
}

}  // namespace podswarm::scheduler
