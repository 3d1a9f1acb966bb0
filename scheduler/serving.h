// The library as players are to see it: feeds made of the episodes that are there, and where each lies on the server
// (docs/serving.md). Reads the stores; on the scheduler's thread. Writing the document is the caller's, on any thread.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "feeds/opml.h"
#include "library/podcast_feed.h"
#include "scheduler/context.h"

namespace podswarm::scheduler {

// Below "…/t/TOKEN". The numbers are what is looked up; the names are for people and players.
[[nodiscard]] std::string served_path(const db::FeedRow& feed);  // "/feeds/2-night-waves.xml"
[[nodiscard]] std::string served_path(const db::FileRow& file);  // "/media/17/Episode%201.mp3"
inline constexpr std::string_view kServedAll = "/all.xml";
inline constexpr std::string_view kServedList = "/feeds.opml";

// What of an episode's files is for a player: sound and pictures that move, else documents, else the largest.
[[nodiscard]] std::vector<db::FileRow> playable(std::vector<db::FileRow> files);

// The newest episodes in the library that come from one feed, or from all. `root` is "http://HOST:PORT/t/TOKEN".
[[nodiscard]] library::PodcastFeed served_feed(Context& context, const std::optional<db::FeedRow>& feed,
                                               const std::string& root);

// Every subscription's served feed as a list to import.
[[nodiscard]] feeds::OpmlList served_list(Context& context, const std::string& root);

// "http://192.168.1.5:8420": how players in the household reach a server with this configuration. `own_address` is this
// machine's on its network, for where it listens at every address.
[[nodiscard]] std::string served_base(const config::ServeConfig& serve, const std::string& own_address);
// Whether other machines may reach it there, over plain HTTP: then whoever listens to the network sees the tokens.
[[nodiscard]] bool others_can_reach(const config::ServeConfig& serve);
// This machine's address towards the rest of the network; "127.0.0.1" where there is none. Sends nothing.
[[nodiscard]] std::string own_address();

}  // namespace podswarm::scheduler
