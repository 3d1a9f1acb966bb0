// What the demo plays with: episodes of sound made here, published on loopback by a small web server, two of them by a
// seeding engine and a tracker. Everything lies in one temporary folder.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace podswarm::app {

struct DemoEpisode {
  std::string title;
  std::string file;  // the media file's name
  bool torrent = false;
  std::string content;  // the whole file's bytes
};

class DemoWorld {
 public:
  // Makes the episodes below `dir` and publishes them. Throws where it cannot listen on loopback.
  explicit DemoWorld(const std::filesystem::path& dir);
  ~DemoWorld();
  DemoWorld(const DemoWorld&) = delete;
  DemoWorld& operator=(const DemoWorld&) = delete;

  [[nodiscard]] const std::vector<DemoEpisode>& episodes() const;
  [[nodiscard]] std::string feed_url() const;
  // What the seeding engine has sent.
  [[nodiscard]] std::uint64_t seeded_bytes() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace podswarm::app
