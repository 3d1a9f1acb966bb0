#include "feeds/rules/pcre_match.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <algorithm>
#include <utility>

namespace podswarm::rules {

namespace {

// A title is matched in some hundreds of steps. These let a pattern have a hundredth of a second and a little memory.
constexpr std::uint32_t kMatchLimit = 200'000;
constexpr std::uint32_t kDepthLimit = 2'000;
constexpr std::uint32_t kHeapLimitKib = 2'048;
constexpr std::uint32_t kMaxNesting = 64;

struct FreeCompileContext {
  void operator()(pcre2_compile_context* context) const { pcre2_compile_context_free(context); }
};
struct FreeMatchContext {
  void operator()(pcre2_match_context* context) const { pcre2_match_context_free(context); }
};
struct FreeMatchData {
  void operator()(pcre2_match_data* data) const { pcre2_match_data_free(data); }
};
struct FreeCode {
  void operator()(pcre2_code* code) const { pcre2_code_free(code); }
};

std::string message_of(int error) {
  PCRE2_UCHAR text[256];
  const int size = pcre2_get_error_message(error, text, sizeof text);
  return size > 0 ? std::string(reinterpret_cast<const char*>(text), static_cast<std::size_t>(size)) : "unknown error";
}

}  // namespace

struct PcreMatch::Code {
  std::unique_ptr<pcre2_code, FreeCode> code;
  std::unique_ptr<pcre2_match_context, FreeMatchContext> limits;  // only read while matching
};

PcreMatch::PcreMatch(std::unique_ptr<Code> code) : code_(std::move(code)) {}
PcreMatch::~PcreMatch() = default;

std::unique_ptr<const PcreMatch> PcreMatch::compile(std::string_view pattern, SyntaxError& error) {
  const std::unique_ptr<pcre2_compile_context, FreeCompileContext> context(pcre2_compile_context_create(nullptr));
  pcre2_set_parens_nest_limit(context.get(), kMaxNesting);
  int code = 0;
  PCRE2_SIZE offset = 0;
  // Feeds are mended to UTF-8; invalid bytes would match nothing. \C, which splits characters, is refused.
  constexpr std::uint32_t kOptions = PCRE2_UTF | PCRE2_MATCH_INVALID_UTF | PCRE2_DOTALL | PCRE2_NEVER_BACKSLASH_C;
  auto compiled = std::make_unique<Code>();
  compiled->code.reset(pcre2_compile(reinterpret_cast<PCRE2_SPTR>(pattern.data()), pattern.size(), kOptions, &code,
                                     &offset, context.get()));
  if (!compiled->code) {
    error = {std::min<std::size_t>(offset, pattern.size()), "not a regular expression: " + message_of(code), ""};
    return nullptr;
  }
  compiled->limits.reset(pcre2_match_context_create(nullptr));
  pcre2_set_match_limit(compiled->limits.get(), kMatchLimit);
  pcre2_set_depth_limit(compiled->limits.get(), kDepthLimit);
  pcre2_set_heap_limit(compiled->limits.get(), kHeapLimitKib);
  return std::unique_ptr<const PcreMatch>(new PcreMatch(std::move(compiled)));
}

PcreMatch::Outcome PcreMatch::find(std::string_view subject, std::size_t& begin, std::size_t& end,
                                   std::map<std::string, std::string>* captures) const {
  const std::unique_ptr<pcre2_match_data, FreeMatchData> data(
      pcre2_match_data_create_from_pattern(code_->code.get(), nullptr));
  const int found = pcre2_match(code_->code.get(), reinterpret_cast<PCRE2_SPTR>(subject.data()), subject.size(), 0, 0,
                                data.get(), code_->limits.get());
  if (found == PCRE2_ERROR_NOMATCH) return Outcome::kNoMatch;
  // Whatever else went wrong has not told either.
  if (found < 0) return Outcome::kLimit;
  const PCRE2_SIZE* places = pcre2_get_ovector_pointer(data.get());
  begin = std::min<std::size_t>(places[0], places[1]);
  end = std::max<std::size_t>(places[0], places[1]);
  if (captures == nullptr) return Outcome::kMatch;
  std::uint32_t count = 0;
  std::uint32_t size = 0;
  PCRE2_SPTR names = nullptr;
  pcre2_pattern_info(code_->code.get(), PCRE2_INFO_NAMECOUNT, &count);
  pcre2_pattern_info(code_->code.get(), PCRE2_INFO_NAMEENTRYSIZE, &size);
  pcre2_pattern_info(code_->code.get(), PCRE2_INFO_NAMETABLE, &names);
  for (std::uint32_t i = 0; i < count; ++i, names += size) {
    // The group's number in two bytes, then its name.
    const auto group = static_cast<std::size_t>(names[0]) << 8 | names[1];
    const auto from = places[2 * group];
    const auto to = places[2 * group + 1];
    if (from == PCRE2_UNSET || to < from) continue;
    captures->emplace(reinterpret_cast<const char*>(names + 2), subject.substr(from, to - from));
  }
  return Outcome::kMatch;
}

}  // namespace podswarm::rules
