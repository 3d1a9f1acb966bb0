// rtorrent, by XML-RPC over SCGI.
#pragma once

#include "tests/support/clients/client.h"

namespace podswarm::test {

class Rtorrent : public Client {
 public:
  explicit Rtorrent(const ClientOptions& options);

  void add(const std::string& torrent, const std::filesystem::path& folder) override;
  void add_magnet(const std::string& uri, const std::filesystem::path& folder) override;
  [[nodiscard]] bool complete(const std::string& info_hash) override;
  [[nodiscard]] std::string log() const override;

 private:
  // `parameters`: XML-RPC values. The answer's document, "" where there is none or it is a fault.
  [[nodiscard]] std::string call(const std::string& method, const std::vector<std::string>& parameters) const;
  void load(const std::string& method, const std::string& what, const std::filesystem::path& folder);

  std::filesystem::path folder_;
  Process process_;
};

}  // namespace podswarm::test
