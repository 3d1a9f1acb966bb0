// A set of piece indices, stored as BEP 3's bitfield message has it: piece 0 is the highest bit of the first byte,
// spare bits are zero. A pure value.
#pragma once

#include <cstdint>
#include <optional>

#include "base/bytes.h"

namespace podswarm::engine {

class Bitfield {
 public:
  Bitfield() = default;
  explicit Bitfield(std::uint32_t size, bool value = false);

  // The message's payload for a torrent of `size` pieces: nothing when the length is wrong or a spare bit is set.
  [[nodiscard]] static std::optional<Bitfield> from_wire(base::ByteView bytes, std::uint32_t size);

  [[nodiscard]] std::uint32_t size() const { return size_; }
  // How many are set; kept, so it costs nothing.
  [[nodiscard]] std::uint32_t count() const { return count_; }
  [[nodiscard]] bool all() const { return count_ == size_; }
  [[nodiscard]] bool none() const { return count_ == 0; }

  // `index` must be below size().
  [[nodiscard]] bool test(std::uint32_t index) const;
  // True when it changed.
  bool set(std::uint32_t index);
  bool reset(std::uint32_t index);
  void set_all();
  void reset_all();

  // The first set (or clear) index at or after `from`; size() if there is none.
  [[nodiscard]] std::uint32_t next_set(std::uint32_t from) const;
  [[nodiscard]] std::uint32_t next_clear(std::uint32_t from) const;

  [[nodiscard]] base::ByteView bytes() const { return bytes_; }

  friend bool operator==(const Bitfield& a, const Bitfield& b) { return a.size_ == b.size_ && a.bytes_ == b.bytes_; }

 private:
  [[nodiscard]] std::uint32_t next(std::uint32_t from, std::uint8_t flip) const;

  base::Bytes bytes_;
  std::uint32_t size_ = 0;
  std::uint32_t count_ = 0;
};

}  // namespace podswarm::engine
