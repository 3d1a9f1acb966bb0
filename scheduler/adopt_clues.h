// What the names of a file and of an episode are made of, for comparing them (adopt_match.h). Pure.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "feeds/rules/numbering.h"

namespace podswarm::scheduler {

using Words = std::vector<std::string>;

// Letters and digits, case folded, accents composed; what stands between them parts words.
[[nodiscard]] Words words_of(std::string_view text);

// Where `part` stands in `whole` without a gap; nothing where it does not, or is empty.
[[nodiscard]] std::optional<std::size_t> find_words(const Words& whole, const Words& part);

// The same where `whole` ends before `part` does, as names that were cut do: at least six of its words, the last one
// perhaps in part.
[[nodiscard]] std::optional<std::size_t> find_cut_words(const Words& whole, const Words& part);

struct NameDate {
  std::chrono::sys_days day{};
  std::size_t first = 0;  // of the words
  std::size_t count = 0;
};
// "2026 11 20", "20261120" or "20 11 2026" among the words: the first of them.
[[nodiscard]] std::optional<NameDate> date_among(const Words& words);

// A season and episode or a running number, as the title parser finds it; other kinds are no clue.
[[nodiscard]] std::optional<rules::Numbering> number_in(std::string_view name);

}  // namespace podswarm::scheduler
