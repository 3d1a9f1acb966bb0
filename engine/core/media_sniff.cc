#include "engine/core/media_sniff.h"

#include <algorithm>
#include <cctype>
#include <string>

#include "base/text.h"

namespace podswarm::engine {

namespace {

bool is_container(std::string_view head) {
  const auto at = [head](std::size_t offset, std::string_view magic) {
    return head.size() >= offset + magic.size() && head.substr(offset, magic.size()) == magic;
  };
  if (at(0, "ID3") || at(0, "fLaC") || at(0, "OggS") || at(0, "caff") || at(0, "MThd") || at(0, "wvpk") ||
      at(0, "FLV\x01")) {
    return true;
  }
  if (at(0, "\x1A\x45\xDF\xA3")) return true;  // Matroska, WebM
  if (at(0, "RIFF") && (at(8, "WAVE") || at(8, "AVI "))) return true;
  if (at(0, "FORM") && (at(8, "AIFF") || at(8, "AIFC"))) return true;
  if (at(4, "ftyp") || at(4, "moov") || at(4, "mdat") || at(4, "wide") || at(4, "free")) return true;  // MP4, QuickTime
  if (at(0, "\x30\x26\xB2\x75\x8E\x66\xCF\x11")) return true;                                          // ASF, WMA
  if (head.size() >= 2) {
    const auto b0 = static_cast<unsigned char>(head[0]), b1 = static_cast<unsigned char>(head[1]);
    if (b0 == 0xFF && (b1 & 0xE0) == 0xE0 && b1 != 0xFF && b1 != 0xFE) return true;  // MPEG audio, ADTS
  }
  return head.size() > 188 && head[0] == 'G' && head[188] == 'G';  // MPEG transport stream
}

// Of UTF-16 with a byte-order mark every other byte, so that its ASCII can be compared.
std::string narrow(std::string_view text) {
  const bool little = text.substr(0, 2) == "\xFF\xFE", big = text.substr(0, 2) == "\xFE\xFF";
  if (!little && !big) return std::string(text.substr(0, 3) == "\xEF\xBB\xBF" ? text.substr(3) : text);
  std::string out;
  for (std::size_t i = little ? 2 : 3; i < text.size(); i += 2) out += text[i];
  return out;
}

// Only a whole object or array that begins as JSON must: media that happens to begin with a brace is binary after it.
bool is_json(std::string_view text) {
  if (text.empty() || (text.front() != '{' && text.front() != '[')) return false;
  for (const char c : text) {
    const auto u = static_cast<unsigned char>(c);
    if (u < 0x20 && c != '\t' && c != '\n' && c != '\r') return false;
  }
  const std::string_view rest = base::trim(text.substr(1));
  if (rest.empty()) return true;
  static constexpr std::string_view kInArray = "]{[\"-0123456789tfn";
  return text.front() == '{' ? rest.front() == '"' || rest.front() == '}'
                             : kInArray.find(rest.front()) != std::string_view::npos;
}

BodyKind sniff_markup(std::string_view text) {
  // A comment may precede the element that tells.
  while (base::istarts_with(text, "<!--")) {
    const auto end = text.find("-->");
    if (end == std::string_view::npos) return BodyKind::kHtml;
    text = base::trim(text.substr(end + 3));
  }
  if (base::istarts_with(text, "<?xml")) {
    const std::string lower = base::ascii_lower(text);
    return lower.find("<html") != std::string::npos || lower.find("doctype html") != std::string::npos ? BodyKind::kHtml
                                                                                                       : BodyKind::kXml;
  }
  if (base::istarts_with(text, "<!doctype")) {
    return base::istarts_with(base::trim(text.substr(9)), "html") ? BodyKind::kHtml : BodyKind::kXml;
  }
  for (const std::string_view tag : {"<html", "<head", "<body", "<title", "<script", "<style", "<meta", "<div", "<p",
                                     "<h1", "<h2", "<table", "<br", "<center", "<iframe", "<a", "<link"}) {
    if (!base::istarts_with(text, tag)) continue;
    const char after = text.size() > tag.size() ? text[tag.size()] : '>';
    if (after == '>' || after == ' ' || after == '\t' || after == '\r' || after == '\n' || after == '/') {
      return BodyKind::kHtml;
    }
  }
  if (base::istarts_with(text, "<?php")) return BodyKind::kHtml;
  // <Error>, <rss …>, <ns:thing …>
  std::size_t i = 1;
  while (i < text.size() && (std::isalnum(static_cast<unsigned char>(text[i])) != 0 || text[i] == ':' ||
                             text[i] == '-' || text[i] == '_' || text[i] == '.')) {
    ++i;
  }
  const bool named = i > 1 && std::isalpha(static_cast<unsigned char>(text[1])) != 0 && i < text.size();
  const bool closed = named && (text[i] == '>' || text[i] == '/' || text[i] == ' ' || text[i] == '\n' ||
                                text[i] == '\r' || text[i] == '\t');
  return closed ? BodyKind::kXml : BodyKind::kUnknown;
}

}  // namespace

BodyKind sniff_body(base::ByteView beginning) {
  const std::string_view head = base::as_text(beginning.first(std::min(beginning.size(), kSniffBytes)));
  if (head.empty()) return BodyKind::kEmpty;
  if (is_container(head)) return BodyKind::kMedia;
  const std::string narrowed = narrow(head);
  const std::string_view text = base::trim(narrowed);
  if (text.empty()) return BodyKind::kUnknown;
  if (base::istarts_with(text, "#EXTM3U")) return BodyKind::kPlaylist;
  if (text.front() == '<') return sniff_markup(text);
  if (is_json(text)) return BodyKind::kJson;
  if (text.starts_with("d8:announce") || text.starts_with("d13:announce-list") || text.starts_with("d4:infod")) {
    return BodyKind::kTorrent;
  }
  return BodyKind::kUnknown;
}

bool is_surely_not_media(BodyKind kind) {
  switch (kind) {
    case BodyKind::kEmpty:
    case BodyKind::kHtml:
    case BodyKind::kXml:
    case BodyKind::kJson:
    case BodyKind::kPlaylist:
    case BodyKind::kTorrent:
      return true;
    case BodyKind::kMedia:
    case BodyKind::kUnknown:
      return false;
  }
  return false;
}

std::string_view describe(BodyKind kind) {
  switch (kind) {
    case BodyKind::kEmpty:
      return "an empty body";
    case BodyKind::kHtml:
      return "an HTML page";
    case BodyKind::kXml:
      return "an XML document";
    case BodyKind::kJson:
      return "a JSON document";
    case BodyKind::kPlaylist:
      return "an HLS or M3U playlist (#EXTM3U), which is a list of addresses";
    case BodyKind::kTorrent:
      return "a .torrent file";
    case BodyKind::kMedia:
      return "audio or video";
    case BodyKind::kUnknown:
      return "a file of unknown type";
  }
  return "";
}

}  // namespace podswarm::engine
