// A web seed's state machine on HTTP connections: asks for the ranges that it wants, receives them into pooled chunks,
// within the rate limits and the memory budget. One request at a time. Network thread.
#pragma once

#include <memory>

#include "engine/core/chunk.h"
#include "engine/core/web_seed.h"
#include "engine/net/http_client.h"
#include "engine/net/throttle.h"

namespace podswarm::engine {

class WebSeedClient;

class WebSeedClientHost {
 public:
  // Bytes of a body; the host gives them to the seed.
  virtual void on_received(WebSeedClient& client, base::ByteView bytes, const ChunkRef& chunk) = 0;
  // The seed was told of something else: there may be other things to do now.
  virtual void on_told(WebSeedClient& client) = 0;
  // The host calls resume_reading() when there is memory again.
  virtual void on_no_memory(WebSeedClient& client) = 0;

 protected:
  ~WebSeedClientHost() = default;
};

class WebSeedClient {
 public:
  struct Resources {
    HttpClient& http;
    ChunkPool& chunks;
    Throttle& down_all;
    Throttle& down;
  };
  // `request` is every request but for its URL and range. All references must outlive it.
  WebSeedClient(WebSeed& seed, HttpRequest request, const Resources& resources, WebSeedClientHost& host);
  // Nothing is received any more.
  ~WebSeedClient();
  WebSeedClient(const WebSeedClient&) = delete;
  WebSeedClient& operator=(const WebSeedClient&) = delete;

  // Does what the seed wants next. Not from within a call of the host.
  void proceed();
  void resume_reading();

  [[nodiscard]] WebSeed& seed() { return seed_; }
  [[nodiscard]] const WebSeed& seed() const { return seed_; }

 private:
  void request(const WebSeed::Step& step);
  void receive(std::uint64_t most);
  void on_head(HttpResult<HttpHead> head);
  void on_bytes(HttpResult<std::size_t> bytes);
  void fail(const base::Failure<HttpError>& failure);
  [[nodiscard]] bool prepare_chunk();

  WebSeed& seed_;
  HttpRequest request_;
  Resources resources_;
  WebSeedClientHost& host_;
  std::unique_ptr<HttpExchange> exchange_;
  bool busy_ = false;  // the exchange will call
  bool starved_ = false;
  base::SteadyTime reading_since_{};
  ChunkRef chunk_;        // what is received into
  std::size_t used_ = 0;  // of the chunk
  Throttle::Waiter down_all_turn_;
  Throttle::Waiter down_turn_;
};

}  // namespace podswarm::engine
