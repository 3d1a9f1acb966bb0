// What a rule says of where an episode goes: folder and file name templates, with what its regular expressions caught.
// Kept as text with the download until the file is there. Pure.
#pragma once

#include <map>
#include <string>
#include <string_view>

namespace podswarm::scheduler {

struct Naming {
  std::string dest;  // a folder template; "" = the feed's
  std::string name;  // a file name template; "" = the feed's
  std::map<std::string, std::string> captures{};
};

// "" where a rule says nothing; JSON otherwise.
[[nodiscard]] std::string to_text(const Naming& naming);
[[nodiscard]] Naming naming_from_text(std::string_view text);

// The feed's template with its folder and its last name replaced where the rule has its own.
[[nodiscard]] std::string combined_template(std::string_view feed_template, const Naming& naming);

}  // namespace podswarm::scheduler
