#include "scheduler/hooks.h"

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "base/text.h"
#include "scheduler/events.h"
#include "scheduler/retry_policy.h"

namespace podswarm::scheduler {

namespace {
constexpr std::size_t kAtOnce = 16;
constexpr int kTries = 4;
// Of more a server in trouble hears once.
constexpr std::size_t kMostWaiting = 1000;

// It tells a hook from the others of an event, also after a restart.
std::string name_of(const config::HookEntry& hook) {
  boost::json::array name{hook.command, hook.url};
  for (const auto& feed : hook.feeds) name.emplace_back(feed);
  return boost::json::serialize(name);
}
}  // namespace

void Hooks::hand_over(HookCall call) {
  ++busy_;
  port_.tell(std::move(call));
}

void Hooks::deliver(base::WallTime now) {
  while (busy_ < kAtOnce && !waiting_.empty() && waiting_.begin()->first <= now) {
    hand_over(std::move(waiting_.extract(waiting_.begin()).mapped()));
  }
  if (busy_ >= kAtOnce) return;
  for (const auto& row : context_.outbox.list(last_, kAtOnce - busy_)) {
    last_ = row.id;
    const auto feed = row.feed_id ? context_.feeds.find(*row.feed_id) : std::nullopt;
    const auto tags = feed ? context_.settings->for_feed(*feed).tags : std::vector<std::string>{};
    // A file's name may have any bytes: in the environment it is as on disk, while a document is UTF-8.
    boost::json::error_code error;
    boost::json::parse_options options;
    options.allow_invalid_utf8 = true;
    const auto document = boost::json::parse(row.document, error, {}, options);
    const auto variables =
        !error && document.is_object() ? environment_of(document.get_object()) : std::map<std::string, std::string>{};
    int told = 0;
    for (const auto& hook : context_.settings->config.hooks) {
      if (!wants(hook, row.event, feed ? &*feed : nullptr, tags)) continue;
      HookCall call;
      call.hook = name_of(hook);
      if (context_.outbox.is_told(row.id, call.hook)) continue;
      call.event_id = row.id;
      call.event = row.event;
      call.command = hook.command;
      call.url = hook.url;
      call.timeout = hook.timeout;
      call.user_agent = context_.settings->user_agent();
      call.ca_file = context_.settings->config.feed_defaults.ca_file;
      call.document = base::repair_utf8(row.document);
      call.variables = variables;
      hand_over(std::move(call));
      ++told;
    }
    if (told == 0) {
      context_.outbox.remove(row.id);  // the hook is gone from the configuration
    } else {
      open_[row.id] = told;
    }
  }
}

void Hooks::on_told(HookCall call, HookOutcome outcome, base::WallTime now) {
  const auto found = open_.find(call.event_id);
  if (found == open_.end()) return;
  --busy_;
  if (outcome == HookOutcome::kMayPass && ++call.tries < kTries && waiting_.size() < kMostWaiting) {
    const auto delay = retry_delay(call.tries, std::nullopt, context_.random());
    waiting_.emplace(now + delay.value_or(kRetryDelays.back()), std::move(call));
    return;
  }
  if (--found->second > 0) {
    context_.outbox.set_told(call.event_id, call.hook);
    return;
  }
  context_.outbox.remove(found->first);
  open_.erase(found);
}

std::optional<base::WallTime> Hooks::next_try() const {
  // Where there is no room, the next answer makes it.
  return waiting_.empty() || busy_ >= kAtOnce ? std::nullopt : std::optional(waiting_.begin()->first);
}

bool Hooks::idle() {
  return busy_ == 0 && context_.outbox.list(last_, 1).empty();
}

}  // namespace podswarm::scheduler
