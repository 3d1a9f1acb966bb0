#include "db/episode_store.h"

#include <array>

#include "base/text.h"
#include "db/query.h"

namespace podswarm::db {

namespace {

constexpr std::array<std::string_view, 8> kDecisions = {"none",   "download",  "skip",  "hold",
                                                        "notify", "mark-seen", "defer", "backlog"};

// A date further ahead than this is a mistake, and would keep its episode on top for ever.
constexpr auto kFutureAllowance = std::chrono::hours(24);

const std::string kColumns =
    "SELECT e.id, e.feed_id, e.identity, e.guid, e.title, e.link, e.published_at, e.first_seen_at, e.duration_s, "
    "e.size, e.decision, e.decision_rule, e.decision_reason, e.decided_at, e.review_at, e.starred_at, e.played_at, "
    "d.state, ";
const std::string kFrom = " FROM episode e LEFT JOIN download d ON d.episode_id = e.id ";

std::string select(bool with_item) {
  return kColumns + (with_item ? "e.item" : "''") + kFrom;
}

std::vector<EpisodeRow> read_all(Query& query) {
  std::vector<EpisodeRow> out;
  while (query.step()) {
    EpisodeRow row;
    int i = 0;
    row.id = query.integer(i++);
    row.feed_id = query.integer(i++);
    row.identity = query.text(i++);
    row.guid = query.text(i++);
    row.title = query.text(i++);
    row.link = query.text(i++);
    row.published_at = query.optional_time(i++);
    row.first_seen_at = query.time(i++);
    if (!query.is_null(i)) row.duration = std::chrono::seconds(query.integer(i));
    ++i;
    row.size = query.optional_unsigned(i++);
    row.decision = parse_decision(query.text(i++)).value_or(Decision::kNone);
    row.decision_rule = query.text(i++);
    row.decision_reason = query.text(i++);
    row.decided_at = query.optional_time(i++);
    row.review_at = query.optional_time(i++);
    row.starred_at = query.optional_time(i++);
    row.played_at = query.optional_time(i++);
    if (!query.is_null(i)) row.download_state = parse_download_state(query.text(i));
    ++i;
    row.item = query.text(i);
    out.push_back(std::move(row));
  }
  return out;
}

std::optional<EpisodeRow> read_one(Query& query) {
  auto rows = read_all(query);
  if (rows.empty()) return std::nullopt;
  return std::move(rows.front());
}

std::string conditions(const EpisodeFilter& filter) {
  std::string sql = "WHERE 1 ";
  if (filter.feed_id) sql += "AND e.feed_id = ? ";
  if (filter.decision) sql += "AND e.decision = ? ";
  if (!filter.decision_rule.empty()) sql += "AND e.decision_rule = ? ";
  if (filter.download_state) sql += "AND d.state = ? ";
  if (filter.undecided) sql += "AND e.decided_at IS NULL ";
  if (filter.on_disk) sql += "AND EXISTS (SELECT 1 FROM file f WHERE f.episode_id = e.id) ";
  if (filter.starred) sql += *filter.starred ? "AND e.starred_at IS NOT NULL " : "AND e.starred_at IS NULL ";
  if (filter.played) sql += *filter.played ? "AND e.played_at IS NOT NULL " : "AND e.played_at IS NULL ";
  if (!filter.text.empty()) sql += "AND instr(lower(e.title), ?) ";
  if (!filter.tag.empty()) sql += "AND EXISTS (SELECT 1 FROM episode_tag t WHERE t.episode_id = e.id AND t.tag = ?) ";
  if (filter.decided_since) sql += "AND e.decided_at >= ? ";
  if (filter.published_since) sql += "AND e.sort_at >= ? ";
  return sql;
}

void bind_conditions(Query& query, const EpisodeFilter& filter) {
  if (filter.feed_id) query.bind(*filter.feed_id);
  if (filter.decision) query.bind(to_string(*filter.decision));
  if (!filter.decision_rule.empty()) query.bind(filter.decision_rule);
  if (filter.download_state) query.bind(to_string(*filter.download_state));
  if (!filter.text.empty()) query.bind(base::ascii_lower(filter.text));
  if (!filter.tag.empty()) query.bind(filter.tag);
  if (filter.decided_since) query.bind(*filter.decided_since);
  if (filter.published_since) query.bind(*filter.published_since);
}

std::chrono::sys_seconds sort_time(std::optional<std::chrono::sys_seconds> published,
                                   std::chrono::sys_seconds first_seen) {
  return published && *published <= first_seen + kFutureAllowance ? *published : first_seen;
}

}  // namespace

std::string_view to_string(Decision decision) {
  return kDecisions[static_cast<std::size_t>(decision)];
}

std::optional<Decision> parse_decision(std::string_view text) {
  for (std::size_t i = 0; i < kDecisions.size(); ++i) {
    if (kDecisions[i] == text) return static_cast<Decision>(i);
  }
  return std::nullopt;
}

Upserted EpisodeStore::upsert(const EpisodeRow& episode) {
  Transaction transaction(database_);
  Upserted out;
  std::optional<std::chrono::sys_seconds> first_seen;
  {
    Query known(database_, "SELECT id, first_seen_at FROM episode WHERE feed_id = ? AND identity = ?");
    known.bind(episode.feed_id, episode.identity);
    if (known.step()) {
      out.id = known.integer(0);
      first_seen = known.time(1);
    }
  }
  const auto sort_at = sort_time(episode.published_at, first_seen.value_or(episode.first_seen_at));
  if (first_seen) {
    // Most items of a poll are known and unchanged: they cost no write.
    Query(database_,
          "UPDATE episode SET (guid, title, link, published_at, sort_at, duration_s, size, item) "
          "= (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) WHERE id = ?9 AND (guid, title, link, published_at, sort_at, duration_s, "
          "size, item) IS NOT (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)")
        .bind(episode.guid, episode.title, episode.link, episode.published_at, sort_at, episode.duration, episode.size,
              episode.item, out.id)
        .run();
  } else {
    Query insert(database_,
                 "INSERT INTO episode (feed_id, identity, guid, title, link, published_at, first_seen_at, sort_at, "
                 "duration_s, size, item, decision, decision_rule, decision_reason, decided_at, review_at) "
                 "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id");
    insert
        .bind(episode.feed_id, episode.identity, episode.guid, episode.title, episode.link, episode.published_at,
              episode.first_seen_at, sort_at, episode.duration, episode.size, episode.item, to_string(episode.decision),
              episode.decision_rule, episode.decision_reason, episode.decided_at, episode.review_at)
        .step();
    out.id = insert.integer(0);
    out.is_new = true;
    insert.run();
  }
  transaction.commit();
  return out;
}

std::optional<EpisodeRow> EpisodeStore::find(std::int64_t id) {
  Query query(database_, select(true) + "WHERE e.id = ?");
  query.bind(id);
  return read_one(query);
}

std::optional<EpisodeRow> EpisodeStore::find_by_identity(std::int64_t feed_id, std::string_view identity) {
  Query query(database_, select(true) + "WHERE e.feed_id = ? AND e.identity = ?");
  query.bind(feed_id, identity);
  return read_one(query);
}

bool EpisodeStore::set_identity(std::int64_t id, std::string_view identity) {
  return Query(database_, "UPDATE OR IGNORE episode SET identity = ? WHERE id = ?").bind(identity, id).run() > 0;
}

void EpisodeStore::add_keys(std::int64_t episode_id, const std::vector<std::string>& keys) {
  Transaction transaction(database_);
  for (const auto& key : keys) {
    Query(database_,
          "INSERT INTO episode_key (feed_id, key, episode_id) SELECT feed_id, ?, id FROM episode WHERE id = ? "
          "ON CONFLICT DO NOTHING")
        .bind(key, episode_id)
        .run();
  }
  transaction.commit();
}

std::optional<EpisodeRow> EpisodeStore::find_by_key(std::int64_t feed_id, std::string_view key) {
  Query query(database_,
              select(true) + "WHERE e.id = (SELECT episode_id FROM episode_key WHERE feed_id = ? AND key = ?)");
  query.bind(feed_id, key);
  return read_one(query);
}

std::vector<EpisodeRow> EpisodeStore::list(const EpisodeFilter& filter) {
  Query query(database_,
              select(filter.with_item) + conditions(filter) + "ORDER BY e.sort_at DESC, e.id DESC LIMIT ? OFFSET ?",
              false);
  bind_conditions(query, filter);
  query.bind(filter.limit, filter.offset);
  return read_all(query);
}

std::size_t EpisodeStore::count(const EpisodeFilter& filter) {
  Query query(database_, "SELECT count(*)" + kFrom + conditions(filter), false);
  bind_conditions(query, filter);
  query.step();
  return query.unsigned_integer(0);
}

std::vector<EpisodeStore::Release> EpisodeStore::releases(std::int64_t feed_id, std::size_t limit) {
  Query query(
      database_,
      "SELECT published_at, first_seen_at FROM episode WHERE feed_id = ? ORDER BY sort_at DESC, id DESC LIMIT ?");
  query.bind(feed_id, limit);
  std::vector<Release> out;
  while (query.step()) out.push_back({query.optional_time(0), query.time(1)});
  return out;
}

std::vector<EpisodeRow> EpisodeStore::due_for_review(std::chrono::sys_seconds now, std::size_t limit) {
  Query query(database_,
              select(true) + "WHERE e.decision = 'defer' AND e.review_at <= ? ORDER BY e.review_at, e.id LIMIT ?");
  query.bind(now, limit);
  return read_all(query);
}

std::optional<std::chrono::sys_seconds> EpisodeStore::next_review() {
  Query query(database_, "SELECT min(review_at) FROM episode WHERE decision = 'defer'");
  query.step();
  return query.optional_time(0);
}

void EpisodeStore::decide(std::int64_t id, Decision decision, std::string_view rule, std::string_view reason,
                          std::chrono::sys_seconds at, std::optional<std::chrono::sys_seconds> review_at) {
  Query(database_,
        "UPDATE episode SET decision = ?, decision_rule = ?, decision_reason = ?, decided_at = ?, review_at = ? "
        "WHERE id = ?")
      .bind(to_string(decision), rule, reason, at, decision == Decision::kDefer ? review_at : std::nullopt, id)
      .run();
}

void EpisodeStore::set_tags(std::int64_t id, const std::vector<std::string>& tags) {
  Transaction transaction(database_);
  Query(database_, "DELETE FROM episode_tag WHERE episode_id = ?").bind(id).run();
  for (const auto& tag : tags) {
    Query(database_, "INSERT OR IGNORE INTO episode_tag (episode_id, tag) VALUES (?, ?)")
        .bind(id, base::repair_utf8(tag))
        .run();
  }
  transaction.commit();
}

std::vector<std::string> EpisodeStore::tags(std::int64_t id) {
  Query query(database_, "SELECT tag FROM episode_tag WHERE episode_id = ? ORDER BY tag");
  query.bind(id);
  std::vector<std::string> out;
  while (query.step()) out.push_back(query.text(0));
  return out;
}

void EpisodeStore::set_starred(std::int64_t id, std::optional<std::chrono::sys_seconds> at) {
  Query(database_, "UPDATE episode SET starred_at = iif(?1 IS NULL, NULL, coalesce(starred_at, ?1)) WHERE id = ?2")
      .bind(at, id)
      .run();
}

void EpisodeStore::set_played(std::int64_t id, std::optional<std::chrono::sys_seconds> at) {
  Query(database_, "UPDATE episode SET played_at = iif(?1 IS NULL, NULL, coalesce(played_at, ?1)) WHERE id = ?2")
      .bind(at, id)
      .run();
}

std::vector<EpisodeStore::Stored> EpisodeStore::stored() {
  Query query(database_,
              "SELECT e.id, e.feed_id, e.title, e.sort_at, max(f.added_at), sum(f.size), e.starred_at IS NOT NULL, "
              "e.played_at IS NOT NULL, e.decision = 'download' AND e.decision_rule = '' AND (e.decision_reason = ? OR "
              "e.decision_reason LIKE 'adopted:%'), "
              "coalesce(d.seeding, 0), coalesce(d.state, 'done') = 'done' "
              "FROM file f JOIN episode e ON e.id = f.episode_id LEFT JOIN download d ON d.episode_id = e.id "
              "GROUP BY e.id ORDER BY e.id");
  query.bind(kWantedByHand);
  std::vector<Stored> out;
  while (query.step()) {
    Stored one;
    int i = 0;
    one.id = query.integer(i++);
    one.feed_id = query.integer(i++);
    one.title = query.text(i++);
    one.published = query.time(i++);
    one.arrived = query.time(i++);
    one.size = query.unsigned_integer(i++);
    one.starred = query.flag(i++);
    one.played = query.flag(i++);
    one.by_hand = query.flag(i++);
    one.seeding = query.flag(i++);
    one.done = query.flag(i++);
    out.push_back(std::move(one));
  }
  return out;
}

}  // namespace podswarm::db
