#include "engine/net/tracker_client.h"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <map>
#include <utility>
#include <vector>

#include "base/url.h"
#include "engine/core/announce_queue.h"
#include "engine/core/http_failure.h"
#include "engine/net/deadline.h"
#include "engine/net/udp_tracker.h"

namespace podswarm::engine {

namespace {

// How often an unanswered `stopped` is repeated at the end.
constexpr int kLastPackets = 4;

AnnounceError kind_of(HttpError error) {
  switch (error) {
    case HttpError::kBadUrl:
      return AnnounceError::kBadUrl;
    case HttpError::kTimeout:
      return AnnounceError::kTimeout;
    case HttpError::kTooLarge:
    case HttpError::kProtocol:
      return AnnounceError::kBadAnswer;
    default:
      return AnnounceError::kNetwork;
  }
}

base::WallTime wall_now() {
  return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

AnnounceOutcome judge(const HttpResponse& response, const std::string& host) {
  AnnounceOutcome out{base::fail(AnnounceError::kBadAnswer, ""), std::nullopt};
  auto parsed = parse_announce_response(base::as_bytes(response.body));
  const bool refused = !parsed && parsed.error().code == TrackerError::kRefused;
  if (response.head.status != 200) {
    const StatusFailure judged = judge_status(response.head, host, wall_now());
    out.retry_after = judged.retry_after;
    // A tracker's own words say more than its status.
    out.result = refused ? base::fail(AnnounceError::kRefused, host + ": " + parsed.error().message)
                         : base::fail(AnnounceError::kStatus, judged.message);
  } else if (parsed) {
    out.result = std::move(*parsed);
  } else {
    out.result =
        base::fail(refused ? AnnounceError::kRefused : AnnounceError::kBadAnswer, host + ": " + parsed.error().message);
  }
  return out;
}

}  // namespace

class TrackerClient::Impl : public std::enable_shared_from_this<TrackerClient::Impl> {
 public:
  Impl(boost::asio::io_context& io, HttpClient& http, TrackerClientOptions options)
      : io_(io),
        http_(http),
        options_(std::move(options)),
        http_queue_(options_.max_http, options_.max_a_host),
        udp_queue_(options_.max_udp, options_.max_a_host),
        udp_(std::make_shared<UdpTrackers>(io, http.resolver(), options_)) {}

  Ticket announce(const std::string& text, const AnnounceRequest& request, Handler on_done) {
    const Ticket ticket = ++last_ticket_;
    Call& call = calls_[ticket];
    call.on_done = std::move(on_done);
    call.stopped = request.event == AnnounceEvent::kStopped;
    const bool urgent = !call.stopped && request.left > 0;
    const auto url = base::parse_url(text);
    if (url && url->scheme == "udp" && url->port != 0) {
      call.packet = std::make_unique<std::pair<base::Url, AnnounceRequest>>(*url, request);
      udp_queue_.add(ticket, url->authority(), urgent);
      start_waiting();
    } else if (url && (url->scheme == "http" || url->scheme == "https")) {
      call.host = url->authority();
      call.url = announce_url(text, request);
      http_queue_.add(ticket, call.host, urgent);
      start_waiting();
    } else {
      boost::asio::post(io_, [weak = weak_from_this(), ticket, shown = base::redact_url(text)] {
        if (const auto self = weak.lock()) {
          self->finish(ticket, {base::fail(AnnounceError::kBadUrl, shown + ": is no tracker's URL"), std::nullopt});
        }
      });
    }
    return ticket;
  }

  void cancel(Ticket ticket) {
    if (!calls_.contains(ticket)) return;
    forget(ticket);
    start_waiting();
    check_finished();
  }

  void close() {
    on_finished_ = nullptr;
    deadline_.reset();
    for (const auto& [ticket, call] : calls_) leave_queues(ticket);
    calls_.clear();
    udp_->close();
  }

  void finish_all(std::chrono::milliseconds patience, std::function<void()> on_done) {
    std::vector<Ticket> others;
    for (const auto& [ticket, call] : calls_) {
      if (!call.stopped) others.push_back(ticket);
    }
    for (const Ticket ticket : others) forget(ticket);
    start_waiting();
    on_finished_ = std::move(on_done);
    udp_->hurry(std::max(patience / kLastPackets, std::chrono::milliseconds(1)));
    deadline_.emplace(io_, [weak = weak_from_this()] {
      if (const auto self = weak.lock()) self->give_up();
    });
    deadline_->set(patience);
    check_finished();
  }

