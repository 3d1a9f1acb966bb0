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
#include "engine/net/tracker_families.h"
#include "engine/net/tracker_scraper.h"
#include "engine/net/udp_tracker.h"

namespace podswarm::engine {

namespace {

// How often an unanswered `stopped` is repeated at the end.
constexpr int kLastPackets = 4;
// See TrackerClientOptions::second_patience: at the end, not more than this.
constexpr std::chrono::milliseconds kLastSecondPatience{500};

AnnounceError error_of(HttpError error) {
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

HttpRequest request_with(const TrackerClientOptions& options) {
  HttpRequest request;
  request.user_agent = options.user_agent;
  request.ca_file = options.ca_file;
  request.allow_private = options.allow_private;
  request.local_address = options.local_address;
  return request;
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
  using Request = std::function<AnnounceRequest()>;

  Impl(boost::asio::io_context& io, HttpClient& http, TrackerClientOptions options)
      : io_(io),
        http_(http),
        options_(std::move(options)),
        http_queue_(options_.max_http, options_.max_a_host),
        udp_queue_(options_.max_udp, options_.max_a_host),
        udp_(std::make_shared<UdpTrackers>(io, http.resolver(), options_)),
        scraper_(std::in_place, http, udp_, request_with(options_), options_.http_timeout) {}

  Ticket announce(const std::string& text, Kind kind, Request request, Handler on_done, bool allow_private) {
    const Ticket ticket = ++last_ticket_;
    Call& call = calls_[ticket];
    call.on_done = std::move(on_done);
    call.request = std::move(request);
    call.stopped = kind == Kind::kStopped;
    call.allow_private = options_.allow_private && allow_private;
    const auto url = base::parse_url(text);
    const bool is_udp = url && url->scheme == "udp" && url->port != 0;
    if (is_udp || (url && (url->scheme == "http" || url->scheme == "https"))) {
      call.url = text;
      (is_udp ? udp_queue_ : http_queue_).add(ticket, url->authority(), kind == Kind::kUrgent);
      start_waiting();
    } else {
      boost::asio::post(io_, [weak = weak_from_this(), ticket, shown = base::redact_url(text)] {
        const auto self = weak.lock();
        if (!self || !self->calls_.contains(ticket)) return;
        self->end(ticket, AnnounceOutcome{base::fail(AnnounceError::kBadUrl, shown + ": is no tracker's URL"), {}});
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

  void scrape(const std::string& url, const InfoHash& torrent, TrackerScraper::Handler on_counts, bool allow_private) {
    if (scraper_) scraper_->scrape(url, torrent, std::move(on_counts), options_.allow_private && allow_private);
  }

  void close() {
    scraper_.reset();
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
    scraper_.reset();
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
  // The announce over one family, or over whichever works.
  struct Leg {
    Ticket id = 0;  // at the UDP trackers
    AddressFamily family = AddressFamily::kAny;
    std::unique_ptr<HttpCall> http;
  };
  struct UnderWay {
    UnderWay(base::Url to, AnnounceRequest what) : url(std::move(to)), request(std::move(what)) {}
    base::Url url;
    AnnounceRequest request;
    std::string http_url;  // "" = over UDP
    std::vector<Leg> legs;
    std::optional<AnnounceOutcome> failure;
    AddressFamily failed = AddressFamily::kAny;  // where that was
    bool answered = false;
    std::optional<Deadline> patience;  // with the second leg
  };
  // Thousands may wait for their turn: the rest is made then.
  struct Call {
    Handler on_done;
    Request request;
    std::string url;
    bool stopped = false;
    bool allow_private = true;
    std::unique_ptr<UnderWay> under_way;
  };

  void leave_queues(Ticket ticket) {
    http_queue_.remove(ticket);
    udp_queue_.remove(ticket);
  }

  void forget(Ticket ticket) {
    if (const auto call = calls_.extract(ticket)) {
      if (const auto& under_way = call.mapped().under_way) {
        for (const Leg& leg : under_way->legs) udp_->cancel(leg.id);
      }
    }
    leave_queues(ticket);
  }

  void start_waiting() {
    for (AnnounceQueue* queue : {&udp_queue_, &http_queue_}) {
      while (const auto next = queue->next()) {
        Call& call = calls_.at(*next);
        call.under_way = std::make_unique<UnderWay>(*base::parse_url(call.url), call.request());
        UnderWay& announce = *call.under_way;
        if (queue == &http_queue_) announce.http_url = announce_url(call.url, announce.request);
        http_.resolver().resolve(announce.url.host, [weak = weak_from_this(), ticket = *next](const Lookup& lookup) {
          if (const auto self = weak.lock()) self->on_resolved(ticket, lookup);
        });
      }
    }
  }

  // A name that was not found is for the legs to report.
  void on_resolved(Ticket ticket, const Lookup& lookup) {
    const auto found = calls_.find(ticket);
    if (found == calls_.end()) return;
    Call& call = found->second;
    for (const AddressFamily family : families_.choose(call.under_way->url.authority(), lookup.addresses,
                                                       options_.local_address, std::chrono::steady_clock::now())) {
      start(ticket, *call.under_way, family, call.allow_private);
    }
  }

  void start(Ticket ticket, UnderWay& call, AddressFamily family, bool allow_private) {
    Leg leg{++last_leg_, family, nullptr};
    if (call.http_url.empty()) {
      udp_->announce(leg.id, call.url, {family, allow_private}, call.request,
                     [weak = weak_from_this(), ticket, family](auto result) {
                       if (const auto self = weak.lock())
                         self->on_answer(ticket, family, {std::move(result), std::nullopt});
                     });
    } else {
      HttpRequest request = request_with(options_);
      request.url = call.http_url;
      request.family = family;
      request.allow_private = allow_private;
      leg.http = http_.get(
          std::move(request), kMaxTrackerResponse, options_.http_timeout,
          [weak = weak_from_this(), ticket, family, host = call.url.authority()](HttpResult<HttpResponse> response) {
            const auto self = weak.lock();
            if (!self) return;
            if (response) return self->on_answer(ticket, family, judge(*response, host));
            self->on_answer(ticket, family,
                            {base::fail(error_of(response.error().code), response.error().message), std::nullopt});
          });
    }
    call.legs.push_back(std::move(leg));
  }

  void on_answer(Ticket ticket, AddressFamily family, AnnounceOutcome outcome) {
    UnderWay& call = *calls_.at(ticket).under_way;
    std::erase_if(call.legs, [family](const Leg& leg) { return leg.family == family; });
    const auto now = std::chrono::steady_clock::now();
    const std::string host = call.url.authority();
    if (!outcome.result) {
      if (call.answered) {
        families_.failed(host, family, now);
        return end(ticket, std::nullopt);
      }
      // Of two failures, a tracker's own words say the most.
      if (!call.failure || outcome.result.error().code == AnnounceError::kRefused) call.failure = std::move(outcome);
      call.failed = family;
      if (!call.legs.empty()) return;
      families_.all_failed(host);
      return end(ticket, std::move(call.failure));
    }
    if (call.failure) families_.failed(host, call.failed, now);
    outcome.is_further = std::exchange(call.answered, true);
    if (call.legs.empty()) return end(ticket, std::move(outcome));
    call.patience.emplace(io_, [weak = weak_from_this(), ticket] {
      if (const auto self = weak.lock()) self->give_up_second(ticket);
    });
    call.patience->set(on_finished_ ? std::min(kLastSecondPatience, options_.second_patience)
                                    : options_.second_patience);
    const Handler handler = calls_.at(ticket).on_done;
    handler(std::move(outcome));
  }

  // The tracker has answered over one family, and keeps silent over the other.
  void give_up_second(Ticket ticket) {
    const auto found = calls_.find(ticket);
    if (found == calls_.end()) return;
    const UnderWay& call = *found->second.under_way;
    const AddressFamily family = call.legs.front().family;
    families_.failed(call.url.authority(), family, std::chrono::steady_clock::now());
    end(ticket, std::nullopt);
  }

  // With the last answer there is, if it is for the handler.
  void end(Ticket ticket, std::optional<AnnounceOutcome> outcome) {
    const auto keep = shared_from_this();
    const Handler handler = std::move(calls_.at(ticket).on_done);
    forget(ticket);
    start_waiting();
    if (outcome) handler(std::move(*outcome));
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
  TrackerFamilies families_;
  std::optional<TrackerScraper> scraper_;  // until the end
  std::map<Ticket, Call> calls_;
  Ticket last_ticket_ = 0;
  Ticket last_leg_ = 0;
  std::function<void()> on_finished_;
  std::optional<Deadline> deadline_;
};

TrackerClient::TrackerClient(boost::asio::io_context& io, HttpClient& http, TrackerClientOptions options)
    : impl_(std::make_shared<Impl>(io, http, std::move(options))) {}
TrackerClient::~TrackerClient() {
  impl_->close();
}
TrackerClient::Ticket TrackerClient::announce(const std::string& url, Kind kind,
                                              std::function<AnnounceRequest()> request, Handler on_done,
                                              bool allow_private) {
  return impl_->announce(url, kind, std::move(request), std::move(on_done), allow_private);
}
TrackerClient::Ticket TrackerClient::announce(const std::string& url, const AnnounceRequest& request, Handler on_done,
                                              bool allow_private) {
  return announce(
      url, kind_of(request), [request] { return request; }, std::move(on_done), allow_private);
}
void TrackerClient::cancel(Ticket ticket) {
  impl_->cancel(ticket);
}
void TrackerClient::scrape(const std::string& url, const InfoHash& torrent,
                           std::function<void(const ScrapeCounts&)> on_counts, bool allow_private) {
  impl_->scrape(url, torrent, std::move(on_counts), allow_private);
}
std::size_t TrackerClient::in_flight() const {
  return impl_->in_flight();
}
void TrackerClient::finish(std::chrono::milliseconds patience, std::function<void()> on_done) {
  impl_->finish_all(patience, std::move(on_done));
}

}  // namespace podswarm::engine
