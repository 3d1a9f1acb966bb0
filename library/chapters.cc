#include "library/chapters.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <taglib/chapterframe.h>
#include <taglib/id3v2header.h>
#include <taglib/id3v2tag.h>
#include <taglib/mpegfile.h>
#include <taglib/tableofcontentsframe.h>
#include <taglib/textidentificationframe.h>
#include <taglib/urllinkframe.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <memory>
#include <optional>

#include "base/bytes.h"
#include "base/file.h"
#include "base/text.h"
#include "library/library.h"
#include "library/media_type.h"
#include "library/place_tree.h"

namespace podswarm::library {

namespace fs = std::filesystem;
namespace json = boost::json;
using std::chrono::milliseconds;

namespace {

constexpr std::size_t kMostChapters = 1000;
constexpr double kLatest = 7 * 24 * 3600.0;  // ID3 counts milliseconds in 32 bits
constexpr unsigned kNoOffset = 0xFFFFFFFF;   // "the time counts"

std::optional<milliseconds> time_at(const json::object& object, std::string_view key) {
  const auto* found = object.if_contains(key);
  if (found == nullptr || !found->is_number()) return std::nullopt;
  const double seconds = found->to_number<double>();
  if (!std::isfinite(seconds) || seconds < 0 || seconds > kLatest) return std::nullopt;
  return milliseconds(std::llround(seconds * 1000));
}

std::string text_at(const json::object& object, std::string_view key) {
  const auto* found = object.if_contains(key);
  if (found == nullptr || !found->is_string()) return {};
  const std::string mended = base::repair_utf8(std::string_view(found->get_string()));
  return std::string(base::utf8_prefix(base::trim(mended), kMaxTagBytes));
}

TagLib::String string_of(const std::string& text) {
  return {text, TagLib::String::UTF8};
}

bool is_mp3(const fs::path& file) {
  std::string head(kSniffBytes, '\0');
  std::ifstream in(file, std::ios::binary);
  in.read(head.data(), static_cast<std::streamsize>(head.size()));
  head.resize(static_cast<std::size_t>(in.gcount()));
  return sniff_extension(base::as_bytes(head)) == "mp3";
}

// Nothing where it is no MP3 with sound in it.
std::unique_ptr<TagLib::MPEG::File> open_mp3(const fs::path& path) {
  if (!is_mp3(path)) return nullptr;
  auto file = std::make_unique<TagLib::MPEG::File>(path.c_str());
  const auto* sound = file->isValid() ? file->audioProperties() : nullptr;
  return sound != nullptr && sound->sampleRate() > 0 ? std::move(file) : nullptr;
}

std::vector<Chapter> chapters_in(TagLib::MPEG::File& file) {
  std::vector<Chapter> out;
  if (!file.hasID3v2Tag()) return out;
  TagLib::ByteVectorList listed;
  for (auto* frame : file.ID3v2Tag()->frameList("CTOC")) {
    if (auto* table = dynamic_cast<TagLib::ID3v2::TableOfContentsFrame*>(frame)) listed.append(table->childElements());
  }
  for (auto* frame : file.ID3v2Tag()->frameList("CHAP")) {
    auto* found = dynamic_cast<TagLib::ID3v2::ChapterFrame*>(frame);
    if (found == nullptr) continue;
    Chapter chapter{milliseconds(found->startTime()), milliseconds(found->endTime()), {}, {},
                    listed.contains(found->elementID())};
    for (auto* inner : found->embeddedFrameList()) {
      if (auto* title = dynamic_cast<TagLib::ID3v2::TextIdentificationFrame*>(inner)) {
        chapter.title = title->toString().to8Bit(true);
      } else if (auto* link = dynamic_cast<TagLib::ID3v2::UserUrlLinkFrame*>(inner)) {
        chapter.url = link->url().to8Bit(true);
      }
    }
    out.push_back(std::move(chapter));
  }
  std::ranges::stable_sort(out, {}, &Chapter::start);
  return out;
}

// TagLib's tag and frames take what is made with release().
bool write_into(const fs::path& path, const std::vector<Chapter>& chapters) {
  const auto file = open_mp3(path);
  if (file == nullptr || file->readOnly()) return false;
  const bool had_old = file->hasID3v2Tag() && file->ID3v2Tag()->header()->majorVersion() == 3;
  auto* tag = file->ID3v2Tag(true);
  tag->removeFrames("CHAP");
  tag->removeFrames("CTOC");
  TagLib::ByteVectorList listed;
  for (std::size_t i = 0; i < chapters.size(); ++i) {
    const auto& chapter = chapters[i];
    const std::string id = "ch" + std::to_string(i);
    const TagLib::ByteVector element(id.data(), static_cast<unsigned>(id.size()));  // TagLib ends it with a 0
    auto frame = std::make_unique<TagLib::ID3v2::ChapterFrame>(element, static_cast<unsigned>(chapter.start.count()),
                                                               static_cast<unsigned>(chapter.end.count()), kNoOffset,
                                                               kNoOffset);
    if (!chapter.title.empty()) {
      auto title = std::make_unique<TagLib::ID3v2::TextIdentificationFrame>("TIT2", TagLib::String::UTF8);
      title->setText(string_of(chapter.title));
      frame->addEmbeddedFrame(title.release());
    }
    if (!chapter.url.empty()) {
      auto link = std::make_unique<TagLib::ID3v2::UserUrlLinkFrame>(TagLib::String::Latin1);
      link->setUrl(string_of(chapter.url));
      frame->addEmbeddedFrame(link.release());
    }
    if (chapter.listed) listed.append(element);
    tag->addFrame(frame.release());
  }
  auto table = std::make_unique<TagLib::ID3v2::TableOfContentsFrame>(TagLib::ByteVector("toc", 3), listed);
  table->setIsTopLevel(true);
  table->setIsOrdered(true);
  tag->addFrame(table.release());
  // A player that reads 2.3 alone has read this file so far.
  const int kinds = TagLib::MPEG::File::ID3v2 | (file->hasID3v1Tag() ? TagLib::MPEG::File::ID3v1 : 0);
  return file->save(kinds, TagLib::File::StripNone, had_old ? TagLib::ID3v2::v3 : TagLib::ID3v2::v4,
                    TagLib::File::DoNotDuplicate);
}

void fill_ends(std::vector<Chapter>& chapters, milliseconds length) {
  for (std::size_t i = 0; i < chapters.size(); ++i) {
    auto& chapter = chapters[i];
    if (chapter.end > chapter.start) continue;
    chapter.end = std::max(chapter.start, i + 1 < chapters.size() ? chapters[i + 1].start : length);
  }
}

// The copy in the place of the file, unless that has moved away.
base::Result<bool, TagError> put_in_place(const fs::path& draft, const fs::path& file, const struct stat& before) {
  const base::UniqueFd fd(::open(draft.c_str(), O_RDONLY | O_CLOEXEC));
  const timespec times[2] = {before.st_mtim, before.st_mtim};
  if (!fd || ::futimens(fd.get(), times) != 0 || ::fsync(fd.get()) != 0) {
    return base::fail(TagError::kIo, draft.string() + ": cannot be synced");
  }
  struct stat now {};
  if (::lstat(file.c_str(), &now) != 0 || now.st_ino != before.st_ino || now.st_dev != before.st_dev) return false;
  if (::rename(draft.c_str(), file.c_str()) != 0) {
    return base::fail(TagError::kIo, file.string() + ": its chapters cannot be put in place");
  }
  base::sync_folder(file.parent_path());
  return true;
}

}  // namespace

std::vector<Chapter> parse_chapters(std::string_view text) {
  json::error_code error;
  const json::value value = json::parse(text, error);
  const auto* object = error ? nullptr : value.if_object();
  const auto* list = object == nullptr ? nullptr : object->if_contains("chapters");
  if (list == nullptr || !list->is_array() || list->get_array().size() > kMostChapters) return {};
  std::vector<Chapter> out;
  for (const auto& entry : list->get_array()) {
    const auto* fields = entry.if_object();
    const auto start = fields == nullptr ? std::nullopt : time_at(*fields, "startTime");
    if (!start) continue;
    const auto* toc = fields->if_contains("toc");
    const bool hidden = toc != nullptr && toc->is_bool() && !toc->get_bool();
    out.push_back({*start, time_at(*fields, "endTime").value_or(milliseconds(0)), text_at(*fields, "title"),
                   text_at(*fields, "url"), !hidden});
  }
  std::ranges::stable_sort(out, {}, &Chapter::start);
  return out;
}

std::vector<Chapter> read_chapters(const fs::path& file) {
  const auto opened = open_mp3(file);
  return opened == nullptr ? std::vector<Chapter>{} : chapters_in(*opened);
}

base::Result<bool, TagError> embed_chapters(const fs::path& file, std::vector<Chapter> chapters, TagMode mode) {
  struct stat before {};
  if (chapters.empty() || ::lstat(file.c_str(), &before) != 0 || !S_ISREG(before.st_mode)) return false;
  {
    const auto opened = open_mp3(file);
    if (opened == nullptr) return base::fail(TagError::kUnsupported, file.string() + ": is no MP3");
    fill_ends(chapters, milliseconds(opened->audioProperties()->lengthInMilliseconds()));
    const auto there = chapters_in(*opened);
    if (there == chapters || (mode == TagMode::kMissing && !there.empty())) return false;
  }
  const fs::path draft = file.parent_path() / (".podswarm-" + collision_tag(file.string()) + ".chapters");
  std::error_code ignored;
  fs::remove(draft, ignored);
  const auto fail = [&](const std::string& message) {
    fs::remove(draft, ignored);
    return base::fail(TagError::kIo, message);
  };
  const auto tree = read_tree(file);
  if (!tree) return fail(tree.error().message);
  const auto copied = duplicate_tree(file, *tree, draft, false, std::nullopt);
  if (!copied) return fail(copied.error().message);
  // What cannot be read again is no file to put into a library.
  if (!write_into(draft, chapters) || read_chapters(draft).size() != chapters.size()) {
    return fail(file.string() + ": its chapters cannot be written");
  }
  auto placed = put_in_place(draft, file, before);
  if (!placed || !*placed) fs::remove(draft, ignored);
  return placed;
}

}  // namespace podswarm::library
