// Any text as an expression, an episode title and a rule file to import: nothing may crash, and what is accepted must
// evaluate, and the screen must refuse nothing that is true or unknown.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "feeds/rules/evaluate.h"
#include "feeds/rules/expression.h"
#include "feeds/rules/qbittorrent_import.h"
#include "feeds/rules/screen.h"
#include "feeds/rules/title_parser.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace podswarm;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  feeds::Item item;
  item.title = "Show S01E02-E03 1080p REPACK-GRP";
  item.duration_seconds = 1200;
  item.description = std::string(text);
  const rules::Candidate candidate{"Feed", "http://feed.example/rss", {}, "en", item, base::WallTime{}};
  rules::Subject subject(candidate);
  if (const auto parsed = rules::parse_expression(text)) {
    std::vector<rules::PredicateTrace> rows;
    const auto whole = rules::trace(*parsed, {1, 1}, "where", subject, rows);
    if (rows.size() != parsed->predicates.size()) std::abort();
    if (rules::evaluate(*parsed, subject, nullptr) != whole) std::abort();
    std::vector<rules::CompiledRule> one(1);
    one[0].all.push_back({*parsed, {1, 1}});
    one[0].clauses.push_back({rules::Clause::Kind::kAll, 0, 0});
    const rules::Screen screen(one);
    rules::Sight sight(subject);
    if (screen.rejects(0, sight) && whole != rules::Truth::kFalse) std::abort();
  } else if (parsed.error().offset > text.size()) {
    std::abort();
  }
  const auto title = rules::parse_title(text);
  (void)rules::episode_keys(title.show, title.numbering);
  (void)subject.display(rules::Field::kDescription);
  if (const auto imported = rules::import_qbittorrent(text, "f")) (void)imported->rules.size();
  return 0;
}
