// HTTP/1.1 GET over TCP or TLS (RFC 9110, RFC 9112): redirects, cookies, chunked bodies, bodies pulled by the caller
// into its own buffers. TLS peers are always verified against the host's name (RFC 2818).
//
// Threads: everything here runs on the one thread that runs the io_context given to the client; handlers are called
// from it, never from inside the call that gets them. Nothing blocks it: names are resolved and certificates are
// loaded elsewhere.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/thread_pool.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "engine/core/http_head.h"
#include "engine/net/address_family.h"
#include "engine/net/resolver.h"

namespace podswarm::engine {

class CookieJar;
class HttpConnectionCache;

enum class HttpError {
  kBadUrl,     // not an http or https URL
  kResolve,    // no such host
  kConnect,    // refused, unreachable
  kTls,        // handshake or certificate
  kTimeout,    // connect or stall
  kRedirect,   // too many, or to somewhere that is not http
  kForbidden,  // a private address where those are not allowed
  kProtocol,   // not HTTP, or a head over the limits
  kShortRead,  // the connection ended before the body did
  kTooLarge,   // over the cap of get()
  kCaFile,     // the file of CAs cannot be read
};

template <class T>
using HttpResult = base::Result<T, HttpError>;

struct HttpRequest {
  std::string url;
  std::string user_agent;
  std::string user;           // Basic credentials; "" = the URL's userinfo. Sent to the first URL's host and port only,
  std::string password;       // and never from https down to http
  std::string token;          // a bearer token in their place
  std::string ca_file;        // instead of the system's CAs
  bool allow_private = true;  // else an address that is not public is refused, after each redirect too
  AddressFamily family = AddressFamily::kAny;         // else the host's other addresses are left out
  boost::asio::ip::address local_address;             // to call from, for hosts of its family; unspecified = any
  std::chrono::milliseconds connect_timeout{15'000};  // a hop's name lookup, connect and TLS handshake
  std::chrono::milliseconds stall_timeout{60'000};    // between two bytes received or sent
  int max_redirects = 20;
  std::vector<HttpField> fields;  // more to send, on each hop: Range, If-Range, Accept
  // Kept for the next request of the same download; null = one for this request alone.
  std::shared_ptr<CookieJar> cookies;
  // Connections that earlier requests with the same options have left open, and where this one leaves its own; null =
  // the connection is for this request alone.
  std::shared_ptr<HttpConnectionCache> connections;
};

struct HttpResponse {
  HttpHead head;
  std::string body;
};

// One GET with all its redirects. Destroying it, also from a handler, closes the connection: no handler is called
// afterwards. At most one of open() and read() may be under way.
class HttpExchange {
 public:
  using HeadHandler = std::function<void(HttpResult<HttpHead>)>;
  using ReadHandler = std::function<void(HttpResult<std::size_t>)>;

  virtual ~HttpExchange() = default;
  HttpExchange(const HttpExchange&) = delete;
  HttpExchange& operator=(const HttpExchange&) = delete;

  // Called once: sends the request and follows redirects until an answer that is none.
  virtual void open(HeadHandler on_head) = 0;
  // After a good open(): receives what is there, up to the buffer's size, into the caller's buffer, which must live
  // until the handler is called or the exchange is destroyed. 0 bytes = the body is whole. Not reading is the
  // back-pressure; the stall clock runs only while a read is under way.
  virtual void read(std::span<std::uint8_t> buffer, ReadHandler on_read) = 0;

 protected:
  HttpExchange() = default;
};

// A get() under way: destroying it cancels.
class HttpCall {
 public:
  virtual ~HttpCall() = default;
  HttpCall(const HttpCall&) = delete;
  HttpCall& operator=(const HttpCall&) = delete;

 protected:
  HttpCall() = default;
};

struct HttpClientOptions {
  LookupFunction lookup;                           // "" = the system's (getaddrinfo)
  std::chrono::milliseconds address_stagger{250};  // head start of an address over the next one (RFC 8305)
};

// Must outlive its exchanges and calls. `workers` load certificates; it must outlive the client.
class HttpClient {
 public:
  HttpClient(boost::asio::io_context& io, boost::asio::thread_pool& workers, HttpClientOptions options = {});
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  [[nodiscard]] std::unique_ptr<HttpExchange> exchange(HttpRequest request);

  // The whole answer, whatever its status, in memory. kTooLarge once the body is known to be over `max_bytes`;
  // kTimeout when it is not there after `deadline` (zero = no total limit).
  [[nodiscard]] std::unique_ptr<HttpCall> get(HttpRequest request, std::size_t max_bytes,
                                              std::chrono::milliseconds deadline,
                                              std::function<void(HttpResult<HttpResponse>)> on_done);

  // The name lookups that the client uses, for whoever needs one.
  [[nodiscard]] Resolver& resolver();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace podswarm::engine
