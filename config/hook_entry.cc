#include "config/hook_entry.h"

#include <algorithm>

#include "base/located.h"
#include "base/url.h"
#include "config/toml_reader.h"

namespace podswarm::config {

namespace {

void read_events(TableReader& reader, Source& source, HookEntry& out) {
  const std::vector<std::string> known(std::begin(kHookEvents), std::end(kHookEvents));
  std::string list;
  for (const auto& name : known) list += (list.empty() ? "" : ", ") + name;
  for (const auto& event : reader.located_texts("on")) {
    if (std::find(known.begin(), known.end(), event.value) != known.end()) {
      out.on.push_back(event.value);
      continue;
    }
    const auto near = base::nearest(event.value, known);
    source.problem(event.pos, "hook.on: \"" + event.value + "\" is no event: there are " + list,
                   near.empty() ? "" : "did you mean \"" + near + "\"?");
  }
  if (out.on.empty() && source.ok()) source.problem(out.pos, "hook.on: is missing or empty: it wants one of " + list);
}

}  // namespace

HookEntry read_hook(const toml::table& table, Source& source) {
  TableReader reader(table, "hook", source);
  HookEntry out;
  out.pos = Source::pos_of(table);
  read_events(reader, source, out);
  out.command = reader.text("command").value_or("");
  out.url = reader.text("url").value_or("");
  out.feeds = reader.texts("feeds").value_or(std::vector<std::string>{});
  out.timeout = reader.duration("timeout", std::chrono::seconds(1), std::chrono::hours(1)).value_or(out.timeout);
  const auto url = base::parse_url(out.url);
  if (out.command.empty() == out.url.empty()) {
    source.problem(out.pos, "hook: wants either command or url");
  } else if (!out.url.empty() && (!url || (url->scheme != "http" && url->scheme != "https"))) {
    reader.problem("url", "is not an http or https address");
  }
  reader.finish();
  return out;
}

}  // namespace podswarm::config
