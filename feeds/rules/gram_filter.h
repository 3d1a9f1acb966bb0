// Whether a text can contain a literal, answered from a few bits: a Bloom filter of the text's byte sequences of one to
// four bytes. "No" is certain; "yes" is wrong now and then. Pure.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

namespace podswarm::rules {

// A literal to look for, hashed beforehand.
struct Grams {
  std::array<std::uint32_t, 4> hashes{};
};

// `literal` is not empty.
[[nodiscard]] Grams grams_of(std::string_view literal);

class GramFilter {
 public:
  // Holds nothing afterwards, and is as large as texts of `bytes` in all ask for.
  void reset(std::size_t bytes);
  void add(std::string_view text);
  // True wherever one of the texts that were added contains the literal.
  [[nodiscard]] bool may_contain(const Grams& literal) const {
    // All four, whatever the first says: a branch that is hard to foretell costs more.
    const auto& h = literal.hashes;
    return (bit(h[0]) & bit(h[1]) & bit(h[2]) & bit(h[3]) & 1u) != 0;
  }

 private:
  // In the lowest place.
  [[nodiscard]] std::uint64_t bit(std::uint32_t hash) const {
    const std::uint32_t at = hash >> shift_;
    return words_[at / 64] >> (at % 64);
  }

  std::vector<std::uint64_t> words_;
  unsigned shift_ = 0;
};

}  // namespace podswarm::rules
