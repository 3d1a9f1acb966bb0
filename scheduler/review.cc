#include "scheduler/review.h"

#include <algorithm>
#include <map>
#include <optional>

#include "feeds/item_json.h"
#include "scheduler/deciding.h"
#include "scheduler/download_queue.h"
#include "scheduler/rule_history.h"

namespace podswarm::scheduler {

namespace {

// So many of those whose time has come are looked at together.
constexpr std::size_t kAtOnce = 200;
// Of a rule's waiting copies, and of those refused before: more are not looked through for one.
constexpr std::size_t kMostCopies = 2000;

// An episode and what there is to decide on it again.
struct Known {
  db::EpisodeRow episode;
  db::FeedRow feed;
  config::FeedSettings settings;
  feeds::Item item;
  std::vector<MediaSource> sources;

  [[nodiscard]] Asked asked() const { return {feed, settings, item, sources, episode.first_seen_at}; }
  // What was there before the subscription stays what it was.
  [[nodiscard]] News news() const {
    return feed.backlog_applied_at && episode.first_seen_at <= *feed.backlog_applied_at ? News::kKeepQuiet
                                                                                        : News::kTell;
  }
  [[nodiscard]] std::vector<std::string> keys(base::WallTime now) const {
    return rules::entry_by_hand(asked().candidate(now)).keys;
  }
};

std::optional<Known> known(Context& context, const db::EpisodeRow& episode) {
  auto feed = context.feeds.find(episode.feed_id);
  auto item = feeds::item_from_json(episode.item);
  if (!feed || !item) return std::nullopt;
  auto settings = context.settings->for_feed(*feed);
  auto sources = sources_of(context, settings, *item);
  return Known{episode, std::move(*feed), std::move(settings), std::move(*item), std::move(sources)};
}

rules::Decision decide_again(Context& context, const Known& one, base::WallTime now, const Hint& hint = {}) {
  auto decision = decide(context, one.asked(), now, hint);
  carry_out(context, one.episode.id, one.asked(), decision, now, one.news());
  return decision;
}

bool share_one(const std::vector<std::string>& a, const std::vector<std::string>& b) {
  return std::any_of(a.begin(), a.end(), [&](const auto& key) { return std::find(b.begin(), b.end(), key) != b.end(); });
}

// The copies that wait, by their rule; each is read once a review.
class Waiting {
 public:
  explicit Waiting(Context& context, base::WallTime now) : context_(context), now_(now) {}

  // Of the copies of an episode that wait under the same rule, the one that it prefers to `first`, whose wait is over.
  const Known* preferred(const Known& first) {
    const auto& rules = context_.settings->rules;
    const auto& rule = first.episode.decision_rule;
    if (!rules.prefers(rule)) return nullptr;
    const auto keys = first.keys(now_);
    auto rank = rules.preference(first.asked().candidate(now_), rule);
    const Known* best = nullptr;
    for (const auto& [other, other_keys] : of(rule)) {
      if (other.episode.id == first.episode.id || !rules::are_copies(keys, other_keys)) continue;
      const auto other_rank = rules.preference(other.asked().candidate(now_), rule);
      if (other_rank <= rank || !still_waits(other)) continue;
      rank = other_rank;
      best = &other;
    }
    return best;
  }

 private:
  struct Copy {
    Known known;
    std::vector<std::string> keys;
  };

  const std::vector<Copy>& of(const std::string& rule) {
    const auto [entry, is_new] = by_rule_.try_emplace(rule);
    if (!is_new) return entry->second;
    db::EpisodeFilter filter;
    filter.decision = db::Decision::kDefer;
    filter.decision_rule = rule;
    filter.limit = kMostCopies;
    for (const auto& episode : context_.episodes.list(filter)) {
      auto one = known(context_, episode);
      if (!one || one->sources.empty()) continue;
      auto keys = one->keys(now_);
      entry->second.push_back({std::move(*one), std::move(keys)});
    }
    return entry->second;
  }

  // An earlier one of this review may have settled it.
  bool still_waits(const Known& one) {
    const auto row = context_.episodes.find(one.episode.id);
    return row && row->decision == db::Decision::kDefer;
  }

