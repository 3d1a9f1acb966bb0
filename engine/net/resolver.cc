#include "engine/net/resolver.h"

#include <netdb.h>
#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <deque>
#include <map>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

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
  std::map<std::uint64_t, Handler> handlers;
  std::deque<std::pair<std::uint64_t, std::string>> waiting;

  // Under the mutex, where the io_context is not the caller's to vouch for.
  void post_answer(std::uint64_t id, bool from_thread, Lookup answer) {
    boost::asio::post(*io, [self = shared_from_this(), id, from_thread, answer = std::move(answer)]() mutable {
      if (from_thread) --self->threads;
      self->start_waiting();
      const auto found = self->handlers.find(id);
      if (found == self->handlers.end()) return;
      const Handler handler = std::move(found->second);
      self->handlers.erase(found);
      handler(std::move(answer));
    });
  }

  void run(std::uint64_t id, std::string host) {
    auto work = [self = shared_from_this(), ask = lookup, id, host = std::move(host)] {
      Lookup answer;
      try {
        answer = ask(host);
      } catch (const std::exception& error) {
        answer = {{}, error.what()};
      }
      const std::lock_guard lock(self->mutex);
      if (self->io != nullptr) self->post_answer(id, true, std::move(answer));
    };
    try {
      std::thread(std::move(work)).detach();
      ++threads;
    } catch (const std::system_error& error) {
      post_answer(id, false, {{}, std::string("cannot look up the host: ") + error.what()});
    }
  }

  void start_waiting() {
    while (threads < max_threads && !waiting.empty()) {
      auto [id, host] = std::move(waiting.front());
      waiting.pop_front();
      run(id, std::move(host));
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
  shared_->handlers.clear();
  const std::lock_guard lock(shared_->mutex);
  shared_->io = nullptr;
}

void Resolver::resolve(const std::string& host, Handler handler) {
  const std::uint64_t id = ++shared_->last_id;
  shared_->handlers.emplace(id, std::move(handler));
  boost::system::error_code error;
  const auto address = boost::asio::ip::make_address(host, error);
  if (!error) return shared_->post_answer(id, false, {{address}, {}});
  shared_->waiting.emplace_back(id, host);
  shared_->start_waiting();
}

}  // namespace podswarm::engine
