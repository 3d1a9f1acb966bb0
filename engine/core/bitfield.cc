#include "engine/core/bitfield.h"

#include <algorithm>
#include <bit>
#include <cassert>

namespace podswarm::engine {

namespace {

std::uint8_t mask(std::uint32_t index) {
  return static_cast<std::uint8_t>(0x80u >> (index & 7));
}

// The bits of the last byte that stand for no piece.
std::uint8_t spare_bits(std::uint32_t size) {
  return size % 8 == 0 ? std::uint8_t{0} : static_cast<std::uint8_t>(0xFFu >> (size % 8));
}

}  // namespace

Bitfield::Bitfield(std::uint32_t size, bool value) : bytes_((std::size_t{size} + 7) / 8), size_(size) {
  if (value) set_all();
}

std::optional<Bitfield> Bitfield::from_wire(base::ByteView bytes, std::uint32_t size) {
  if (bytes.size() != (std::size_t{size} + 7) / 8) return std::nullopt;
  if (!bytes.empty() && (bytes.back() & spare_bits(size)) != 0) return std::nullopt;
  Bitfield out(size);
  out.bytes_.assign(bytes.begin(), bytes.end());
  for (const std::uint8_t b : bytes) out.count_ += static_cast<std::uint32_t>(std::popcount(b));
  return out;
}

bool Bitfield::test(std::uint32_t index) const {
  assert(index < size_);
  return (bytes_[index / 8] & mask(index)) != 0;
}

bool Bitfield::set(std::uint32_t index) {
  if (test(index)) return false;
  bytes_[index / 8] = static_cast<std::uint8_t>(bytes_[index / 8] | mask(index));
  ++count_;
  return true;
}

bool Bitfield::reset(std::uint32_t index) {
  if (!test(index)) return false;
  bytes_[index / 8] = static_cast<std::uint8_t>(bytes_[index / 8] & ~mask(index));
  --count_;
  return true;
}

void Bitfield::set_all() {
  if (size_ == 0) return;
  std::fill(bytes_.begin(), bytes_.end(), std::uint8_t{0xFF});
  bytes_.back() = static_cast<std::uint8_t>(0xFFu & ~unsigned{spare_bits(size_)});
  count_ = size_;
}

void Bitfield::reset_all() {
  std::fill(bytes_.begin(), bytes_.end(), std::uint8_t{0});
  count_ = 0;
}

std::uint32_t Bitfield::next(std::uint32_t from, std::uint8_t flip) const {
  if (from >= size_) return size_;
  auto bits = static_cast<std::uint8_t>((bytes_[from / 8] ^ flip) & (0xFFu >> (from % 8)));
  for (std::size_t i = from / 8;;) {
    if (bits != 0)
      return std::min(size_, static_cast<std::uint32_t>(i * 8) + static_cast<std::uint32_t>(std::countl_zero(bits)));
    if (++i == bytes_.size()) return size_;
    bits = static_cast<std::uint8_t>(bytes_[i] ^ flip);
  }
}

std::uint32_t Bitfield::next_set(std::uint32_t from) const {
  return next(from, 0);
}
std::uint32_t Bitfield::next_clear(std::uint32_t from) const {
  return next(from, 0xFF);
}

}  // namespace podswarm::engine
