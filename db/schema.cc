#include "db/schema.h"

#include "db/database.h"

namespace podswarm::db {

namespace {

// Times are seconds since 1970, UTC; sizes are bytes; switches are 0 or 1.
constexpr const char* kVersion1 = R"sql(
CREATE TABLE feed (
  id                 INTEGER PRIMARY KEY AUTOINCREMENT,
  url                TEXT    NOT NULL,
  canonical_url      TEXT    NOT NULL UNIQUE,
  name               TEXT    NOT NULL,
  slug               TEXT    NOT NULL UNIQUE,
  name_given         INTEGER NOT NULL DEFAULT 0,
  title              TEXT    NOT NULL DEFAULT '',
  site_link          TEXT    NOT NULL DEFAULT '',
  image              TEXT    NOT NULL DEFAULT '',
  language           TEXT    NOT NULL DEFAULT '',
  tags               TEXT    NOT NULL DEFAULT '[]',
  status             TEXT    NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'paused', 'stopped')),
  status_reason      TEXT    NOT NULL DEFAULT '',
  etag               TEXT    NOT NULL DEFAULT '',
  last_modified      TEXT    NOT NULL DEFAULT '',
  content_hash       TEXT    NOT NULL DEFAULT '',
  backlog            TEXT    NOT NULL,
  backlog_applied_at INTEGER,
  added_at           INTEGER NOT NULL,
  last_poll_at       INTEGER,
  last_ok_at         INTEGER,
  next_poll_at       INTEGER,
  poll_failures      INTEGER NOT NULL DEFAULT 0,
  last_error         TEXT    NOT NULL DEFAULT '',
  user_agent         TEXT    NOT NULL DEFAULT '',
  credentials        TEXT    NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX feed_due ON feed (coalesce(next_poll_at, 0)) WHERE status = 'active';

CREATE TABLE episode (
  id              INTEGER PRIMARY KEY AUTOINCREMENT,
  feed_id         INTEGER NOT NULL REFERENCES feed (id) ON DELETE CASCADE,
  identity        TEXT    NOT NULL,
  guid            TEXT    NOT NULL,
  title           TEXT    NOT NULL,
  link            TEXT    NOT NULL,
  published_at    INTEGER,
  first_seen_at   INTEGER NOT NULL,
  sort_at         INTEGER NOT NULL,
  duration_s      INTEGER,
  size            INTEGER,
  item            TEXT    NOT NULL,
  decision        TEXT    NOT NULL DEFAULT 'none' CHECK (decision IN
                    ('none', 'download', 'skip', 'hold', 'notify', 'mark-seen', 'defer', 'backlog')),
  decision_rule   TEXT    NOT NULL DEFAULT '',
  decision_reason TEXT    NOT NULL DEFAULT '',
  decided_at      INTEGER,
  review_at       INTEGER,
  UNIQUE (feed_id, identity)
) STRICT;
CREATE INDEX episode_newest ON episode (sort_at, id);
CREATE INDEX episode_newest_of_feed ON episode (feed_id, sort_at, id);
CREATE INDEX episode_review ON episode (review_at) WHERE decision = 'defer';
CREATE INDEX episode_undecided ON episode (sort_at, id) WHERE decided_at IS NULL;

CREATE TABLE episode_key (
  feed_id    INTEGER NOT NULL REFERENCES feed (id) ON DELETE CASCADE,
  key        TEXT    NOT NULL,
  episode_id INTEGER NOT NULL REFERENCES episode (id) ON DELETE CASCADE,
  PRIMARY KEY (feed_id, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX episode_key_episode ON episode_key (episode_id);

CREATE TABLE download (
  id               INTEGER PRIMARY KEY AUTOINCREMENT,
  episode_id       INTEGER NOT NULL UNIQUE REFERENCES episode (id) ON DELETE CASCADE,
  state            TEXT    NOT NULL CHECK (state IN
                     ('queued', 'downloading', 'done', 'failed', 'skipped', 'deleted')),
  paused           INTEGER NOT NULL DEFAULT 0,
  priority         INTEGER NOT NULL DEFAULT 0,
  queued_at        INTEGER NOT NULL,
  attempts         INTEGER NOT NULL DEFAULT 0,
  next_try_at      INTEGER,
  error            TEXT    NOT NULL DEFAULT '',
  failure_kind     TEXT    NOT NULL DEFAULT '',
  source_kind      TEXT    NOT NULL CHECK (source_kind IN ('http', 'torrent', 'magnet')),
  source_url       TEXT    NOT NULL,
  host             TEXT    NOT NULL DEFAULT '',
  bytes_done       INTEGER NOT NULL DEFAULT 0,
  bytes_total      INTEGER,
  started_at       INTEGER,
  finished_at      INTEGER,
  via              TEXT    NOT NULL DEFAULT '' CHECK (via IN ('', 'http', 'swarm')),
  peers            INTEGER NOT NULL DEFAULT 0,
  rate_bytes_per_s INTEGER NOT NULL DEFAULT 0,
  info_hash        TEXT    NOT NULL DEFAULT '',
  seeding          INTEGER NOT NULL DEFAULT 0,
  uploaded         INTEGER NOT NULL DEFAULT 0,
  naming           TEXT    NOT NULL DEFAULT '',
  resume           BLOB
) STRICT;
CREATE INDEX download_queue ON download (priority DESC, queued_at, id) WHERE state = 'queued';
CREATE INDEX download_state ON download (state, finished_at);
CREATE INDEX download_info_hash ON download (info_hash) WHERE info_hash != '';
CREATE INDEX download_seeding ON download (id) WHERE seeding = 1;

CREATE TABLE file (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  episode_id INTEGER NOT NULL REFERENCES episode (id) ON DELETE CASCADE,
  path       BLOB    NOT NULL UNIQUE,
  size       INTEGER NOT NULL,
  mtime      INTEGER NOT NULL,
  added_at   INTEGER NOT NULL
) STRICT;
CREATE INDEX file_episode ON file (episode_id);

CREATE TABLE rule_history (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  rule_id    TEXT    NOT NULL,
  key        TEXT    NOT NULL,
  revision   INTEGER NOT NULL,
  release_group TEXT NOT NULL DEFAULT '',
  at         INTEGER NOT NULL,
  state      TEXT    NOT NULL CHECK (state IN ('reserved', 'committed')),
  episode_id INTEGER REFERENCES episode (id) ON DELETE SET NULL
) STRICT;
CREATE INDEX rule_history_key ON rule_history (rule_id, key, at);
CREATE INDEX rule_history_at ON rule_history (rule_id, at);
CREATE INDEX rule_history_episode ON rule_history (episode_id);

CREATE TABLE setting (
  key   TEXT NOT NULL PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
)sql";

// What the last document says of when to come again, and why the next poll is when it is (JSON).
constexpr const char* kVersion2 = R"sql(
ALTER TABLE feed ADD COLUMN update_hints TEXT NOT NULL DEFAULT '';
ALTER TABLE feed ADD COLUMN poll_reasons TEXT NOT NULL DEFAULT '';
)sql";

// Who may read the served library.
constexpr const char* kVersion3 = R"sql(
CREATE TABLE client (
  id           INTEGER PRIMARY KEY AUTOINCREMENT,
  name         TEXT    NOT NULL UNIQUE,
  token_hash   TEXT    NOT NULL UNIQUE,
  added_at     INTEGER NOT NULL,
  last_seen_at INTEGER
) STRICT;
)sql";

// The tags of the rules that wanted an episode, or told of it.
constexpr const char* kVersion4 = R"sql(
CREATE TABLE episode_tag (
  episode_id INTEGER NOT NULL REFERENCES episode (id) ON DELETE CASCADE,
  tag        TEXT    NOT NULL COLLATE NOCASE,
  PRIMARY KEY (episode_id, tag)
) STRICT, WITHOUT ROWID;
CREATE INDEX episode_tag_tag ON episode_tag (tag);
)sql";

