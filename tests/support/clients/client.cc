#include "tests/support/clients/client.h"

#include <stdexcept>

#include "tests/support/clients/aria2.h"
#include "tests/support/clients/qbittorrent.h"
#include "tests/support/clients/rtorrent.h"
#include "tests/support/clients/transmission.h"
#include "tests/support/network.h"

namespace podswarm::test {

Client::Client(const ClientOptions& options) : address_(options.address), port_(free_port()) {
  std::filesystem::create_directories(options.folder);
}

void Client::seed(const std::string& torrent, const std::string& info_hash, const std::filesystem::path& folder) {
  add(torrent, folder);
  if (!eventually([&] { return complete(info_hash); })) {
    throw std::runtime_error("the client does not find the data: " + log());
  }
}

std::string Client::peer() const {
  return address_ + ":" + std::to_string(port_);
}

std::unique_ptr<Client> start_client(const std::string& program, const ClientOptions& options) {
  if (program == "transmission-daemon") return std::make_unique<Transmission>(options);
  if (program == "aria2c") return std::make_unique<Aria2>(options);
  if (program == "qbittorrent-nox") return std::make_unique<Qbittorrent>(options);
  if (program == "rtorrent") return std::make_unique<Rtorrent>(options);
  throw std::runtime_error("no such client: " + program);
}

std::string body_of(const std::string& answer) {
  const auto end = answer.find("\r\n\r\n");
  return end == std::string::npos ? std::string() : answer.substr(end + 4);
}

}  // namespace podswarm::test
