#include "tests/support/clients/rtorrent.h"

#include <fmt/format.h>

#include <stdexcept>

#include "base/bytes.h"
#include "tests/support/files.h"
#include "tests/support/network.h"

namespace podswarm::test {

namespace fs = std::filesystem;

namespace {

std::string text_value(std::string text) {
  for (std::size_t at = 0; (at = text.find('&', at)) != std::string::npos; ++at) text.replace(at, 1, "&amp;");
  return fmt::format("<string>{}</string>", text);
}

Command command(const ClientOptions& options, std::uint16_t port) {
  const bool ipv6 = options.address.find(':') != std::string::npos;
  fs::create_directories(options.folder / "session");
  write(options.folder / "rc",
        fmt::format(R"(session.path.set = {folder}/session
network.scgi.open_local = {folder}/scgi
network.port_range.set = {port}-{port}
network.port_random.set = no
{bind}
throttle.global_up.max_rate.set_kb = {up_limit}
dht.mode.set = disable
system.daemon.set = true
log.open_file = "log", "{folder}/log"
log.add_output = "info", "log"
log.add_output = "connection_debug", "log"
log.add_output = "tracker_debug", "log"
)",
                    fmt::arg("folder", options.folder.string()), fmt::arg("port", port),
                    fmt::arg("up_limit", options.up_limit),
                    // It binds IPv4 addresses alone; unbound, it takes IPv6 too.
                    fmt::arg("bind", ipv6 ? "" : "network.bind_address.set = " + options.address)));
  return {{find_program("rtorrent"), "-n", "-o", "import=" + (options.folder / "rc").string()},
          {{"HOME", options.folder.string()}, {"TERM", "dumb"}},
          options.folder,
          "/dev/null",
          options.folder / "rtorrent"};
}

}  // namespace

Rtorrent::Rtorrent(const ClientOptions& options)
    : Client(options), folder_(options.folder), process_(command(options, port())) {
  await_client(process_, "rtorrent", [this] { return !call("system.pid", {}).empty(); });
}

std::string Rtorrent::call(const std::string& method, const std::vector<std::string>& parameters) const {
  std::string list;
  for (const auto& parameter : parameters) list += fmt::format("<param><value>{}</value></param>", parameter);
  const std::string body = fmt::format(
      "<?xml version=\"1.0\"?><methodCall><methodName>{}</methodName><params>{}</params></methodCall>", method, list);
  std::string head = fmt::format("CONTENT_LENGTH|{}|SCGI|1|", body.size());
  for (char& c : head) c = c == '|' ? '\0' : c;
  const std::string answer =
      body_of(ask_local_socket(folder_ / "scgi", fmt::format("{}:{},{}", head.size(), head, body)));
  return answer.find("<fault>") == std::string::npos ? answer : std::string();
}

void Rtorrent::load(const std::string& method, const std::string& what, const fs::path& folder) {
  // A magnet link's torrent knows no folder of its own.
  if (call("directory.default.set", {text_value(""), text_value(folder.string())}).empty() ||
      call(method, {text_value(""), what}).empty()) {
    throw std::runtime_error("rtorrent refuses " + method);
  }
}

void Rtorrent::add(const std::string& torrent, const fs::path& folder) {
  load("load.raw_start", fmt::format("<base64>{}</base64>", base::to_base64(base::as_bytes(torrent))), folder);
}

void Rtorrent::add_magnet(const std::string& uri, const fs::path& folder) {
  load("load.start", text_value(uri), folder);
}

bool Rtorrent::complete(const std::string& info_hash) {
  std::string upper = info_hash;
  for (char& c : upper) c = c >= 'a' && c <= 'f' ? static_cast<char>(c - 'a' + 'A') : c;
  const std::string hash = text_value(upper);
  const auto is = [&](const char* what, int value) {
    return call(what, {hash}).find(fmt::format("8>{}</i8>", value)) != std::string::npos;
  };
  // The fetching of a magnet link's dictionary is a torrent as well, of one chunk.
  return is("d.complete", 1) && is("d.hashing", 0) && is("d.is_meta", 0);
}

std::string Rtorrent::log() const {
  return process_.out() + process_.err() + read(folder_ / "log");
}

}  // namespace podswarm::test
