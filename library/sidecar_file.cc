#include "library/sidecar_file.h"

#include <algorithm>
#include <boost/json/parse.hpp>

#include "base/bytes.h"
#include "base/file.h"
#include "base/text.h"
#include "library/media_type.h"
#include "library/place_tree.h"

namespace podswarm::library {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view kImages[] = {"jpg", "jpeg", "png", "webp", "gif"};
constexpr std::size_t kMaxLanguage = 16;
constexpr std::size_t kMaxSidecar = 64u << 20;

bool is_json(std::string_view text) {
  boost::json::error_code error;
  (void)boost::json::parse(text, error);
  return !error;
}

std::string_view without_mark(std::string_view text) {
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  return text;
}

bool is_page(std::string_view text) {
  const auto start = base::ascii_lower(base::trim(without_mark(text).substr(0, 512)));
  return start.starts_with("<!doctype html") || start.starts_with("<html");
}

// "en", "pt-BR", "zh-Hant"; "" for what is no language.
std::string language_part(std::string_view language) {
  const auto clean = base::trim(language);
  const bool good =
      !clean.empty() && clean.size() <= kMaxLanguage && std::all_of(clean.begin(), clean.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
      });
  return good ? "." + std::string(clean) : std::string();
}

std::string transcript_extension(const SidecarPlace& place, std::string_view content) {
  const auto type = base::ascii_lower(base::trim(std::string_view(place.type).substr(0, place.type.find(';'))));
  const auto text = without_mark(content);
  if (text.starts_with("WEBVTT")) return ".vtt";
  if (type.ends_with("json")) return is_json(text) ? ".json" : "";
  if (type == "text/html") return is_page(text) || text.find('<') != std::string_view::npos ? ".html" : "";
  if (type == "text/vtt" || is_page(text) || !base::is_valid_utf8(text)) return "";
  if (type.find("srt") != std::string::npos || type.find("subrip") != std::string::npos) {
    return text.find("-->") != std::string_view::npos ? ".srt" : "";
  }
  return type == "text/plain" ? ".txt" : "";
}

}  // namespace

std::string sidecar_ending(const SidecarPlace& place, std::string_view content) {
  switch (place.format) {
    case SidecarFormat::kCover: {
      const auto head = content.substr(0, kSniffBytes);
      const std::string extension = sniff_extension(base::as_bytes(head));
      const bool gif = head.starts_with("GIF8");
      const bool image = std::find(std::begin(kImages), std::end(kImages), extension) != std::end(kImages);
      return gif ? ".gif" : image ? "." + extension : "";
    }
    case SidecarFormat::kNfo:
      return ".nfo";
    case SidecarFormat::kInfo:
      return ".info.json";
    case SidecarFormat::kChapters:
      return is_json(content) ? ".chapters.json" : "";
    case SidecarFormat::kTranscript: {
      const auto extension = transcript_extension(place, content);
      return extension.empty() ? "" : language_part(place.language) + extension;
    }
  }
  return "";
}

base::Result<fs::path, PlaceError> write_sidecar(const SidecarPlace& place, std::string_view content) {
  const std::string ending = sidecar_ending(place, content);
  if (ending.empty()) return base::fail(PlaceError::kIo, place.name + ": what came is not what it should be");
  std::error_code error;
  if (!fs::is_directory(place.root, error)) {
    return base::fail(PlaceError::kSourceMissing, place.root.string() + ": the library folder is missing");
  }
  if (place.make_folder) {
    if (auto made = make_folders(place.folder); !made) return made.error();
  }
  const fs::path target = place.folder / (place.name + ending);
  if (fs::exists(fs::symlink_status(target, error))) {
    const auto there = base::read_file(target, kMaxSidecar);
    if (there && *there == content) return target;
    return base::fail(PlaceError::kCollision, target.string() + ": is there already");
  }
  const fs::path draft = place.folder / (".podswarm-" + collision_tag(target.string()) + ".sidecar");
  const auto about = [](const base::Failure<base::FileError>& failure) {
    return base::fail(failure.code == base::FileError::kNotFound  ? PlaceError::kSourceMissing
                      : failure.code == base::FileError::kExists  ? PlaceError::kCollision
                      : failure.code == base::FileError::kNoSpace ? PlaceError::kDiskFull
                                                                  : PlaceError::kIo,
                      failure.message);
  };
  if (auto written = base::write_file_atomically(draft, content); !written) return about(written.error());
  if (auto renamed = base::rename_without_replacing(draft, target); !renamed) {
    fs::remove(draft, error);
    return about(renamed.error());
  }
  return target;
}

fs::path cover_in(const fs::path& folder) {
  std::error_code error;
  for (const std::string_view name : {"cover", "folder"}) {
    for (const auto extension : kImages) {
      const fs::path file = folder / (std::string(name) + "." + std::string(extension));
      if (fs::is_regular_file(file, error)) return file;
    }
  }
  return {};
}

}  // namespace podswarm::library
