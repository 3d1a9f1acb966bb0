// Short ways to write rules and items in the tests of the rule language.
#pragma once

#include <gtest/gtest.h>

#include <deque>
#include <initializer_list>
#include <string>
#include <vector>

#include "base/units.h"
#include "feeds/rules/rule_set.h"

namespace podswarm::rules {

inline base::WallTime at(const char* time) {
  return base::parse_rfc3339(time).value();
}
inline const base::WallTime kNow = at("2026-11-20T12:00:00Z");

inline std::vector<Text> texts(std::initializer_list<const char*> list) {
  std::vector<Text> out;
  std::uint32_t line = 10;
  for (const char* text : list) out.push_back({text, {line++, 5}});
  return out;
}

inline RuleSpec rule_where(const std::string& id, const std::string& where) {
  RuleSpec spec;
  spec.id = {id, {2, 7}};
  spec.feeds = texts({"*"});
  if (where.empty()) {
    spec.match_all = true;
  } else {
    spec.where = {where, {3, 10}};
  }
  return spec;
}

inline RuleSet must_compile(const std::vector<RuleSpec>& specs) {
  auto set = compile(specs, "rules.toml");
  if (!set) {
    for (const auto& error : set.error().list) ADD_FAILURE() << error.to_string();
    return {};
  }
  return std::move(*set);
}

inline std::vector<base::Diagnostic> errors_of(const std::vector<RuleSpec>& specs) {
  auto set = compile(specs, "rules.toml");
  return set ? std::vector<base::Diagnostic>() : set.error().list;
}

// The one error of a rule with this condition, as text.
inline std::string error_of(const std::string& where) {
  const auto errors = errors_of({rule_where("r", where)});
  return errors.size() == 1 ? errors[0].to_string() : "(" + std::to_string(errors.size()) + " errors)";
}

inline feeds::Item item(const std::string& title) {
  feeds::Item out;
  out.title = title;
  out.guid = title;
  return out;
}

inline feeds::Enclosure enclosure(const std::string& url, const std::string& type, std::uint64_t length = 0) {
  feeds::Enclosure out;
  out.url = url;
  out.type = type;
  if (length > 0) out.length = length;
  out.kind = feeds::LinkKind::kHttp;
  return out;
}

inline Candidate candidate(const feeds::Item& of, base::WallTime now = kNow, std::string_view feed = "Feed") {
  return {feed, "http://feed.example/rss", {}, "", of, now};
}

// Whether a rule with this condition alone takes the item.
inline bool takes(const std::string& where, const feeds::Item& of) {
  return must_compile({rule_where("r", where)}).decide(candidate(of), MemoryHistory()).action == Action::kDownload;
}

// What the condition itself comes to, before on_unknown.
inline Truth truth(const std::string& where, const feeds::Item& of) {
  const Explanation all = must_compile({rule_where("r", where)}).explain(candidate(of), MemoryHistory());
  return all.rules.empty() ? Truth::kUnknown : all.rules.front().conditions;
}

// Asks item after item and reserves what is accepted, as the program does.
class Shelf {
 public:
  explicit Shelf(std::vector<RuleSpec> specs) : rules_(must_compile(specs)) {}

  Decision offer(const feeds::Item& of, base::WallTime now = kNow, std::string_view feed = "Feed") {
    Decision decision = rules_.decide(candidate(of, now, feed), history_);
    if (decision.action == Action::kDownload || decision.action == Action::kNotify) {
      ticket_ = history_.reserve(decision.entry);
    }
    return decision;
  }
  Action offer(const std::string& title, base::WallTime now = kNow) { return offer(item(title), now).action; }
  void last_failed() { history_.release(ticket_); }
  void last_succeeded() { history_.commit(ticket_); }
  [[nodiscard]] const RuleSet& rules() const { return rules_; }
  [[nodiscard]] const MemoryHistory& history() const { return history_; }

 private:
  RuleSet rules_;
  MemoryHistory history_;
  MemoryHistory::Ticket ticket_ = 0;
};

inline std::ostream& operator<<(std::ostream& out, Action action) {
  return out << to_string(action);
}
inline std::ostream& operator<<(std::ostream& out, Truth truth) {
  return out << to_string(truth);
}

}  // namespace podswarm::rules