  Context& context_;
  base::WallTime now_;
  std::map<std::string, std::vector<Copy>> by_rule_;
};

// No rule is to take another copy of it. One that had accepted it keeps its place.
void reserve_by_hand(Context& context, const Known& one, base::WallTime now) {
  // What rules have told of is not had.
  const auto places = context.history.list_episode(one.episode.id);
  if (std::any_of(places.begin(), places.end(), [](const auto& place) { return !place.key.empty(); })) return;
  record(context.history, rules::entry_by_hand(one.asked().candidate(now)), one.episode.id,
         db::HistoryState::kReserved);
}

}  // namespace

std::size_t review_deferred(Context& context, base::WallTime now) {
  const auto due = context.episodes.due_for_review(now, kAtOnce);
  if (due.empty()) return 0;
  db::Transaction transaction(context.database);
  Waiting waiting(context, now);
  for (const auto& episode : due) {
    // An earlier one of these may have settled it.
    const auto row = context.episodes.find(episode.id);
    if (!row || row->decision != db::Decision::kDefer) continue;
    const auto one = known(context, *row);
    if (!one) continue;
    if (const auto* better = waiting.preferred(*one)) decide_again(context, *better, now, {.waited = true});
    decide_again(context, *one, now);
  }
  transaction.commit();
  return due.size();
}

bool accept_held(Context& context, const db::EpisodeRow& episode, base::WallTime now) {
  const auto one = known(context, episode);
  if (!one) return false;
  // The flood brake has nothing against what the rules say.
  const bool by_brake = episode.decision_reason.starts_with(kReviewReason);
  const auto decision = decide(context, one->asked(), now, {.certain = by_brake ? std::string_view() : episode.decision_rule});
  const bool wanted = decision.action == rules::Action::kDownload;
  if (!wanted && !by_brake) return want_by_hand(context, episode, now);
  db::Transaction transaction(context.database);
  carry_out(context, episode.id, one->asked(), decision, now, one->news());
  transaction.commit();
  return wanted;
}

void decide_anew(Context& context, const db::EpisodeRow& episode, base::WallTime now) {
  const auto one = known(context, episode);
  if (!one) return;
  const auto download = context.downloads.find_by_episode(episode.id);
  if (!download && one->feed.backlog_applied_at && episode.first_seen_at <= *one->feed.backlog_applied_at) {
    context.episodes.decide(episode.id, db::Decision::kBacklog, "", "published before the subscription", now);
    return;
  }
  db::Transaction transaction(context.database);
  const auto decision = decide_again(context, *one, now);
  if (decision.action == rules::Action::kDownload && download) context.downloads.requeue(download->id, now);
  transaction.commit();
}

bool want_by_hand(Context& context, const db::EpisodeRow& episode, base::WallTime now) {
  const auto one = known(context, episode);
  if (!one || one->sources.empty()) return false;
  const auto& source = one->sources.front();
  db::Transaction transaction(context.database);
  const auto download = context.downloads.find_by_episode(episode.id);
  // One more try of what a rule wanted is still the rule's wish.
  const bool one_more_try = episode.decision == db::Decision::kDownload && download &&
                            (download->state == db::DownloadState::kFailed ||
                             download->state == db::DownloadState::kQueued);
  if (!one_more_try) context.episodes.decide(episode.id, db::Decision::kDownload, "", db::kWantedByHand, now);
  if (download) {
    if (download->source_url != source.url) {
      context.downloads.set_source(download->id, source_kind_of(source.kind), source.url);
    }
    // Whoever asks for what was had, or for what is gone from its disk, wants it from the beginning.
    if (download->state == db::DownloadState::kDone || download->failure_kind == kMissingFailure) {
      context.downloads.set_resume(download->id, {});
    }
    context.downloads.requeue(download->id, now);
  } else {
    enqueue_by_hand(context, episode.id, one->asked(), now);
  }
  reserve_by_hand(context, *one, now);
  transaction.commit();
  return true;
}

void count_as_had(Context& context, const db::EpisodeRow& episode, base::WallTime now) {
  if (const auto one = known(context, episode)) reserve_by_hand(context, *one, now);
  context.history.commit(episode.id);
}

void reconsider_copies(Context& context, const std::vector<db::HistoryEntry>& released, base::WallTime now) {
  std::vector<std::string> keys;
  base::WallTime since = now;
  for (const auto& entry : released) {
    if (entry.state != db::HistoryState::kReserved || entry.key.empty()) continue;
    keys.push_back(entry.key);
    since = std::min(since, entry.at);
  }
  if (keys.empty()) return;
  db::EpisodeFilter filter;
  filter.decision = db::Decision::kNone;
  filter.decided_since = since;
  filter.limit = kMostCopies;
  filter.with_item = false;
  for (const auto& listed : context.episodes.list(filter)) {
    if (listed.decision_reason.find(rules::kAcceptedBefore) == std::string::npos) continue;
    const auto episode = context.episodes.find(listed.id);
    const auto one = episode ? known(context, *episode) : std::nullopt;
    if (one && share_one(keys, one->keys(now))) decide_again(context, *one, now);
  }
}

}  // namespace podswarm::scheduler
