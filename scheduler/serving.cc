#include "scheduler/serving.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <map>

#include "base/bytes.h"
#include "base/file.h"
#include "base/text.h"
#include "feeds/item_json.h"
#include "library/media_type.h"
#include "scheduler/episode_facts.h"

namespace podswarm::scheduler {

namespace {

std::string type_of(const db::FileRow& file) {
  std::string extension = file.path.extension().string();
  if (!extension.empty()) extension.erase(0, 1);
  return std::string(library::type_of_extension(extension));
}

// How good a file is for a player; higher is better, 0 is for nothing.
int rank(const std::string& type) {
  if (type.starts_with("audio/") || type.starts_with("video/")) return 2;
  return type == "application/pdf" || type == "application/epub+zip" ? 1 : 0;
}

std::optional<std::chrono::seconds> duration_of(const db::EpisodeRow& episode, const feeds::Item& item) {
  if (episode.duration) return episode.duration;
  if (!item.duration_seconds || *item.duration_seconds > 10'000'000) return std::nullopt;
  return std::chrono::seconds(*item.duration_seconds);
}

// In a feed of all shows, a title tells whose it is.
std::string with_show(const std::string& show, const std::string& title) {
  const bool said = base::ascii_lower(title).find(base::ascii_lower(show)) != std::string::npos;
  return said ? title : show + ": " + title;
}

library::FeedEpisode entry_of(const db::EpisodeRow& episode, const db::FeedRow& feed, const db::FileRow& file,
                              const std::string& root) {
  const feeds::Item item = feeds::item_from_json(episode.item).value_or(feeds::Item{});
  library::FeedEpisode out;
  out.guid = episode.guid.empty() ? episode.identity : episode.guid;
  out.title = episode.title;
  out.link = episode.link;
  out.published = episode.published_at.value_or(episode.first_seen_at);
  out.description = item.description.empty() ? item.content : item.description;
  out.content = item.content;
  out.author = item.author.empty() ? feed.name : item.author;
  out.duration = duration_of(episode, item);
  const auto facts = episode_facts(item, feed.name);
  out.season = facts.season;
  out.episode = facts.episode;
  out.episode_type = item.episode_type;
  out.is_explicit = item.is_explicit;
  out.image = item.image.empty() ? feed.image : item.image;
  out.categories = item.categories;
  for (const auto& transcript : item.transcripts) {
    out.transcripts.push_back({transcript.url, transcript.type, transcript.language});
  }
  if (item.chapters) {
    out.chapters_url = item.chapters->url;
    out.chapters_type = item.chapters->type;
  }
  out.media_url = root + served_path(file);
  out.media_type = type_of(file);
  out.media_size = file.size;
  return out;
}

}  // namespace

std::string served_path(const db::FeedRow& feed) {
  const std::string slug = db::slug(feed.name);
  return "/feeds/" + std::to_string(feed.id) + (slug.empty() ? "" : "-" + base::percent_encode(slug)) + ".xml";
}

std::string served_path(const db::FileRow& file) {
  return "/media/" + std::to_string(file.id) + "/" + base::percent_encode(file.path.filename().string());
}

std::vector<db::FileRow> playable(std::vector<db::FileRow> files) {
  int best = 0;
  for (const auto& file : files) best = std::max(best, rank(type_of(file)));
  if (best == 0 && files.size() > 1) {
    const auto largest =
        std::max_element(files.begin(), files.end(), [](const auto& a, const auto& b) { return a.size < b.size; });
    return {*largest};
  }
  std::erase_if(files, [&](const auto& file) { return rank(type_of(file)) < best; });
  return files;
}

library::PodcastFeed served_feed(Context& context, const std::optional<db::FeedRow>& feed, const std::string& root) {
  library::PodcastFeed out;
  if (feed) {
    out.title = feed->name;
    out.link = feed->site_link;
    out.self_url = root + served_path(*feed);
    out.description = "The episodes of " + feed->name + " that Podswarm has fetched.";
    out.language = feed->language;
    out.author = feed->title.empty() ? feed->name : feed->title;
    out.image = feed->image;
  } else {
    out.title = "Podswarm";
    out.self_url = root + std::string(kServedAll);
    out.description = "All episodes that Podswarm has fetched.";
    out.author = "Podswarm";
  }
  const auto most = static_cast<std::size_t>(context.settings->config.serve.max_episodes);
  db::EpisodeFilter filter;
  if (feed) filter.feed_id = feed->id;
  filter.on_disk = true;
  filter.limit = most;
  std::map<std::int64_t, db::FeedRow> feeds;
  for (auto& row : context.feeds.list()) feeds.emplace(row.id, row);
  for (const auto& episode : context.episodes.list(filter)) {
    const auto show = feeds.find(episode.feed_id);
    if (show == feeds.end()) continue;
    const auto files = playable(context.files.list_episode(episode.id));
    for (const auto& file : files) {
      if (out.episodes.size() == most) return out;
      auto entry = entry_of(episode, show->second, file, root);
      if (files.size() > 1) {
        // A torrent of a season, say: each is an episode to the player.
        entry.title += " – " + file.path.stem().string();
        entry.guid += "#" + file.path.filename().string();
        entry.duration.reset();
      }
      if (!feed) entry.title = with_show(show->second.name, entry.title);
      out.episodes.push_back(std::move(entry));
    }
  }
  return out;
}

feeds::OpmlList served_list(Context& context, const std::string& root) {
  feeds::OpmlList list;
  list.title = "Podswarm";
  for (const auto& feed : context.feeds.list()) {
    list.feeds.push_back({root + served_path(feed), feed.name, feed.site_link, {}});
  }
  return list;
}

std::string served_base(const config::ServeConfig& serve, const std::string& own_address) {
  if (!serve.base_url.empty()) return serve.base_url;
  const bool every = serve.listen.empty() || serve.listen == "0.0.0.0" || serve.listen == "::";
  const std::string& address = every ? own_address : serve.listen;
  const bool v6 = address.find(':') != std::string::npos;
  return "http://" + (v6 ? "[" + address + "]" : address) + ":" + std::to_string(serve.port);
}

bool others_can_reach(const config::ServeConfig& serve) {
  in_addr v4{};
  if (::inet_pton(AF_INET, serve.listen.c_str(), &v4) == 1) return (ntohl(v4.s_addr) >> 24) != IN_LOOPBACKNET;
  in6_addr v6{};
  return ::inet_pton(AF_INET6, serve.listen.c_str(), &v6) != 1 || !IN6_IS_ADDR_LOOPBACK(&v6);
}

std::string own_address() {
  // Connecting a datagram socket only chooses a route; the address is one that is kept for documents (RFC 5737).
  const base::UniqueFd fd(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  sockaddr_in there{};
  there.sin_family = AF_INET;
  there.sin_port = htons(9);
  there.sin_addr.s_addr = htonl(0xC0000201);  // 192.0.2.1
  sockaddr_in own{};
  socklen_t size = sizeof own;
  char text[INET_ADDRSTRLEN] = "";
  const bool found = fd && ::connect(fd.get(), reinterpret_cast<const sockaddr*>(&there), sizeof there) == 0 &&
                     ::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&own), &size) == 0 &&
                     ::inet_ntop(AF_INET, &own.sin_addr, text, sizeof text) != nullptr;
  return found ? text : "127.0.0.1";
}

}  // namespace podswarm::scheduler
