#include "bench/feed_server.h"

#include <arpa/inet.h>
#include <fmt/core.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <new>
#include <unordered_map>

namespace podswarm::bench {

namespace {

double steady_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

[[noreturn]] void give_up(const char* what) {
  std::perror(what);
  std::exit(1);
}

std::string item_xml(const std::string& feed, std::uint64_t number, std::size_t bytes) {
  std::string item = fmt::format(
      "<item><title>Episode {0} of feed {1}</title><guid isPermaLink=\"false\">feed-{1}-{0}</guid>"
      "<link>http://site.example/{1}/{0}</link><pubDate>{2:02} Nov 2026 06:{3:02}:00 GMT</pubDate>"
      "<itunes:duration>1:02:03</itunes:duration><itunes:episode>{0}</itunes:episode>"
      "<enclosure url=\"http://media.example/{1}/{0}.mp3\" type=\"audio/mpeg\" length=\"54321000\"/><description>",
      number, feed, 1 + number % 27, number % 60);
  static constexpr std::string_view kWords = "What is said here is said in every episode &amp; read by few. ";
  while (item.size() + 30 < bytes) item += kWords;
  return item + "</description></item>\n";
}

}  // namespace

std::string host_address(std::size_t number) {
  // .0 and .255 are spared: nothing is wrong with them, but they look it.
  return fmt::format("127.{}.{}.{}", 1 + number / 62'500, number / 250 % 250, 1 + number % 250);
}

class FeedServer::Loop {
 public:
  Loop(const ServerPlan& plan, int listener, Shared& shared)
      : plan_(plan), listener_(listener), shared_(shared), epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
    watch(listener_);
  }

  [[noreturn]] void run() {
    std::array<epoll_event, 256> events;
    for (;;) {
      const int count = ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), -1);
      for (int i = 0; i < count; ++i) {
        const int fd = events[static_cast<std::size_t>(i)].data.fd;
        fd == listener_ ? accept_all() : receive(fd);
      }
    }
  }

 private:
  struct Connection {
    std::size_t host = 0;
    std::string input;
  };

  void watch(int fd) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = fd;
    ::epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event);
  }

  void accept_all() {
    for (;;) {
      const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (fd < 0) return;
      sockaddr_in local{};
      socklen_t size = sizeof local;
      ::getsockname(fd, reinterpret_cast<sockaddr*>(&local), &size);
      const std::uint32_t address = ntohl(local.sin_addr.s_addr);
      const std::size_t number =
          ((address >> 16 & 255) - 1) * std::size_t{62'500} + (address >> 8 & 255) * 250 + (address & 255) - 1;
      Connection& connection = connections_[fd];
      connection = {std::min(number, kMaxHosts - 1), {}};
      Host& host = shared_.hosts[connection.host];
      host.most = std::max(host.most, ++host.now);
      if (host.asked < kMaxAsked) host.at[host.asked] = steady_seconds();
      ++host.asked;
      watch(fd);
    }
  }

  void receive(int fd) {
    Connection& connection = connections_[fd];
    char buffer[8192];
    const ssize_t received = ::recv(fd, buffer, sizeof buffer, 0);
    if (received <= 0) return close(fd);
    connection.input.append(buffer, static_cast<std::size_t>(received));
    if (connection.input.find("\r\n\r\n") == std::string::npos) return;
    ++shared_.requests;
    if (connection.host >= plan_.live_hosts) return;  // it never answers
    const std::string answer = answer_to(connection.input);
    connection.input.clear();
    // Feeds are small beside a socket's buffer on loopback.
    std::string_view rest = answer;
    while (!rest.empty()) {
      const ssize_t sent = ::send(fd, rest.data(), rest.size(), MSG_NOSIGNAL);
      if (sent < 0 && errno != EAGAIN) break;
      if (sent > 0) rest.remove_prefix(static_cast<std::size_t>(sent));
    }
    shared_.bytes_sent += answer.size();
    shared_.hosts[connection.host].last_answer = steady_seconds();
    close(fd);
  }

  void close(int fd) {
    --shared_.hosts[connections_[fd].host].now;
    connections_.erase(fd);
    ::close(fd);
  }

  std::string answer_to(const std::string& request) {
    const auto start = request.find("/feed/") + 6;
    const std::string feed = request.substr(start, request.find(' ', start) - start);
    const auto round = static_cast<Round>(shared_.round.load());
    const std::string etag = fmt::format("\"{}-{}\"", feed, shared_.generation);
    if (round == Round::kNotModified && request.find("If-None-Match: " + etag) != std::string::npos) {
      ++shared_.not_modified;
      return "HTTP/1.1 304 Not Modified\r\nConnection: close\r\nETag: " + etag + "\r\n\r\n";
    }
    std::string body =
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<rss version=\"2.0\" "
        "xmlns:itunes=\"http://www.itunes.com/dtds/podcast-1.0.dtd\"><channel><title>Feed " +
        feed + "</title><link>http://site.example/" + feed + "</link><description>One of many</description>\n";
    for (std::uint64_t i = 0; i < plan_.items; ++i) {
      body += item_xml(feed, plan_.items + shared_.generation - i, plan_.item_bytes);
    }
    body += "</channel></rss>\n";
    return fmt::format(
               "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: application/rss+xml\r\nETag: {}\r\n"
               "Content-Length: {}\r\n\r\n",
               etag, body.size()) +
           body;
  }

  const ServerPlan& plan_;
  int listener_;
  Shared& shared_;
  int epoll_;
  std::unordered_map<int, Connection> connections_;
};

