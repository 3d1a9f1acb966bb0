// Speaks the daemon's API over HTTP on loopback (Poco). Blocking: for the command line, never for the network thread.
#pragma once

#include <chrono>

#include "base/result.h"
#include "web/api_types.h"
#include "web/daemon_address.h"

namespace podswarm::web {

enum class ClientError {
  kUnreachable,  // nobody listens
  kTimeout,
  kProtocol,  // an answer that is not HTTP, cut off, or over 64 MiB
};

class ApiClient {
 public:
  // `timeout` is for each silence, not for the whole answer.
  explicit ApiClient(DaemonAddress daemon, std::chrono::milliseconds timeout = std::chrono::minutes(2));

  // One request on one connection. Any status is an answer; 401 means that the token is an old one.
  [[nodiscard]] base::Result<ApiResponse, ClientError> call(const ApiRequest& request) const;

 private:
  DaemonAddress daemon_;
  std::chrono::milliseconds timeout_;
};

}  // namespace podswarm::web
