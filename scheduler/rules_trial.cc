#include "scheduler/rules_trial.h"

#include <algorithm>
#include <boost/json/array.hpp>
#include <map>
#include <memory>

#include "base/text.h"
#include "base/units.h"
#include "base/url.h"
#include "feeds/item_json.h"
#include "feeds/rules/case_fold.h"
#include "feeds/rules/json.h"
#include "feeds/rules/replay.h"
#include "scheduler/deciding.h"
#include "scheduler/documents.h"
#include "scheduler/rule_history.h"

namespace podswarm::scheduler {

namespace json = boost::json;

namespace {

constexpr std::size_t kPage = 500;

// An episode and its feed as the rules see them.
struct Case {
  db::FeedRow feed;
  config::FeedSettings settings;
  std::vector<std::string> tags;
  feeds::Item item;
  std::vector<MediaSource> sources;

  [[nodiscard]] rules::Candidate candidate(const db::EpisodeRow& episode, base::WallTime now) const {
    auto candidate = Asked{feed, settings, item, sources, episode.first_seen_at}.candidate(now);
    candidate.feed_tags = tags;
    return candidate;
  }
};

std::optional<Case> case_of(Context& context, const db::FeedRow& feed, const db::EpisodeRow& episode) {
  auto item = feeds::item_from_json(episode.item);
  if (!item) return std::nullopt;
  auto settings = context.settings->for_feed(feed);
  auto sources = sources_of(context, settings, *item);
  auto tags = settings.tags;
  return Case{feed, std::move(settings), std::move(tags), std::move(*item), std::move(sources)};
}

// The history as it would be without one episode.
class HistoryWithout final : public rules::History {
 public:
  HistoryWithout(db::HistoryStore& store, std::int64_t episode_id)
      : store_(store), episode_id_(episode_id), own_(store.list_episode(episode_id)) {}

  [[nodiscard]] std::vector<rules::HeldCopy> copies(std::string_view key) const override {
    std::vector<rules::HeldCopy> held;
    for (const auto& entry : store_.find_key(key)) {
      if (entry.episode_id != episode_id_) held.push_back({entry.rule_id, entry.revision, entry.group, entry.at});
    }
    return held;
  }

  [[nodiscard]] std::vector<base::WallTime> acceptances(std::string_view rule, base::WallTime from,
                                                        base::WallTime to) const override {
    auto times = store_.accepted_between(rule, from, to);
    // An acceptance has a row for each of its keys, and counts once.
    std::vector<base::WallTime> own;
    for (const auto& entry : own_) {
      if (entry.rule_id == rule && std::find(own.begin(), own.end(), entry.at) == own.end()) own.push_back(entry.at);
    }
    for (const auto at : own) {
      const auto found = std::find(times.begin(), times.end(), at);
      if (found != times.end()) times.erase(found);
    }
    return times;
  }