// What a person says of an episode; where a download was put as a whole (a file or a torrent's folder), and what it was
// called before: so that it can be renamed.
constexpr const char* kVersion5 = R"sql(
ALTER TABLE episode ADD COLUMN starred_at INTEGER;
ALTER TABLE episode ADD COLUMN played_at INTEGER;
CREATE INDEX episode_starred ON episode (sort_at, id) WHERE starred_at IS NOT NULL;
ALTER TABLE download ADD COLUMN placed BLOB NOT NULL DEFAULT x'';
ALTER TABLE download ADD COLUMN original TEXT NOT NULL DEFAULT '';
)sql";

// When a download has last failed and decisions were made, for the report; files that accompany episodes; events that
// hooks have yet to be told.
constexpr const char* kVersion6 = R"sql(
ALTER TABLE download ADD COLUMN failed_at INTEGER;
CREATE INDEX download_failed ON download (failed_at) WHERE failed_at IS NOT NULL;
CREATE INDEX episode_decided ON episode (decided_at);

CREATE TABLE sidecar (
  id          INTEGER PRIMARY KEY AUTOINCREMENT,
  feed_id     INTEGER NOT NULL REFERENCES feed (id) ON DELETE CASCADE,
  episode_id  INTEGER REFERENCES episode (id) ON DELETE CASCADE,
  kind        TEXT    NOT NULL CHECK (kind IN ('cover', 'show-nfo', 'nfo', 'info', 'chapters', 'transcript')),
  url         TEXT    NOT NULL,
  detail      TEXT    NOT NULL DEFAULT '',
  folder      BLOB    NOT NULL DEFAULT x'',
  path        BLOB    NOT NULL DEFAULT x'',
  attempts    INTEGER NOT NULL DEFAULT 0,
  next_try_at INTEGER,
  error       TEXT    NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX sidecar_due ON sidecar (next_try_at) WHERE next_try_at IS NOT NULL;
CREATE INDEX sidecar_of ON sidecar (feed_id, episode_id);
CREATE INDEX sidecar_episode ON sidecar (episode_id);

CREATE TABLE outbox (
  id       INTEGER PRIMARY KEY AUTOINCREMENT,
  event    TEXT    NOT NULL,
  at       INTEGER NOT NULL,
  feed_id  INTEGER REFERENCES feed (id) ON DELETE SET NULL,
  document TEXT    NOT NULL
) STRICT;
)sql";

// Where a person has moved a download among those of its priority.
constexpr const char* kVersion7 = R"sql(
ALTER TABLE download ADD COLUMN place INTEGER NOT NULL DEFAULT 0;
DROP INDEX download_queue;
CREATE INDEX download_queue ON download (priority DESC, place, queued_at, id) WHERE state = 'queued';
)sql";

// Hooks that have had an event which others wait for still.
constexpr const char* kVersion8 = R"sql(
CREATE TABLE outbox_told (
  event_id INTEGER NOT NULL REFERENCES outbox (id) ON DELETE CASCADE,
  hook     TEXT    NOT NULL,
  PRIMARY KEY (event_id, hook)
) STRICT, WITHOUT ROWID;
)sql";

constexpr const char* kMigrations[] = {kVersion1, kVersion2, kVersion3, kVersion4,
                                       kVersion5, kVersion6, kVersion7, kVersion8};

}  // namespace

std::span<const char* const> schema_migrations() {
  return kMigrations;
}

int current_schema_version() {
  return static_cast<int>(std::size(kMigrations));
}

}  // namespace podswarm::db
