#include "tests/support/servers.h"

#include <fmt/format.h>
#include <unistd.h>

#include <sstream>
#include <stdexcept>

#include "tests/support/files.h"
#include "tests/support/network.h"

namespace podswarm::test {

namespace fs = std::filesystem;

namespace {

// Waits until the server accepts connections.
void await(Process& process, const std::string& address, std::uint16_t port, const char* name) {
  const bool up = eventually([&] { return !process.running() || accepts_connections(address, port); });
  if (!up || !process.running()) {
    throw std::runtime_error(fmt::format("{} does not come up: {}{}", name, process.out(), process.err()));
  }
}

void openssl(const fs::path& folder, std::vector<std::string> words) {
  words.insert(words.begin(), find_program("openssl"));
  const auto outcome = run({words, {}, folder, "/dev/null", folder / "openssl"});
  if (outcome.status != 0) throw std::runtime_error("openssl: " + outcome.err);
}

void make_certificates(const fs::path& folder) {
  write(folder / "names.cnf", "subjectAltName = IP:127.0.0.1, DNS:localhost\n");
  const std::vector<std::string> key = {"-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"};
  std::vector<std::string> ca = {"req", "-x509", "-days", "2", "-subj", "/CN=Podswarm test CA"};
  ca.insert(ca.end(), {"-keyout", "ca.key", "-out", "ca.pem"});
  ca.insert(ca.end(), key.begin(), key.end());
  openssl(folder, ca);
  std::vector<std::string> request = {"req", "-subj", "/CN=127.0.0.1", "-keyout", "server.key", "-out", "server.csr"};
  request.insert(request.end(), key.begin(), key.end());
  openssl(folder, request);
  openssl(folder, {"x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days",
                   "2", "-extfile", "names.cnf", "-out", "server.pem"});
}

constexpr const char* kNginxConfiguration = R"(
daemon off;
master_process off;
{user}
pid nginx.pid;
error_log error.log info;
events {{ worker_connections 128; }}
http {{
  log_format short '$request_method $uri $status $body_bytes_sent range=$http_range agent=$http_user_agent';
  access_log access.log short;
  client_body_temp_path temp-body;
  proxy_temp_path temp-proxy;
  fastcgi_temp_path temp-fastcgi;
  uwsgi_temp_path temp-uwsgi;
  scgi_temp_path temp-scgi;
  default_type application/octet-stream;
  types {{
    application/rss+xml xml;
    application/x-bittorrent torrent;
    audio/wav wav;
    text/html html;
  }}
  server {{
    listen 127.0.0.1:{port};
    listen 127.0.0.1:{https_port} ssl;
    ssl_certificate server.pem;
    ssl_certificate_key server.key;
    root root;
    {locations}
  }}
}}
)";

Command nginx_command(const fs::path& folder, const std::string& locations, std::uint16_t port,
                      std::uint16_t https_port) {
  fs::create_directories(folder / "root");
  make_certificates(folder);
  write(folder / "nginx.conf",
        fmt::format(fmt::runtime(kNginxConfiguration), fmt::arg("port", port), fmt::arg("https_port", https_port),
                    fmt::arg("locations", locations), fmt::arg("user", ::geteuid() == 0 ? "user root;" : "")));
  return {{find_program("nginx"), "-p", folder.string(), "-c", "nginx.conf", "-e", (folder / "error.log").string()},
          {},
          folder,
          "/dev/null",
          folder / "nginx"};
}

Command opentracker_command(const fs::path& folder, std::uint16_t port, const std::vector<std::string>& info_hashes) {
  // As root it changes its root to the folder and becomes nobody: the list is named relative to it.
  write(folder / "whitelist", fmt::format("{}\n", fmt::join(info_hashes, "\n")));
  write(folder / "opentracker.conf",
        fmt::format("listen.tcp_udp {}:{}\naccess.whitelist whitelist\n", kOwnAddress, port));
  return {{find_program("opentracker"), "-f", (folder / "opentracker.conf").string(), "-d", folder.string()},
          {},
          folder,
          "/dev/null",
          folder / "opentracker"};
}

}  // namespace

Nginx::Nginx(const fs::path& folder, const std::string& locations)
    : folder_(folder),
      root_(folder / "root"),
      port_(free_port()),
      https_port_(free_port()),
      process_(nginx_command(folder, locations, port_, https_port_)) {
  await(process_, "127.0.0.1", https_port_, "nginx");
}

std::string Nginx::url(const std::string& path) const {
  return fmt::format("http://127.0.0.1:{}/{}", port_, path);
}
std::string Nginx::https_url(const std::string& path) const {
  return fmt::format("https://127.0.0.1:{}/{}", https_port_, path);
}

std::vector<std::string> Nginx::requests() const {
  std::vector<std::string> lines;
  std::istringstream log(read(folder_ / "access.log"));
  for (std::string line; std::getline(log, line);) lines.push_back(line);
  return lines;
}

Opentracker::Opentracker(const fs::path& folder, std::uint16_t port, const std::vector<std::string>& info_hashes)
    : port_(port), process_(opentracker_command(folder, port, info_hashes)) {
  await(process_, kOwnAddress, port, "opentracker");
}

std::string Opentracker::announce_url(std::uint16_t port) {
  return fmt::format("http://{}:{}/announce", kOwnAddress, port);
}

std::string Opentracker::udp_announce_url(std::uint16_t port) {
  return fmt::format("udp://{}:{}/announce", kOwnAddress, port);
}

bool Opentracker::knows_seed(const std::string& info_hash) const {
  std::string escaped;
  for (std::size_t i = 0; i < info_hash.size(); i += 2) escaped += "%" + info_hash.substr(i, 2);
  return http_get(kOwnAddress, port_, "/scrape?info_hash=" + escaped).find("8:completei1e") != std::string::npos;
}

}  // namespace podswarm::test
