// The service's verbs about players that read the served library, and what these are given.

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "base/units.h"
#include "library/below.h"
#include "library/media_type.h"
#include "scheduler/service_impl.h"
#include "scheduler/serving.h"

namespace podswarm::scheduler {

namespace json = boost::json;

namespace {

// How exactly it is known when a client was last here: each change is a write to the disk.
constexpr std::chrono::minutes kSeenStep{10};

json::object client_document(const db::ClientRow& client) {
  json::object document{{"name", client.name}, {"added_at", base::format_rfc3339(client.added_at)}};
  if (client.last_seen_at) document["last_seen_at"] = base::format_rfc3339(*client.last_seen_at);
  return document;
}

void note_seen(Context& context, std::int64_t client_id) {
  const auto now = context.clock.now();
  for (const auto& client : context.clients.list()) {
    if (client.id != client_id || (client.last_seen_at && now - *client.last_seen_at < kSeenStep)) continue;
    context.clients.set_seen(client.id, now);
  }
}

base::Failure<ServiceError> nothing_there() {
  return base::fail(ServiceError::kNotFound, "there is nothing at this address");
}

}  // namespace

Answer Service::add_client(const std::string& name, const std::string& token) {
  return impl_->call([&]() -> Answer {
    auto& context = impl_->scheduler_.context();
    const auto added = context.clients.add(name, token_hash(token), context.clock.now());
    if (!added) {
      const bool bad = added.error().code == db::ClientStoreError::kBadName;
      return base::fail(bad ? ServiceError::kInvalid : ServiceError::kConflict, added.error().message);
    }
    impl_->clients_.replace(context.clients.list());
    const auto& serve = context.settings->config.serve;
    const std::string root = served_base(serve, own_address()) + "/t/" + token;
    json::array feeds;
    for (const auto& feed : context.feeds.list()) {
      feeds.push_back(json::object{{"name", feed.name}, {"url", root + served_path(feed)}});
    }
    return json::value(json::object{{"client", client_document(*added)},
                                    {"token", token},
                                    {"all", root + std::string(kServedAll)},
                                    {"opml", root + std::string(kServedList)},
                                    {"feeds", std::move(feeds)},
                                    {"serving", serve.enabled}});
  });
}

Answer Service::clients() {
  return impl_->call([&]() -> Answer {
    auto& context = impl_->scheduler_.context();
    const auto& serve = context.settings->config.serve;
    json::array clients;
    for (const auto& client : context.clients.list()) clients.push_back(client_document(client));
    return json::value(json::object{
        {"clients", std::move(clients)}, {"serving", serve.enabled}, {"address", served_base(serve, own_address())}});
  });
}

Answer Service::remove_client(const std::string& name) {
  return impl_->call([&]() -> Answer {
    auto& context = impl_->scheduler_.context();
    if (!context.clients.remove(name)) {
      return base::fail(ServiceError::kNotFound, "there is no client \"" + name + "\"");
    }
    impl_->clients_.replace(context.clients.list());
    return json::value(json::object{{"removed", name}});
  });
}

bool Service::knows_client(std::string_view token) const {
  return impl_->clients_.find(token).has_value();
}

base::Result<ServedText, ServiceError> Service::served_feed(const std::string& token,
                                                            std::optional<std::int64_t> feed_id,
                                                            const std::string& origin) {
  using Found = base::Result<library::PodcastFeed, ServiceError>;
  const auto found = impl_->call([&]() -> Found {
    auto& context = impl_->scheduler_.context();
    const auto client = impl_->clients_.find(token);
    const auto feed = feed_id ? context.feeds.find(*feed_id) : std::nullopt;
    if (!client || (feed_id && !feed)) return nothing_there();
    note_seen(context, *client);
    const auto& own = context.settings->config.serve.base_url;
    return scheduler::served_feed(context, feed, (own.empty() ? origin : own) + "/t/" + token);
  });
  if (!found) return found.error();
  return ServedText{library::write_podcast_feed(*found), "application/rss+xml; charset=utf-8"};
}

base::Result<ServedText, ServiceError> Service::served_list(const std::string& token, const std::string& origin) {
  return impl_->call([&]() -> base::Result<ServedText, ServiceError> {
    auto& context = impl_->scheduler_.context();
    const auto client = impl_->clients_.find(token);
    if (!client) return nothing_there();
    note_seen(context, *client);
    const auto& own = context.settings->config.serve.base_url;
    const auto list = scheduler::served_list(context, (own.empty() ? origin : own) + "/t/" + token);
    return ServedText{feeds::write_opml(list), "text/x-opml; charset=utf-8"};
  });
}

base::Result<ServedFile, ServiceError> Service::served_file(const std::string& token, std::int64_t file_id) {
  return impl_->call([&]() -> base::Result<ServedFile, ServiceError> {
    auto& context = impl_->scheduler_.context();
    const auto client = impl_->clients_.find(token);
    const auto file = context.files.find(file_id);
    if (!client || !file) return nothing_there();
    note_seen(context, *client);
    std::string extension = file->path.extension().string();
    if (!extension.empty()) extension.erase(0, 1);
    const auto episode = context.episodes.find(file->episode_id);
    const auto feed = episode ? context.feeds.find(episode->feed_id) : std::nullopt;
    if (!feed) return nothing_there();
    const auto root = library::root_of(file->path, context.settings->library_root(context.settings->for_feed(*feed)));
    return ServedFile{root, *library::path_below(file->path, root),
                      std::string(library::type_of_extension(extension))};
  });
}

}  // namespace podswarm::scheduler
