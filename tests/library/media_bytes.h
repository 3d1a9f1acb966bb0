// The smallest files of each kind that players and TagLib take for what they are: real headers and frames, a pattern
// for sound.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace podswarm::media {

// The i-th byte from the right; there may be more than the value has.
inline char byte_of(std::uint64_t value, int i) {
  return i < 8 ? static_cast<char>(value >> (8 * i)) : '\0';
}
inline std::string be(std::uint64_t value, int bytes) {
  std::string out;
  for (int i = bytes - 1; i >= 0; --i) out += byte_of(value, i);
  return out;
}
inline std::string le(std::uint64_t value, int bytes) {
  std::string out;
  for (int i = 0; i < bytes; ++i) out += byte_of(value, i);
  return out;
}
inline std::string noise(std::size_t size, unsigned seed) {
  std::string out;
  for (std::size_t i = 0; i < size; ++i) {
    seed = seed * 1103515245u + 12345u;
    out += static_cast<char>((seed >> 16) & 0x7F);  // never a frame's first byte
  }
  return out;
}

// MPEG-1 layer III at 128 kbit/s and 44.1 kHz: 417 bytes a frame, some 38 frames a second.
inline std::string make_mp3(int frames = 80, unsigned seed = 1) {
  std::string out;
  for (int i = 0; i < frames; ++i) {
    out += std::string("\xFF\xFB\x90\x00", 4) + noise(413, seed + static_cast<unsigned>(i));
  }
  return out;
}

inline std::string box(const std::string& name, const std::string& content) {
  return be(content.size() + 8, 4) + name + content;
}

// One sound track of two seconds (ISO/IEC 14496-12); the index before the sound, as for streaming.
inline std::string make_m4a(unsigned seed = 1) {
  const std::string sound = noise(4000, seed);
  const std::string matrix =
      be(0x10000, 4) + be(0, 12) + be(0x10000, 4) + be(0, 12) + be(0x40000000, 4);  // 9 numbers, the identity
  const std::string entry =
      box("mp4a", be(0, 6) + be(1, 2) + be(0, 8) + be(2, 2) + be(16, 2) + be(0, 4) + be(44'100ull << 16, 4));
  const auto moov = [&](std::uint64_t offset) {
    const std::string table = box("stbl", box("stsd", be(0, 4) + be(1, 4) + entry) +
                                              box("stts", be(0, 4) + be(1, 4) + be(1, 4) + be(88'200, 4)) +
                                              box("stsc", be(0, 4) + be(1, 4) + be(1, 4) + be(1, 4) + be(1, 4)) +
                                              box("stsz", be(0, 4) + be(0, 4) + be(1, 4) + be(sound.size(), 4)) +
                                              box("stco", be(0, 4) + be(1, 4) + be(offset, 4)));
    const std::string media =
        box("mdia", box("mdhd", be(0, 4) + be(0, 8) + be(44'100, 4) + be(88'200, 4) + be(0x55C4, 2) + be(0, 2)) +
                        box("hdlr", be(0, 4) + be(0, 4) + "soun" + be(0, 12) + std::string(1, '\0')) +
                        box("minf", box("smhd", be(0, 8)) + table));
    const std::string header = box("mvhd", be(0, 4) + be(0, 8) + be(1000, 4) + be(2000, 4) + be(0x10000, 4) +
                                               be(0x100, 2) + be(0, 10) + matrix + be(0, 24) + be(2, 4));
    const std::string track = box("tkhd", be(7, 4) + be(0, 8) + be(1, 4) + be(0, 4) + be(2000, 4) + be(0, 8) +
                                              be(0, 4) + be(0x100, 2) + be(0, 2) + matrix + be(0, 8));
    return box("moov", header + box("trak", track + media));
  };
  const std::string type = box("ftyp", "M4A " + be(0, 4) + "M4A isom");
  return type + moov(type.size() + moov(0).size() + 8) + box("mdat", sound);
}
// Where the chunk table says that the sound lies.
inline std::size_t m4a_sound_offset(std::string_view file) {
  const auto at = file.find("stco");
  if (at == std::string_view::npos) return 0;
  std::size_t offset = 0;
  for (std::size_t i = 0; i < 4; ++i) offset = offset << 8 | static_cast<unsigned char>(file[at + 12 + i]);
  return offset;
}

// STREAMINFO (RFC 9639 §8.2) of two seconds, and sound.
inline std::string make_flac(unsigned seed = 1) {
  const std::string info =
      be(4096, 2) + be(4096, 2) + be(0, 6) +
      be(std::uint64_t{44'100} << 44 | std::uint64_t{1} << 41 | std::uint64_t{15} << 36 | 88'200, 8) +
      std::string(16, '\0');
  return "fLaC" + be(0x80000000u | info.size(), 4) + info + "\xFF\xF8" + noise(4000, seed);
}

// An Ogg page (RFC 3533 §6) of whole packets shorter than 255 bytes each.
inline std::string ogg_page(int flags, std::uint64_t granule, std::uint32_t number,
                            const std::vector<std::string>& packets) {
  std::string lengths;
  std::string body;
  for (const auto& packet : packets) {
    std::size_t left = packet.size();
    for (; left >= 255; left -= 255) lengths += '\xFF';
    lengths += static_cast<char>(left);
    body += packet;
  }
  std::string page = "OggS" + be(0, 1) + be(static_cast<std::uint64_t>(flags), 1) + le(granule, 8) + le(7, 4) +
                     le(number, 4) + le(0, 4) + be(lengths.size(), 1) + lengths + body;
  std::uint32_t crc = 0;
  for (const char c : page) {
    crc ^= static_cast<std::uint32_t>(static_cast<unsigned char>(c)) << 24;
    for (int bit = 0; bit < 8; ++bit) crc = (crc & 0x80000000u) != 0 ? crc << 1 ^ 0x04C11DB7u : crc << 1;
  }
  return page.replace(22, 4, le(crc, 4));
}

// RFC 7845: two seconds at 48 kHz.
inline std::string make_opus(unsigned seed = 1) {
  const std::string head = "OpusHead" + be(1, 1) + be(2, 1) + le(0, 2) + le(48'000, 4) + le(0, 2) + be(0, 1);
  const std::string tags = "OpusTags" + le(4, 4) + "test" + le(0, 4);
  return ogg_page(2, 0, 0, {head}) + ogg_page(0, 0, 1, {tags}) +
         ogg_page(4, 96'000, 2, {noise(200, seed), noise(200, seed + 1)});
}

// Vorbis I §4.2: two seconds at 44.1 kHz.
inline std::string make_vorbis(unsigned seed = 1) {
  const std::string head = "\x01vorbis" + le(0, 4) + be(2, 1) + le(44'100, 4) + le(0, 4) + le(128'000, 4) + le(0, 4) +
                           be(0xB8, 1) + be(1, 1);
  const std::string tags = "\x03vorbis" + le(4, 4) + "test" + le(0, 4) + be(1, 1);
  return ogg_page(2, 0, 0, {head}) + ogg_page(0, 0, 1, {tags, "\x05vorbis" + noise(100, seed)}) +
         ogg_page(4, 88'200, 2, {noise(200, seed), noise(200, seed + 1)});
}

// A JPEG as far as its first bytes tell.
inline std::string make_jpeg(unsigned seed = 1) {
  return std::string("\xFF\xD8\xFF\xE0\x00\x10JFIF\x00", 11) + noise(500, seed) + "\xFF\xD9";
}

inline std::string make_webp(unsigned seed = 1) {
  return "RIFF" + le(512, 4) + "WEBPVP8 " + noise(500, seed);
}

}  // namespace podswarm::media
