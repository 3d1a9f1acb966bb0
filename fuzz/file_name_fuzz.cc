// Any text as a template and as a title: the path stays below its folder, and each of its names is portable.
#include <cstdlib>
#include <string>

#include "base/text.h"
#include "library/name_template.h"
#include "library/portable_name.h"

using namespace podswarm;

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

void check_path(const std::filesystem::path& path) {
  require(!path.empty() && path.is_relative());
  for (const auto& part : path) {
    const std::string name = part.string();
    require(!name.empty() && name != "." && name != ".." && name.size() <= library::kMaxComponentBytes);
    require(base::is_valid_utf8(name));
    require(name.find_first_of(std::string("\\<>:\"|?*\0", 9)) == std::string::npos);
    require(name.front() != '.' && name.back() != '.' && name.back() != ' ');
    require(library::portable_component(name, "") == name);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check_path(library::portable_path(text));
  const auto half = text.substr(0, size / 2);
  library::NameFields fields;
  fields.title = fields.feed = fields.show = std::string(text.substr(size / 2));
  fields.published = std::chrono::sys_seconds(std::chrono::seconds(1'700'000'000));
  fields.ext = "mp3";
  check_path(library::NameTemplate::compile("{feed}/{show} {title}").value().expand(fields));
  if (const auto compiled = library::NameTemplate::compile(half)) check_path(compiled->expand(fields));
  return 0;
}