  [[nodiscard]] std::size_t in_flight() const { return calls_.size(); }

 private:
  struct Call {
    Handler on_done;
    std::string host;  // of an HTTP tracker
    std::string url;
    bool stopped = false;
    std::unique_ptr<HttpCall> http;
    std::unique_ptr<std::pair<base::Url, AnnounceRequest>> packet;  // of a UDP tracker, until its turn
  };

  void leave_queues(Ticket ticket) {
    http_queue_.remove(ticket);
    udp_queue_.remove(ticket);
  }

  void forget(Ticket ticket) {
    calls_.erase(ticket);
    udp_->cancel(ticket);
    leave_queues(ticket);
  }

  void start_waiting() {
    while (const auto next = udp_queue_.next()) {
      const Ticket ticket = *next;
      const auto packet = std::move(calls_.at(ticket).packet);
      udp_->announce(ticket, packet->first, packet->second, [weak = weak_from_this(), ticket](auto result) {
        if (const auto self = weak.lock()) self->finish(ticket, {std::move(result), std::nullopt});
      });
    }
    while (const auto next = http_queue_.next()) {
      const Ticket ticket = *next;
      Call& call = calls_.at(ticket);
      HttpRequest request;
      request.url = call.url;
      request.user_agent = options_.user_agent;
      request.ca_file = options_.ca_file;
      request.allow_private = options_.allow_private;
      request.local_address = options_.local_address;
      call.http = http_.get(std::move(request), kMaxTrackerResponse, options_.http_timeout,
                            [weak = weak_from_this(), ticket](HttpResult<HttpResponse> response) {
                              if (const auto self = weak.lock()) self->on_http(ticket, std::move(response));
                            });
    }
  }

  void on_http(Ticket ticket, HttpResult<HttpResponse> response) {
    const std::string& host = calls_.at(ticket).host;
    if (response) return finish(ticket, judge(*response, host));
    finish(ticket, {base::fail(kind_of(response.error().code), response.error().message), std::nullopt});
  }

  void finish(Ticket ticket, AnnounceOutcome outcome) {
    const auto found = calls_.find(ticket);
    if (found == calls_.end()) return;
    const auto keep = shared_from_this();
    Call call = std::move(found->second);
    calls_.erase(found);
    leave_queues(ticket);
    start_waiting();
    call.on_done(std::move(outcome));
    check_finished();
  }

  // Also from inside finish_all() and cancel(): the answer is posted.
  void check_finished() {
    if (!on_finished_ || !calls_.empty()) return;
    deadline_.reset();
    boost::asio::post(io_, [weak = weak_from_this()] {
      const auto self = weak.lock();
      if (!self) return;
      if (const auto handler = std::exchange(self->on_finished_, nullptr)) handler();
    });
  }

  void give_up() {
    for (const auto& [ticket, call] : calls_) leave_queues(ticket);
    calls_.clear();
    udp_->close();
    check_finished();
  }

  boost::asio::io_context& io_;
  HttpClient& http_;
  TrackerClientOptions options_;
  AnnounceQueue http_queue_;
  AnnounceQueue udp_queue_;
  std::shared_ptr<UdpTrackers> udp_;
  std::map<Ticket, Call> calls_;
  Ticket last_ticket_ = 0;
  std::function<void()> on_finished_;
  std::optional<Deadline> deadline_;
};

TrackerClient::TrackerClient(boost::asio::io_context& io, HttpClient& http, TrackerClientOptions options)
    : impl_(std::make_shared<Impl>(io, http, std::move(options))) {}
TrackerClient::~TrackerClient() {
  impl_->close();
}
TrackerClient::Ticket TrackerClient::announce(const std::string& url, const AnnounceRequest& request, Handler on_done) {
  return impl_->announce(url, request, std::move(on_done));
}
void TrackerClient::cancel(Ticket ticket) {
  impl_->cancel(ticket);
}
std::size_t TrackerClient::in_flight() const {
  return impl_->in_flight();
}
void TrackerClient::finish(std::chrono::milliseconds patience, std::function<void()> on_done) {
  impl_->finish_all(patience, std::move(on_done));
}

}  // namespace podswarm::engine
