#include "web/feed_server.h"

#include <Poco/Net/HTTPRequestHandler.h>
#include <Poco/Net/HTTPRequestHandlerFactory.h>
#include <Poco/Net/HTTPServerRequest.h>
#include <Poco/Net/HTTPServerResponse.h>
#include <Poco/Net/SocketAddress.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <exception>
#include <ostream>
#include <stdexcept>
#include <utility>

#include "base/beneath.h"
#include "base/clock.h"
#include "base/http_date.h"
#include "base/log.h"
#include "base/text.h"
#include "web/change_times.h"
#include "web/http_listener.h"
#include "web/range_request.h"
#include "web/request_check.h"

namespace podswarm::web {

namespace {

namespace net = Poco::Net;

constexpr std::size_t kChunk = 64 * 1024;
// How much is sent between two looks at whether the client still may.
constexpr std::uint64_t kRecheck = 1u << 20;
constexpr std::size_t kMaxTokenBytes = 200;

struct Site {
  FeedSource source;
  ChangeTimes changes;
  Gate gate;
};

// FNV-1a over 64 bits: it tells a changed document from an unchanged one, and guards nothing.
std::string etag_of(std::string_view body) {
  std::uint64_t hash = 0xcbf29ce484222325u;
  for (const char c : body) {
    hash ^= static_cast<unsigned char>(c);
    hash *= 0x100000001b3u;
  }
  return fmt::format("\"{:016x}-{:x}\"", hash, body.size());
}

RequestConditions conditions_of(const net::HTTPServerRequest& request) {
  const auto field = [&](const char* name) { return request.get(name, ""); };
  return {field("If-Match"), field("If-None-Match"), field("If-Modified-Since"), field("If-Unmodified-Since"),
          field("If-Range"), field("Range")};
}

class Handler final : public net::HTTPRequestHandler {
 public:
  explicit Handler(std::shared_ptr<Site> site) : site_(std::move(site)) {}

  void handleRequest(net::HTTPServerRequest& request, net::HTTPServerResponse& response) override try {
    // A request has no body here; one that comes all the same is not read.
    if (request.hasContentLength() || request.getChunkedTransferEncoding()) response.setKeepAlive(false);
    const bool is_get = request.getMethod() == "GET";
    if (!is_get && request.getMethod() != "HEAD") {
      response.set("Allow", "GET, HEAD");
      refuse(request, response, 405, "this is only read");
      return;
    }
    const auto target = parse_target(request.getMethod(), request.getURI());
    const auto path = target ? parse_served_path(target->path) : std::nullopt;
    // Whoever has no token learns nothing, not even what there might be.
    if (!path || !site_->source.knows(path->token)) {
      refuse(request, response, 404, "there is nothing here");
      return;
    }
    Gate::Pass pass(site_->gate);
    if (!pass.inside()) {
      response.setKeepAlive(false);
      refuse(request, response, 503, "the daemon is stopping");
      return;
    }
    answer(request, response, *path, pass);
  } catch (const std::exception&) {
    // The client is gone or silent; Poco would try to tell it.
    response.setKeepAlive(false);
  }

 private:
  void answer(net::HTTPServerRequest& request, net::HTTPServerResponse& response, const ServedPath& path,
              Gate::Pass& pass) {
    try {
      if (path.kind == ServedPath::Kind::kFile) {
        const auto file = site_->source.file(path.token, path.id);
        pass.worked();
        file ? send_file(request, response, path, *file) : refuse(request, response, 404, "there is no such file");
        return;
      }
      const std::string origin =
          origin_of(request.get("Host", "")).value_or("http://" + request.serverAddress().toString());
      auto text =
          path.kind == ServedPath::Kind::kList
              ? site_->source.list(path.token, origin)
              : site_->source.feed(
                    path.token, path.kind == ServedPath::Kind::kFeed ? std::optional(path.id) : std::nullopt, origin);
      pass.worked();
      text ? send_text(request, response, *text) : refuse(request, response, 404, "there is no such feed");
    } catch (const std::exception& error) {
      if (response.sent()) throw;
      // The path stays out of the log: the token is in it.
      spdlog::error("serve: {}", error.what());
      refuse(request, response, 500, "an internal error; the daemon's log says more");
    }
  }

  static void head_fields(net::HTTPServerResponse& response, const Representation& current) {
    response.set("ETag", current.etag);
    response.set("Last-Modified", base::format_http_date(current.modified));
    response.set("Cache-Control", "private, no-cache");
    common_fields(response);
  }
  static void common_fields(net::HTTPServerResponse& response) {
    response.set("X-Content-Type-Options", "nosniff");
    // Should a browser be shown a file, it is to run nothing of it, and to tell nobody the address.
    response.set("Content-Security-Policy", "sandbox; default-src 'none'; media-src 'self'");
    response.set("Referrer-Policy", "no-referrer");
    response.set("X-Robots-Tag", "noindex");
  }

