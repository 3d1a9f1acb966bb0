#include "feeds/rules/json.h"

#include <algorithm>
#include <boost/json/parse.hpp>
#include <cmath>
#include <memory>
#include <optional>

#include "base/text.h"
#include "base/units.h"
#include "base/url.h"
#include "feeds/rules/replay.h"
#include "feeds/rules/subject.h"

namespace podswarm::rules {

namespace {

namespace json = boost::json;

constexpr std::size_t kMaxItems = 1'000'000;

// One item of the file, owning what its Candidate looks at.
struct TestItem {
  std::string feed;
  std::string feed_url;
  std::string language;
  std::vector<std::string> tags;
  feeds::Item item;
  std::optional<base::WallTime> first_seen;
  std::optional<std::uint64_t> size;
  bool held = false;
  bool failed = false;
};

// Reads the members of one object; the first that has the wrong type is kept as the error.
class MemberReader {
 public:
  MemberReader(const json::object& object, std::string place) : object_(object), place_(std::move(place)) {}

  [[nodiscard]] const std::string& error() const { return error_; }
  [[nodiscard]] bool ok() const { return error_.empty(); }

  void text(std::string_view key, std::string& out, bool required = false) {
    const json::value* value = find(key);
    if (value == nullptr) {
      if (required) fail(key, "is missing");
    } else if (value->is_string()) {
      out = base::repair_utf8(value->get_string());
    } else {
      fail(key, "must be a string");
    }
  }

  void texts(std::string_view key, std::vector<std::string>& out) {
    const json::value* value = find(key);
    if (value == nullptr) return;
    if (!value->is_array()) return fail(key, "must be an array of strings");
    for (const json::value& element : value->get_array()) {
      if (!element.is_string()) return fail(key, "must be an array of strings");
      out.push_back(base::repair_utf8(element.get_string()));
    }
  }

  void number(std::string_view key, std::optional<double>& out) {
    const json::value* value = find(key);
    if (value == nullptr) return;
    if (!value->is_number()) return fail(key, "must be a number");
    const auto number = value->to_number<double>();
    if (!std::isfinite(number) || number < 0) return fail(key, "must be a number, zero or more");
    out = number;
  }

  void count(std::string_view key, std::optional<std::uint64_t>& out) {
    std::optional<double> value;
    number(key, value);
    if (!value) return;
    if (*value >= 9e18) return fail(key, "is too large");
    out = static_cast<std::uint64_t>(*value);
  }

  // `Flag` is bool or optional<bool>.
  template <class Flag>
  void flag(std::string_view key, Flag& out) {
    const json::value* value = find(key);
    if (value == nullptr) return;
    if (!value->is_bool()) return fail(key, "must be true or false");
    out = value->get_bool();
  }

  void time(std::string_view key, std::optional<base::WallTime>& out) {
    std::string text_form;
    text(key, text_form);
    if (text_form.empty()) return;
    out = base::parse_rfc3339(text_form);
    if (!out) fail(key, "must be a time such as \"2026-11-20T18:30:00Z\"");
  }

  // The objects of an array; `read` gets each with its place.
  template <class Read>
  void objects(std::string_view key, const Read& read) {
    const json::value* value = find(key);
    if (value == nullptr) return;
    if (!value->is_array()) return fail(key, "must be an array of objects");
    std::size_t index = 0;
    for (const json::value& element : value->get_array()) {
      if (!element.is_object()) return fail(key, "must be an array of objects");
      MemberReader members(element.get_object(), place_ + "." + std::string(key) + "[" + std::to_string(index++) + "]");
      read(members);
      if (!members.ok()) {
        if (ok()) error_ = members.error();
        return;
      }
    }
  }

 private:
  [[nodiscard]] const json::value* find(std::string_view key) const {
    const json::value* value = object_.if_contains(key);
    return value == nullptr || value->is_null() ? nullptr : value;
  }
  void fail(std::string_view key, std::string_view problem) {
    if (ok()) error_ = place_ + "." + std::string(key) + " " + std::string(problem);
  }

