#include "app/file_choice.h"

#include <fmt/format.h>
#include <fnmatch.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "app/terminal.h"
#include "base/text.h"
#include "base/units.h"

namespace podswarm::app {

namespace {

std::optional<std::uint32_t> number(std::string_view text) {
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

bool matches(const std::string& pattern, const std::string& path) {
  for (std::size_t at = 0;;) {
    if (::fnmatch(pattern.c_str(), path.c_str() + at, 0) == 0) return true;
    const auto slash = path.find('/', at);
    if (slash == std::string::npos) return false;
    at = slash + 1;
  }
}

}  // namespace

base::Result<FileChoice, FileChoiceError> FileChoice::parse(std::string_view text) {
  FileChoice choice;
  for (const std::string_view piece : base::split(text, ',')) {
    const std::string_view part = base::trim(piece);
    if (part.empty()) {
      return base::fail(FileChoiceError::kEmpty, fmt::format("\"{}\" has an empty part; wants 0,2-4 or *.ogg", text));
    }
    if (part.find_first_not_of("0123456789-") != std::string_view::npos) {
      choice.parts_.emplace_back(Pattern(part));
      continue;
    }
    const auto dash = part.find('-');
    const auto first = number(part.substr(0, dash));
    const auto last = dash == std::string_view::npos ? first : number(part.substr(dash + 1));
    if (!first || !last || *first > *last) {
      return base::fail(FileChoiceError::kRange, fmt::format("\"{}\" is no range of files such as 2-4", part));
    }
    choice.parts_.emplace_back(Range(*first, *last));
  }
  return choice;
}

bool FileChoice::takes(std::uint32_t index, const std::string& path) const {
  return std::any_of(parts_.begin(), parts_.end(), [&](const auto& part) {
    if (const auto* range = std::get_if<Range>(&part)) return range->first <= index && index <= range->second;
    return matches(std::get<Pattern>(part), path);
  });
}

std::vector<engine::FilePriority> FileChoice::priorities(const std::vector<engine::FileInfo>& files) const {
  std::vector<engine::FilePriority> out;
  bool any = false;
  for (const auto& file : files) {
    if (out.size() <= file.index) out.resize(file.index + std::size_t{1}, engine::FilePriority::kSkip);
    if (!takes(file.index, file.path.string())) continue;
    out[file.index] = engine::FilePriority::kNormal;
    any = true;
  }
  if (!any) return {};
  return out;
}

std::string listing(const std::vector<engine::FileInfo>& files) {
  std::string out;
  for (const auto& file : files) {
    out += fmt::format("{:>6}  {:>10}  {}\n", file.index, base::format_bytes(file.size), printable(file.path.string()));
  }
  return out;
}

}  // namespace podswarm::app
