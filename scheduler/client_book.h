// Who may read the served library: the clients' token hashes, looked up by the server's threads without asking the
// scheduler's, so that strangers who knock cost it nothing. Thread-safe.
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "db/client_store.h"

namespace podswarm::scheduler {

// What is kept of a token: SHA-256, in hex. Tokens are random and long; nobody guesses one from its hash.
[[nodiscard]] std::string token_hash(std::string_view token);

class ClientBook {
 public:
  void replace(const std::vector<db::ClientRow>& clients);
  // The client's number. Takes as long whichever client it is, and for a near miss.
  [[nodiscard]] std::optional<std::int64_t> find(std::string_view token) const;

 private:
  mutable std::mutex mutex_;
  std::vector<std::pair<std::int64_t, std::string>> hashes_;
};

}  // namespace podswarm::scheduler
