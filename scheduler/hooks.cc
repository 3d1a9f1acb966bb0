#include "scheduler/hooks.h"

#include <boost/json/parse.hpp>

#include "scheduler/events.h"

namespace podswarm::scheduler {

namespace {
constexpr std::size_t kAtOnce = 16;
}  // namespace

void Hooks::deliver() {
  if (under_way_.size() >= kAtOnce) return;
  for (const auto& row : context_.outbox.list(last_, kAtOnce - under_way_.size())) {
    last_ = row.id;
    const auto feed = row.feed_id ? context_.feeds.find(*row.feed_id) : std::nullopt;
    const auto tags = feed ? context_.settings->for_feed(*feed).tags : std::vector<std::string>{};
    boost::json::error_code error;
    const auto document = boost::json::parse(row.document, error);
    const auto variables =
        !error && document.is_object() ? environment_of(document.get_object()) : std::map<std::string, std::string>{};
    int told = 0;
    for (const auto& hook : context_.settings->config.hooks) {
      if (!wants(hook, row.event, feed ? &*feed : nullptr, tags)) continue;
      HookCall call;
      call.event_id = row.id;
      call.event = row.event;
      call.command = hook.command;
      call.url = hook.url;
      call.timeout = hook.timeout;
      call.user_agent = context_.settings->user_agent();
      call.ca_file = context_.settings->config.feed_defaults.ca_file;
      call.document = row.document;
      call.variables = variables;
      port_.tell(std::move(call));
      ++told;
    }
    if (told == 0) {
      context_.outbox.remove(row.id);  // the hook is gone from the configuration
    } else {
      under_way_[row.id] = told;
    }
  }
}

void Hooks::on_told(std::int64_t event_id) {
  const auto found = under_way_.find(event_id);
  if (found == under_way_.end() || --found->second > 0) return;
  under_way_.erase(found);
  context_.outbox.remove(event_id);
}

bool Hooks::idle() {
  return under_way_.empty() && context_.outbox.list(last_, 1).empty();
}

}  // namespace podswarm::scheduler
