#include "tests/e2e/support/content.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <openssl/evp.h>

#include <ctime>
#include <random>
#include <stdexcept>

namespace podswarm::test {

namespace {

std::string sha1(std::string_view data) {
  std::string digest(20, '\0');
  unsigned size = 0;
  if (EVP_Digest(data.data(), data.size(), reinterpret_cast<unsigned char*>(digest.data()), &size, EVP_sha1(),
                 nullptr) != 1) {
    throw std::runtime_error("no SHA-1");
  }
  return digest;
}

std::string hex(std::string_view data) {
  std::string out;
  for (const char c : data) out += fmt::format("{:02x}", static_cast<unsigned char>(c));
  return out;
}

std::string text(std::string_view value) {
  return fmt::format("{}:{}", value.size(), value);
}

std::string piece_hashes(std::string_view content, std::size_t piece_length) {
  std::string out;
  for (std::size_t at = 0; at < content.size(); at += piece_length) out += sha1(content.substr(at, piece_length));
  return out;
}

Torrent finish(const std::string& info, const std::string& announce_url) {
  const std::string announce = announce_url.empty() ? "" : "8:announce" + text(announce_url);
  return {"d" + announce + "4:info" + info + "e", hex(sha1(info))};
}

void put_le(std::string& out, std::size_t value, int bytes) {
  for (int i = 0; i < bytes; ++i) out += static_cast<char>(value >> (8 * i));
}

}  // namespace

std::string make_wav(std::size_t bytes, std::uint32_t seed) {
  constexpr std::size_t kHeader = 44;
  constexpr std::size_t kRate = 44'100;
  std::string out = "RIFF";
  put_le(out, bytes - 8, 4);
  out += "WAVEfmt ";
  put_le(out, 16, 4);
  put_le(out, 1, 2);  // PCM
  put_le(out, 1, 2);  // channels
  put_le(out, kRate, 4);
  put_le(out, kRate * 2, 4);
  put_le(out, 2, 2);
  put_le(out, 16, 2);
  out += "data";
  put_le(out, bytes - kHeader, 4);
  std::mt19937 random(seed);
  while (out.size() < bytes) out += static_cast<char>(random());
  return out;
}

Torrent make_torrent(const std::string& name, const std::string& content, const std::string& announce_url,
                     std::size_t piece_length) {
  return finish(fmt::format("d6:lengthi{}e4:name{}12:piece lengthi{}e6:pieces{}e", content.size(), text(name),
                            piece_length, text(piece_hashes(content, piece_length))),
                announce_url);
}

Torrent make_torrent(const std::string& name, const std::vector<TorrentFile>& files, std::size_t piece_length) {
  std::string list;
  std::string content;
  for (const auto& file : files) {
    std::string path;
    for (const auto& part : file.path) path += text(part);
    list += fmt::format("d6:lengthi{}e4:pathl{}ee", file.content.size(), path);
    content += file.content;
  }
  return finish(fmt::format("d5:filesl{}e4:name{}12:piece lengthi{}e6:pieces{}e", list, text(name), piece_length,
                            text(piece_hashes(content, piece_length))),
                "");
}

std::string make_feed(const std::string& title, const std::vector<Item>& items) {
  std::string out = fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<rss version=\"2.0\"><channel><title>{}</title>"
      "<link>https://example.org/</link><description>{}</description>\n",
      title, title);
  std::time_t published = 1'795'158'000;  // 2026-11-20
  for (const auto& item : items) {
    out += fmt::format(
        "<item><title>{0}</title><guid isPermaLink=\"false\">guid of {0}</guid><pubDate>{1:%a, %d %b %Y %H:%M:%S} "
        "GMT</pubDate><enclosure url=\"{2}\" type=\"{3}\" length=\"0\"/></item>\n",
        item.title, fmt::gmtime(published), item.url, item.type);
    published -= 24 * 60 * 60;
  }
  return out + "</channel></rss>\n";
}

}  // namespace podswarm::test
