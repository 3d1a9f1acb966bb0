// What the coming seven days are likely to bring, as a document. On the scheduler's thread.

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <map>
#include <set>

#include "base/units.h"
#include "scheduler/documents.h"
#include "scheduler/forecast.h"
#include "scheduler/poll_policy.h"
#include "scheduler/service_impl.h"

namespace podswarm::scheduler {

namespace json = boost::json;

namespace {

constexpr std::chrono::days kAhead{7};
// Over so many of the last downloads rates and sizes are averaged.
constexpr std::size_t kRecent = 20;
constexpr std::size_t kMostTold = 500;

json::object span_document(const Span& span, std::string_view begin, std::string_view end) {
  return json::object{{begin, base::format_rfc3339(span.begin)}, {end, base::format_rfc3339(span.end)}};
}

// The windows there are, and when each is open. A map's elements stay where they are.
class WindowSpans {
 public:
  WindowSpans(base::WallTime from, base::WallTime until) : from_(from), until_(until) {}
  const std::vector<Span>& of(const config::Window& window) {
    const auto known = spans_.find(window.text);
    if (known != spans_.end()) return known->second;
    return spans_.emplace(window.text, open_spans(window, from_, until_)).first->second;
  }

 private:
  base::WallTime from_;
  base::WallTime until_;
  std::map<std::string, std::vector<Span>> spans_;
};

json::object window_document(const config::Window& window, WindowSpans& spans) {
  json::array open;
  for (const auto& span : spans.of(window)) open.push_back(span_document(span, "opens", "closes"));
  return json::object{{"window", window.text}, {"open", std::move(open)}};
}

json::object feed_forecast(Context& context, const db::FeedRow& feed, const config::FeedSettings& settings,
                           base::WallTime from, base::WallTime until) {
  FeedHabits habits;
  for (const auto& release : context.episodes.releases(feed.id, kRhythmMemory)) {
    habits.releases.push_back(release_time(release.published_at, release.first_seen_at));
  }
  habits.hints = read_hints(feed.update_hints);
  habits.interval = settings.interval;
  habits.max_interval = settings.max_interval;
  habits.next_poll = feed.next_poll_at;
  const std::string rhythm = describe(rhythm_of(habits.releases, habits.hints, from), from);
  const auto told = forecast(std::move(habits), from, until);
  json::array polls;
  for (const auto at : told.polls) polls.emplace_back(base::format_rfc3339(at));
  json::array expected;
  for (const auto& span : told.episodes) expected.push_back(span_document(span, "from", "until"));
  return json::object{
      {"feed", feed.name}, {"rhythm", rhythm}, {"polls", std::move(polls)}, {"expected", std::move(expected)}};
}

}  // namespace

Answer Service::schedule() {
  return impl_->call([&]() -> Answer {
    auto& scheduler = impl_->scheduler_;
    auto& context = scheduler.context();
    const auto& config = context.settings->config;
    const base::WallTime from = context.clock.now();
    const base::WallTime until = from + kAhead;
    WindowSpans spans(from, until);
    json::array windows;
    windows.push_back(window_document(config.download.window, spans));
    json::array feeds;
    std::map<std::int64_t, std::pair<std::string, config::FeedSettings>> known;
    std::set<std::int64_t> paused;
    const auto& full = scheduler.obstacles_of_feeds();
    for (const auto& feed : context.feeds.list()) {
      const auto settings = context.settings->for_feed(feed);
      if (settings.window != config.download.window) {
        auto window = window_document(settings.window, spans);
        window["feed"] = feed.name;
        windows.push_back(std::move(window));
      }
      if (feed.status == db::FeedStatus::kActive) {
        feeds.push_back(feed_forecast(context, feed, settings, from, until));
      }
      if (feed.status == db::FeedStatus::kPaused) paused.insert(feed.id);
      known.emplace(feed.id, std::pair(feed.name, settings));
    }

    std::vector<db::DownloadRow> rows;
    std::vector<QueueWork> work;
    const auto usual_size = context.downloads.recent_size(kRecent);
    for (auto& row : scheduler.queue().waiting(from)) {
      const auto feed = known.find(row.feed_id);
      const bool waits = row.paused || paused.contains(row.feed_id) || full.contains(row.feed_id);
      if (waits || feed == known.end() || rows.size() >= kMostTold) continue;
      QueueWork one;
      const auto size = row.bytes_total ? row.bytes_total : usual_size;
      if (size) one.bytes = *size - std::min(*size, row.bytes_done);
      one.not_before = row.next_try_at.value_or(from);
      one.open = &spans.of(feed->second.second.window);
      one.to_its_end = feed->second.second.finish == config::Finish::kComplete;
      work.push_back(one);
      rows.push_back(std::move(row));
    }
    const auto rate = context.downloads.recent_rate(kRecent).value_or(0);
    const auto told = forecast_queue(work, static_cast<std::size_t>(config.download.max), rate, from);
    json::array queue;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const auto episode = context.episodes.find(rows[i].episode_id);
      if (!episode) continue;
      json::object entry{
          {"episode", episode->id}, {"title", episode->title}, {"feed", known.at(rows[i].feed_id).first}};
      if (told[i].starts) entry["starts_at"] = base::format_rfc3339(*told[i].starts);
      if (told[i].done) entry["done_at"] = base::format_rfc3339(*told[i].done);
      queue.push_back(std::move(entry));
    }

    json::object answer{{"from", base::format_rfc3339(from)}, {"until", base::format_rfc3339(until)}};
    answer["windows"] = std::move(windows);
    answer["feeds"] = std::move(feeds);
    answer["queue"] = std::move(queue);
    const auto& hold = scheduler.queue().hold().why;
    if (!hold.empty()) answer["obstacle"] = hold;
    if (rate != 0) answer["rate"] = rate;
    if (const auto deadline = scheduler.queue().deadline(from)) answer["done_by"] = base::format_rfc3339(*deadline);
    return json::value(std::move(answer));
  });
}

}  // namespace podswarm::scheduler
