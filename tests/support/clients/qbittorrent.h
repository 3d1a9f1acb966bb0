// qbittorrent-nox, by its web interface.
#pragma once

#include "tests/support/clients/client.h"

namespace podswarm::test {

class Qbittorrent : public Client {
 public:
  explicit Qbittorrent(const ClientOptions& options);

  void add(const std::string& torrent, const std::filesystem::path& folder) override;
  void add_magnet(const std::string& uri, const std::filesystem::path& folder) override;
  [[nodiscard]] bool complete(const std::string& info_hash) override;
  [[nodiscard]] std::string log() const override;

 private:
  // `part` is the form's part that holds the torrent or the link.
  void add_part(const std::string& part, const std::filesystem::path& folder);

  std::filesystem::path folder_;
  std::uint16_t web_port_;
  Process process_;
};

}  // namespace podswarm::test
