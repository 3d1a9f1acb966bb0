#include "library/tags.h"

#include <taglib/attachedpictureframe.h>
#include <taglib/flacfile.h>
#include <taglib/id3v2header.h>
#include <taglib/id3v2tag.h>
#include <taglib/mp4coverart.h>
#include <taglib/mp4file.h>
#include <taglib/mpegfile.h>
#include <taglib/oggflacfile.h>
#include <taglib/opusfile.h>
#include <taglib/tpropertymap.h>
#include <taglib/vorbisfile.h>
#include <taglib/xiphcomment.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <fstream>
#include <memory>

#include "base/bytes.h"
#include "base/text.h"
#include "library/media_type.h"

namespace podswarm::library {

namespace fs = std::filesystem;

namespace {

using TagLib::PropertyMap;
using TagLib::String;
using TagLib::StringList;

// Which names the properties have.
enum class Dialect { kId3, kMp4, kXiph };

struct Opened {
  std::unique_ptr<TagLib::File> file;
  Dialect dialect = Dialect::kId3;
  TagLib::Ogg::XiphComment* xiph = nullptr;  // of Ogg files, for their pictures
};

base::Failure<TagError> failure(const fs::path& file, TagError code, const std::string& what) {
  return base::fail(code, file.string() + ": " + what);
}

bool is_mp4(std::string_view extension) {
  return extension == "m4a" || extension == "m4b" || extension == "m4v" || extension == "mp4" || extension == "mov";
}

// An Ogg stream's first packet, behind the first page's header, names the codec (RFC 3533 §6, RFC 7845 §5.1).
bool names_codec(std::string_view head, std::string_view codec) {
  return head.substr(0, 64).find(codec) != std::string_view::npos;
}

template <class OggFile>
Opened opened_ogg(const fs::path& path, bool properties) {
  auto file = std::make_unique<OggFile>(path.c_str(), properties);
  auto* comment = file->isValid() ? static_cast<TagLib::Ogg::XiphComment*>(file->tag()) : nullptr;
  return {std::move(file), Dialect::kXiph, comment};
}

base::Result<Opened, TagError> open(const fs::path& path) {
  std::string head(kSniffBytes, '\0');
  std::ifstream in(path, std::ios::binary);
  if (!in) return failure(path, TagError::kIo, std::string("cannot read: ") + std::strerror(errno));
  in.read(head.data(), static_cast<std::streamsize>(head.size()));
  head.resize(static_cast<std::size_t>(in.gcount()));
  const std::string extension = sniff_extension(base::as_bytes(head));
  Opened opened;
  if (extension == "mp3") {
    opened = {std::make_unique<TagLib::MPEG::File>(path.c_str()), Dialect::kId3, nullptr};
  } else if (is_mp4(extension)) {
    opened = {std::make_unique<TagLib::MP4::File>(path.c_str()), Dialect::kMp4, nullptr};
  } else if (extension == "flac") {
    opened = {std::make_unique<TagLib::FLAC::File>(path.c_str()), Dialect::kXiph, nullptr};
  } else if (head.starts_with("OggS")) {
    if (names_codec(head, "OpusHead")) {
      opened = opened_ogg<TagLib::Ogg::Opus::File>(path, true);
    } else if (names_codec(head, "\x01vorbis")) {
      opened = opened_ogg<TagLib::Ogg::Vorbis::File>(path, true);
    } else if (names_codec(head,
                           "\x7f"
                           "FLAC")) {
      opened = opened_ogg<TagLib::Ogg::FLAC::File>(path, true);
    }
  }
  // Whatever follows an ID3 tag passes for an MP3 until it is seen to have frames.
  const auto* sound = opened.file && opened.file->isValid() ? opened.file->audioProperties() : nullptr;
  const bool video = opened.dialect == Dialect::kMp4;
  if (sound == nullptr || (!video && sound->sampleRate() <= 0)) {
    return failure(path, TagError::kUnsupported, "is no file that tags can be written into");
  }
  return opened;
}

// ---- properties ----

std::string text_of(const PropertyMap& map, const char* key) {
  const auto found = map.find(key);
  return found == map.end() || found->second.isEmpty() ? std::string() : found->second.front().to8Bit(true);
}

// "3" or "3/12".
std::optional<int> number_of(const PropertyMap& map, const char* key) {
  const std::string text = text_of(map, key);
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool whole = end == text.data() + text.size() || *end == '/';
  if (error != std::errc{} || !whole || number < 0) return std::nullopt;
  return number;
}

const char* comment_key(Dialect dialect) {
  return dialect == Dialect::kXiph ? "DESCRIPTION" : "COMMENT";
}

// What `tags` say, as properties of a file of this kind.
PropertyMap wanted_of(const Tags& tags, Dialect dialect) {
  PropertyMap wanted;
  const auto put = [&](const char* key, const std::string& text) {
    const std::string mended = base::repair_utf8(text);
    const auto cut = base::utf8_prefix(mended, kMaxTagBytes);
    if (!cut.empty()) wanted.replace(key, StringList(String(std::string(cut), String::UTF8)));
  };
  put("TITLE", tags.title);
  put("ALBUM", tags.album);
  put("ARTIST", tags.artist);
  put("GENRE", tags.genre);
  put("DATE", tags.date);
  put(comment_key(dialect), tags.comment);
  put("PODCASTID", tags.guid);
  put("PODCASTURL", tags.feed_url);
  if (tags.track) put("TRACKNUMBER", std::to_string(*tags.track));
  if (tags.disc) put("DISCNUMBER", std::to_string(*tags.disc));
  if (tags.podcast) {
    // In ID3 its being there is what counts; comments know no such flag.
    if (dialect == Dialect::kId3) wanted.replace("PODCAST", StringList());
    if (dialect == Dialect::kMp4) wanted.replace("PODCAST", StringList("1"));
  }
  return wanted;
}

// Those of `wanted` that the file is to get.
PropertyMap changes_to(const PropertyMap& present, const PropertyMap& wanted, TagMode mode) {
  PropertyMap changes;
  for (const auto& [key, values] : wanted) {
    const auto found = present.find(key);
    const bool flag = values.isEmpty();
    const bool there = found != present.end() && (flag || !text_of(present, key.toCString(true)).empty());
    if (there && (mode == TagMode::kMissing || flag || found->second.front() == values.front())) continue;
    changes.replace(key, values);
  }
  return changes;
}

// ---- pictures ----

std::string image_type(const Cover& cover) {
  const std::string extension = sniff_extension(base::as_bytes(cover).first(std::min(cover.size(), kSniffBytes)));
  return extension == "jpg" || extension == "png" || extension == "webp" ? std::string(type_of_extension(extension)) : std::string();
}

TagLib::ByteVector bytes_of(const Cover& cover) {
  return {cover.data(), static_cast<unsigned>(cover.size())};
}

// The pictures that are in the file.
std::vector<TagLib::ByteVector> pictures_of(const Opened& opened) {
  std::vector<TagLib::ByteVector> out;
  if (auto* mpeg = dynamic_cast<TagLib::MPEG::File*>(opened.file.get())) {
    if (!mpeg->hasID3v2Tag()) return out;
    for (auto* frame : mpeg->ID3v2Tag()->frameList("APIC")) {
      if (auto* picture = dynamic_cast<TagLib::ID3v2::AttachedPictureFrame*>(frame)) out.push_back(picture->picture());
    }
  } else if (auto* mp4 = dynamic_cast<TagLib::MP4::File*>(opened.file.get())) {
    if (!mp4->tag()->contains("covr")) return out;
    for (const auto& art : mp4->tag()->item("covr").toCoverArtList()) out.push_back(art.data());
  } else if (auto* flac = dynamic_cast<TagLib::FLAC::File*>(opened.file.get())) {
    for (const auto* picture : flac->pictureList()) out.push_back(picture->data());
  } else if (opened.xiph != nullptr) {
    for (const auto* picture : opened.xiph->pictureList()) out.push_back(picture->data());
  }
  return out;
}

bool lacks_cover(const Opened& opened, const Cover& cover, TagMode mode) {
  const std::string type = image_type(cover);
  if (cover.empty() || type.empty()) return false;
  // "covr" names the kinds that it may hold.
  const bool is_mp4 = dynamic_cast<TagLib::MP4::File*>(opened.file.get()) != nullptr;
  if (is_mp4 && type == "image/webp") return false;
  const auto there = pictures_of(opened);
  if (there.empty()) return true;
  return mode == TagMode::kOverwrite && std::find(there.begin(), there.end(), bytes_of(cover)) == there.end();
}

std::unique_ptr<TagLib::FLAC::Picture> flac_picture(const Cover& cover) {
  auto picture = std::make_unique<TagLib::FLAC::Picture>();
  picture->setType(TagLib::FLAC::Picture::FrontCover);
  picture->setMimeType(image_type(cover));
  picture->setData(bytes_of(cover));
  return picture;
}

// In place of those that are there. The files take what is made with release().
void set_cover(Opened& opened, const Cover& cover) {
  if (auto* mpeg = dynamic_cast<TagLib::MPEG::File*>(opened.file.get())) {
    auto* tag = mpeg->ID3v2Tag(true);
    tag->removeFrames("APIC");
    auto frame = std::make_unique<TagLib::ID3v2::AttachedPictureFrame>();
    frame->setType(TagLib::ID3v2::AttachedPictureFrame::FrontCover);
    frame->setMimeType(image_type(cover));
    frame->setPicture(bytes_of(cover));
    tag->addFrame(frame.release());
  } else if (auto* mp4 = dynamic_cast<TagLib::MP4::File*>(opened.file.get())) {
    const auto format = image_type(cover) == "image/png" ? TagLib::MP4::CoverArt::PNG : TagLib::MP4::CoverArt::JPEG;
    TagLib::MP4::CoverArtList list;
    list.append(TagLib::MP4::CoverArt(format, bytes_of(cover)));
    mp4->tag()->setItem("covr", TagLib::MP4::Item(list));
  } else if (auto* flac = dynamic_cast<TagLib::FLAC::File*>(opened.file.get())) {
    flac->removePictures();
    flac->addPicture(flac_picture(cover).release());
  } else if (opened.xiph != nullptr) {
    opened.xiph->removeAllPictures();
    opened.xiph->addPicture(flac_picture(cover).release());
  }
}

bool save(Opened& opened) {
  auto* mpeg = dynamic_cast<TagLib::MPEG::File*>(opened.file.get());
  if (mpeg == nullptr) return opened.file->save();
  // A player that reads 2.3 alone has read this file so far.
  const bool old = mpeg->hasID3v2Tag() && mpeg->ID3v2Tag()->header()->majorVersion() == 3;
  const int kinds = TagLib::MPEG::File::ID3v2 | (mpeg->hasID3v1Tag() ? TagLib::MPEG::File::ID3v1 : 0);
  return mpeg->save(kinds, TagLib::File::StripNone, old ? TagLib::ID3v2::v3 : TagLib::ID3v2::v4,
                    TagLib::File::DoNotDuplicate);
}

}  // namespace

base::Result<Tags, TagError> read_tags(const fs::path& file) {
  const auto opened = open(file);
  if (!opened) return opened.error();
  const PropertyMap map = opened->file->properties();
  Tags tags;
  tags.title = text_of(map, "TITLE");
  tags.album = text_of(map, "ALBUM");
  tags.artist = text_of(map, "ARTIST");
  tags.genre = text_of(map, "GENRE");
  tags.date = text_of(map, "DATE");
  tags.comment = text_of(map, comment_key(opened->dialect));
  tags.guid = text_of(map, "PODCASTID");
  tags.feed_url = text_of(map, "PODCASTURL");
  tags.track = number_of(map, "TRACKNUMBER");
  tags.disc = number_of(map, "DISCNUMBER");
  tags.podcast = map.contains("PODCAST");
  const auto length = opened->file->audioProperties()->lengthInMilliseconds();
  if (length > 0) tags.duration = std::chrono::seconds((length + 500) / 1000);
  return tags;
}

base::Result<bool, TagError> lacks_tags(const fs::path& file, const Tags& tags, TagMode mode, const Cover& cover) {
  const auto opened = open(file);
  if (!opened) return opened.error();
  const auto changes = changes_to(opened->file->properties(), wanted_of(tags, opened->dialect), mode);
  return !changes.isEmpty() || lacks_cover(*opened, cover, mode);
}

base::Result<bool, TagError> write_tags(const fs::path& file, const Tags& tags, TagMode mode, const Cover& cover) {
  auto opened = open(file);
  if (!opened) return opened.error();
  PropertyMap map = opened->file->properties();
  const auto changes = changes_to(map, wanted_of(tags, opened->dialect), mode);
  const bool with_cover = lacks_cover(*opened, cover, mode);
  if (changes.isEmpty() && !with_cover) return false;
  if (opened->file->readOnly()) return failure(file, TagError::kIo, "cannot be written to");
  for (const auto& [key, values] : changes) map.replace(key, values);
  opened->file->setProperties(map);
  if (with_cover) set_cover(*opened, cover);
  if (!save(*opened)) return failure(file, TagError::kIo, "its tags cannot be written");
  return true;
}

}  // namespace podswarm::library
