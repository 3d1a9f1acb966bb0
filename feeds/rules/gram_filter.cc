#include "feeds/rules/gram_filter.h"

#include <algorithm>
#include <bit>

namespace podswarm::rules {

namespace {

constexpr std::size_t kGramBytes = 4;
// Each byte of text sets up to four bits, so that an eighth of them or fewer are set.
constexpr std::size_t kBitsPerByte = 32;
constexpr unsigned kMinBitsLog2 = 11;
constexpr unsigned kMaxBitsLog2 = 21;

// `value` holds `length` bytes; sequences of different lengths are told apart.
std::uint32_t hash(std::uint32_t value, std::size_t length) {
  return (value ^ static_cast<std::uint32_t>(length) * 0x85EBCA6Bu) * 0x9E3779B1u;
}

std::uint32_t hash(std::string_view gram) {
  std::uint32_t value = 0;
  for (const char c : gram) value = value << 8 | static_cast<unsigned char>(c);
  return hash(value, gram.size());
}

}  // namespace

Grams grams_of(std::string_view literal) {
  Grams out;
  const std::size_t length = std::min(literal.size(), kGramBytes);
  const std::size_t last = literal.size() - length;
  for (std::size_t i = 0; i < out.hashes.size(); ++i) {
    out.hashes[i] = hash(literal.substr(last * i / (out.hashes.size() - 1), length));
  }
  return out;
}

void GramFilter::reset(std::size_t bytes) {
  const auto wanted = static_cast<unsigned>(std::bit_width(bytes * kBitsPerByte));
  const unsigned bits_log2 = std::clamp(wanted, kMinBitsLog2, kMaxBitsLog2);
  words_.assign(std::size_t{1} << (bits_log2 - 6), 0);
  shift_ = 32 - bits_log2;
}

void GramFilter::add(std::string_view text) {
  std::uint32_t window = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    window = window << 8 | static_cast<unsigned char>(text[i]);
    std::uint32_t mask = 0xFF;
    for (std::size_t length = 1; length <= std::min(i + 1, kGramBytes); ++length) {
      const std::uint32_t bit = hash(window & mask, length) >> shift_;
      words_[bit / 64] |= std::uint64_t{1} << (bit % 64);
      mask = mask << 8 | 0xFF;
    }
  }
}

}  // namespace podswarm::rules
