#include "feeds/http_session.h"

#include <Poco/Exception.h>
#include <Poco/Net/HTTPClientSession.h>
#include <Poco/Net/HTTPHeaderStream.h>
#include <Poco/Net/HTTPMessage.h>
#include <Poco/Net/HTTPRequest.h>
#include <Poco/Net/NetException.h>

#include <algorithm>
#include <optional>

#include "base/ip_range.h"
#include "base/text.h"
#include "feeds/guarded_socket.h"

namespace podswarm::feeds {

namespace {

constexpr std::size_t kMaxHeaderBytes = 256 * 1024;
constexpr int kMaxHeaderFields = 200;
constexpr int kMaxInterimAnswers = 10;  // 1xx before the real one

// A response's header. Poco's HTTPResponse keeps the status in an enum that has no room for all three-digit numbers,
// and some that it lacks are in wide use (520 to 530, of a large proxy). So the status line is read here, the fields by
// Poco.
class Answer final : public Poco::Net::HTTPMessage {
 public:
  [[nodiscard]] int status() const { return status_; }

  void read(std::istream& stream) override {
    std::string line;
    for (int c = stream.get(); c != '\n'; c = stream.get()) {
      if (c == std::istream::traits_type::eof() && line.empty()) throw Poco::Net::NoMessageException();
      if (c == std::istream::traits_type::eof() || line.size() == kMaxStatusLine) bad_status_line();
      line += static_cast<char>(c);
    }
    // HTTP/1.1 200 Reason
    const std::string_view text = base::trim(line);
    const auto digit = [&](std::size_t i) { return text[i] >= '0' && text[i] <= '9'; };
    if (text.size() < 12 || !text.starts_with("HTTP/1.") || !digit(7) || text[8] != ' ' || !digit(9) || !digit(10) ||
        !digit(11) || (text.size() > 12 && text[12] != ' ')) {
      bad_status_line();
    }
    status_ = (text[9] - '0') * 100 + (text[10] - '0') * 10 + (text[11] - '0');
    HTTPMessage::read(stream);
    // The empty line, up to which Poco has read; without it the header was cut off, which Poco does not mind.
    for (int c = stream.get(); c != '\n'; c = stream.get()) {
      if (c == std::istream::traits_type::eof()) throw Poco::Net::MessageException("the header is cut off");
    }
  }

 private:
  static constexpr std::size_t kMaxStatusLine = 4096;
  [[noreturn]] static void bad_status_line() { throw Poco::Net::MessageException("no status line"); }

  int status_ = 0;
};

// Opens what Poco keeps for its own streams: the header is read by Poco, the body by BodyReader.
class Session final : public Poco::Net::HTTPClientSession {
 public:
  explicit Session(const Poco::Net::StreamSocket& socket) : HTTPClientSession(socket) { setKeepAlive(false); }
  void read_header(Answer& response) {
    Poco::Net::HTTPHeaderInputStream stream(*this);
    response.read(stream);
  }
  using HTTPClientSession::read;
};

base::Failure<FetchError> at_host(const base::Url& url, base::Failure<FetchError> failure) {
  failure.message = url.authority() + ": " + failure.message;
  return failure;
}

std::vector<std::string> fields_of(const Answer& response, const std::string& name) {
  std::vector<std::string> values;
  for (auto field = response.find(name); field != response.end() && base::iequals(field->first, name); ++field) {
    values.emplace_back(base::trim(field->second));
  }
  return values;
}

FetchResult<std::vector<Endpoint>> endpoints_of(const base::Url& url, const ExchangeOptions& options,
                                                const FetchNetwork& network, const IoGuard& guard) {
  auto endpoints = network.resolve(url.host, url.port, guard);
  if (!endpoints || options.allow_private) return endpoints;
  std::erase_if(*endpoints, [&](const Endpoint& endpoint) { return !network.is_public(endpoint.address()); });
  if (endpoints->empty()) {
    return base::fail(FetchError::kForbidden, "is at a private address, which takes allow_private for this feed");
  }
  return endpoints;
}

}  // namespace

FetchNetwork FetchNetwork::system() {
  return {feeds::resolve, base::is_public_address};
}

struct HttpExchange::Impl {
  base::Url url;
  GuardedSocket* socket = nullptr;  // owned by the session
  std::optional<Session> session;
  Answer response;
  BodyReader body;

