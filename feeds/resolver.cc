#include "feeds/resolver.h"

#include <netdb.h>

#include <condition_variable>
#include <cstring>
#include <memory>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>

namespace podswarm::feeds {

namespace {

struct LookUp {
  std::mutex mutex;
  std::condition_variable finished;
  std::optional<FetchResult<std::vector<Endpoint>>> result;
};

FetchResult<std::vector<Endpoint>> look_up(const std::string& host, std::uint16_t port, int flags) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = flags | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int error = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found);
  if (error != 0) return base::fail(FetchError::kResolve, std::string("cannot be resolved: ") + ::gai_strerror(error));
  std::vector<Endpoint> endpoints;
  for (const addrinfo* item = found; item != nullptr && endpoints.size() < kMaxEndpoints; item = item->ai_next) {
    if (item->ai_family != AF_INET && item->ai_family != AF_INET6) continue;
    Endpoint endpoint;
    std::memcpy(&endpoint.storage, item->ai_addr, item->ai_addrlen);
    endpoint.size = item->ai_addrlen;
    endpoints.push_back(endpoint);
  }
  ::freeaddrinfo(found);
  if (endpoints.empty()) return base::fail(FetchError::kResolve, "has no address");
  return endpoints;
}

}  // namespace

base::ByteView Endpoint::address() const {
  if (storage.ss_family == AF_INET) {
    return {reinterpret_cast<const std::uint8_t*>(&reinterpret_cast<const sockaddr_in*>(&storage)->sin_addr), 4};
  }
  if (storage.ss_family == AF_INET6) {
    return {reinterpret_cast<const std::uint8_t*>(&reinterpret_cast<const sockaddr_in6*>(&storage)->sin6_addr), 16};
  }
  return {};
}

FetchResult<std::vector<Endpoint>> resolve(const std::string& host, std::uint16_t port, const IoGuard& guard) {
  if (auto numeric = look_up(host, port, AI_NUMERICHOST)) return numeric;
  // getaddrinfo cannot be interrupted; its thread keeps the look-up alive and may finish after nobody waits.
  auto shared = std::make_shared<LookUp>();
  try {
    std::thread([shared, host, port] {
      auto result = look_up(host, port, 0);
      const std::lock_guard lock(shared->mutex);
      shared->result = std::move(result);
      shared->finished.notify_one();
    }).detach();
  } catch (const std::system_error& error) {
    return base::fail(FetchError::kResolve, std::string("cannot be resolved: ") + error.what());
  }
  std::unique_lock lock(shared->mutex);
  while (!shared->result) {
    if (auto failure = guard.check()) return *failure;
    shared->finished.wait_for(lock, guard.slice(base::SteadyTime::max()));
  }
  return std::move(*shared->result);
}

}  // namespace podswarm::feeds
