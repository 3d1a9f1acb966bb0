#include "db/feed_store.h"

#include <algorithm>
#include <array>
#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <charconv>

#include "base/text.h"
#include "base/url.h"
#include "db/query.h"

namespace podswarm::db {

namespace {

constexpr std::array<std::string_view, 3> kStatuses = {"active", "paused", "stopped"};
constexpr std::size_t kMaxNameBytes = 200;

const std::string kSelect =
    "SELECT id, url, name, name_given, title, site_link, image, language, tags, status, status_reason, etag, "
    "last_modified, "
    "content_hash, backlog, backlog_applied_at, added_at, last_poll_at, last_ok_at, next_poll_at, poll_failures, "
    "last_error, update_hints, poll_reasons, user_agent, credentials FROM feed ";

std::string write_tags(const std::vector<std::string>& tags) {
  boost::json::array out;
  for (const auto& tag : tags) out.emplace_back(base::repair_utf8(tag));
  return boost::json::serialize(out);
}

std::vector<std::string> read_tags(const std::string& text) {
  std::vector<std::string> out;
  boost::system::error_code error;
  const auto value = boost::json::parse(text, error);
  if (error || !value.is_array()) return out;
  for (const auto& tag : value.get_array()) {
    if (tag.is_string()) out.emplace_back(tag.get_string());
  }
  return out;
}

std::vector<FeedRow> read_all(Query& query) {
  std::vector<FeedRow> out;
  while (query.step()) {
    FeedRow row;
    int i = 0;
    row.id = query.integer(i++);
    row.url = query.text(i++);
    row.name = query.text(i++);
    row.name_given = query.flag(i++);
    row.title = query.text(i++);
    row.site_link = query.text(i++);
    row.image = query.text(i++);
    row.language = query.text(i++);
    row.tags = read_tags(query.text(i++));
    const auto status = query.text(i++);
    row.status = status == "active"   ? FeedStatus::kActive
                 : status == "paused" ? FeedStatus::kPaused
                                      : FeedStatus::kStopped;
    row.status_reason = query.text(i++);
    row.etag = query.text(i++);
    row.last_modified = query.text(i++);
    row.content_hash = query.text(i++);
    row.backlog = query.text(i++);
    row.backlog_applied_at = query.optional_time(i++);
    row.added_at = query.time(i++);
    row.last_poll_at = query.optional_time(i++);
    row.last_ok_at = query.optional_time(i++);
    row.next_poll_at = query.optional_time(i++);
    row.poll_failures = query.small_integer(i++);
    row.last_error = query.text(i++);
    row.update_hints = query.text(i++);
    row.poll_reasons = query.text(i++);
    row.user_agent = query.text(i++);
    row.credentials = query.text(i++);
    out.push_back(std::move(row));
  }
  return out;
}

std::optional<FeedRow> read_one(Query& query) {
  auto rows = read_all(query);
  if (rows.empty()) return std::nullopt;
  return std::move(rows.front());
}

// Control characters out, blanks trimmed, cut to size.
std::string tidy_name(std::string_view text) {
  std::string out;
  for (const char c : base::repair_utf8(text)) {
    out += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? ' ' : c;
  }
  const auto trimmed = base::trim(out);
  return std::string(base::trim(base::utf8_prefix(trimmed, kMaxNameBytes)));
}

base::Failure<FeedStoreError> duplicate_url(const FeedRow& other) {
  return base::fail(FeedStoreError::kDuplicateUrl,
                    "already subscribed to as \"" + other.name + "\" (feed " + std::to_string(other.id) + ")");
}

// Nothing where a person may call a feed that.
std::optional<base::Failure<FeedStoreError>> name_problem(FeedStore& store, const std::string& name, std::int64_t own) {
  if (slug(name).empty()) {
    return base::fail(FeedStoreError::kBadName, "\"" + name + "\" is no name: it has no letter or digit");
  }
  const auto other = store.find_by_name(name);
  if (other && other->id != own) {
    return base::fail(FeedStoreError::kDuplicateName, "the name \"" + name + "\" is taken by feed " +
                                                          std::to_string(other->id) + ", \"" + other->name + "\"");
  }
  return std::nullopt;
}

// `wanted`, or it with a number behind that no other feed has: the next one, mostly. It is searched for by halves, as
// a publisher may have thousands of one name.
std::string free_name(Database& database, const std::string& wanted, std::int64_t own) {
  const std::string stem = slug(wanted).empty() ? "feed" : wanted;
  const auto numbered = [&](int n) { return n == 1 ? stem : stem + " " + std::to_string(n); };
  const auto is_free = [&](int n) {
    Query query(database, "SELECT 1 FROM feed WHERE slug = ? AND id != ?");
    return !query.bind(slug(numbered(n)), own).step();
  };
  if (is_free(1)) return stem;
  int taken = 1;
  int free = 2;
  while (!is_free(free)) {
    taken = free;
    free *= 2;
  }
  while (free - taken > 1) {
    const int middle = taken + (free - taken) / 2;
    (is_free(middle) ? free : taken) = middle;
  }
  return numbered(free);
}

std::string name_from_url(std::string_view url) {
  const auto parsed = base::parse_url(url);
  return tidy_name(parsed ? parsed->host : std::string(url));
}

}  // namespace

std::string_view to_string(FeedStatus status) {
  return kStatuses[static_cast<std::size_t>(status)];
}

std::string slug(std::string_view name) {
  std::string out;
  for (const char c : base::ascii_lower(base::repair_utf8(name))) {
    const bool keep = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || static_cast<unsigned char>(c) >= 0x80;
    if (keep) {
      out += c;
    } else if (!out.empty() && out.back() != '-') {
      out += '-';
    }
  }
  if (!out.empty() && out.back() == '-') out.pop_back();
  return out;
}

base::Result<FeedRow, FeedStoreError> FeedStore::add(const NewFeed& feed, std::chrono::sys_seconds now) {
  Transaction transaction(database_);
  if (const auto other = find_by_url(feed.url)) return duplicate_url(*other);
  std::string name = tidy_name(feed.name);
  const bool given = !base::trim(feed.name).empty();
  if (given) {
    if (auto problem = name_problem(*this, name, 0)) return *std::move(problem);
  } else {
    const std::string title = tidy_name(feed.title);
    name = free_name(database_, title.empty() ? name_from_url(feed.url) : title, 0);
  }
  std::int64_t id = 0;
  {
    Query query(database_,
                "INSERT INTO feed (url, canonical_url, name, slug, name_given, title, tags, backlog, added_at, "
                "user_agent, credentials) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id");
    query
        .bind(feed.url, base::canonical_url(feed.url), name, slug(name), given, feed.title, write_tags(feed.tags),
              feed.backlog, now, feed.user_agent, feed.credentials)
        .step();
    id = query.integer(0);
    query.run();
  }
  auto row = find(id);
  transaction.commit();
  return *std::move(row);
}

bool FeedStore::remove(std::int64_t id) {
  return Query(database_, "DELETE FROM feed WHERE id = ?").bind(id).run() != 0;
}

std::optional<FeedRow> FeedStore::find(std::int64_t id) {
  Query query(database_, kSelect + "WHERE id = ?");
  query.bind(id);
  return read_one(query);
}

std::optional<FeedRow> FeedStore::find_by_url(std::string_view url) {
  Query query(database_, kSelect + "WHERE canonical_url = ?");
  query.bind(base::canonical_url(url));
  return read_one(query);
}

std::optional<FeedRow> FeedStore::find_by_name(std::string_view name) {
  Query query(database_, kSelect + "WHERE slug = ?");
  query.bind(slug(name));
  return read_one(query);
}

std::optional<FeedRow> FeedStore::find_by_reference(std::string_view text) {
  text = base::trim(text);
  if (auto feed = find_by_name(text)) return feed;
  if (auto feed = find_by_url(text)) return feed;
  std::int64_t id = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return find(id);
}

std::vector<FeedRow> FeedStore::list() {
  Query query(database_, kSelect + "ORDER BY slug");
  return read_all(query);
}

std::vector<FeedRow> FeedStore::list_tagged(std::string_view tag) {
  Query query(database_, kSelect +
                             "WHERE EXISTS (SELECT 1 FROM json_each(feed.tags) WHERE json_each.value = ?) "
                             "ORDER BY slug");
  query.bind(tag);
  return read_all(query);
}

std::vector<FeedStore::Due> FeedStore::due(std::chrono::sys_seconds now) {
  Query query(database_,
              "SELECT id, url FROM feed WHERE status = 'active' AND coalesce(next_poll_at, 0) <= ? "
              "ORDER BY coalesce(next_poll_at, 0), id");
  query.bind(now);
  std::vector<Due> out;
  while (query.step()) out.push_back({query.integer(0), query.text(1)});
  return out;
}

std::size_t FeedStore::spread_due(std::chrono::sys_seconds now, std::chrono::seconds over) {
  Query query(database_,
              "UPDATE feed SET next_poll_at = ?1 + abs(random() % ?2) "
              "WHERE status = 'active' AND coalesce(next_poll_at, 0) <= ?1");
  return static_cast<std::size_t>(query.bind(now, std::max(over, std::chrono::seconds(1))).run());
}

std::optional<std::chrono::sys_seconds> FeedStore::next_due() {
  Query query(database_, "SELECT min(coalesce(next_poll_at, 0)) FROM feed WHERE status = 'active'");
  query.step();
  return query.optional_time(0);
}

base::Result<void, FeedStoreError> FeedStore::rename(std::int64_t id, std::string_view name) {
  Transaction transaction(database_);
  const std::string tidy = tidy_name(name);
  if (auto problem = name_problem(*this, tidy, id)) return *std::move(problem);
  Query(database_, "UPDATE feed SET name = ?, slug = ?, name_given = 1 WHERE id = ?").bind(tidy, slug(tidy), id).run();
  transaction.commit();
  return {};
}

base::Result<void, FeedStoreError> FeedStore::set_url(std::int64_t id, std::string_view url) {
  Transaction transaction(database_);
  if (const auto other = find_by_url(url); other && other->id != id) return duplicate_url(*other);
  Query(database_,
        "UPDATE feed SET url = ?, canonical_url = ?, etag = '', last_modified = '', content_hash = '' WHERE id = ?")
      .bind(url, base::canonical_url(url), id)
      .run();
  transaction.commit();
  return {};
}

void FeedStore::set_published(std::int64_t id, std::string_view title, std::string_view site_link,
                              std::string_view image, std::string_view language) {
  Transaction transaction(database_);
  const auto feed = find(id);
  if (!feed) return;
  Query(database_, "UPDATE feed SET title = ?, site_link = ?, image = ?, language = ? WHERE id = ?")
      .bind(title, site_link, image, language, id)
      .run();
  const std::string tidy = tidy_name(title);
  // Only the first: a name is part of paths and commands, and must not change with each whim of the publisher.
  if (!feed->name_given && feed->title.empty() && !slug(tidy).empty()) {
    const std::string name = free_name(database_, tidy, id);
    Query(database_, "UPDATE feed SET name = ?, slug = ? WHERE id = ?").bind(name, slug(name), id).run();
  }
  transaction.commit();
}

void FeedStore::set_tags(std::int64_t id, const std::vector<std::string>& tags) {
  Query(database_, "UPDATE feed SET tags = ? WHERE id = ?").bind(write_tags(tags), id).run();
}

void FeedStore::set_status(std::int64_t id, FeedStatus status, std::string_view reason) {
  Query(database_, "UPDATE feed SET status = ?, status_reason = ? WHERE id = ?")
      .bind(to_string(status), status == FeedStatus::kActive ? std::string_view{} : reason, id)
      .run();
}

void FeedStore::set_user_agent(std::int64_t id, std::string_view user_agent) {
  Query(database_, "UPDATE feed SET user_agent = ? WHERE id = ?").bind(user_agent, id).run();
}

void FeedStore::set_credentials(std::int64_t id, std::string_view reference) {
  Query(database_, "UPDATE feed SET credentials = ? WHERE id = ?").bind(reference, id).run();
}

void FeedStore::set_backlog(std::int64_t id, std::string_view policy) {
  Query(database_, "UPDATE feed SET backlog = ? WHERE id = ?").bind(policy, id).run();
}

void FeedStore::set_backlog_applied(std::int64_t id, std::chrono::sys_seconds at) {
  Query(database_, "UPDATE feed SET backlog_applied_at = ? WHERE id = ?").bind(at, id).run();
}

void FeedStore::set_next_poll(std::int64_t id, std::optional<std::chrono::sys_seconds> at) {
  Query(database_, "UPDATE feed SET next_poll_at = ? WHERE id = ?").bind(at, id).run();
}

void FeedStore::record_success(std::int64_t id, const PollSuccess& poll) {
  Query(database_,
        "UPDATE feed SET last_poll_at = ?1, last_ok_at = ?1, next_poll_at = ?2, etag = ?3, last_modified = ?4, "
        "content_hash = ?5, update_hints = ?6, poll_reasons = ?7, poll_failures = 0, last_error = '' WHERE id = ?8")
      .bind(poll.at, poll.next_poll_at, poll.etag, poll.last_modified, poll.content_hash, poll.update_hints,
            poll.poll_reasons, id)
      .run();
}

void FeedStore::record_failure(std::int64_t id, const PollFailure& poll) {
  Query(database_,
        "UPDATE feed SET last_poll_at = ?, next_poll_at = ?, last_error = ?, poll_reasons = ?, "
        "poll_failures = poll_failures + 1 WHERE id = ?")
      .bind(poll.at, poll.next_poll_at, poll.error, poll.poll_reasons, id)
      .run();
}

std::size_t FeedStore::forgive(std::chrono::sys_seconds since, std::chrono::sys_seconds now) {
  return static_cast<std::size_t>(
      Query(database_,
            "UPDATE feed SET next_poll_at = ?1, poll_failures = max(poll_failures - 1, 0) "
            "WHERE status = 'active' AND poll_failures > 0 AND last_poll_at >= ?2")
          .bind(now, since)
          .run());
}

}  // namespace podswarm::db
