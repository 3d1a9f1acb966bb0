#include "library/media_type.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "base/url.h"

namespace podswarm::library {

namespace {

struct TypeName {
  std::string_view type;
  std::string_view extension;
};

// The first line of an extension is the type that it is served as.
constexpr std::array<TypeName, 60> kTypes = {{{"audio/mpeg", "mp3"},
                                              {"audio/mp3", "mp3"},
                                              {"audio/mpeg3", "mp3"},
                                              {"audio/x-mpeg", "mp3"},
                                              {"audio/x-mp3", "mp3"},
                                              {"audio/mpg", "mp3"},
                                              {"audio/mp4", "m4a"},
                                              {"audio/x-m4a", "m4a"},
                                              {"audio/m4a", "m4a"},
                                              {"audio/mp4a-latm", "m4a"},
                                              {"audio/x-m4b", "m4b"},
                                              {"audio/m4b", "m4b"},
                                              {"audio/aac", "aac"},
                                              {"audio/aacp", "aac"},
                                              {"audio/x-aac", "aac"},
                                              {"audio/ogg", "ogg"},
                                              {"application/ogg", "ogg"},
                                              {"audio/vorbis", "ogg"},
                                              {"audio/opus", "opus"},
                                              {"audio/flac", "flac"},
                                              {"audio/x-flac", "flac"},
                                              {"audio/wav", "wav"},
                                              {"audio/x-wav", "wav"},
                                              {"audio/wave", "wav"},
                                              {"audio/vnd.wave", "wav"},
                                              {"audio/aiff", "aiff"},
                                              {"audio/x-aiff", "aiff"},
                                              {"audio/x-ms-wma", "wma"},
                                              {"audio/webm", "weba"},
                                              {"audio/x-matroska", "mka"},
                                              {"audio/midi", "mid"},
                                              {"audio/amr", "amr"},
                                              {"audio/3gpp", "3gp"},
                                              {"video/mp4", "mp4"},
                                              {"video/x-mp4", "mp4"},
                                              {"video/x-m4v", "m4v"},
                                              {"video/m4v", "m4v"},
                                              {"video/quicktime", "mov"},
                                              {"video/x-matroska", "mkv"},
                                              {"video/matroska", "mkv"},
                                              {"video/webm", "webm"},
                                              {"video/ogg", "ogv"},
                                              {"video/x-msvideo", "avi"},
                                              {"video/avi", "avi"},
                                              {"video/vnd.avi", "avi"},
                                              {"video/mpeg", "mpg"},
                                              {"video/mp2t", "ts"},
                                              {"video/x-flv", "flv"},
                                              {"video/x-ms-wmv", "wmv"},
                                              {"video/x-ms-asf", "asf"},
                                              {"video/3gpp", "3gp"},
                                              {"application/pdf", "pdf"},
                                              {"application/epub+zip", "epub"},
                                              {"application/zip", "zip"},
                                              {"application/x-zip-compressed", "zip"},
                                              {"image/jpeg", "jpg"},
                                              {"image/png", "png"},
                                              {"image/webp", "webp"},
                                              {"image/gif", "gif"},
                                              {"application/x-bittorrent", "torrent"}}};

// Names that are media files but none of which is its type's usual one.
constexpr std::array<TypeName, 7> kOtherNames = {{{"audio/ogg", "oga"},
                                                  {"audio/aiff", "aif"},
                                                  {"video/mpeg", "mpeg"},
                                                  {"video/mp2t", "m2ts"},
                                                  {"image/jpeg", "jpeg"},
                                                  {"audio/mpeg", "mp2"},
                                                  {"audio/mpeg", "mpga"}}};

bool at(base::ByteView head, std::size_t offset, std::string_view magic) {
  return head.size() >= offset + magic.size() && base::as_text(head.subspan(offset, magic.size())) == magic;
}

bool contains(base::ByteView head, std::string_view text) {
  return base::as_text(head).find(text) != std::string_view::npos;
}

// ISO base media: the brand tells what is in it (ISO/IEC 14496-12 §4.3).
std::string mp4_extension(base::ByteView head) {
  if (at(head, 8, "M4A ")) return "m4a";
  if (at(head, 8, "M4B ")) return "m4b";
  if (at(head, 8, "M4V ") || at(head, 8, "M4VH") || at(head, 8, "M4VP")) return "m4v";
  if (at(head, 8, "qt  ")) return "mov";
  if (at(head, 8, "3gp") || at(head, 8, "3g2")) return "3gp";
  if (at(head, 8, "avif") || at(head, 8, "heic") || at(head, 8, "mif1")) return "";
  return "mp4";
}

// An MPEG audio or ADTS frame's header: eleven or twelve set bits, and fields that are not reserved.
std::string mpeg_frame_extension(base::ByteView head) {
  if (head.size() < 4 || head[0] != 0xFF) return "";
  if ((head[1] & 0xF6) == 0xF0) return ((head[2] >> 2) & 0x0F) <= 12 ? "aac" : "";  // layer bits 00: ADTS
  const bool frame = (head[1] & 0xE0) == 0xE0 && (head[1] & 0x18) != 0x08 && (head[1] & 0x06) != 0 &&
                     (head[2] & 0xF0) != 0xF0 && (head[2] & 0x0C) != 0x0C;
  return frame ? "mp3" : "";
}

}  // namespace

std::string sniff_extension(base::ByteView head) {
  using namespace std::string_view_literals;
  if (at(head, 0, "ID3")) return "mp3";
  if (at(head, 4, "ftyp")) return mp4_extension(head);
  if (at(head, 0, "OggS")) {
    if (at(head, 28, "OpusHead")) return "opus";
    return at(head, 28, "\x80theora"sv) || contains(head, "theora") ? "ogv" : "ogg";
  }
  if (at(head, 0, "fLaC")) return "flac";
  if (at(head, 0, "RIFF") && at(head, 8, "WAVE")) return "wav";
  if (at(head, 0, "RIFF") && at(head, 8, "AVI ")) return "avi";
  if (at(head, 0, "RIFF") && at(head, 8, "WEBP")) return "webp";
  if (at(head, 0, "FORM") && (at(head, 8, "AIFF") || at(head, 8, "AIFC"))) return "aiff";
  if (at(head, 0, "\x1A\x45\xDF\xA3"sv)) return contains(head, "webm") ? "webm" : "mkv";
  if (at(head, 0, "FLV\x01"sv)) return "flv";
  if (at(head, 0, "\x30\x26\xB2\x75\x8E\x66\xCF\x11"sv)) return "";  // ASF: sound or picture, the declaration knows
  if (at(head, 0, "\x00\x00\x01\xBA"sv) || at(head, 0, "\x00\x00\x01\xB3"sv)) return "mpg";
  if (head.size() > 376 && head[0] == 0x47 && head[188] == 0x47 && head[376] == 0x47) return "ts";
  if (at(head, 0, "%PDF-")) return "pdf";
  if (at(head, 0, "PK\x03\x04"sv)) return contains(head, "application/epub+zip") ? "epub" : "zip";
  if (at(head, 0, "\xFF\xD8\xFF"sv)) return "jpg";
  if (at(head, 0, "\x89PNG\r\n\x1A\n"sv)) return "png";
  if (at(head, 0, "#!AMR")) return "amr";
  if (at(head, 0, "MThd")) return "mid";
  return mpeg_frame_extension(head);
}

std::string extension_of_type(std::string_view mime_type) {
  const std::string type = base::ascii_lower(base::trim(mime_type.substr(0, mime_type.find(';'))));
  // audio/ogg; codecs=opus
  if (type == "audio/ogg" && base::ascii_lower(mime_type).find("opus") != std::string::npos) return "opus";
  const auto* found = std::find_if(kTypes.begin(), kTypes.end(), [&](const TypeName& t) { return t.type == type; });
  return found == kTypes.end() ? "" : std::string(found->extension);
}

std::string extension_of_name(std::string_view url_or_name) {
  std::string name = base::url_file_name(url_or_name);
  if (name.empty()) name = url_or_name;
  const auto dot = name.rfind('.');
  if (dot == std::string::npos || dot + 1 == name.size()) return "";
  std::string extension = base::ascii_lower(name.substr(dot + 1));
  return type_of_extension(extension) == "application/octet-stream" ? "" : extension;
}

std::string choose_extension(base::ByteView head, std::string_view mime_type, std::string_view url_or_name) {
  const std::string declared = extension_of_type(mime_type);
  const std::string named = extension_of_name(url_or_name);
  const std::string sniffed = sniff_extension(head);
  const auto audio_mp4 = [](const std::string& extension) { return extension == "m4a" || extension == "m4b"; };
  if (sniffed == "mp4" || sniffed == "m4a") {
    // Many encoders write the general brand into files that only hold sound, and m4a into audio books.
    if (audio_mp4(named)) return named;
    if (audio_mp4(declared)) return declared;
    if (sniffed == "mp4" && base::istarts_with(base::trim(mime_type), "audio/")) return "m4a";
    if (sniffed == "mp4" && (named == "m4v" || declared == "m4v")) return "m4v";
  }
  if (sniffed == "mkv" && (declared == "mka" || named == "mka")) return "mka";
  if (sniffed == "webm" && (declared == "weba" || named == "weba")) return "weba";
  if (sniffed == "mp3" && declared == "aac" && at(head, 0, "ID3")) return "aac";  // ADTS may carry an ID3 tag as well
  if (!sniffed.empty()) return sniffed;
  if (!declared.empty()) return declared;
  return named.empty() ? "bin" : named;
}

std::string_view type_of_extension(std::string_view extension) {
  const std::string wanted = base::ascii_lower(extension);
  for (const auto& entry : kTypes) {
    if (entry.extension == wanted) return entry.type;
  }
  for (const auto& entry : kOtherNames) {
    if (entry.extension == wanted) return entry.type;
  }
  return "application/octet-stream";
}

}  // namespace podswarm::library
