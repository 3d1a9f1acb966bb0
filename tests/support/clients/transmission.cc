#include "tests/support/clients/transmission.h"

#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <stdexcept>

#include "base/bytes.h"
#include "tests/support/files.h"
#include "tests/support/network.h"

namespace podswarm::test {

namespace fs = std::filesystem;
namespace json = boost::json;

namespace {

constexpr const char* kSession = "X-Transmission-Session-Id";

Command command(const ClientOptions& options, std::uint16_t port, std::uint16_t rpc_port) {
  const bool ipv6 = options.address.find(':') != std::string::npos;
  json::object settings = {
      {"bind-address-ipv4", ipv6 ? "0.0.0.0" : options.address},  // if any, its announces leave from there
      {"bind-address-ipv6", ipv6 ? options.address : "::1"},
      {"peer-port", port},
      {"peer-port-random-on-start", false},
      {"rpc-bind-address", "127.0.0.1"},
      {"rpc-port", rpc_port},
      {"rpc-authentication-required", false},
      {"rpc-whitelist-enabled", false},
      {"rpc-host-whitelist-enabled", false},
      {"dht-enabled", false},
      {"lpd-enabled", false},
      {"port-forwarding-enabled", false},
      // It calls over uTP first, and after a call that nobody answers leaves that peer alone for a while.
      {"utp-enabled", false},
      {"speed-limit-down-enabled", false},
      {"speed-limit-up-enabled", options.up_limit > 0},
      {"speed-limit-up", options.up_limit},
      {"ratio-limit-enabled", false},
      {"idle-seeding-limit-enabled", false},
      {"download-queue-enabled", false},
      {"incomplete-dir-enabled", false},
      {"rename-partial-files", false},
      {"download-dir", options.folder.string()},
  };
  write(options.folder / "settings.json", json::serialize(settings));
  return {{find_program("transmission-daemon"), "--foreground", "--config-dir", options.folder.string()},
          {{"HOME", options.folder.string()}},
          options.folder,
          "/dev/null",
          options.folder / "transmission"};
}

}  // namespace

Transmission::Transmission(const ClientOptions& options)
    : Client(options), rpc_port_(free_port()), process_(command(options, port(), rpc_port_)) {
  // Its port for peers is not tried out: it lets each address begin one handshake at a time.
  await_client(process_, "transmission-daemon", [this] { return accepts_connections("127.0.0.1", rpc_port_); });
}

json::object Transmission::call(const std::string& method, json::object arguments) {
  const std::string request = json::serialize(json::object{{"method", method}, {"arguments", std::move(arguments)}});
  std::string answer;
  for (int attempt = 0; attempt < 2; ++attempt) {
    answer =
        http_post("127.0.0.1", rpc_port_, "/transmission/rpc", request, fmt::format("{}: {}\r\n", kSession, session_));
    if (!answer.starts_with("HTTP/1.0 409") && !answer.starts_with("HTTP/1.1 409")) break;
    const auto at = answer.find(kSession) + std::string_view(kSession).size() + 2;
    session_ = answer.substr(at, answer.find('\r', at) - at);
  }
  json::error_code error;
  const json::value document = json::parse(body_of(answer), error);
  const auto* object = document.if_object();
  const auto* result = object == nullptr ? nullptr : object->if_contains("result");
  if (error || result == nullptr || !result->is_string() || result->get_string() != "success") {
    throw std::runtime_error(fmt::format("transmission-daemon: {}: {}", method, answer));
  }
  return object->at("arguments").as_object();
}

void Transmission::add(const std::string& torrent, const fs::path& folder) {
  call("torrent-add", {{"metainfo", base::to_base64(base::as_bytes(torrent))}, {"download-dir", folder.string()}});
}

void Transmission::add_magnet(const std::string& uri, const fs::path& folder) {
  call("torrent-add", {{"filename", uri}, {"download-dir", folder.string()}});
}

bool Transmission::complete(const std::string& info_hash) {
  const auto answer = call("torrent-get", {{"ids", json::array{info_hash}},
                                           {"fields", json::array{"leftUntilDone", "sizeWhenDone", "status"}}});
  constexpr int kSeedQueued = 5;  // and 6 is seeding; what comes before them verifies or fetches
  const auto& torrents = answer.at("torrents").as_array();
  if (torrents.empty()) return false;
  const auto& torrent = torrents.front().as_object();
  return torrent.at("sizeWhenDone").as_int64() > 0 && torrent.at("leftUntilDone").as_int64() == 0 &&
         torrent.at("status").as_int64() >= kSeedQueued;
}

std::string Transmission::log() const {
  return process_.err();
}

}  // namespace podswarm::test
