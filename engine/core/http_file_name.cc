#include "engine/core/http_file_name.h"

#include <array>
#include <utility>

#include "base/text.h"
#include "base/url.h"
#include "engine/core/content_disposition.h"
#include "engine/core/safe_path.h"

namespace podswarm::engine {

namespace {

constexpr std::string_view kNoName = "download";

// Where the extension begins, dot included; the size when there is none. ".mp3", not ".com/episode 3".
std::size_t extension_at(std::string_view name) {
  const auto dot = name.rfind('.');
  if (dot == std::string_view::npos || dot == 0 || name.size() - dot > 10 || dot + 1 == name.size()) return name.size();
  for (const char c : name.substr(dot + 1)) {
    if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'))) return name.size();
  }
  return dot;
}

bool has_extension(std::string_view name) {
  return extension_at(name) < name.size();
}

std::string_view extension_for(std::string_view content_type) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 19> kTypes = {{
      {"audio/mpeg", ".mp3"},      {"audio/mp3", ".mp3"},       {"audio/mp4", ".m4a"},
      {"audio/x-m4a", ".m4a"},     {"audio/m4a", ".m4a"},       {"audio/aac", ".aac"},
      {"audio/ogg", ".ogg"},       {"application/ogg", ".ogg"}, {"audio/opus", ".opus"},
      {"audio/flac", ".flac"},     {"audio/wav", ".wav"},       {"audio/x-wav", ".wav"},
      {"video/mp4", ".mp4"},       {"video/x-m4v", ".m4v"},     {"video/webm", ".webm"},
      {"audio/webm", ".webm"},     {"video/quicktime", ".mov"}, {"video/x-matroska", ".mkv"},
      {"application/pdf", ".pdf"},
  }};
  content_type = base::trim(content_type.substr(0, content_type.find(';')));
  for (const auto& [type, extension] : kTypes) {
    if (base::iequals(content_type, type)) return extension;
  }
  return {};
}

}  // namespace

std::string safe_file_name(std::string_view raw) {
  // Both kinds of separator: a path in a header names the file by its last element.
  const auto separator = raw.find_last_of("/\\");
  if (separator != std::string_view::npos) raw.remove_prefix(separator + 1);
  std::string cleaned = clean_element(base::trim(raw));
  const auto visible = cleaned.find_first_not_of(". ");
  if (visible == std::string::npos) return {};
  cleaned.erase(0, visible);
  return disk_element(cleaned, kMaxFileNameBytes);
}

std::string file_name_from_url(std::string_view url) {
  std::string name = safe_file_name(base::url_file_name(url));
  return name.empty() ? std::string(kNoName) : name;
}

std::string suggested_file_name(const HttpHead& head, std::string_view url) {
  std::string name = safe_file_name(content_disposition_file_name(head.field("Content-Disposition")));
  if (name.empty()) {
    const std::string asked = safe_file_name(base::url_file_name(url));
    const std::string answered = safe_file_name(base::url_file_name(head.final_url));
    const bool second = asked.empty() || (!has_extension(asked) && has_extension(answered));
    name = second && !answered.empty() ? answered : asked;
  }
  if (name.empty()) name = kNoName;
  if (!has_extension(name)) {
    const std::string_view extension = extension_for(head.field("Content-Type"));
    name = std::string(base::utf8_prefix(name, kMaxFileNameBytes - extension.size())) + std::string(extension);
  }
  return name;
}

std::string numbered_file_name(std::string_view name, unsigned number) {
  const std::string suffix = " (" + std::to_string(number) + ")";
  const std::size_t dot = extension_at(name);
  const std::string_view extension = name.substr(dot);
  const std::string_view stem =
      base::utf8_prefix(name.substr(0, dot), kMaxFileNameBytes - suffix.size() - extension.size());
  return std::string(stem) + suffix + std::string(extension);
}

}  // namespace podswarm::engine
