#include "feeds/rules/text_match.h"

#include <re2/re2.h>

#include "base/text.h"
#include "feeds/rules/case_fold.h"
#include "feeds/rules/empty_alternative.h"
#include "feeds/rules/pcre_match.h"

namespace podswarm::rules {

namespace {

constexpr std::int64_t kMaxRegexMemory = 1 << 20;

// How many bytes of `text` the segment takes at its very start, npos where it does not fit.
std::size_t fits_at_start(std::string_view segment, std::string_view text) {
  const std::size_t before = text.size();
  for (std::size_t i = 0; i < segment.size(); ++i) {
    if (text.empty()) return std::string_view::npos;
    if (segment[i] == '?') {
      text.remove_prefix(first_code_point(text).second);
    } else if (segment[i] == text.front()) {
      text.remove_prefix(1);
    } else {
      return std::string_view::npos;
    }
  }
  return before - text.size();
}

// The end of the segment's first occurrence, npos where there is none.
std::size_t find_segment(std::string_view segment, std::string_view text) {
  if (segment.find('?') == std::string_view::npos) {
    const std::size_t at = text.find(segment);
    return at == std::string_view::npos ? at : at + segment.size();
  }
  for (std::size_t at = 0; at <= text.size(); ++at) {
    if (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80) continue;
    const std::size_t taken = fits_at_start(segment, text.substr(at));
    if (taken != std::string_view::npos) return at + taken;
  }
  return std::string_view::npos;
}

bool fits_at_end(std::string_view segment, std::string_view text) {
  // From the left, since `?` takes one to four bytes: no start earlier than all of them at their longest.
  const std::size_t longest = segment.size() * 4;
  for (std::size_t at = text.size() > longest ? text.size() - longest : 0; at <= text.size(); ++at) {
    if (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80) continue;
    if (fits_at_start(segment, text.substr(at)) == text.size() - at) return true;
  }
  return false;
}

}  // namespace

Glob::Glob(std::string_view folded_pattern) {
  for (const auto part : base::split(folded_pattern, '*')) segments_.emplace_back(part);
}

bool Glob::matches(std::string_view text) const {
  if (segments_.empty()) return false;
  if (segments_.size() == 1) return fits_at_start(segments_.front(), text) == text.size();
  const std::size_t head = fits_at_start(segments_.front(), text);
  if (head == std::string_view::npos) return false;
  text.remove_prefix(head);
  for (std::size_t i = 1; i + 1 < segments_.size(); ++i) {
    const std::size_t end = find_segment(segments_[i], text);
    if (end == std::string_view::npos) return false;
    text.remove_prefix(end);
  }
  return fits_at_end(segments_.back(), text);
}

std::string_view Glob::longest_literal() const {
  std::string_view longest;
  for (const std::string& segment : segments_) {
    for (const auto part : base::split(segment, '?')) {
      if (part.size() > longest.size()) longest = part;
    }
  }
  return longest;
}

Regex::Regex(std::unique_ptr<const re2::RE2> re)
    : re_(std::move(re)), has_names_(!re_->NamedCapturingGroups().empty()) {}
Regex::Regex(std::unique_ptr<const PcreMatch> pcre) : pcre_(std::move(pcre)) {}
Regex::~Regex() = default;

namespace {

constexpr std::string_view kEmptyPattern = "an empty regular expression matches everything";

// What is wrong with a pattern in whatever syntax.
bool is_refused(std::string_view pattern, SyntaxError& error) {
  if (pattern.empty()) {
    error = {0, std::string(kEmptyPattern), ""};
  } else if (pattern.size() > Regex::kMaxPatternBytes) {
    error = {0, "the regular expression is longer than 1024 bytes", "split it over several conditions"};
  } else {
    return false;
  }
  return true;
}

// What matches everything, and so was hardly meant, though the syntax is in order.
bool matches_everything(std::string_view pattern, SyntaxError& error) {
  const auto empty = find_empty_alternative(pattern);
  if (!empty) return false;
  if (!empty->has_bar) {
    error = {0, std::string(kEmptyPattern), ""};
  } else {
    error = {
        empty->offset, "an empty alternative matches everything",
        empty->nested ? "take the stray `|` away; what may be missing is written (foo)?" : "take the stray `|` away"};
  }
  return true;
}

}  // namespace

std::shared_ptr<const Regex> Regex::compile_pcre(std::string_view pattern, SyntaxError& error) {
  if (is_refused(pattern, error)) return nullptr;
  auto pcre = PcreMatch::compile(pattern, error);
  if (!pcre) return nullptr;
  if (matches_everything(pattern, error)) return nullptr;
  return std::shared_ptr<const Regex>(new Regex(std::move(pcre)));
}

std::shared_ptr<const Regex> Regex::compile(std::string_view pattern, SyntaxError& error) {
  if (is_refused(pattern, error)) return nullptr;
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(kMaxRegexMemory);
  options.set_dot_nl(true);
  auto re = std::make_unique<re2::RE2>(re2::StringPiece(pattern.data(), pattern.size()), options);
  if (!re->ok()) {
    const std::string& part = re->error_arg();
    const std::size_t at = part.empty() ? 0 : pattern.rfind(part);
    std::string hint;
    if (pattern.find("(?=") != std::string_view::npos || pattern.find("(?!") != std::string_view::npos ||
        pattern.find("(?<") != std::string_view::npos) {
      hint =
          "look-around is not available: use `none`, or `not … ~ …`, or write pcre\"…\"; groups are named with "
          "(?P<name>…)";
    }
    error = {at == std::string_view::npos ? 0 : at, "not a regular expression: " + re->error(), std::move(hint)};
    return nullptr;
  }
  if (matches_everything(pattern, error)) return nullptr;
  return std::shared_ptr<const Regex>(new Regex(std::move(re)));
}

Truth Regex::find(std::string_view subject, MatchSpan* span, bool* gave_up) const {
  const std::string_view part = base::utf8_prefix(subject, kMaxSubjectBytes);
  if (pcre_) {
    MatchSpan found;
    switch (pcre_->find(part, found.begin, found.end, nullptr)) {
      case PcreMatch::Outcome::kMatch:
        if (span != nullptr) *span = found;
        return Truth::kTrue;
      case PcreMatch::Outcome::kLimit:
        if (gave_up != nullptr) *gave_up = true;
        return Truth::kUnknown;
      case PcreMatch::Outcome::kNoMatch:
        break;
    }
    return part.size() < subject.size() ? Truth::kUnknown : Truth::kFalse;
  }
  re2::StringPiece found;
  const bool matched = re_->Match(re2::StringPiece(part.data(), part.size()), 0, part.size(), re2::RE2::UNANCHORED,
                                  span != nullptr ? &found : nullptr, span != nullptr ? 1 : 0);
  if (!matched) return part.size() < subject.size() ? Truth::kUnknown : Truth::kFalse;
  if (span != nullptr) {
    span->begin = static_cast<std::size_t>(found.data() - part.data());
    span->end = span->begin + found.size();
  }
  return Truth::kTrue;
}

void Regex::add_captures(std::string_view subject, std::map<std::string, std::string>& captures) const {
  if (pcre_) {
    MatchSpan ignored;
    (void)pcre_->find(base::utf8_prefix(subject, kMaxSubjectBytes), ignored.begin, ignored.end, &captures);
    return;
  }
  if (!has_names_) return;
  const std::string_view part = base::utf8_prefix(subject, kMaxSubjectBytes);
  const auto& names = re_->CapturingGroupNames();
  std::vector<re2::StringPiece> groups(static_cast<std::size_t>(re_->NumberOfCapturingGroups()) + 1);
  if (!re_->Match(re2::StringPiece(part.data(), part.size()), 0, part.size(), re2::RE2::UNANCHORED, groups.data(),
                  static_cast<int>(groups.size()))) {
    return;
  }
  for (const auto& [index, name] : names) {
    const auto& group = groups[static_cast<std::size_t>(index)];
    if (group.data() != nullptr) captures.emplace(name, std::string(group.data(), group.size()));
  }
}

}  // namespace podswarm::rules