  static void refuse(net::HTTPServerRequest& request, net::HTTPServerResponse& response, int status,
                     std::string_view message) {
    response.setStatusAndReason(static_cast<net::HTTPResponse::HTTPStatus>(status));
    response.setContentType("text/plain; charset=utf-8");
    response.set("Cache-Control", "no-store");
    common_fields(response);
    send_body(request, response, std::string(message) + "\n");
  }

  static void send_body(net::HTTPServerRequest& request, net::HTTPServerResponse& response, const std::string& body) {
    response.setContentLength64(static_cast<Poco::Int64>(body.size()));
    std::ostream& out = response.send();
    if (request.getMethod() != "HEAD") out << body;
    out.flush();
  }

  // An answer without content. False where `selection` has some.
  static bool send_bodyless(net::HTTPServerResponse& response, const Selection& selection,
                            const Representation& current) {
    if (selection.status == 200 || selection.status == 206) return false;
    response.setStatusAndReason(static_cast<net::HTTPResponse::HTTPStatus>(selection.status));
    head_fields(response, current);
    if (selection.status == 416) response.set("Content-Range", fmt::format("bytes */{}", current.size));
    if (selection.status != 304) response.setContentLength64(0);
    response.send();
    return true;
  }

  void send_text(net::HTTPServerRequest& request, net::HTTPServerResponse& response,
                 const scheduler::ServedText& text) {
    Representation current{etag_of(text.body), {}, text.body.size()};
    // Behind the token, which a client has one of, and the origin, which it may have several of.
    current.modified =
        site_->changes.since(request.get("Host", "") + request.getURI(), current.etag, base::SystemClock().now());
    auto conditions = conditions_of(request);
    conditions.range.clear();  // a feed is read whole
    if (send_bodyless(response, select(conditions, current, true), current)) return;
    head_fields(response, current);
    response.setContentType(text.content_type);
    send_body(request, response, text.body);
  }

  void send_file(net::HTTPServerRequest& request, net::HTTPServerResponse& response, const ServedPath& path,
                 const scheduler::ServedFile& file) {
    // Without O_NONBLOCK a pipe that somebody has put there would hold the thread.
    const auto fd = base::open_beneath(file.root, file.path, O_RDONLY | O_NONBLOCK);
    struct stat status {};
    if (!fd || ::fstat(fd->get(), &status) != 0 || !S_ISREG(status.st_mode)) {
      refuse(request, response, 404, "the file is not in its place");
      return;
    }
    Representation current;
    current.size = static_cast<std::uint64_t>(status.st_size);
    current.modified = std::chrono::sys_seconds(std::chrono::seconds(status.st_mtim.tv_sec));
    current.etag =
        fmt::format("\"{:x}-{:x}-{:x}.{:x}\"", path.id, current.size, static_cast<std::uint64_t>(status.st_mtim.tv_sec),
                    static_cast<std::uint64_t>(status.st_mtim.tv_nsec));
    const bool is_get = request.getMethod() == "GET";
    const Selection selection = select(conditions_of(request), current, is_get);
    response.set("Accept-Ranges", "bytes");
    if (send_bodyless(response, selection, current)) return;
    head_fields(response, current);
    response.setContentType(file.content_type);
    response.setContentLength64(static_cast<Poco::Int64>(selection.length));
    if (selection.status == 206) {
      response.setStatusAndReason(net::HTTPResponse::HTTP_PARTIAL_CONTENT);
      response.set("Content-Range", fmt::format("bytes {}-{}/{}", selection.first,
                                                selection.first + selection.length - 1, current.size));
    }
    std::ostream& out = response.send();
    if (is_get && !copy(fd->get(), selection, path.token, out)) response.setKeepAlive(false);
  }

  // False where less than the selection was sent: the file has become shorter, the client is gone or may no longer.
  [[nodiscard]] bool copy(int fd, const Selection& selection, const std::string& token, std::ostream& out) const {
    std::array<char, kChunk> buffer;
    std::uint64_t done = 0;
    std::uint64_t recheck_at = kRecheck;
    while (done < selection.length) {
      if (done >= recheck_at) {
        if (!site_->source.knows(token)) return false;
        recheck_at += kRecheck;
      }
      const auto wanted = std::min<std::uint64_t>(buffer.size(), selection.length - done);
      const auto size = ::pread(fd, buffer.data(), wanted, static_cast<off_t>(selection.first + done));
      if (size < 0 && errno == EINTR) continue;
      if (size <= 0) return false;
      out.write(buffer.data(), size);
      if (!out.good()) return false;
      done += static_cast<std::uint64_t>(size);
    }
    return out.flush().good();
  }

