#include "engine/net/tcp_race.h"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <iterator>
#include <utility>

#include "engine/net/call_from.h"

namespace podswarm::engine {

using boost::asio::ip::tcp;
using boost::system::error_code;

std::vector<tcp::endpoint> interleave_families(const std::vector<tcp::endpoint>& endpoints) {
  if (endpoints.empty()) return {};
  std::vector<tcp::endpoint> first, second, out;
  const auto leading = endpoints.front().protocol();
  for (const auto& endpoint : endpoints) (endpoint.protocol() == leading ? first : second).push_back(endpoint);
  for (std::size_t i = 0; i < std::max(first.size(), second.size()); ++i) {
    if (i < first.size()) out.push_back(first[i]);
    if (i < second.size()) out.push_back(second[i]);
  }
  return out;
}

TcpRace::TcpRace(boost::asio::io_context& io, std::vector<tcp::endpoint> endpoints, boost::asio::ip::address local,
                 std::chrono::milliseconds stagger, Handler on_done)
    : io_(io),
      endpoints_(interleave_families(endpoints)),
      local_(std::move(local)),
      stagger_(stagger),
      on_done_(std::move(on_done)),
      timer_(io) {}

void TcpRace::start() {
  try_next();
}

void TcpRace::cancel() {
  done_ = true;
  on_done_ = nullptr;
  timer_.cancel();
  for (auto& attempt : attempts_) {
    error_code ignored;
    attempt.close(ignored);
  }
}

void TcpRace::try_next() {
  if (done_ || next_ == endpoints_.size()) return;
  const tcp::endpoint endpoint = endpoints_[next_++];
  attempts_.emplace_back(io_);
  const auto attempt = std::prev(attempts_.end());
  const auto handler = [self = shared_from_this(), attempt](error_code error) { self->on_connected(attempt, error); };
  error_code error;
  if (!local_.is_unspecified() && local_.is_v6() == endpoint.address().is_v6()) {
    attempt->open(endpoint.protocol(), error);
    if (!error) call_from(*attempt, local_, error);
  }
  if (error) {
    boost::asio::post(io_, [handler, error] { handler(error); });
  } else {
    attempt->async_connect(endpoint, handler);
  }
  if (next_ == endpoints_.size()) return;
  timer_.expires_after(stagger_);
  timer_.async_wait([self = shared_from_this()](error_code cancelled) {
    if (!cancelled) self->try_next();
  });
}

void TcpRace::on_connected(std::list<tcp::socket>::iterator attempt, error_code error) {
  if (done_) return;
  if (error) {
    attempts_.erase(attempt);
    if (next_ < endpoints_.size()) return try_next();
    if (!attempts_.empty()) return;
  }
  tcp::socket winner = error ? tcp::socket(io_) : std::move(*attempt);
  const Handler handler = std::move(on_done_);
  cancel();
  handler(error, std::move(winner));
}

}  // namespace podswarm::engine
