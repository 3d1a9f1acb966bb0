#include "scheduler/adopt_clues.h"

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "feeds/rules/title_parser.h"
#include "library/name_fold.h"

namespace podswarm::scheduler {

namespace {

constexpr std::size_t kLeastCutWords = 6;

std::optional<int> number(const std::string& word) {
  if (word.empty() || word.size() > 8 || word.find_first_not_of("0123456789") != std::string::npos) return std::nullopt;
  return std::stoi(word);
}

std::optional<std::chrono::sys_days> day(int year, int month, int day_of_month) {
  const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day_of_month))};
  if (year < 1990 || year > 2100 || !date.ok()) return std::nullopt;
  return std::chrono::sys_days(date);
}

}  // namespace

Words words_of(std::string_view text) {
  Words words;
  std::string word;
  for (const char c : library::folded(base::repair_utf8(text, " "))) {
    const bool part = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || static_cast<unsigned char>(c) >= 0x80;
    if (part) {
      word += c;
    } else if (!word.empty()) {
      words.push_back(std::exchange(word, {}));
    }
  }
  if (!word.empty()) words.push_back(std::move(word));
  return words;
}

std::optional<std::size_t> find_words(const Words& whole, const Words& part) {
  if (part.empty()) return std::nullopt;
  const auto at = std::search(whole.begin(), whole.end(), part.begin(), part.end());
  if (at == whole.end()) return std::nullopt;
  return static_cast<std::size_t>(at - whole.begin());
}

std::optional<std::size_t> find_cut_words(const Words& whole, const Words& part) {
  for (std::size_t at = 0; at + kLeastCutWords <= whole.size(); ++at) {
    const std::size_t count = whole.size() - at;
    if (count > part.size()) continue;
    const bool same = std::equal(whole.begin() + static_cast<std::ptrdiff_t>(at), whole.end() - 1, part.begin());
    if (same && part[count - 1].starts_with(whole.back())) return at;
  }
  return std::nullopt;
}

std::optional<NameDate> date_among(const Words& words) {
  for (std::size_t i = 0; i < words.size(); ++i) {
    const auto one = number(words[i]);
    if (!one) continue;
    if (words[i].size() == 8) {
      if (const auto found = day(*one / 10'000, *one / 100 % 100, *one % 100)) return NameDate{*found, i, 1};
    }
    if (i + 2 >= words.size()) continue;
    const auto two = number(words[i + 1]);
    const auto three = number(words[i + 2]);
    if (!two || !three || words[i + 1].size() > 2) continue;
    if (words[i].size() == 4 && words[i + 2].size() <= 2) {
      if (const auto found = day(*one, *two, *three)) return NameDate{*found, i, 3};
    }
    if (words[i].size() <= 2 && words[i + 2].size() == 4) {
      if (const auto found = day(*three, *two, *one)) return NameDate{*found, i, 3};
    }
  }
  return std::nullopt;
}

std::optional<rules::Numbering> number_in(std::string_view name) {
  auto numbering = rules::parse_title(name).numbering;
  using Kind = rules::Numbering::Kind;
  if (numbering.kind != Kind::kEpisode && numbering.kind != Kind::kAbsolute) return std::nullopt;
  return numbering;
}

}  // namespace podswarm::scheduler
