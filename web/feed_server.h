// The library for players (docs/serving.md): feeds, a list of them, and the episodes' files, by HTTP (Poco, RFC 9110)
// and only below "/t/TOKEN/". It has a port of its own and no way to the API, so that it may listen to a household's
// network while the API stays on loopback. Start and stop it from one thread; requests run on its own threads.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "scheduler/service.h"
#include "web/listener_options.h"

namespace podswarm::web {

// Where the server has things from. Called on its threads, several at a time; they may block. Nothing = not there; an
// exception becomes a 500.
struct FeedSource {
  // Cheap: anybody who finds the port makes it be called, and each MiB that is sent does.
  std::function<bool(std::string_view token)> knows;
  // `origin` is how the client calls this server: "http://192.168.1.5:8420". No number: the feed of everything.
  std::function<std::optional<scheduler::ServedText>(const std::string& token, std::optional<std::int64_t> feed,
                                                     const std::string& origin)>
      feed;
  std::function<std::optional<scheduler::ServedText>(const std::string& token, const std::string& origin)> list;
  std::function<std::optional<scheduler::ServedFile>(const std::string& token, std::int64_t file)> file;
};

// The service's library. It must outlive what is returned.
[[nodiscard]] FeedSource feed_source(scheduler::Service& service);

class FeedServer {
 public:
  // Listens when it returns.
  [[nodiscard]] static base::Result<std::unique_ptr<FeedServer>, ServerError> start(const ListenerOptions& options,
                                                                                    FeedSource source);
  ~FeedServer();  // stops
  FeedServer(const FeedServer&) = delete;
  FeedServer& operator=(const FeedServer&) = delete;

  [[nodiscard]] std::uint16_t port() const;
  // Cuts what is being sent: players ask for the rest.
  void stop();

 private:
  struct Impl;
  explicit FeedServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// What a path below "/t/TOKEN/" names. Pure.
struct ServedPath {
  enum class Kind { kAll, kFeed, kList, kFile };
  std::string token;
  Kind kind = Kind::kAll;
  std::int64_t id = 0;  // of kFeed and kFile
};
// `path` is decoded and has no ".." in it (request_check.h). Nothing where it names nothing.
[[nodiscard]] std::optional<ServedPath> parse_served_path(std::string_view path);

// "http://HOST" for a request's Host field, where that is a host and perhaps a port and nothing else.
[[nodiscard]] std::optional<std::string> origin_of(std::string_view host);

}  // namespace podswarm::web
