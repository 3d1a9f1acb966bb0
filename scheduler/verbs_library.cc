// The service's verbs about what is in the library: marks, deleting, retention, renaming.

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <iterator>
#include <map>
#include <span>

#include "scheduler/renames.h"
#include "scheduler/service_impl.h"
#include "scheduler/tidying.h"

namespace podswarm::scheduler {

namespace json = boost::json;

namespace {

// Of one call: each takes a file system some milliseconds, and whoever asked waits. They ask again.
constexpr std::size_t kMostDeletions = 200;
constexpr std::size_t kMostRenames = 500;

// One turn on the scheduler's thread after the other, so that downloads and polls have theirs in between: `step` says
// how many of the `count` it has done.
template <class Impl, class F>
std::optional<base::Failure<ServiceError>> in_turns(Impl& impl, std::size_t count, F&& step) {
  for (std::size_t done = 0; done < count;) {
    auto turn = impl.call([&]() -> Answer {
      done += step(done);
      return json::value();
    });
    if (!turn) return turn.error();
  }
  return std::nullopt;
}

template <class Impl>
std::optional<base::Failure<ServiceError>> delete_in_turns(Impl& impl, std::span<const DeleteOrder> orders,
                                                           DeleteResult& result) {
  return in_turns(impl, orders.size(), [&](std::size_t done) {
    const auto rest = orders.subspan(done, std::min(orders.size() - done, kMostDeletions));
    auto turn = delete_from_library(impl.scheduler_.context(), impl.scheduler_.queue(), rest);
    std::ranges::move(turn.deleted, std::back_inserter(result.deleted));
    std::ranges::move(turn.failed, std::back_inserter(result.failed));
    return turn.looked_at;
  });
}

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
  std::vector<DeleteOrder> orders;
  json::array nothing_there;
  auto planned = impl_->call([&]() -> Answer {
    auto& context = impl_->scheduler_.context();
    if (auto unknown = unknown_episode(context, ids)) return *unknown;
    for (const auto id : ids) {
      if (context.files.list_episode(id).empty()) {
        nothing_there.emplace_back(id);
      } else {
        orders.push_back({id, "deleted by hand", context.clock.now()});
      }
    }
    return json::value();
  });
  if (!planned) return planned;
  DeleteResult result;
  if (auto failure = delete_in_turns(*impl_, orders, result)) return *failure;
  return json::value(json::object{{"deleted", json::array(result.deleted.begin(), result.deleted.end())},
                                  {"nothing_there", std::move(nothing_there)},
                                  {"failed", array_of(result.failed)}});
}

Answer Service::tidy(const std::vector<std::string>& references, bool dry_run) {
  std::vector<TidyEntry> plan;
  std::vector<DeleteOrder> orders;
  bool more = false;
  auto planned = impl_->call([&]() -> Answer {
    auto& context = impl_->scheduler_.context();
    const auto feeds = impl_->feed_ids(references);
    if (!feeds) return feeds.error();
    plan = plan_tidy(context, {feeds->begin(), feeds->end()});
    more = !dry_run && plan.size() > kMostDeletions;
    if (more) plan.resize(kMostDeletions);
    for (const auto& entry : plan) {
      orders.push_back({entry.deletion.episode_id, entry.deletion.text, context.clock.now()});
    }
    return json::value();
  });
  if (!planned) return planned;
  DeleteResult result;
  if (dry_run) {
    for (const auto& order : orders) result.deleted.push_back(order.episode_id);
  } else if (auto failure = delete_in_turns(*impl_, orders, result)) {
    return *failure;
  }
  return impl_->call([&]() -> Answer {
    auto& context = impl_->scheduler_.context();
    std::map<std::int64_t, const TidyEntry*> entries;
    for (const auto& entry : plan) entries[entry.deletion.episode_id] = &entry;
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
  std::vector<RenameEntry> entries;
  bool more = false;
  auto planned = impl_->call([&]() -> Answer {
    const auto feeds = impl_->feed_ids(references);
    if (!feeds) return feeds.error();
    entries = plan_rename(impl_->scheduler_.context(), {feeds->begin(), feeds->end()});
    return json::value();
  });
  if (!planned) return planned;
  if (!dry_run) {
    const auto end = std::ranges::find_if(entries, [](const RenameEntry& entry) { return !entry.problem.empty(); });
    auto to_do = static_cast<std::size_t>(end - entries.begin());
    more = to_do > kMostRenames;
    if (more) {
      to_do = kMostRenames;
      while (entries[to_do - 1].with_next) ++to_do;
      entries.resize(to_do);
    }
    const std::span<RenameEntry> all(entries);
    auto failure = in_turns(*impl_, to_do, [&](std::size_t done) {
      return rename_in_library(impl_->scheduler_.context(), all.subspan(done, to_do - done));
    });
    if (failure) return *failure;
  }
  return impl_->call([&]() -> Answer {
    auto& context = impl_->scheduler_.context();
    json::array renamed;
    json::array kept;
    json::array failed;
    for (const auto& entry : entries) {
      json::object document{{"episode", entry.episode_id}};
      if (const auto feed = context.feeds.find(entry.feed_id)) document["feed"] = feed->name;
      document["title"] = entry.title;
      document["from"] = entry.from.string();
      if (entry.problem.empty()) {
        document["to"] = entry.to.string();
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
