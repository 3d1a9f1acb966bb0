#include "scheduler/forecast.h"

#include <algorithm>

#include "scheduler/window.h"

namespace podswarm::scheduler {

namespace {

using base::WallTime;
using std::chrono::seconds;

// The first moment from `time` on that lies in a span; nothing where there is none.
std::optional<WallTime> first_open(const std::vector<Span>& spans, WallTime time) {
  for (const auto& span : spans) {
    if (time < span.end) return std::max(time, span.begin);
  }
  return std::nullopt;
}

// When something is over that is begun at `start` and takes so long of the time in the spans.
std::optional<WallTime> over_after(const std::vector<Span>& spans, WallTime start, seconds takes) {
  for (const auto& span : spans) {
    if (start >= span.end) continue;
    const WallTime begin = std::max(start, span.begin);
    if (begin + takes <= span.end) return begin + takes;
    takes -= span.end - begin;
  }
  return std::nullopt;
}

}  // namespace

std::vector<Span> open_spans(const config::Window& window, WallTime from, WallTime until) {
  std::vector<Span> spans;
  for (WallTime at = from; at < until;) {
    const WallTime change = std::min(next_change(window, at).value_or(until), until);
    if (open_at(window, at)) spans.push_back({at, change});
    at = change;
  }
  return spans;
}

FeedForecast forecast(FeedHabits habits, WallTime from, WallTime until) {
  FeedForecast out;
  WallTime at = std::max(habits.next_poll.value_or(from), from);
  Rhythm rhythm = rhythm_of(habits.releases, habits.hints, at);
  while (at < until && out.polls.size() < kMostPolls) {
    out.polls.push_back(at);
    const WallTime usual = rhythm.window.opens + kWindowMargin;
    if (rhythm.kind == Rhythm::Kind::kRegular && at >= usual) {
      // This poll, or one that is late, brings it.
      out.episodes.push_back({usual, std::max(rhythm.window.closes - kWindowMargin, usual)});
      habits.releases.push_back(usual);
      rhythm = rhythm_of(habits.releases, habits.hints, at);
      // One window that is never left behind would be told again and again.
      if (rhythm.kind == Rhythm::Kind::kRegular && rhythm.window.opens + kWindowMargin <= usual) break;
    }
    at = std::max(next_look(rhythm, habits.interval, habits.max_interval, at, 0, 0), at + std::chrono::minutes(1));
  }
  return out;
}

std::vector<QueueForecast> forecast_queue(const std::vector<QueueWork>& work, std::size_t at_once, std::uint64_t rate,
                                          WallTime from) {
  std::vector<WallTime> free_from(std::max<std::size_t>(at_once, 1), from);
  std::vector<QueueForecast> out;
  for (const auto& one : work) {
    QueueForecast told;
    const auto slot = std::min_element(free_from.begin(), free_from.end());
    told.starts = first_open(*one.open, std::max(*slot, one.not_before));
    if (told.starts && rate != 0 && one.bytes) {
      const seconds takes(static_cast<std::int64_t>(*one.bytes / rate) + 1);
      told.done = one.to_its_end ? *told.starts + takes : over_after(*one.open, *told.starts, takes);
      if (told.done) *slot = *told.done;
    }
    out.push_back(told);
  }
  return out;
}

}  // namespace podswarm::scheduler
