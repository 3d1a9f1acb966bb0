// What becomes of a download that fails: which of its sources is tried next, and when.

#include <algorithm>

#include "base/log.h"
#include "base/units.h"
#include "feeds/item_json.h"
#include "scheduler/download_queue.h"
#include "scheduler/events.h"
#include "scheduler/review.h"

namespace podswarm::scheduler {

namespace {

std::string_view name_of(engine::FailureKind kind) {
  switch (kind) {
    case engine::FailureKind::kTemporary:
      return "temporary";
    case engine::FailureKind::kPermanent:
      return "permanent";
    case engine::FailureKind::kAccess:
      return "access";
    case engine::FailureKind::kNotMedia:
      return "not-media";
    case engine::FailureKind::kDiskFull:
      return "disk-full";
    case engine::FailureKind::kDisk:
      return "disk";
    case engine::FailureKind::kMissing:
      return kMissingFailure;
    case engine::FailureKind::kUnreachable:
      return kUnreachableFailure;
  }
  return "temporary";
}

}  // namespace

// What the failure of a source tells. `swarm_is_dead`: the queue itself has lost patience with it.
DownloadQueue::Failure DownloadQueue::weigh(const engine::Failed& event, const db::DownloadRow& row,
                                            bool swarm_is_dead) {
  Failure failure;
  failure.kind = name_of(event.kind);
  failure.message = event.message;
  failure.retry_after = event.retry_after;
  switch (event.kind) {
    case engine::FailureKind::kTemporary:
    case engine::FailureKind::kUnreachable:
      failure.blame = swarm_is_dead ? Blame::kSource : Blame::kMoment;
      if (!offline_) break;
      failure.kind = kOfflineFailure;
      failure.blame = Blame::kMachine;
      failure.retry_after = kOfflinePatience;
      break;
    case engine::FailureKind::kDiskFull:
    case engine::FailureKind::kDisk:
    case engine::FailureKind::kMissing:
      failure.blame = Blame::kMachine;
      failure.retry_after = kDiskPatience;
      break;
    case engine::FailureKind::kAccess:
    case engine::FailureKind::kPermanent:
      // Addresses with tokens expire: the feed may have a fresh one. Once it has told its last word, it is final.
      failure.blame = Blame::kSource;
      failure.final = row.failure_kind == failure.kind && asked_since_last_failure(row);
      break;
    case engine::FailureKind::kNotMedia:
      failure.blame = Blame::kSource;
      break;
  }
  return failure;
}

void DownloadQueue::on_failed(const engine::Failed& event, bool swarm_is_dead) {
  const auto entry = active_.find(static_cast<std::int64_t>(event.id));
  if (entry == active_.end()) return;
  Active& active = entry->second;
  switch (active.phase) {
    case Phase::kLeaving:
    case Phase::kPlacing:  // it will not seed; what has come down is whole
      return;
    case Phase::kSeeding:
      spdlog::warn("seeding ends: {}", event.message);
      // What may pass does not end it for good: the next start seeds again.
      active.discard = event.kind != engine::FailureKind::kTemporary &&
                       event.kind != engine::FailureKind::kUnreachable && event.kind != engine::FailureKind::kMissing;
      if (active.discard) context_.downloads.set_seeding(entry->first, false);
      active.phase = Phase::kLeaving;
      if (!active.in_engine) on_removed(entry->first);
      return;
    case Phase::kLoading:
      break;
  }
  if (const auto row = context_.downloads.find(entry->first)) {
    const auto failure = weigh(event, *row, swarm_is_dead);
    const bool tries_on = fail(entry->first, failure);
    const bool may_be_stale =
        event.kind == engine::FailureKind::kAccess || event.kind == engine::FailureKind::kPermanent;
    if (tries_on && may_be_stale) ask_for_fresh_sources(*row);
    active.discard = active.discard || !tries_on;
  }
  // The engine lets go of it by itself and says so with Removed; until then its id is taken.
  active.phase = Phase::kLeaving;
  if (!active.in_engine) on_removed(entry->first);
}

bool DownloadQueue::fail(std::int64_t download_id, const Failure& failure) {
  const base::WallTime now = context_.clock.now();
  const auto row = context_.downloads.find(download_id);
  if (!row) return false;
  db::Transaction transaction(context_.database);
  const NextTry next = plan_next_try(*row, failure);
  if (const auto entry = active_.find(download_id); entry != active_.end()) {
    if (const auto now_from = context_.downloads.find(download_id)) note_stored(*now_from, entry->second.home);
  }
  context_.downloads.set_attempts(download_id, next.attempts);
  context_.downloads.fail(download_id, now, failure.kind, failure.message,
                          next.delay ? std::optional(now + *next.delay) : std::nullopt);
  if (!next.delay) {
    asked_.erase(download_id);
    const auto held = context_.history.list_episode(row->episode_id);
    context_.history.release(row->episode_id);
    announce(context_, Event::kFailed, row->episode_id);
    reconsider_copies(context_, held, now);
  }
  transaction.commit();
  const auto episode = context_.episodes.find(row->episode_id);
  spdlog::warn("{}: {}{}", episode ? episode->title : "", failure.message,
               !next.delay ? "; given up"
                           : (next.other_source ? "; the next source is tried in " : "; next try in ") +
                                 base::format_duration(*next.delay));
  on_report_({download_id, row->episode_id, episode ? episode->feed_id : 0, false, next.delay.has_value(),
              failure.message, time_in_window(*row)});
  return next.delay.has_value();
}

// Its source is the next one afterwards, where that has its turn.
NextTry DownloadQueue::plan_next_try(const db::DownloadRow& row, const Failure& failure) {
  if (failure.blame == Blame::kMachine) {
    return {failure.retry_after.value_or(kDiskPatience), std::max(row.attempts - 1, 0), false};
  }
  const auto sources = sources_of(row);
  const auto used = std::find_if(sources.begin(), sources.end(),
                                 [&](const MediaSource& source) { return source.url == row.source_url; });
  if (used == sources.end() && !sources.empty() && failure.blame != Blame::kEpisode) {
    // The feed names another one since.
    const MediaSource& source = sources.front();
    context_.downloads.set_source(row.id, source_kind_of(source.kind), source.url);
    return {retry_delay(std::max(row.attempts, 1), failure.retry_after, context_.random()), row.attempts, false};
  }
  SourceTurn turn;
  if (failure.blame != Blame::kEpisode && used != sources.end()) {
    turn = {static_cast<std::size_t>(used - sources.begin()), sources.size()};
  }
  turn.may_pass = failure.blame != Blame::kSource;
  turn.final = failure.final;
  const NextTry next = next_try(row.attempts, turn, failure.retry_after, context_.random());
  if (next.delay && next.other_source) {
    const MediaSource& source = sources[(turn.index + 1) % turn.count];
    context_.downloads.use_other_source(row.id, source_kind_of(source.kind), source.url, source.size);
  }
  return next;
}

std::vector<MediaSource> DownloadQueue::sources_of(const db::DownloadRow& row) {
  const auto episode = context_.episodes.find(row.episode_id);
  const auto feed = context_.feeds.find(row.feed_id);
  const auto item = episode ? feeds::item_from_json(episode->item) : std::nullopt;
  if (!item || !feed) return {};
  return media_sources(*item, context_.settings->for_feed(*feed).prefer, context_.settings->config.torrent.enabled);
}

// Once for the addresses that it names: one after the other may turn out to be stale.
void DownloadQueue::ask_for_fresh_sources(const db::DownloadRow& row) {
  auto sources = sources_of(row);
  const auto before = asked_.find(row.id);
  if (before != asked_.end() && before->second.sources == sources) {
    const auto feed = context_.feeds.find(row.feed_id);
    if (feed && feed->last_ok_at && *feed->last_ok_at >= before->second.at) return;
  }
  asked_[row.id] = {std::move(sources), context_.clock.now()};
  ask_feed_(row.feed_id);
}

// Whether the feed has answered between the failure before this try and now.
bool DownloadQueue::asked_since_last_failure(const db::DownloadRow& row) {
  const auto feed = context_.feeds.find(row.feed_id);
  return feed && feed->last_ok_at && row.failed_at && *feed->last_ok_at >= *row.failed_at;
}

}  // namespace podswarm::scheduler