  // What the socket knows is nearer to the cause than what Poco made of it.
  [[nodiscard]] base::Failure<FetchError> failure(const Poco::Exception& error) const {
    if (socket->failure()) return at_host(url, *socket->failure());
    const bool silent = dynamic_cast<const Poco::Net::NoMessageException*>(&error) != nullptr;
    return at_host(url, base::fail(FetchError::kProtocol, silent ? "the server closed without an answer"
                                                                 : "the answer is not HTTP: " + error.displayText()));
  }

  FetchResult<void> exchange(const Headers& headers, const std::string* sent) {
    Poco::Net::HTTPRequest request(
        sent == nullptr ? Poco::Net::HTTPRequest::HTTP_GET : Poco::Net::HTTPRequest::HTTP_POST, url.target,
        Poco::Net::HTTPMessage::HTTP_1_1);
    request.set("Host", url.authority());
    for (const auto& [name, value] : headers) request.set(name, value);
    if (sent != nullptr) request.setContentLength64(static_cast<Poco::Int64>(sent->size()));
    auto& stream = session->sendRequest(request);
    if (sent != nullptr) stream.write(sent->data(), static_cast<std::streamsize>(sent->size()));
    session->flushRequest();
    socket->allow_bytes(kMaxHeaderBytes);
    response.setFieldLimit(kMaxHeaderFields);
    int interim = 0;
    do {
      if (++interim > kMaxInterimAnswers) {
        return at_host(url, base::fail(FetchError::kProtocol, "only interim answers come"));
      }
      response.clear();
      session->read_header(response);
    } while (response.status() >= 100 && response.status() < 200 && response.status() != 101);
    socket->allow_bytes(std::numeric_limits<std::size_t>::max());
    if (response.status() < 200 || response.status() > 599) {
      return at_host(url, base::fail(FetchError::kProtocol, "the answer is not HTTP"));
    }
    auto reader = BodyReader::start(response.status(), fields_of(response, "Transfer-Encoding"),
                                    fields_of(response, "Content-Length"));
    if (!reader) return at_host(url, reader.error());
    body = *reader;
    return {};
  }
};

HttpExchange::HttpExchange(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
HttpExchange::~HttpExchange() = default;

FetchResult<std::unique_ptr<HttpExchange>> HttpExchange::open(const base::Url& url, const Headers& headers,
                                                              const ExchangeOptions& options,
                                                              const FetchNetwork& network, const IoGuard& guard) {
  const auto endpoints = endpoints_of(url, options, network, guard);
  if (!endpoints) return at_host(url, endpoints.error());
  auto connected = connect_any(*endpoints, guard, options.connect_timeout);
  if (!connected) return at_host(url, connected.error());

  auto impl = std::make_unique<Impl>();
  impl->url = url;
  impl->socket = new GuardedSocket(std::move(*connected), guard, options.stall_timeout);
  impl->session.emplace(Poco::Net::StreamSocket(impl->socket));  // takes the socket over
  if (url.scheme == "https") {
    auto context = tls_context(options.ca_file);
    if (!context) return at_host(url, context.error());
    auto secured = impl->socket->start_tls(std::make_unique<TlsClient>(*context, url.host), options.connect_timeout);
    if (!secured) return at_host(url, secured.error());
  }
  try {
    if (auto answered = impl->exchange(headers, options.body); !answered) return answered.error();
  } catch (const Poco::Exception& error) {
    return impl->failure(error);
  }
  return std::unique_ptr<HttpExchange>(new HttpExchange(std::move(impl)));
}

int HttpExchange::status() const {
  return impl_->response.status();
}

std::string HttpExchange::header(const std::string& name) const {
  return std::string(base::trim(impl_->response.get(name, "")));
}

std::string HttpExchange::joined_header(const std::string& name) const {
  std::string joined;
  for (const auto& value : fields_of(impl_->response, name)) joined += (joined.empty() ? "" : ", ") + value;
  return joined;
}

std::uint64_t HttpExchange::announced_bytes() const {
  return impl_->body.announced();
}

FetchResult<void> HttpExchange::read_some(std::string& out) {
  out.clear();
  char buffer[16 * 1024];
  try {
    while (out.empty() && !impl_->body.done()) {
      const int size = impl_->session->read(buffer, sizeof buffer);
      if (size <= 0) {
        if (auto whole = impl_->body.finish(); !whole) return at_host(impl_->url, whole.error());
        return {};
      }
      if (auto fed = impl_->body.feed({buffer, static_cast<std::size_t>(size)}, out); !fed) {
        return at_host(impl_->url, fed.error());
      }
    }
  } catch (const Poco::Exception& error) {
    return impl_->failure(error);
  }
  return {};
}

}  // namespace podswarm::feeds
