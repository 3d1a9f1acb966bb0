#include "engine/net/resolver.h"

#include <netdb.h>
#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <chrono>
#include <deque>
#include <map>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "engine/net/name_cache.h"

namespace podswarm::engine {

Lookup system_lookup(const std::string& host) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_ADDRCONFIG;
  addrinfo* list = nullptr;
  const int error = ::getaddrinfo(host.c_str(), nullptr, &hints, &list);
  if (error != 0) {
    const bool unknown = error == EAI_NONAME || error == EAI_NODATA;
    return {{},
            unknown ? std::string("no such host") : std::string("cannot look up the host: ") + ::gai_strerror(error)};
  }
  Lookup out;
  for (const addrinfo* entry = list; entry != nullptr; entry = entry->ai_next) {
    boost::asio::ip::tcp::endpoint endpoint;
    if (entry->ai_addrlen > endpoint.capacity()) continue;
    std::copy_n(reinterpret_cast<const std::uint8_t*>(entry->ai_addr), entry->ai_addrlen,
                reinterpret_cast<std::uint8_t*>(endpoint.data()));
    const auto address = endpoint.address();
    if (std::find(out.addresses.begin(), out.addresses.end(), address) == out.addresses.end()) {
      out.addresses.push_back(address);
    }
  }
  ::freeaddrinfo(list);
  if (out.addresses.empty()) out.error = "no such host";
  return out;
}

// Outlives the Resolver for as long as a lookup's thread holds it; `io` is null from then on. Handlers stay here, on
// the network thread: what they hold must not be destroyed elsewhere.
struct Resolver::Shared : std::enable_shared_from_this<Resolver::Shared> {
  std::mutex mutex;
  boost::asio::io_context* io = nullptr;  // guarded by mutex
  // The rest is the network thread's alone.
  LookupFunction lookup;
  std::size_t max_threads = 0;
  std::size_t threads = 0;
  std::uint64_t last_id = 0;
  NameCache cache;
  std::map<std::uint64_t, Handler> handlers;
  std::map<std::string, std::vector<std::uint64_t>> asked;  // who waits for a host, whether its turn has come or not
  std::deque<std::string> waiting;                          // hosts, for a thread

  void answer(std::uint64_t id, const Lookup& lookup_result) {
    const auto found = handlers.find(id);
    if (found == handlers.end()) return;
    const Handler handler = std::move(found->second);
    handlers.erase(found);
    handler(lookup_result);
  }

  void answer_all(const std::string& host, const Lookup& result) {
    cache.put(host, result, std::chrono::steady_clock::now());
    const auto ids = asked.extract(host);
    if (ids.empty()) return;
    for (const std::uint64_t id : ids.mapped()) answer(id, result);
  }

  void run(std::string host) {
    auto work = [self = shared_from_this(), ask = lookup, host] {
      Lookup result;
      try {
        result = ask(host);
      } catch (const std::exception& error) {
        result = {{}, error.what()};
      }
      const std::lock_guard lock(self->mutex);
      if (self->io == nullptr) return;
      boost::asio::post(*self->io, [self, host, result = std::move(result)] {
        --self->threads;
        self->start_waiting();
        self->answer_all(host, result);
      });
    };
    try {
      std::thread(std::move(work)).detach();
      ++threads;
    } catch (const std::system_error& error) {
      Lookup failed{{}, std::string("cannot look up the host: ") + error.what()};
      boost::asio::post(*io, [self = shared_from_this(), host = std::move(host), failed = std::move(failed)] {
        self->answer_all(host, failed);
      });
    }
  }

  void start_waiting() {
    while (threads < max_threads && !waiting.empty()) {
      std::string host = std::move(waiting.front());
      waiting.pop_front();
      run(std::move(host));
    }
  }
};

Resolver::Resolver(boost::asio::io_context& io, LookupFunction lookup, std::size_t max_threads)
    : shared_(std::make_shared<Shared>()) {
  shared_->io = &io;
  shared_->lookup = lookup ? std::move(lookup) : LookupFunction(system_lookup);
  shared_->max_threads = max_threads;
}

Resolver::~Resolver() {
  shared_->waiting.clear();
  shared_->asked.clear();
  shared_->handlers.clear();
  const std::lock_guard lock(shared_->mutex);
  shared_->io = nullptr;
}

void Resolver::resolve(const std::string& host, Handler handler) {
  const std::uint64_t id = ++shared_->last_id;
  shared_->handlers.emplace(id, std::move(handler));
  const auto post_answer = [this, id](Lookup lookup) {
    boost::asio::post(*shared_->io, [shared = shared_, id, lookup = std::move(lookup)] { shared->answer(id, lookup); });
  };
  boost::system::error_code error;
  const auto address = boost::asio::ip::make_address(host, error);
  if (!error) return post_answer({{address}, {}});
  if (const Lookup* known = shared_->cache.find(host, std::chrono::steady_clock::now())) return post_answer(*known);
  const auto [asked, first] = shared_->asked.try_emplace(host);
  asked->second.push_back(id);
  if (!first) return;
  shared_->waiting.push_back(host);
  shared_->start_waiting();
}

}  // namespace podswarm::engine
