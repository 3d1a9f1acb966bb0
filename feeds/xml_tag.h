// One start or end tag, read as forgivingly as browsers do. Pure.
#pragma once

#include <string>
#include <string_view>

namespace podswarm::feeds {

struct StartTag {
  std::string_view name;
  std::string attributes;  // written anew: a blank before each, values in double quotes
  bool self_closing = false;
  std::size_t length = 0;  // of the whole tag in the text
};

enum class TagReading {
  kTag,
  kText,       // the < is not the start of a tag
  kTruncated,  // the text ends within
};

// `text` starts with '<' and is followed by a name. Attributes without quotes or values are completed; those whose
// names XML does not allow are left out.
[[nodiscard]] TagReading read_start_tag(std::string_view text, StartTag& tag);

// Whether an XML name may start with, or contain, the byte.
[[nodiscard]] bool starts_name(char c);
[[nodiscard]] bool continues_name(char c);

}  // namespace podswarm::feeds