FeedServer::FeedServer(const ServerPlan& plan) : plan_(plan) {
  if (plan.live_hosts + plan.dead_hosts > kMaxHosts) std::exit(1);
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  sockaddr_in any{};
  any.sin_family = AF_INET;
  any.sin_addr.s_addr = htonl(INADDR_ANY);
  // Any address, but of the loopback device alone: nobody outside reaches it.
  if (::setsockopt(listener_, SOL_SOCKET, SO_BINDTODEVICE, "lo", 3) != 0) give_up("SO_BINDTODEVICE");
  if (::bind(listener_, reinterpret_cast<sockaddr*>(&any), sizeof any) != 0 || ::listen(listener_, 4096) != 0) {
    give_up("listen");
  }
  socklen_t size = sizeof any;
  ::getsockname(listener_, reinterpret_cast<sockaddr*>(&any), &size);
  port_ = ntohs(any.sin_port);
  void* memory = ::mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) give_up("mmap");
  shared_ = new (memory) Shared;
  child_ = ::fork();
  if (child_ < 0) give_up("fork");
  if (child_ == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    Loop(plan_, listener_, *shared_).run();
  }
  ::close(listener_);
}

FeedServer::~FeedServer() {
  ::kill(child_, SIGKILL);
  ::waitpid(child_, nullptr, 0);
  ::munmap(shared_, sizeof(Shared));
}

void FeedServer::begin(Round round) {
  if (round == Round::kNewItem) ++shared_->generation;
  shared_->round = static_cast<int>(round);
  shared_->requests = shared_->not_modified = shared_->bytes_sent = 0;
  for (Host& host : shared_->hosts) {
    host.most = host.now;
    host.asked = 0;
    host.last_answer = 0;
  }
}

double FeedServer::live_seconds(std::size_t first) const {
  double begin = 0, end = 0;
  for (std::size_t i = first; i < plan_.live_hosts; ++i) {
    const Host& host = shared_->hosts[i];
    if (host.asked == 0) continue;
    if (begin == 0 || host.at[0] < begin) begin = host.at[0];
    end = std::max(end, host.last_answer);
  }
  return end - begin;
}

int FeedServer::most_at_once() const {
  int most = 0;
  for (const Host& host : shared_->hosts) most = std::max(most, host.most);
  return most;
}

std::vector<std::string> FeedServer::violations(int at_once, int together, double spacing_s) const {
  std::vector<std::string> out;
  for (std::size_t n = 0; n < plan_.live_hosts + plan_.dead_hosts; ++n) {
    const Host& host = shared_->hosts[n];
    if (host.most > at_once) {
      out.push_back(fmt::format("{}: {} requests at once, {} are allowed", host_address(n), host.most, at_once));
    }
    const std::size_t known = std::min(host.asked, kMaxAsked);
    for (std::size_t i = 0; i < known; ++i) {
      for (std::size_t j = i + 1; j < known; ++j) {
        const double allowed = together + (host.at[j] - host.at[i] + 1.0) / spacing_s;
        if (static_cast<double>(j - i + 1) <= allowed) continue;
        out.push_back(
            fmt::format("{}: {} requests within {:.2f} s", host_address(n), j - i + 1, host.at[j] - host.at[i]));
        j = i = known;  // one line a host
      }
    }
  }
  return out;
}

}  // namespace podswarm::bench
