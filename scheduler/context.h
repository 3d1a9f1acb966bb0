// What the parts of the trunk share: the stores, the settings in force, time and chance. Lives on the scheduler's
// thread, which is also the database's one writer: every step is on disk before the next begins.
#pragma once

#include <functional>

#include "base/clock.h"
#include "db/client_store.h"
#include "db/database.h"
#include "db/download_store.h"
#include "db/episode_store.h"
#include "db/feed_store.h"
#include "db/file_store.h"
#include "db/history_store.h"
#include "db/outbox_store.h"
#include "db/setting_store.h"
#include "db/sidecar_store.h"
#include "scheduler/settings.h"

namespace podswarm::scheduler {

struct Context {
  Context(db::Database& db, const base::Clock& the_clock, SettingsPtr initial, std::function<double()> chance)
      : database(db),
        clock(the_clock),
        settings(std::move(initial)),
        random(std::move(chance)),
        feeds(db),
        episodes(db),
        downloads(db),
        files(db),
        history(db),
        remembered(db),
        clients(db),
        sidecars(db),
        outbox(db) {}

  db::Database& database;
  const base::Clock& clock;
  SettingsPtr settings;
  std::function<double()> random;  // in [0, 1)

  db::FeedStore feeds;
  db::EpisodeStore episodes;
  db::DownloadStore downloads;
  db::FileStore files;
  db::HistoryStore history;
  db::SettingStore remembered;
  db::ClientStore clients;
  db::SidecarStore sidecars;
  db::OutboxStore outbox;
};

}  // namespace podswarm::scheduler
