#include "web/api_client.h"

#include <Poco/Exception.h>
#include <Poco/Net/HTTPClientSession.h>
#include <Poco/Net/HTTPRequest.h>
#include <Poco/Net/HTTPResponse.h>
#include <Poco/Net/NetException.h>
#include <Poco/Net/SocketAddress.h>
#include <fmt/format.h>
#include <pthread.h>
#include <signal.h>

#include <algorithm>
#include <ctime>
#include <utility>

#include "base/bytes.h"
#include "base/text.h"

namespace podswarm::web {

namespace {

constexpr std::size_t kMaxAnswerBytes = 64u << 20;

// A daemon that goes away in the middle of a request must be an error here, not a signal that ends the program; and
// the program's own choice about SIGPIPE, for its standard output, must stand.
class NoSigpipe {
 public:
  NoSigpipe() {
    ::sigemptyset(&pipe_);
    ::sigaddset(&pipe_, SIGPIPE);
    sigset_t pending;
    ::sigpending(&pending);
    was_pending_ = ::sigismember(&pending, SIGPIPE) == 1;
    ::pthread_sigmask(SIG_BLOCK, &pipe_, &before_);
  }
  ~NoSigpipe() {
    const timespec at_once{};
    if (!was_pending_) ::sigtimedwait(&pipe_, nullptr, &at_once);
    ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }
  NoSigpipe(const NoSigpipe&) = delete;
  NoSigpipe& operator=(const NoSigpipe&) = delete;

 private:
  sigset_t pipe_{};
  sigset_t before_{};
  bool was_pending_ = false;
};

Poco::Timespan poco_timespan(std::chrono::milliseconds duration) {
  return Poco::Timespan(std::chrono::duration_cast<std::chrono::microseconds>(duration).count());
}

// Slashes stand; the rest of each segment is encoded.
std::string target_of(const ApiRequest& request) {
  std::string target;
  for (const auto segment : base::split(request.path, '/')) {
    if (!target.empty() || !segment.empty()) target += base::percent_encode(segment);
    target += '/';
  }
  if (!target.empty()) target.pop_back();
  char separator = '?';
  for (const auto& [name, value] : request.query) {
    target += separator + base::percent_encode(name) + "=" + base::percent_encode(value);
    separator = '&';
  }
  return target;
}

}  // namespace

ApiClient::ApiClient(DaemonAddress daemon, std::chrono::milliseconds timeout)
    : daemon_(std::move(daemon)), timeout_(timeout) {}

base::Result<ApiResponse, ClientError> ApiClient::call(const ApiRequest& request) const {
  const NoSigpipe no_sigpipe;
  const auto failed = [&](ClientError code, std::string_view why) {
    return base::fail(code, fmt::format("the daemon at {}:{}: {}", daemon_.address, daemon_.port, why));
  };
  try {
    Poco::Net::HTTPClientSession session(Poco::Net::SocketAddress(daemon_.address, daemon_.port));
    // Whatever proxy the environment or the program sets is for others.
    session.setProxyConfig({});
    session.setTimeout(poco_timespan(timeout_), poco_timespan(timeout_), poco_timespan(timeout_));
    session.setKeepAlive(false);
    Poco::Net::HTTPRequest http_request(request.method, target_of(request), Poco::Net::HTTPMessage::HTTP_1_1);
    http_request.set("Authorization", "Bearer " + daemon_.token);
    http_request.set("Accept", "application/json");
    if (!request.body.empty()) http_request.setContentType("application/json");
    http_request.setContentLength64(static_cast<Poco::Int64>(request.body.size()));
    auto& out = session.sendRequest(http_request);
    // A daemon that refuses the request may answer and close before it has read the body; its answer says more than
    // the failed write.
    out.write(request.body.data(), static_cast<std::streamsize>(request.body.size()));
    out.flush();

    Poco::Net::HTTPResponse http_response;
    auto* in = session.receiveResponse(http_response).rdbuf();
    ApiResponse response;
    response.status = http_response.getStatus();
    response.content_type = http_response.getContentType();
    char buffer[16 * 1024];
    for (std::streamsize size = sizeof buffer; size == sizeof buffer;) {
      size = in->sgetn(buffer, sizeof buffer);  // less only at the end, after which Poco must not be asked again
      response.body.append(buffer, static_cast<std::size_t>(std::max<std::streamsize>(size, 0)));
      if (response.body.size() > kMaxAnswerBytes) return failed(ClientError::kProtocol, "its answer does not end");
    }
    const bool has_length = http_response.hasContentLength() && request.method != "HEAD";
    if (has_length && std::cmp_not_equal(response.body.size(), http_response.getContentLength64())) {
      return failed(ClientError::kProtocol, "its answer was cut off");
    }
    return response;
  } catch (const Poco::TimeoutException&) {
    return failed(ClientError::kTimeout, fmt::format("no answer within {} ms", timeout_.count()));
  } catch (const Poco::Net::ConnectionRefusedException&) {
    return failed(ClientError::kUnreachable, "it does not listen");
  } catch (const Poco::Net::ConnectionResetException&) {
    return failed(ClientError::kProtocol, "it closed the connection");
  } catch (const Poco::Exception& error) {
    return failed(ClientError::kProtocol, error.displayText());
  }
}

}  // namespace podswarm::web