  const json::object& object_;
  std::string place_;
  std::string error_;
};

feeds::LinkKind kind_of(const feeds::Enclosure& enclosure) {
  if (base::istarts_with(enclosure.url, "magnet:")) return feeds::LinkKind::kMagnet;
  if (base::iequals(enclosure.type, "application/x-bittorrent")) return feeds::LinkKind::kTorrent;
  if (base::ascii_lower(base::url_path(enclosure.url)).ends_with(".torrent")) return feeds::LinkKind::kTorrent;
  const bool http = base::istarts_with(enclosure.url, "http:") || base::istarts_with(enclosure.url, "https:");
  return http ? feeds::LinkKind::kHttp : feeds::LinkKind::kOther;
}

TestItem read_item(MemberReader& members) {
  TestItem out;
  feeds::Item& item = out.item;
  members.text("feed", out.feed, true);
  members.text("feed_url", out.feed_url);
  members.text("language", out.language);
  members.texts("tags", out.tags);
  members.text("title", item.title, true);
  members.text("guid", item.guid);
  members.text("link", item.link);
  members.text("description", item.description);
  members.text("author", item.author);
  members.time("published", item.published);
  members.time("first_seen", out.first_seen);
  members.count("duration_seconds", item.duration_seconds);
  members.count("size", out.size);
  members.texts("categories", item.categories);
  members.text("episode_type", item.episode_type);
  members.number("season", item.season);
  members.number("episode", item.episode);
  members.flag("held", out.held);
  members.flag("failed", out.failed);
  std::string info_hash;
  members.text("info_hash", info_hash);
  if (!info_hash.empty()) {
    item.torrent.emplace().info_hash = base::ascii_lower(info_hash);
  }
  members.flag("explicit", item.is_explicit);
  members.objects("enclosures", [&](MemberReader& one) {
    feeds::Enclosure enclosure;
    one.text("url", enclosure.url, true);
    one.text("type", enclosure.type);
    one.count("length", enclosure.length);
    enclosure.kind = kind_of(enclosure);
    item.enclosures.push_back(std::move(enclosure));
  });
  return out;
}

json::object to_json(const PredicateTrace& row) {
  return {{"clause", row.clause}, {"text", row.text},       {"line", row.pos.line},         {"column", row.pos.column},
          {"actual", row.actual}, {"matched", row.matched}, {"truth", to_string(row.truth)}};
}

json::array strings(const std::vector<std::string>& list) {
  json::array out;
  for (const auto& text : list) out.emplace_back(text);
  return out;
}

std::optional<SeenItems> nothing_seen(SeenItems::Source source, Repeats repeats) {
  if (repeats == Repeats::kAskedAbout) return std::nullopt;
  return SeenItems(source);
}

// Asks about them in order, and again about those that are deferred to before `now`.
json::array replay(const RuleSet& rules, std::vector<std::shared_ptr<const TestItem>> items,
                   std::optional<SeenItems> seen, base::WallTime now) {
  json::array out(items.size());
  const auto tell = [&](std::size_t number, const Decision& decision) {
    const auto& item = items[number]->item;
    json::object row{{"guid", item.guid}, {"title", item.title}};
    for (auto& member : to_json(decision)) row.emplace(member.key(), std::move(member.value()));
    out[number] = std::move(row);
  };
  Replay past(rules, tell, std::move(seen));
  for (std::size_t i = 0; i < items.size(); ++i) {
    const TestItem& item = *items[i];
    Candidate candidate{item.feed, item.feed_url, item.tags, item.language, item.item, now};
    candidate.first_seen = item.first_seen;
    candidate.size_bytes = item.size;
    const Replay::Asked asked{i, candidate, items[i], item.failed};
    if (item.held) {
      past.hold(asked);
      Decision held;
      held.reason = "held already";
      tell(i, held);
    } else {
      past.ask(asked);
    }
  }
  past.finish(now);
  return out;
}

}  // namespace

json::object to_json(const Decision& decision) {
  json::object out{{"decision", to_string(decision.action)},
                   {"rule", decision.rule},
                   {"reason", decision.reason},
                   {"dest", decision.dest},
                   {"name", decision.name},
                   {"tags", strings(decision.tags)},
                   {"priority", decision.priority}};
  if (decision.until) out["until"] = base::format_rfc3339(*decision.until);
  if (!decision.captures.empty()) {
    json::object& captures = out["captures"].emplace_object();
    for (const auto& [name, value] : decision.captures) captures[name] = value;
  }
  return out;
}

json::object to_json(const Explanation& explanation) {
  json::array rules;
  for (const RuleTrace& rule : explanation.rules) {
    json::array predicates;
    for (const PredicateTrace& row : rule.predicates) predicates.push_back(to_json(row));
    rules.push_back(json::object{{"rule", rule.rule},
                                 {"action", to_string(rule.action)},
                                 {"enabled", rule.enabled},
                                 {"feed_applies", rule.feed_applies},
                                 {"conditions", to_string(rule.conditions)},
                                 {"accepts", rule.accepts},
                                 {"outcome", rule.outcome},
                                 {"predicates", std::move(predicates)}});
  }
  return {{"decision", to_json(explanation.decision)}, {"rules", std::move(rules)}};
}

base::Result<json::array, JsonError> test_items(const RuleSet& rules, const json::value& items, base::WallTime now,
                                                Repeats repeats) {
  if (!items.is_array()) return base::fail(JsonError::kBadItem, "the items must be an array of objects");
  if (items.get_array().size() > kMaxItems) return base::fail(JsonError::kBadItem, "more than 1,000,000 items");
  std::vector<std::shared_ptr<const TestItem>> read;
  for (const json::value& value : items.get_array()) {
    const std::string place = "items[" + std::to_string(read.size()) + "]";
    if (!value.is_object()) return base::fail(JsonError::kBadItem, place + " must be an object");
    MemberReader members(value.get_object(), place);
    read.push_back(std::make_shared<const TestItem>(read_item(members)));
    if (!members.ok()) return base::fail(JsonError::kBadItem, members.error());
  }
  return replay(rules, std::move(read), nothing_seen(SeenItems::Source::kList, repeats), now);
}

json::array test_feed(const RuleSet& rules, const feeds::Feed& feed, const std::string& url,
                      const std::vector<std::string>& tags, base::WallTime now, Repeats repeats) {
  std::vector<const feeds::Item*> oldest_first;
  for (auto item = feed.items.rbegin(); item != feed.items.rend(); ++item) oldest_first.push_back(&*item);
  // Without all dates, feeds are the newest first.
  const auto is_dated = [](const feeds::Item* item) { return item->published.has_value(); };
  if (std::all_of(oldest_first.begin(), oldest_first.end(), is_dated)) {
    std::stable_sort(oldest_first.begin(), oldest_first.end(),
                     [](const feeds::Item* a, const feeds::Item* b) { return *a->published < *b->published; });
  }
  std::vector<std::shared_ptr<const TestItem>> items;
  for (const auto* item : oldest_first) {
    TestItem one;
    one.feed = feed.title;
    one.feed_url = url;
    one.language = feed.language;
    one.tags = tags;
    one.item = *item;
    items.push_back(std::make_shared<const TestItem>(std::move(one)));
  }
  return replay(rules, std::move(items), nothing_seen(SeenItems::Source::kDocument, repeats), now);
}

base::Result<json::array, JsonError> test_items_text(const RuleSet& rules, std::string_view items, base::WallTime now) {
  boost::system::error_code error;
  const json::value value = json::parse(json::string_view(items.data(), items.size()), error);
  if (error) return base::fail(JsonError::kNotJson, "the items are not JSON: " + error.message());
  return test_items(rules, value, now);
}

}  // namespace podswarm::rules
