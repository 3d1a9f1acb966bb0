#include "engine/core/digest.h"

#include <openssl/evp.h>

#include <algorithm>
#include <new>

namespace podswarm::engine {

namespace {

// Fetching an algorithm walks the providers, which costs more than hashing a block; so it happens once. Never freed:
// hashers of other threads may outlive static destruction.
template <std::size_t N>
const EVP_MD* algorithm() {
  static const EVP_MD* const md = EVP_MD_fetch(nullptr, N == 20 ? "SHA1" : "SHA256", nullptr);
  if (md == nullptr) throw std::bad_alloc();
  return md;
}

template <std::size_t N>
IncrementalDigest<N>& thread_hasher() {
  static thread_local IncrementalDigest<N> hasher;
  return hasher;
}

template <std::size_t N>
std::array<std::uint8_t, N> digest(base::ByteView data) {
  auto& hasher = thread_hasher<N>();
  hasher.update(data);
  return hasher.finish();
}

void check(int ok) {
  if (ok != 1) throw std::bad_alloc();  // the only way in which a digest in memory can fail
}

}  // namespace

template <std::size_t N>
void IncrementalDigest<N>::Free::operator()(evp_md_ctx_st* context) const {
  EVP_MD_CTX_free(context);
}

template <std::size_t N>
IncrementalDigest<N>::IncrementalDigest() : context_(EVP_MD_CTX_new()) {
  if (!context_) throw std::bad_alloc();
  check(EVP_DigestInit_ex2(context_.get(), algorithm<N>(), nullptr));
}

template <std::size_t N>
IncrementalDigest<N>::~IncrementalDigest() = default;
template <std::size_t N>
IncrementalDigest<N>::IncrementalDigest(IncrementalDigest&&) noexcept = default;
template <std::size_t N>
IncrementalDigest<N>& IncrementalDigest<N>::operator=(IncrementalDigest&&) noexcept = default;

template <std::size_t N>
void IncrementalDigest<N>::update(base::ByteView data) {
  check(EVP_DigestUpdate(context_.get(), data.data(), data.size()));
}

template <std::size_t N>
auto IncrementalDigest<N>::finish() -> Digest {
  Digest out{};
  check(EVP_DigestFinal_ex(context_.get(), out.data(), nullptr));
  check(EVP_DigestInit_ex2(context_.get(), nullptr, nullptr));
  return out;
}

template class IncrementalDigest<20>;
template class IncrementalDigest<32>;

Sha1Hash sha1(base::ByteView data) {
  return digest<20>(data);
}
Sha256Hash sha256(base::ByteView data) {
  return digest<32>(data);
}

InfoHash truncated(const Sha256Hash& hash) {
  InfoHash out{};
  std::copy_n(hash.begin(), out.size(), out.begin());
  return out;
}

}  // namespace podswarm::engine
