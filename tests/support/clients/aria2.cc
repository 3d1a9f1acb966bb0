#include "tests/support/clients/aria2.h"

#include <fmt/format.h>

#include <boost/json/object.hpp>
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

Command command(const ClientOptions& options, std::uint16_t port, std::uint16_t rpc_port) {
  const bool ipv6 = options.address.find(':') != std::string::npos;
  return {{find_program("aria2c"), "--no-conf", "--enable-rpc", fmt::format("--rpc-listen-port={}", rpc_port),
           "--interface=" + options.address, fmt::format("--listen-port={}", port),
           fmt::format("--dht-listen-port={}", port), ipv6 ? "--disable-ipv6=false" : "--disable-ipv6=true",
           "--enable-dht=true", "--enable-dht6=false", "--bt-enable-lpd=false", "--seed-ratio=0.0",
           fmt::format("--max-overall-upload-limit={}K", options.up_limit),
           // What is there already is verified.
           "--check-integrity=true", "--allow-overwrite=true", "--file-allocation=none", "--summary-interval=0",
           "--log-level=info", "--log=" + (options.folder / "log").string()},
          {{"HOME", options.folder.string()}},
          options.folder,
          "/dev/null",
          options.folder / "aria2"};
}

}  // namespace

Aria2::Aria2(const ClientOptions& options)
    : Client(options), folder_(options.folder), rpc_port_(free_port()), process_(command(options, port(), rpc_port_)) {
  await_client(process_, "aria2c", [this] { return accepts_connections("127.0.0.1", rpc_port_); });
}

json::value Aria2::call(const std::string& method, json::array parameters) {
  const json::object request = {
      {"jsonrpc", "2.0"}, {"id", 1}, {"method", "aria2." + method}, {"params", std::move(parameters)}};
  const std::string answer =
      http_post("127.0.0.1", rpc_port_, "/jsonrpc", json::serialize(request), "Content-Type: application/json\r\n");
  json::error_code error;
  const json::value document = json::parse(body_of(answer), error);
  const auto* object = document.if_object();
  const auto* result = object == nullptr ? nullptr : object->if_contains("result");
  if (error || result == nullptr) throw std::runtime_error(fmt::format("aria2c: {}: {}", method, answer));
  return *result;
}

void Aria2::add(const std::string& torrent, const fs::path& folder) {
  call("addTorrent", {base::to_base64(base::as_bytes(torrent)), json::array{}, json::object{{"dir", folder.string()}}});
}

void Aria2::add_magnet(const std::string& uri, const fs::path& folder) {
  call("addUri", {json::array{uri}, json::object{{"dir", folder.string()}}});
}

bool Aria2::complete(const std::string& info_hash) {
  const auto active = call("tellActive", {json::array{"infoHash", "bittorrent", "completedLength", "totalLength",
                                                      "seeder", "verifiedLength", "verifyIntegrityPending"}});
  for (const auto& element : active.as_array()) {
    const auto& download = element.as_object();
    if (download.at("infoHash").as_string() != info_hash) continue;
    // Without the info dictionary's name it is the fetching of that dictionary which is meant.
    if (!download.at("bittorrent").as_object().contains("info")) continue;
    return download.at("completedLength") == download.at("totalLength") &&
           download.at("seeder").as_string() == "true" && !download.contains("verifiedLength") &&
           !download.contains("verifyIntegrityPending");
  }
  return false;
}

std::string Aria2::log() const {
  return read(folder_ / "log");
}

}  // namespace podswarm::test
