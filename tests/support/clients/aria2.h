// aria2c, by its JSON-RPC.
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>

#include "tests/support/clients/client.h"

namespace podswarm::test {

class Aria2 : public Client {
 public:
  explicit Aria2(const ClientOptions& options);

  void add(const std::string& torrent, const std::filesystem::path& folder) override;
  void add_magnet(const std::string& uri, const std::filesystem::path& folder) override;
  [[nodiscard]] bool complete(const std::string& info_hash) override;
  [[nodiscard]] std::string log() const override;

 private:
  // The answer's result. Throws std::runtime_error where there is none.
  boost::json::value call(const std::string& method, boost::json::array parameters);

  std::filesystem::path folder_;
  std::uint16_t rpc_port_;
  Process process_;
};

}  // namespace podswarm::test
