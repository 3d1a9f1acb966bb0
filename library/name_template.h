// The pattern that names a finished file: "{feed}/{published:%Y-%m-%d} {title}.{ext}". Pure.
//
// A field is {name} or {name:format}; "{{" and "}}" are braces. Formats: of times, strftime's %Y %y %m %d %H %M %S %j
// %B %b %A %a %V %% ; of numbers, a width padded with zeros ({episode:02}). '/' parts folders; inside a field's value
// it is only a character. A time is shown in the zone that the caller gives.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <boost/system/result.hpp>

namespace podswarm::library {

// What a name can be made of. What is missing leaves nothing, but {published} "undated" and {title} "untitled".
struct NameFields {
  std::string feed;
  std::string title;
  std::optional<std::chrono::sys_seconds> published;
  std::chrono::sys_seconds added{};    // {added}: now, for the caller
  std::chrono::seconds utc_offset{0};  // local time minus UTC at that moment
  std::string ext;                     // without the dot
  std::string guid;
  std::int64_t id = 0;
  std::optional<double> season;
  std::optional<double> episode;
  std::string episode_type;  // {ep_type}
  std::string show;
  std::string ep;  // "S01E05"
  std::string author;
  std::string quality;
  std::optional<std::chrono::seconds> duration;  // "1h02m"; {duration:02} is minutes
  std::vector<std::string> tags;  // {tags}: of the rules, with blanks between
  std::string original;                          // {original}: the file's own name without extension
  std::map<std::string, std::string> extra;      // a rule's captures, under names that compile() was told
};

struct TemplateProblem {
  std::size_t column = 0;  // from 1, in bytes
  std::string message;
  std::string hint;  // may be empty
};
[[noreturn]] void throw_exception_from_error(const TemplateProblem& problem, const boost::source_location& at);

class NameTemplate {
 public:
  // Refuses unknown fields (with the nearest known one as the hint), formats that do not fit, unbalanced braces, an
  // absolute path, "..", and a template without any field in its last name.
  [[nodiscard]] static boost::system::result<NameTemplate, TemplateProblem> compile(
      std::string_view text, std::span<const std::string> extra_fields = {});

  // A relative, portable path (portable_name.h). Where the template does not say {ext}, ".ext" is appended; an empty
  // `ext` leaves no dot behind.
  [[nodiscard]] std::filesystem::path expand(const NameFields& fields) const;

  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  struct Part {
    bool is_field = false;
    std::string text;    // literal, or the field's name
    std::string format;  // of a field
  };
  NameTemplate() = default;

  std::string text_;
  std::vector<Part> parts_;
  bool has_ext_ = false;
};

// The names of the fields in a template that compiles with some extra fields.
[[nodiscard]] std::vector<std::string> fields_in(std::string_view text);

// Every field's name, for help texts.
[[nodiscard]] std::span<const std::string_view> template_fields();

}  // namespace podswarm::library
