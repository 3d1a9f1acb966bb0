#include "feeds/rules/regex_screen.h"

#include <re2/filtered_re2.h>

#include "feeds/rules/case_fold.h"

namespace podswarm::rules {

namespace {

// Shorter words are in too many texts to be worth asking about.
constexpr int kMinWordBytes = 3;

}  // namespace

RegexScreen::RegexScreen() = default;
RegexScreen::RegexScreen(RegexScreen&&) noexcept = default;
RegexScreen& RegexScreen::operator=(RegexScreen&&) noexcept = default;
RegexScreen::~RegexScreen() = default;

std::uint32_t RegexScreen::add(const Regex& regex) {
  if (!filter_) filter_ = std::make_unique<re2::FilteredRE2>(kMinWordBytes);
  int id = 0;
  const auto problem = filter_->Add(regex.re2().pattern(), regex.re2().options(), &id);
  (problem == re2::RE2::NoError ? numbers_ : unfiltered_).push_back(count_);
  return count_++;
}

void RegexScreen::seal() {
  if (numbers_.empty()) return;
  std::vector<std::string> words;
  filter_->Compile(&words);
  // The filter's words are in lower case, ours are folded: what a text contains in any letter case, its folded form
  // contains folded.
  for (const auto& word : words) words_.push_back(grams_of(fold(word)));
}

std::vector<bool> RegexScreen::possible(const GramFilter& folded) const {
  std::vector<bool> out(count_, false);
  for (const auto number : unfiltered_) out[number] = true;
  if (numbers_.empty()) return out;
  std::vector<int> found;
  for (std::size_t i = 0; i < words_.size(); ++i) {
    if (folded.may_contain(words_[i])) found.push_back(static_cast<int>(i));
  }
  std::vector<int> ids;
  filter_->AllPotentials(found, &ids);
  for (const int id : ids) out[numbers_[static_cast<std::size_t>(id)]] = true;
  return out;
}

}  // namespace podswarm::rules
