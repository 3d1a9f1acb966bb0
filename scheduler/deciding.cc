#include "scheduler/deciding.h"

#include <algorithm>

#include "scheduler/events.h"
#include "scheduler/naming.h"
#include "scheduler/rule_history.h"

namespace podswarm::scheduler {

namespace {

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

// Once for all the rules that tell of it; what they have told of counts for their cooldown and limit.
void tell(Context& context, std::int64_t episode_id, const rules::Decision& decision) {
  const auto before = context.history.list_episode(episode_id);
  bool told = false;
  const auto note = [&](const rules::HistoryEntry& entry) {
    // It may be decided on again, and again.
    if (std::any_of(before.begin(), before.end(), [&](const auto& one) { return one.rule_id == entry.rule; })) return;
    record(context.history, entry, episode_id, db::HistoryState::kCommitted);
    told = true;
  };
  if (decision.action == rules::Action::kNotify) note(decision.entry);
  for (const auto& also : decision.also) {
    if (also.action == rules::Action::kNotify) note(also.entry);
  }
  if (told) announce(context, Event::kNotify, episode_id);
}

}  // namespace

rules::Candidate Asked::candidate(base::WallTime now) const {
  return {.feed_name = feed.name,
          .feed_url = feed.url,
          .feed_tags = settings.tags,
          .feed_language = feed.language,
          .item = item,
          .now = now,
          .first_seen = first_seen,
          .size_bytes = sources.empty() ? std::nullopt : sources.front().size};
}

std::vector<MediaSource> sources_of(const Context& context, const config::FeedSettings& settings,
                                    const feeds::Item& item) {
  return media_sources(item, settings.prefer, context.settings->config.torrent.enabled);
}

rules::Decision decide(Context& context, const Asked& asked, base::WallTime now, const Hint& hint) {
  const RuleHistory history(context.history);
  auto candidate = asked.candidate(now);
  candidate.waited = hint.waited;
  candidate.certain = hint.certain;
  auto decision = context.settings->rules.decide(candidate, history);
  if (!asked.sources.empty()) return decision;
  const bool would_fetch = decision.action == rules::Action::kDownload || decision.action == rules::Action::kDefer ||
                           decision.action == rules::Action::kHold;
  if (!would_fetch && !decision.rule.empty()) return decision;
  rules::Decision nothing;
  nothing.reason = asked.item.enclosures.empty() ? "nothing to download: the item has no enclosure"
                                                 : "nothing to download: no enclosure is HTTP or BitTorrent";
  return nothing;
}

void carry_out(Context& context, std::int64_t episode_id, const Asked& asked, const rules::Decision& decision,
               base::WallTime now, News news) {
  context.episodes.decide(episode_id, stored(decision.action), decision.rule, decision.reason, now, decision.until);
  context.episodes.set_tags(episode_id, decision.tags);
  if (news == News::kTell) tell(context, episode_id, decision);
  if (decision.action != rules::Action::kDownload) return;
  record(context.history, decision.entry, episode_id, db::HistoryState::kReserved);
  enqueue(context, episode_id, asked.sources,
          {asked.settings.priority + decision.priority, decision.queue_top, decision.paused},
          to_text(Naming{decision.dest, decision.name, decision.captures}), now);
}

void enqueue_by_hand(Context& context, std::int64_t episode_id, const Asked& asked, base::WallTime now) {
  enqueue(context, episode_id, asked.sources, {asked.settings.priority, false, false}, "", now);
}

}  // namespace podswarm::scheduler