  std::shared_ptr<Site> site_;
};

class HandlerFactory final : public net::HTTPRequestHandlerFactory {
 public:
  explicit HandlerFactory(std::shared_ptr<Site> site) : site_(std::move(site)) {}
  net::HTTPRequestHandler* createRequestHandler(const net::HTTPServerRequest&) override { return new Handler(site_); }

 private:
  std::shared_ptr<Site> site_;
};

// The number that `text` begins with, where `end` or nothing comes behind it.
std::optional<std::int64_t> leading_number(std::string_view text, char end) {
  std::int64_t id = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), id);
  const bool ends = stop == text.data() + text.size() || *stop == end;
  return error == std::errc{} && ends && id > 0 ? std::optional(id) : std::nullopt;
}

template <class T>
std::optional<T> if_there(base::Result<T, scheduler::ServiceError> answer) {
  if (answer) return std::move(*answer);
  if (answer.error().code == scheduler::ServiceError::kNotFound) return std::nullopt;
  throw std::runtime_error(answer.error().message);
}

}  // namespace

std::optional<ServedPath> parse_served_path(std::string_view path) {
  const auto parts = base::split(path, '/');
  // "", "t", TOKEN, then what is wanted
  if (parts.size() < 4 || !parts[0].empty() || parts[1] != "t") return std::nullopt;
  if (parts[2].empty() || parts[2].size() > kMaxTokenBytes) return std::nullopt;
  ServedPath out;
  out.token = parts[2];
  if (parts.size() == 4 && parts[3] == "all.xml") return out;
  if (parts.size() == 4 && parts[3] == "feeds.opml") {
    out.kind = ServedPath::Kind::kList;
    return out;
  }
  std::optional<std::int64_t> id;
  if (parts.size() == 5 && parts[3] == "feeds" && parts[4].ends_with(".xml")) {
    out.kind = ServedPath::Kind::kFeed;
    id = leading_number(parts[4].substr(0, parts[4].size() - 4), '-');
  } else if (parts.size() == 5 && parts[3] == "media") {
    out.kind = ServedPath::Kind::kFile;
    id = leading_number(parts[4], '/');
  } else if (parts.size() == 6 && parts[3] == "media") {
    out.kind = ServedPath::Kind::kFile;
    id = leading_number(parts[4], '/');
  }
  if (!id) return std::nullopt;
  out.id = *id;
  return out;
}

std::optional<std::string> origin_of(std::string_view host) {
  static constexpr std::string_view kAllowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_:[]";
  if (host.empty() || host.size() > 300 || host.find_first_not_of(kAllowed) != std::string_view::npos) {
    return std::nullopt;
  }
  return "http://" + std::string(host);
}

FeedSource feed_source(scheduler::Service& service) {
  FeedSource source;
  source.knows = [&service](std::string_view token) { return service.knows_client(token); };
  source.feed = [&service](const std::string& token, std::optional<std::int64_t> feed, const std::string& origin) {
    return if_there(service.served_feed(token, feed, origin));
  };
  source.list = [&service](const std::string& token, const std::string& origin) {
    return if_there(service.served_list(token, origin));
  };
  source.file = [&service](const std::string& token, std::int64_t id) {
    return if_there(service.served_file(token, id));
  };
  return source;
}

struct FeedServer::Impl {
  std::shared_ptr<Site> site = std::make_shared<Site>();
  std::unique_ptr<HttpListener> listener;
};

base::Result<std::unique_ptr<FeedServer>, ServerError> FeedServer::start(const ListenerOptions& options,
                                                                         FeedSource source) {
  auto listener = HttpListener::bind(options);
  if (!listener) return listener.error();
  auto impl = std::make_unique<Impl>();
  impl->listener = std::move(*listener);
  impl->site->source = std::move(source);
  impl->listener->serve(new HandlerFactory(impl->site));
  return std::unique_ptr<FeedServer>(new FeedServer(std::move(impl)));
}

FeedServer::FeedServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

FeedServer::~FeedServer() {
  stop();
}

std::uint16_t FeedServer::port() const {
  return impl_->listener->port();
}

void FeedServer::stop() {
  impl_->listener->stop(impl_->site->gate, std::chrono::milliseconds(0));
}

}  // namespace podswarm::web
