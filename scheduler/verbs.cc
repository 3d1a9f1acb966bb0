// What the service does when it is asked: each verb on the scheduler's thread, its answer as a document.

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <map>

#include "base/units.h"
#include "base/url.h"
#include "feeds/discovery.h"
#include "feeds/opml.h"
#include "library/below.h"
#include "library/library.h"
#include "scheduler/documents.h"
#include "scheduler/rules_trial.h"
#include "scheduler/service_impl.h"

namespace podswarm::scheduler {

namespace json = boost::json;

namespace {

base::Failure<ServiceError> not_found(std::string_view what, const std::string& reference) {
  return base::fail(ServiceError::kNotFound, "there is no " + std::string(what) + " \"" + reference + "\"");
}

std::string describe(const std::vector<base::Diagnostic>& problems) {
  std::string text;
  for (const auto& problem : problems) text += (text.empty() ? "" : "\n") + problem.to_string();
  return text;
}

}  // namespace

Answer Service::add_feed(const Subscription& subscription) {
  return impl_->call([&]() -> Answer {
    auto& context = impl_->scheduler_.context();
    const std::string address = feeds::feed_address(subscription.url);
    const auto url = base::parse_url(address);
    if (!url || (url->scheme != "http" && url->scheme != "https")) {
      return base::fail(ServiceError::kInvalid, "\"" + subscription.url + "\" is not an http or https address");
    }
    if (!url->user.empty()) {
      return base::fail(ServiceError::kInvalid,
                        base::redact_url(address) +
                            ": a password does not belong in the address, where it would be stored and shown; set user "
                            "and password_env or password_file for this feed in the configuration");
    }
    std::string backlog =
        subscription.backlog.empty() ? context.settings->config.feed_defaults.backlog : subscription.backlog;
    const auto normal = config::normalise_backlog(backlog);
    if (!normal) {
      return base::fail(ServiceError::kInvalid,
                        "\"" + backlog + "\" is no backlog: it is latest:N, all, none or since:YYYY-MM-DD");
    }
    db::NewFeed feed;
    feed.url = base::sanitize_url(address);
    feed.name = subscription.name;
    feed.tags = subscription.tags;
    feed.backlog = *normal;
    const auto added = context.feeds.add(feed, context.clock.now());
    if (!added) {
      const auto code =
          added.error().code == db::FeedStoreError::kBadName ? ServiceError::kInvalid : ServiceError::kConflict;
      return base::fail(code, added.error().message);
    }
    json::object answer;
    answer["feed"] = feed_document(context, *added);
    answer["job"] = impl_->scheduler_.check({added->id});
    return json::value(std::move(answer));
  });
}

Answer Service::remove_feed(const std::string& reference, bool delete_files) {
  std::string name;
  std::filesystem::path root;
  std::vector<db::FileRow> files;
  std::vector<db::SidecarRow> sidecars;
  auto removed = impl_->call([&]() -> Answer {
    auto& context = impl_->scheduler_.context();
    const auto feed = impl_->find_feed(reference);
    if (!feed) return not_found("feed", reference);
    name = feed->name;
    root = context.settings->library_root(context.settings->for_feed(*feed));
    files = context.files.list_feed(feed->id);
    sidecars = context.sidecars.list_feed(feed->id);
    impl_->scheduler_.remove_feed(feed->id);
    return json::value();
  });
  if (!removed) return removed;
  // No row speaks of them any more, so that they are nobody's business but this caller's.
  json::array deleted;
  json::array failed;
  // The library may have been elsewhere when they came.
  const auto remove = [&](const std::filesystem::path& path) {
    return library::remove_file(path, library::root_of(path, root));
  };
  for (const auto& file : files) {
    if (!delete_files) break;
    if (const auto gone = remove(file.path)) {
      deleted.emplace_back(file.path.string());
    } else {
      failed.emplace_back(gone.error().message);
    }
  }
  for (const auto& sidecar : sidecars) {
    if (delete_files) (void)remove(sidecar.path);
  }
  return json::value(json::object{{"removed", name},
                                  {"files_kept", delete_files ? failed.size() : files.size()},
                                  {"deleted", std::move(deleted)},
                                  {"failed", std::move(failed)}});
}

Answer Service::feeds() {
  return impl_->call([&]() -> Answer {
    auto& context = impl_->scheduler_.context();
    json::array feeds;
    for (const auto& feed : context.feeds.list()) feeds.push_back(feed_document(context, feed));
    return json::value(json::object{{"feeds", std::move(feeds)}});
  });
}

Answer Service::feed(const std::string& reference) {
  return impl_->call([&]() -> Answer {
    auto& context = impl_->scheduler_.context();
    const auto feed = impl_->find_feed(reference);
    if (!feed) return not_found("feed", reference);
    return json::value(json::object{{"feed", feed_document(context, *feed)}});
  });
}

Answer Service::episodes(const EpisodeQuery& query) {
  return impl_->call([&]() -> Answer {
    auto& context = impl_->scheduler_.context();
    db::EpisodeFilter filter;
    if (!query.feed.empty()) {
      const auto feed = impl_->find_feed(query.feed);
      if (!feed) return not_found("feed", query.feed);
      filter.feed_id = feed->id;
    }
    if (!query.state.empty()) {
      static const std::map<std::string, db::Decision, std::less<>> kDecisions = {
          {"held", db::Decision::kHold},     {"deferred", db::Decision::kDefer},  {"notified", db::Decision::kNotify},
          {"seen", db::Decision::kMarkSeen}, {"backlog", db::Decision::kBacklog}, {"none", db::Decision::kNone},
          {"skipped", db::Decision::kSkip}};
      const auto decision = kDecisions.find(query.state);
      filter.download_state = decision == kDecisions.end() ? db::parse_download_state(query.state) : std::nullopt;
      if (decision != kDecisions.end()) filter.decision = decision->second;
      if (!filter.decision && !filter.download_state) {
        return base::fail(ServiceError::kInvalid,
                          "\"" + query.state +
                              "\" is no state: it is queued, downloading, done, failed, "
                              "skipped, deleted, held, deferred, notified, seen, backlog or none");
      }
    }
    filter.text = query.text;
    filter.tag = query.tag;
    filter.published_since = query.since;
    filter.starred = query.starred;
    filter.played = query.played;
    filter.limit = query.limit;
    filter.offset = query.offset;
    filter.with_item = false;
    json::array episodes;
    for (const auto& episode : context.episodes.list(filter)) {
      episodes.push_back(episode_document(context, episode, false));
    }
    return json::value(json::object{{"episodes", std::move(episodes)}, {"total", context.episodes.count(filter)}});
  });
}

Answer Service::episode(std::int64_t id) {
  return impl_->call([&]() -> Answer {
    auto& context = impl_->scheduler_.context();
    const auto episode = context.episodes.find(id);
    if (!episode) return not_found("episode", std::to_string(id));
    return json::value(json::object{{"episode", episode_document(context, *episode, true)}});
  });
}

Answer Service::retry(const std::vector<std::int64_t>& ids) {
  return impl_->call([&]() -> Answer {
    auto& scheduler = impl_->scheduler_;
    auto& context = scheduler.context();
    std::vector<std::int64_t> wanted = ids;
    if (ids.empty()) {
      for (const auto& row :
           context.downloads.list({.state = db::DownloadState::kFailed, .feed_id = {}, .limit = 100'000})) {
        wanted.push_back(row.episode_id);
      }
    }
    for (const auto id : wanted) {
      if (!context.episodes.find(id)) return not_found("episode", std::to_string(id));
    }
    json::array queued;
    json::array there;
    json::array impossible;
    for (const auto id : wanted) {
      switch (scheduler.want(*context.episodes.find(id))) {
        case Wanted::kQueued:
        case Wanted::kUnderWay:
          queued.emplace_back(id);
          break;
        case Wanted::kAlreadyThere:
          there.emplace_back(id);
          break;
        case Wanted::kNothingToFetch:
          impossible.emplace_back(id);
          break;
      }
    }
    return json::value(json::object{{"queued", std::move(queued)},
                                    {"already_there", std::move(there)},
                                    {"nothing_to_fetch", std::move(impossible)}});
  });
}

Answer Service::skip(const std::vector<std::int64_t>& ids) {
  return impl_->call([&]() -> Answer {
    auto& scheduler = impl_->scheduler_;
    for (const auto id : ids) {
      if (!scheduler.context().episodes.find(id)) return not_found("episode", std::to_string(id));
    }
    json::array skipped;
    json::array there;
    for (const auto id : ids) {
      const bool done = scheduler.skip(*scheduler.context().episodes.find(id), "skipped by hand");
      (done ? skipped : there).emplace_back(id);
    }
    return json::value(json::object{{"skipped", std::move(skipped)}, {"already_there", std::move(there)}});
  });
}

Answer Service::check(const std::vector<std::string>& feeds) {
  return impl_->call([&]() -> Answer {
    auto ids = impl_->feed_ids(feeds);
    if (!ids) return ids.error();
    return json::value(json::object{{"job", impl_->scheduler_.check(std::move(*ids))}});
  });
}

Answer Service::fetch(const std::vector<std::string>& feeds, WindowRule window) {
  return impl_->call([&]() -> Answer {
    auto ids = impl_->feed_ids(feeds);
    if (!ids) return ids.error();
    return json::value(json::object{{"job", impl_->scheduler_.fetch(std::move(*ids), window)}});
  });
}

Answer Service::job(JobId id) {
  return impl_->call([&]() -> Answer {
    const auto* job = impl_->scheduler_.job(id);
    if (job == nullptr) return not_found("job", std::to_string(id));
    json::object answer = job_document(impl_->scheduler_.context(), *job);
    json::array live;
    for (const auto& status : impl_->world().status()) live.push_back(live_document(status));
    answer["live"] = std::move(live);
    return json::value(std::move(answer));
  });
}

Answer Service::status() {
  return impl_->call([&]() -> Answer {
    auto& scheduler = impl_->scheduler_;
    auto& context = scheduler.context();
    json::object answer;
    answer["daemon"] = impl_->mode_ == Mode::kDaemon;
    answer["version"] = PODSWARM_VERSION;
    answer["database"] = context.database.file().string();
    answer["library"] = config::expand_home(context.settings->config.general.library_dir).string();
    answer["window"] = context.settings->config.download.window.text;
    answer["feeds"] = context.feeds.list().size();
    answer["polling"] = scheduler.poller().running() + scheduler.poller().waiting();
    json::object counts;
    for (const auto& [state, count] : context.downloads.count_by_state()) counts[db::to_string(state)] = count;
    answer["downloads"] = std::move(counts);
    answer["bytes_outstanding"] = context.downloads.bytes_outstanding();
    const auto& hold = scheduler.queue().hold().why;
    const auto& obstacle = hold.empty() ? scheduler.obstacle() : hold;
    if (!obstacle.empty()) answer["obstacle"] = obstacle;
    answer["paused"] = scheduler.is_paused();
    answer["offline"] = scheduler.line().is_offline();
    answer["metered"] = scheduler.is_metered();
    answer["jobs"] = scheduler.jobs_under_way();
    if (const auto deadline = scheduler.queue().deadline(context.clock.now())) {
      answer["done_by"] = base::format_rfc3339(*deadline);
    }
    if (const auto next = context.feeds.next_due()) answer["next_poll_at"] = base::format_rfc3339(*next);
    if (const auto next = context.downloads.next_due()) answer["next_download_at"] = base::format_rfc3339(*next);
    json::array live;
    for (const auto& status : impl_->world().status()) {
      json::object download = live_document(status);
      const auto row = context.downloads.find(static_cast<std::int64_t>(status.id));
      if (const auto episode = row ? context.episodes.find(row->episode_id) : std::nullopt) {
        download["episode"] = episode->id;
        download["title"] = episode->title;
      }
      live.push_back(std::move(download));
    }
    answer["live"] = std::move(live);
    return json::value(std::move(answer));
  });
}

Answer Service::rules() {
  return impl_->call([&]() -> Answer {
    const auto& settings = *impl_->scheduler_.context().settings;
    json::array rules;
    for (const auto& entry : settings.config.rules) {
      json::object rule;
      rule["id"] = entry.id ? entry.id->value : "";
      rule["action"] = entry.action ? entry.action->value : "download";
      rule["priority"] = entry.priority ? entry.priority->value : 0;
      rule["enabled"] = !entry.enabled || entry.enabled->value;
      json::array feeds;
      for (const auto& feed : entry.feeds) feeds.emplace_back(feed.value);
      rule["feeds"] = std::move(feeds);
      json::array warnings;
      for (const auto& warning : unknown_feeds(impl_->scheduler_.context(), entry)) warnings.emplace_back(warning);
      if (!warnings.empty()) rule["warnings"] = std::move(warnings);
      rule["file"] = entry.file;
      rule["line"] = entry.pos.line;
      rules.push_back(std::move(rule));
    }
    return json::value(json::object{{"rules", std::move(rules)}});
  });
}

Answer Service::reload() {
  return impl_->call([&]() -> Answer {
    auto read = impl_->reread_();
    if (!read.settings) return base::fail(ServiceError::kInvalid, describe(read.problems));
    impl_->scheduler_.reload(std::move(read.settings));
    return json::value(json::object{{"reloaded", true}});
  });
}

Answer Service::import_opml(const std::string& text, const std::string& list_url) {
  return impl_->call([&]() -> Answer {
    auto& context = impl_->scheduler_.context();
    feeds::ParseOptions options;
    options.base_url = list_url;
    const auto list = feeds::parse_opml(text, options);
    if (!list) return base::fail(ServiceError::kInvalid, list.error().message);
    json::array added;
    json::array known;
    json::array failed;
    std::vector<std::int64_t> ids;
    db::Transaction transaction(context.database);  // one sync of the disk, however long the list
    for (const auto& entry : list->feeds) {
      const std::string shown = base::redact_url(entry.url);
      const std::string address = feeds::feed_address(entry.url);
      const auto url = base::parse_url(address);
      if (!url || (url->scheme != "http" && url->scheme != "https") || !url->user.empty()) {
        failed.push_back(json::object{{"url", shown}, {"message", "not an http or https address without a password"}});
        continue;
      }
      db::NewFeed feed;
      feed.url = base::sanitize_url(address);
      feed.title = entry.title;
      feed.tags = entry.folder;
      feed.backlog = context.settings->config.feed_defaults.backlog;
      const auto row = context.feeds.add(feed, context.clock.now());
      if (row) {
        added.push_back(json::object{{"url", shown}, {"name", row->name}});
        ids.push_back(row->id);
      } else if (row.error().code == db::FeedStoreError::kDuplicateUrl) {
        known.push_back(json::object{{"url", shown}, {"message", row.error().message}});
      } else {
        failed.push_back(json::object{{"url", shown}, {"message", row.error().message}});
      }
    }
    transaction.commit();
    json::object answer;
    if (!ids.empty()) answer["job"] = impl_->scheduler_.check(std::move(ids));
    answer["added"] = std::move(added);
    answer["known"] = std::move(known);
    answer["failed"] = std::move(failed);
    answer["repairs"] = json::array(list->repairs.begin(), list->repairs.end());
    return json::value(std::move(answer));
  });
}

Answer Service::export_opml() {
  return impl_->call([&]() -> Answer {
    feeds::OpmlList list;
    list.title = "Podswarm subscriptions";
    for (const auto& feed : impl_->scheduler_.context().feeds.list()) {
      feeds::OpmlFeed entry{
          base::redact_url(feed.url), feed.title.empty() ? feed.name : feed.title, feed.site_link, {}};
      if (!feed.tags.empty()) entry.folder = {feed.tags.front()};
      list.feeds.push_back(std::move(entry));
    }
    return json::value(json::object{{"opml", feeds::write_opml(list)}});
  });
}

}  // namespace podswarm::scheduler