 private:
  db::HistoryStore& store_;
  std::int64_t episode_id_;
  std::vector<db::HistoryEntry> own_;
};

// The files that the rules stand in, into the traces of an explanation.
void add_places(json::array& traces, const config::Config& config) {
  std::map<std::string, const config::RuleEntry*, std::less<>> by_id;
  for (const auto& entry : config.rules) {
    if (entry.id) by_id.emplace(entry.id->value, &entry);
  }
  for (auto& value : traces) {
    auto& trace = value.get_object();
    const auto found = by_id.find(std::string_view(trace["rule"].get_string()));
    if (found == by_id.end()) continue;
    trace["file"] = found->second->file;
    trace["line"] = found->second->pos.line;
  }
}

}  // namespace

base::Result<rules::RuleSet, TrialError> compile_condition(const std::string& where) {
  if (base::trim(where).empty()) return base::fail(TrialError::kBadCondition, "a condition is missing");
  rules::RuleSpec spec;
  spec.id.value = "where";
  spec.feeds = {{"*", {}}};
  spec.where = {where, {1, 1}};
  spec.on_unknown.value = "hold";
  auto compiled = rules::compile({spec}, "where");
  if (compiled) return std::move(*compiled);
  std::string message;
  for (auto problem : compiled.error().list) {
    // There is one rule and one condition: neither needs to be named.
    constexpr std::string_view kNames = "rule \"where\": where: ";
    if (problem.message.starts_with(kNames)) problem.message.erase(0, kNames.size());
    message += rules::render_with_caret(problem, where);
  }
  while (message.ends_with('\n')) message.pop_back();
  return base::fail(TrialError::kBadCondition, std::move(message));
}

std::optional<json::object> explain_episode(Context& context, const db::EpisodeRow& episode, base::WallTime now) {
  const auto feed = context.feeds.find(episode.feed_id);
  const auto one = feed ? case_of(context, *feed, episode) : std::nullopt;
  if (!one) return std::nullopt;
  const HistoryWithout history(context.history, episode.id);
  const auto explanation = context.settings->rules.explain(one->candidate(episode, now), history);
  json::object document = rules::to_json(explanation);
  add_places(document["rules"].get_array(), context.settings->config);
  document["episode"] = episode_document(context, episode, false);
  document["fetchable"] = !one->sources.empty();
  return document;
}

base::Result<json::object, TrialError> try_condition(Context& context, const std::string& where,
                                                     std::chrono::seconds history, base::WallTime now) {
  const auto compiled = compile_condition(where);
  if (!compiled) return compiled.error();
  std::map<std::int64_t, db::FeedRow> subscribed;
  for (auto& feed : context.feeds.list()) subscribed.emplace(feed.id, feed);
  const rules::MemoryHistory nothing;
  db::EpisodeFilter filter;
  filter.published_since = now - history;
  filter.limit = kPage;
  std::size_t examined = 0;
  std::size_t matching = 0;
  std::size_t unknown = 0;
  json::array matches;
  for (bool more = true; more && filter.offset < kMaxTrialEpisodes; filter.offset += kPage) {
    const auto page = context.episodes.list(filter);
    more = page.size() == kPage;
    for (const auto& episode : page) {
      const auto feed = subscribed.find(episode.feed_id);
      auto one = feed == subscribed.end() ? std::nullopt : case_of(context, feed->second, episode);
      // The rules are never asked about what cannot be fetched.
      if (!one || one->sources.empty()) continue;
      // What the rules have given it counts as well: a person looks for it.
      for (auto& tag : context.episodes.tags(episode.id)) one->tags.push_back(std::move(tag));
      ++examined;
      const auto decision = compiled->decide(one->candidate(episode, now), nothing);
      const bool holds = decision.action == rules::Action::kDownload;
      if (!holds && decision.action != rules::Action::kHold) continue;
      ++(holds ? matching : unknown);
      if (matches.size() == kMaxTrialMatches) continue;
      json::object row{{"id", episode.id},          {"feed", one->feed.name},
                       {"title", episode.title},    {"truth", holds ? "true" : "unknown"},
                       {"reason", decision.reason}, {"state", episode_state(episode)}};
      if (episode.published_at) row["published"] = base::format_rfc3339(*episode.published_at);
      matches.push_back(std::move(row));
    }
  }
  return json::object{{"where", where},
                      {"since", base::format_rfc3339(*filter.published_since)},
                      {"examined", examined},
                      {"matching", matching},
                      {"unknown", unknown},
                      {"more", context.episodes.count(filter) > kMaxTrialEpisodes},
                      {"episodes", std::move(matches)}};
}

json::object try_rules(Context& context, const rules::RuleSet& rules, std::chrono::seconds history,
                       base::WallTime now) {
  std::map<std::int64_t, db::FeedRow> subscribed;
  for (auto& feed : context.feeds.list()) subscribed.emplace(feed.id, feed);
  db::EpisodeFilter filter;
  filter.published_since = now - history;
  filter.limit = kMaxTrialEpisodes;
  filter.with_item = false;
  auto newest_first = context.episodes.list(filter);
  struct Told {
    std::string feed;
    db::EpisodeRow episode;  // without its item
    rules::Decision decision{};
  };
  std::vector<Told> told;
  rules::Replay past(rules, [&](std::size_t number, const auto& decision) { told[number].decision = decision; });
  for (auto listed = newest_first.rbegin(); listed != newest_first.rend(); ++listed) {
    const auto feed = subscribed.find(listed->feed_id);
    const auto episode = context.episodes.find(listed->id);
    auto one = feed == subscribed.end() || !episode ? std::nullopt : case_of(context, feed->second, *episode);
    if (!one || one->sources.empty()) continue;
    const auto kept = std::make_shared<const Case>(std::move(*one));
    told.push_back({kept->feed.name, *episode});
    told.back().episode.item.clear();
    auto candidate = kept->candidate(*episode, now);
    // Without a date of its own it came when it was first met.
    if (!kept->item.published && episode->first_seen_at <= now) candidate.moment = episode->first_seen_at;
    past.ask({told.size() - 1, candidate, kept, false});
  }
  past.finish(now);
  std::size_t matching = 0;
  std::vector<json::object> rows;
  for (const auto& [feed, episode, decision] : told) {
    if (decision.action == rules::Action::kDownload) ++matching;
    if (decision.action == rules::Action::kNone) continue;
    json::object row = rules::to_json(decision);
    row["id"] = episode.id;
    row["feed"] = feed;
    row["title"] = episode.title;
    row["state"] = episode_state(episode);
    if (episode.published_at) row["published"] = base::format_rfc3339(*episode.published_at);
    rows.push_back(std::move(row));
  }
  json::array episodes;
  for (auto row = rows.rbegin(); row != rows.rend() && episodes.size() < kMaxTrialMatches; ++row) {
    episodes.push_back(std::move(*row));
  }
  return json::object{{"since", base::format_rfc3339(*filter.published_since)},
                      {"examined", told.size()},
                      {"matching", matching},
                      {"more", context.episodes.count(filter) > kMaxTrialEpisodes},
                      {"episodes", std::move(episodes)}};
}

std::vector<std::string> unknown_feeds(Context& context, const config::RuleEntry& rule) {
  std::vector<std::string> warnings;
  const auto subscribed = context.feeds.list();
  if (subscribed.empty()) return warnings;  // the rules may be written first
  const auto any_feed = [&](const auto& fits) { return std::any_of(subscribed.begin(), subscribed.end(), fits); };
  for (const auto& entry : rule.feeds) {
    const std::string_view name = base::trim(entry.value);
    if (name == "*") continue;
    if (base::istarts_with(name, "tag:")) {
      const std::string tag = rules::fold(base::trim(name.substr(4)));
      const bool known = any_feed([&](const db::FeedRow& feed) {
        const auto settings = context.settings->for_feed(feed);
        return std::any_of(settings.tags.begin(), settings.tags.end(),
                           [&](const std::string& one) { return rules::fold(one) == tag; });
      });
      if (!known) warnings.push_back("no feed has the tag \"" + std::string(base::trim(name.substr(4))) + "\"");
    } else if (name.find("://") != std::string_view::npos) {
      const std::string url = base::canonical_url(name);
      const bool known = any_feed([&](const db::FeedRow& feed) { return base::canonical_url(feed.url) == url; });
      if (!known) warnings.push_back("no feed has the address " + base::redact_url(name));
    } else {
      const std::string folded = rules::fold(name);
      const bool known = any_feed([&](const db::FeedRow& feed) { return rules::fold(feed.name) == folded; });
      if (!known) warnings.push_back("no feed is called \"" + std::string(name) + "\"");
    }
  }
  return warnings;
}

}  // namespace podswarm::scheduler
