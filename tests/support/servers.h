// The real programs that Podswarm meets in these tests. Each is started by its constructor, which returns when it
// answers (std::runtime_error otherwise), and ends with its object. One thread.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "tests/support/process.h"

namespace podswarm::test {

// nginx: serves the files of root() over HTTP and HTTPS on 127.0.0.1, the latter with a certificate of a CA made for
// the occasion.
class Nginx {
 public:
  // `locations` goes into the server block: "location = /slow.wav { limit_rate 200k; }".
  explicit Nginx(const std::filesystem::path& folder, const std::string& locations = "");

  [[nodiscard]] const std::filesystem::path& root() const { return root_; }
  [[nodiscard]] std::filesystem::path ca_file() const { return folder_ / "ca.pem"; }
  [[nodiscard]] std::string url(const std::string& path) const;
  [[nodiscard]] std::string https_url(const std::string& path) const;
  // A line a request: "GET /path STATUS BYTES range=RANGE agent=USER-AGENT".
  [[nodiscard]] std::vector<std::string> requests() const;

 private:
  std::filesystem::path folder_;
  std::filesystem::path root_;
  std::uint16_t port_;
  std::uint16_t https_port_;
  Process process_;
};

// opentracker on kOwnAddress: announces over HTTP and UDP, for the info-hashes named (packaged builds take no others
// and know IPv4 alone).
class Opentracker {
 public:
  Opentracker(const std::filesystem::path& folder, std::uint16_t port, const std::vector<std::string>& info_hashes);

  [[nodiscard]] static std::string announce_url(std::uint16_t port);
  [[nodiscard]] static std::string udp_announce_url(std::uint16_t port);
  // Whether exactly one seed has announced the torrent.
  [[nodiscard]] bool knows_seed(const std::string& info_hash) const;

 private:
  std::uint16_t port_;
  Process process_;
};

}  // namespace podswarm::test

// Skips the test where one of the programs is not installed.
#define PODSWARM_NEED_PROGRAM(name) \
  if (podswarm::test::find_program(name).empty()) GTEST_SKIP() << name << " is not installed"
