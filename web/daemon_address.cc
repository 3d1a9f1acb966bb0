#include "web/daemon_address.h"

#include <Poco/Exception.h>
#include <Poco/Net/IPAddress.h>
#include <Poco/Net/SocketAddress.h>
#include <Poco/Net/StreamSocket.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/random.h>

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <cerrno>
#include <limits>
#include <stdexcept>

#include "base/bytes.h"
#include "base/text.h"

namespace podswarm::web {

namespace json = boost::json;

namespace {

constexpr std::size_t kMaxFileBytes = 64 * 1024;
constexpr int kProbeMs = 1000;

bool is_loopback(const std::string& address) {
  Poco::Net::IPAddress parsed;
  return Poco::Net::IPAddress::tryParse(address, parsed) && parsed.isLoopback();
}

base::Failure<DaemonAddressError> unreadable(const std::filesystem::path& file, std::string_view why) {
  return base::fail(DaemonAddressError::kUnreadable, fmt::format("{}: {}", file.string(), why));
}

std::string text_member(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  const auto* text = value != nullptr ? value->if_string() : nullptr;
  return text != nullptr ? std::string(*text) : std::string();
}

std::int64_t number_member(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  const auto* number = value != nullptr ? value->if_int64() : nullptr;
  return number != nullptr ? *number : 0;
}

bool accepts(const DaemonAddress& daemon) {
  try {
    Poco::Net::StreamSocket probe;
    probe.connect(Poco::Net::SocketAddress(daemon.address, daemon.port), Poco::Timespan(0, kProbeMs * 1000));
    return true;
  } catch (const Poco::Exception&) {
    return false;
  }
}

}  // namespace

std::filesystem::path daemon_file(std::string_view xdg_runtime_dir, const std::filesystem::path& data_dir) {
  const std::filesystem::path runtime(xdg_runtime_dir);
  // The XDG specification has a relative path ignored.
  return runtime.is_absolute() ? runtime / "podswarm" / "daemon.json" : data_dir / "daemon.json";
}

std::string new_token(std::size_t count) {
  base::Bytes bytes(count);
  std::size_t filled = 0;
  while (filled < bytes.size()) {
    const ssize_t size = ::getrandom(bytes.data() + filled, bytes.size() - filled, 0);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) throw std::runtime_error("the system's random source fails");
    filled += static_cast<std::size_t>(size);
  }
  return base::to_hex(bytes);
}

base::Result<void, base::FileError> write_daemon_file(const std::filesystem::path& file, const DaemonAddress& address) {
  std::error_code error;
  if (std::filesystem::create_directories(file.parent_path(), error)) {
    std::filesystem::permissions(file.parent_path(), std::filesystem::perms::owner_all, error);
  }
  if (error) {
    return base::fail(base::file_error(error.value()),
                      fmt::format("{}: cannot be made: {}", file.parent_path().string(), error.message()));
  }
  json::object object;
  object["address"] = address.address;
  object["port"] = address.port;
  object["token"] = address.token;
  object["pid"] = address.pid;
  object["data_dir"] = base::repair_utf8(address.data_dir);
  return base::write_file_atomically(file, json::serialize(object) + "\n", 0600);
}

void remove_daemon_file(const std::filesystem::path& file, pid_t pid) {
  const auto written = read_daemon_file(file);
  if (!written || written->pid != pid) return;
  std::error_code ignored;
  std::filesystem::remove(file, ignored);
}

base::Result<DaemonAddress, DaemonAddressError> read_daemon_file(const std::filesystem::path& file) {
  const auto text = base::read_file(file, kMaxFileBytes);
  if (!text && text.error().code == base::FileError::kNotFound) {
    return base::fail(DaemonAddressError::kAbsent, "no daemon is running");
  }
  if (!text) return base::fail(DaemonAddressError::kUnreadable, text.error().message);
  boost::system::error_code error;
  const json::value parsed = json::parse(*text, error);
  const auto* object = error ? nullptr : parsed.if_object();
  if (object == nullptr) return unreadable(file, "is not a daemon's address");
  DaemonAddress daemon;
  daemon.address = text_member(*object, "address");
  daemon.token = text_member(*object, "token");
  daemon.data_dir = text_member(*object, "data_dir");
  const auto port = number_member(*object, "port");
  const auto pid = number_member(*object, "pid");
  // Only loopback is believed: whoever else the token went to could use it.
  if (!is_loopback(daemon.address) || daemon.token.empty() || port < 1 || port > 65535 || pid < 1 ||
      pid > std::numeric_limits<pid_t>::max()) {
    return unreadable(file, "is not a daemon's address");
  }
  daemon.port = static_cast<std::uint16_t>(port);
  daemon.pid = static_cast<pid_t>(pid);
  return daemon;
}

base::Result<DaemonAddress, DaemonAddressError> find_daemon(const std::filesystem::path& file) {
  auto daemon = read_daemon_file(file);
  if (!daemon) return daemon;
  // No permission to signal it still means that it is there.
  if (::kill(daemon->pid, 0) != 0 && errno == ESRCH) {
    return base::fail(DaemonAddressError::kStale, fmt::format("the daemon (process {}) is gone", daemon->pid));
  }
  if (!accepts(*daemon)) {
    return base::fail(DaemonAddressError::kStale,
                      fmt::format("nobody answers at {}:{}, where the daemon was", daemon->address, daemon->port));
  }
  return daemon;
}

}  // namespace podswarm::web
