// Where an HTTP server of this program listens, and how patient it is. Plain values.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace podswarm::web {

enum class ServerError {
  kBadOption,  // not such an address as is wanted, an empty token
  kInUse,      // the port is taken
  kOther,
};

struct ListenerOptions {
  std::string address;                             // in numbers; "" = every one, of both families where there are two
  std::uint16_t port = 0;                          // 0: any free one
  int max_threads = 16;                            // requests at a time; more wait
  std::chrono::milliseconds io_timeout{15'000};    // a silent client in the middle of a request or an answer
  std::chrono::milliseconds idle_timeout{10'000};  // a kept-alive connection without a request
};

}  // namespace podswarm::web
