// SHA-1 (BEP 3) and SHA-256 (BEP 52) over OpenSSL. The digests are pure values; an incremental hasher belongs to one
// thread at a time, the one-shot functions may be called from any thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>

#include "base/bytes.h"

struct evp_md_ctx_st;

namespace podswarm::engine {

using Sha1Hash = std::array<std::uint8_t, 20>;
using Sha256Hash = std::array<std::uint8_t, 32>;

// What names a torrent on the wire, in announces and in the DHT: the SHA-1 of a v1 info dictionary, or the first 20
// bytes of the SHA-256 of a v2 one.
using InfoHash = Sha1Hash;

// The digests are uniformly spread: eight bytes of one are a good hash.
struct DigestHasher {
  template <std::size_t N>
  [[nodiscard]] std::size_t operator()(const std::array<std::uint8_t, N>& digest) const {
    return static_cast<std::size_t>(base::load_be64(digest.data()));
  }
};

[[nodiscard]] Sha1Hash sha1(base::ByteView data);
[[nodiscard]] Sha256Hash sha256(base::ByteView data);

// The first 20 bytes (BEP 52: v2 hashes where 20 bytes are wanted).
[[nodiscard]] InfoHash truncated(const Sha256Hash& hash);

// Hashes what comes in pieces. After finish() it is as new, so that one object serves many digests without allocation.
template <std::size_t N>
class IncrementalDigest {
 public:
  using Digest = std::array<std::uint8_t, N>;

  IncrementalDigest();
  ~IncrementalDigest();
  IncrementalDigest(IncrementalDigest&&) noexcept;
  IncrementalDigest& operator=(IncrementalDigest&&) noexcept;

  void update(base::ByteView data);
  [[nodiscard]] Digest finish();

 private:
  struct Free {
    void operator()(evp_md_ctx_st* context) const;
  };
  std::unique_ptr<evp_md_ctx_st, Free> context_;
};

extern template class IncrementalDigest<20>;
extern template class IncrementalDigest<32>;
using Sha1 = IncrementalDigest<20>;
using Sha256 = IncrementalDigest<32>;

}  // namespace podswarm::engine
