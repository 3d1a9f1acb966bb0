#include "tests/e2e/support/network.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>
#include <fstream>
#include <set>
#include <stdexcept>

#include "base/file.h"

namespace podswarm::e2e {

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
  if (!set_interface(fd.get(), "lo", nullptr) || !set_interface(fd.get(), "lo:1", kOwnAddress.c_str())) {
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

std::string http_get(const std::string& address, std::uint16_t port, const std::string& path) {
  const base::UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const sockaddr_in in = socket_address(address, port);
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&in), sizeof in) != 0) return {};
  const std::string request = "GET " + path + " HTTP/1.0\r\nHost: " + address + "\r\n\r\n";
  if (::send(fd.get(), request.data(), request.size(), MSG_NOSIGNAL) < 0) return {};
  std::string answer;
  char buffer[4096];
  for (ssize_t size = 0; (size = ::recv(fd.get(), buffer, sizeof buffer, 0)) > 0;) {
    answer.append(buffer, static_cast<std::size_t>(size));
  }
  return answer;
}

}  // namespace podswarm::e2e
