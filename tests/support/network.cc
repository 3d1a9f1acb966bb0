#include "tests/support/network.h"

#include <arpa/inet.h>
#include <linux/ipv6.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <set>
#include <stdexcept>

#include "base/file.h"
#include "base/text.h"
#include "tests/support/process.h"

namespace podswarm::test {

namespace {

bool is_isolated = false;

sockaddr_in socket_address(const std::string& address, std::uint16_t port) {
  sockaddr_in out{};
  out.sin_family = AF_INET;
  out.sin_port = htons(port);
  ::inet_pton(AF_INET, address.c_str(), &out.sin_addr);
  return out;
}

bool set_interface(int fd, const char* name, const char* address) {
  ifreq request{};
  std::strncpy(request.ifr_name, name, IFNAMSIZ - 1);
  if (address != nullptr) {
    const sockaddr_in in = socket_address(address, 0);
    std::memcpy(&request.ifr_addr, &in, sizeof in);
    return ::ioctl(fd, SIOCSIFADDR, &request) == 0;
  }
  if (::ioctl(fd, SIOCGIFFLAGS, &request) != 0) return false;
  request.ifr_flags = static_cast<short>(request.ifr_flags | IFF_UP);
  return ::ioctl(fd, SIOCSIFFLAGS, &request) == 0;
}

// 2001:2::1 to 2001:2::8, each by itself: a range of IPv6 addresses is only the machine's own by a route. Where the
// system has no IPv6 at all, there are none.
bool add_ipv6_addresses() {
  const base::UniqueFd fd(::socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (fd.get() < 0) return errno == EAFNOSUPPORT;
  for (std::uint8_t host = 1; host <= 8; ++host) {
    in6_ifreq request{};
    ::inet_pton(AF_INET6, "2001:2::", &request.ifr6_addr);
    request.ifr6_addr.s6_addr[15] = host;
    request.ifr6_prefixlen = 48;
    request.ifr6_ifindex = static_cast<int>(::if_nametoindex("lo"));
    if (::ioctl(fd.get(), SIOCSIFADDR, &request) != 0) return errno == EACCES || errno == EOPNOTSUPP;
  }
  return true;
}

bool send_all(const base::UniqueFd& fd, const std::string& request) {
  for (std::size_t sent = 0; sent < request.size();) {
    const ssize_t size = ::send(fd.get(), request.data() + sent, request.size() - sent, MSG_NOSIGNAL);
    if (size < 0) return false;
    sent += static_cast<std::size_t>(size);
  }
  return true;
}

// Whether an HTTP answer with a Content-Length is all there: not every server hangs up then.
bool whole(const std::string& answer) {
  constexpr std::string_view kLength = "\r\ncontent-length:";
  const auto end = answer.find("\r\n\r\n");
  if (end == std::string::npos) return false;
  const auto length = base::ascii_lower(answer.substr(0, end)).find(kLength);
  return length != std::string::npos &&
         answer.size() >= end + 4 + std::strtoull(answer.c_str() + length + kLength.size(), nullptr, 10);
}

// Sends all of it and receives the answer, to its end or until the other side hangs up.
std::string exchange(const base::UniqueFd& fd, const std::string& request) {
  std::string answer;
  if (!send_all(fd, request)) return answer;
  char buffer[4096];
  for (ssize_t size = 0; !whole(answer) && (size = ::recv(fd.get(), buffer, sizeof buffer, 0)) > 0;) {
    answer.append(buffer, static_cast<std::size_t>(size));
  }
  return answer;
}

std::string http(const std::string& address, std::uint16_t port, const std::string& request) {
  const base::UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const sockaddr_in in = socket_address(address, port);
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&in), sizeof in) != 0) return {};
  return exchange(fd, request);
}

// A user namespace in which everybody keeps the number that they have: programs that refuse to be root stay content.
bool keep_user(uid_t user, gid_t group) {
  std::ofstream("/proc/self/setgroups") << "deny";
  std::ofstream users("/proc/self/uid_map");
  users << user << ' ' << user << " 1\n";
  users.close();
  std::ofstream groups("/proc/self/gid_map");
  groups << group << ' ' << group << " 1\n";
  groups.close();
  return users && groups;
}

}  // namespace

bool isolate() {
  const uid_t user = ::getuid();
  const gid_t group = ::getgid();
  if (::unshare(CLONE_NEWNET | CLONE_NEWNS) != 0) {
    if (::unshare(CLONE_NEWUSER | CLONE_NEWNET | CLONE_NEWNS) != 0) return false;
    if (!keep_user(user, group)) throw std::runtime_error("the user namespace takes no users");
  }
  // What is mounted from here on is seen here only.
  if (::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0)
    throw std::runtime_error("cannot part the mounts");
  const base::UniqueFd fd(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!set_interface(fd.get(), "lo", nullptr) || !set_interface(fd.get(), "lo:1", kOwnAddress.c_str()) ||
      !add_ipv6_addresses()) {
    throw std::runtime_error("cannot set up the loopback interface");
  }
  is_isolated = true;
  return true;
}

bool isolated() {
  return is_isolated;
}

std::uint16_t free_port() {
  static std::set<std::uint16_t> given;
  for (;;) {
    const base::UniqueFd tcp(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address = socket_address("0.0.0.0", 0);
    socklen_t size = sizeof address;
    if (::bind(tcp.get(), reinterpret_cast<const sockaddr*>(&address), size) != 0 ||
        ::getsockname(tcp.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0) {
      throw std::runtime_error("no port is free");
    }
    const base::UniqueFd udp(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    if (::bind(udp.get(), reinterpret_cast<const sockaddr*>(&address), size) != 0) continue;
    if (given.insert(ntohs(address.sin_port)).second) return ntohs(address.sin_port);
  }
}

bool accepts_connections(const std::string& address, std::uint16_t port) {
  const base::UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const sockaddr_in in = socket_address(address, port);
  return ::connect(fd.get(), reinterpret_cast<const sockaddr*>(&in), sizeof in) == 0;
}

bool has_ipv6() {
  const base::UniqueFd fd(::socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  sockaddr_in6 address{};
  address.sin6_family = AF_INET6;
  ::inet_pton(AF_INET6, kPeerAddress6.c_str(), &address.sin6_addr);
  // The kernel takes a moment to admit a new address.
  return fd.get() >= 0 &&
         eventually([&] { return ::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0; },
                    seconds(2));
}

std::string http_get(const std::string& address, std::uint16_t port, const std::string& path) {
  return http(address, port, "GET " + path + " HTTP/1.0\r\nHost: " + address + "\r\n\r\n");
}

std::string http_post(const std::string& address, std::uint16_t port, const std::string& path, const std::string& body,
                      const std::string& fields) {
  return http(address, port,
              "POST " + path + " HTTP/1.0\r\nHost: " + address + ":" + std::to_string(port) +
                  "\r\nConnection: close\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" + fields + "\r\n" +
                  body);
}

std::string ask_local_socket(const std::filesystem::path& socket, const std::string& request) {
  const base::UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (socket.native().size() >= sizeof address.sun_path) return {};
  std::memcpy(address.sun_path, socket.c_str(), socket.native().size());
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) return {};
  return exchange(fd, request);
}

}  // namespace podswarm::test
