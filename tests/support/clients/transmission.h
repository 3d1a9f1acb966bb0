// transmission-daemon, by its RPC.
#pragma once

#include <boost/json/object.hpp>

#include "tests/support/clients/client.h"

namespace podswarm::test {

class Transmission : public Client {
 public:
  explicit Transmission(const ClientOptions& options);

  void add(const std::string& torrent, const std::filesystem::path& folder) override;
  void add_magnet(const std::string& uri, const std::filesystem::path& folder) override;
  [[nodiscard]] bool complete(const std::string& info_hash) override;
  [[nodiscard]] bool makes_empty_files() const override { return false; }
  [[nodiscard]] std::string log() const override;

 private:
  // The answer's arguments. Throws std::runtime_error where it is not "success".
  boost::json::object call(const std::string& method, boost::json::object arguments);

  std::uint16_t rpc_port_;
  std::string session_;
  Process process_;
};

}  // namespace podswarm::test
