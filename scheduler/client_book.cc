#include "scheduler/client_book.h"

#include "base/bytes.h"
#include "engine/core/digest.h"

namespace podswarm::scheduler {

std::string token_hash(std::string_view token) {
  return base::to_hex(engine::sha256(base::as_bytes(token)));
}

void ClientBook::replace(const std::vector<db::ClientRow>& clients) {
  const std::lock_guard lock(mutex_);
  hashes_.clear();
  for (const auto& client : clients) hashes_.emplace_back(client.id, client.token_hash);
}

std::optional<std::int64_t> ClientBook::find(std::string_view token) const {
  const std::string hash = token_hash(token);
  std::optional<std::int64_t> found;
  const std::lock_guard lock(mutex_);
  for (const auto& [id, known] : hashes_) {
    unsigned difference = known.size() == hash.size() ? 0 : 1;
    for (std::size_t i = 0; i < known.size() && i < hash.size(); ++i) {
      difference |= static_cast<unsigned>(static_cast<unsigned char>(known[i]) ^ static_cast<unsigned char>(hash[i]));
    }
    if (difference == 0) found = id;
  }
  return found;
}

}  // namespace podswarm::scheduler
