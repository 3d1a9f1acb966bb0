#include "tests/support/clients/qbittorrent.h"

#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <stdexcept>

#include "tests/support/files.h"
#include "tests/support/network.h"

namespace podswarm::test {

namespace fs = std::filesystem;
namespace json = boost::json;

namespace {

// The refresh interval is how old an answer may be. With uTP on it calls over that first, and over TCP seconds after
// nobody has answered.
constexpr const char* kConfiguration = R"([LegalNotice]
Accepted=true

[BitTorrent]
Session\DHTEnabled=false
Session\LSDEnabled=false
Session\BTProtocol=TCP
Session\Port={port}
Session\Interface=lo
Session\InterfaceName=lo
Session\InterfaceAddress={address}
Session\QueueingSystemEnabled=false
Session\GlobalUPSpeedLimit={up_limit}
Session\RefreshInterval=100

[Network]
PortForwardingEnabled=false

[Preferences]
General\Locale=en
Connection\UPnP=false
WebUI\Enabled=true
WebUI\UseUPnP=false
WebUI\Address=127.0.0.1
WebUI\Port={web_port}
WebUI\LocalHostAuth=false
WebUI\CSRFProtection=false
WebUI\HostHeaderValidation=false
)";

constexpr const char* kBoundary = "part-of-the-form";

Command command(const ClientOptions& options, std::uint16_t port, std::uint16_t web_port) {
  write(options.folder / "qBittorrent/config/qBittorrent.conf",
        fmt::format(fmt::runtime(kConfiguration), fmt::arg("port", port), fmt::arg("address", options.address),
                    fmt::arg("web_port", web_port), fmt::arg("up_limit", options.up_limit)));
  return {{find_program("qbittorrent-nox"), "--profile=" + options.folder.string(),
           fmt::format("--webui-port={}", web_port)},
          {{"HOME", options.folder.string()}},
          options.folder,
          "/dev/null",
          options.folder / "qbittorrent"};
}

}  // namespace

Qbittorrent::Qbittorrent(const ClientOptions& options)
    : Client(options), folder_(options.folder), web_port_(free_port()), process_(command(options, port(), web_port_)) {
  await_client(process_, "qbittorrent-nox",
               [this] { return !body_of(http_get("127.0.0.1", web_port_, "/api/v2/app/version")).empty(); });
}

void Qbittorrent::add_part(const std::string& part, const fs::path& folder) {
  const std::string form = fmt::format(
      "--{0}\r\nContent-Disposition: form-data; name=\"savepath\"\r\n\r\n{1}\r\n--{0}\r\nContent-Disposition: "
      "form-data; {2}\r\n--{0}--\r\n",
      kBoundary, folder.string(), part);
  const std::string answer = http_post("127.0.0.1", web_port_, "/api/v2/torrents/add", form,
                                       fmt::format("Content-Type: multipart/form-data; boundary={}\r\n", kBoundary));
  if (body_of(answer) != "Ok.") throw std::runtime_error("qbittorrent-nox: torrents/add: " + answer);
}

void Qbittorrent::add(const std::string& torrent, const fs::path& folder) {
  add_part("name=\"torrents\"; filename=\"it.torrent\"\r\nContent-Type: application/x-bittorrent\r\n\r\n" + torrent,
           folder);
}

void Qbittorrent::add_magnet(const std::string& uri, const fs::path& folder) {
  add_part("name=\"urls\"\r\n\r\n" + uri, folder);
}

bool Qbittorrent::complete(const std::string& info_hash) {
  json::error_code error;
  const json::value answer =
      json::parse(body_of(http_get("127.0.0.1", web_port_, "/api/v2/torrents/info?hashes=" + info_hash)), error);
  const auto* list = answer.if_array();
  if (error || list == nullptr || list->empty()) return false;
  const auto& torrent = list->front().as_object();
  const auto& state = torrent.at("state").as_string();
  return torrent.at("progress").to_number<double>() == 1.0 && (state == "uploading" || state == "stalledUP");
}

std::string Qbittorrent::log() const {
  return process_.out() + read(folder_ / "qBittorrent/data/logs/qbittorrent.log");
}

}  // namespace podswarm::test
