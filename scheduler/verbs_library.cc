// The service's verbs about what is in the library: marks, deleting, retention, renaming.

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <map>

#include "base/text.h"
#include "scheduler/renames.h"
#include "scheduler/service_impl.h"
#include "scheduler/tidying.h"

namespace podswarm::scheduler {

namespace json = boost::json;

namespace {

// Of one call: each takes a file system some milliseconds, and whoever asked waits. They ask again.
constexpr std::size_t kMostDeletions = 200;
constexpr std::size_t kMostRenames = 500;

// The one that does not exist.
std::optional<base::Failure<ServiceError>> unknown_episode(Context& context, const std::vector<std::int64_t>& ids) {
  for (const auto id : ids) {
    if (!context.episodes.find(id)) {
      return base::fail(ServiceError::kNotFound, "there is no episode \"" + std::to_string(id) + "\"");
    }
  }
  return std::nullopt;
}

json::array array_of(const std::vector<std::string>& texts) {
  return json::array(texts.begin(), texts.end());
}

}  // namespace

Answer Service::star(const std::vector<std::int64_t>& ids, bool on) {
  return impl_->call([&]() -> Answer {
    auto& context = impl_->scheduler_.context();
    if (auto unknown = unknown_episode(context, ids)) return *unknown;
    const auto at = on ? std::optional(context.clock.now()) : std::nullopt;
    db::Transaction transaction(context.database);
    for (const auto id : ids) context.episodes.set_starred(id, at);
    transaction.commit();
    return json::value(json::object{{"marked", json::array(ids.begin(), ids.end())}});
  });
}

Answer Service::played(const std::vector<std::int64_t>& ids, bool on) {
  return impl_->call([&]() -> Answer {
    auto& context = impl_->scheduler_.context();
    if (auto unknown = unknown_episode(context, ids)) return *unknown;
    const auto at = on ? std::optional(context.clock.now()) : std::nullopt;
    db::Transaction transaction(context.database);
    for (const auto id : ids) context.episodes.set_played(id, at);
    transaction.commit();
    return json::value(json::object{{"marked", json::array(ids.begin(), ids.end())}});
  });
}

Answer Service::mark_seen(const std::vector<std::int64_t>& ids, bool on) {
  return impl_->call([&]() -> Answer {
    auto& scheduler = impl_->scheduler_;
    if (auto unknown = unknown_episode(scheduler.context(), ids)) return *unknown;
    json::array marked;
    json::array unchanged;
    for (const auto id : ids) {
      const auto episode = *scheduler.context().episodes.find(id);
      const bool done = on ? scheduler.mark_seen(episode) : scheduler.unmark_seen(episode);
      (done ? marked : unchanged).emplace_back(id);
    }
    return json::value(json::object{{"marked", std::move(marked)}, {"unchanged", std::move(unchanged)}});
  });
}

Answer Service::delete_files(const std::vector<std::int64_t>& ids) {
  return impl_->call([&]() -> Answer {
    auto& scheduler = impl_->scheduler_;
    auto& context = scheduler.context();
    if (auto unknown = unknown_episode(context, ids)) return *unknown;
    std::vector<DeleteOrder> orders;
    json::array nothing_there;
    for (const auto id : ids) {
      if (context.files.list_episode(id).empty()) {
        nothing_there.emplace_back(id);
      } else {
        orders.push_back({id, "deleted by hand"});
      }
    }
    const auto result = delete_from_library(context, scheduler.queue(), orders);
    return json::value(json::object{{"deleted", json::array(result.deleted.begin(), result.deleted.end())},
                                    {"nothing_there", std::move(nothing_there)},
                                    {"failed", array_of(result.failed)}});
  });
}

Answer Service::tidy(const std::vector<std::string>& references, bool dry_run) {
  return impl_->call([&]() -> Answer {
    auto& scheduler = impl_->scheduler_;
    auto& context = scheduler.context();
    const auto feeds = impl_->feed_ids(references);
    if (!feeds) return feeds.error();
    auto plan = plan_tidy(context, {feeds->begin(), feeds->end()});
    const bool more = !dry_run && plan.size() > kMostDeletions;
    if (more) plan.resize(kMostDeletions);
    std::map<std::int64_t, const TidyEntry*> entries;
    std::vector<DeleteOrder> orders;
    for (const auto& entry : plan) {
      entries[entry.deletion.episode_id] = &entry;
      orders.push_back({entry.deletion.episode_id, entry.deletion.text});
    }
    DeleteResult result;
    if (dry_run) {
      for (const auto& order : orders) result.deleted.push_back(order.episode_id);
    } else {
      result = delete_from_library(context, scheduler.queue(), orders);
    }
    json::array deleted;
    std::uint64_t bytes = 0;
    for (const auto id : result.deleted) {
      const auto& [deletion, title] = *entries.at(id);
      json::object document{{"episode", id}};
      if (const auto feed = context.feeds.find(deletion.feed_id)) document["feed"] = feed->name;
      document["title"] = title;
      document["size"] = deletion.size;
      document["bound"] = library::to_string(deletion.reason);
      document["reason"] = deletion.text;
      bytes += deletion.size;
      deleted.push_back(std::move(document));
    }
    return json::value(json::object{{"dry_run", dry_run},
                                    {"bytes", bytes},
                                    {"more", more && !result.deleted.empty()},
                                    {"deleted", std::move(deleted)},
                                    {"failed", array_of(result.failed)}});
  });
}

Answer Service::rename(const std::vector<std::string>& references, bool dry_run) {
  return impl_->call([&]() -> Answer {
    auto& context = impl_->scheduler_.context();
    const auto feeds = impl_->feed_ids(references);
    if (!feeds) return feeds.error();
    auto entries = plan_rename(context, {feeds->begin(), feeds->end()});
    const auto end = std::stable_partition(entries.begin(), entries.end(),
                                           [](const RenameEntry& entry) { return entry.problem.empty(); });
    const auto to_do = static_cast<std::size_t>(end - entries.begin());
    const bool more = !dry_run && to_do > kMostRenames;
    if (more) {
      std::size_t count = kMostRenames;
      while (entries[count - 1].with_next) ++count;
      entries.resize(count);
    }
    if (!dry_run) rename_in_library(context, entries, [] { return false; });
    json::array renamed;
    json::array kept;
    json::array failed;
    for (const auto& entry : entries) {
      json::object document{{"episode", entry.episode_id}};
      if (const auto feed = context.feeds.find(entry.feed_id)) document["feed"] = feed->name;
      document["title"] = entry.title;
      document["from"] = base::repair_utf8(entry.from.string());
      if (entry.problem.empty()) {
        document["to"] = base::repair_utf8(entry.to.string());
        renamed.push_back(std::move(document));
      } else {
        document["reason"] = entry.problem;
        (entry.failed ? failed : kept).push_back(std::move(document));
      }
    }
    return json::value(json::object{{"dry_run", dry_run},
                                    {"more", more && !renamed.empty()},
                                    {"renamed", std::move(renamed)},
                                    {"kept", std::move(kept)},
                                    {"failed", std::move(failed)}});
  });
}

}  // namespace podswarm::scheduler
