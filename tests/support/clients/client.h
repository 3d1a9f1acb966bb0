// Another BitTorrent client, as a program. Started by its constructor, which returns when it takes commands
// (std::runtime_error otherwise), and ended with its object. It runs as it is shipped, except that it finds peers by
// trackers and peers alone, opens no port in any router, and listens on one address.
//
// One thread.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "tests/support/process.h"

namespace podswarm::test {

struct ClientOptions {
  std::filesystem::path folder;  // for its own files; made where it is missing
  std::string address;           // where it listens and connects from; IPv4 or IPv6
  std::uint32_t up_limit = 0;    // KiB a second that it sends, 0 = no limit
};

class Client {
 public:
  virtual ~Client() = default;
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // Takes the torrent up. What of it lies below `folder`, which exists, is verified first; what is missing is fetched,
  // and what is there is seeded. Throws std::runtime_error where the client refuses.
  virtual void add(const std::string& torrent, const std::filesystem::path& folder) = 0;
  virtual void add_magnet(const std::string& uri, const std::filesystem::path& folder) = 0;
  // Takes up a torrent that lies in `folder` whole, and returns when the client has seen so; std::runtime_error where
  // it does not.
  void seed(const std::string& torrent, const std::string& info_hash, const std::filesystem::path& folder);
  // Whether every byte of the torrent with this info-hash (hexadecimal) is there and verified.
  [[nodiscard]] virtual bool complete(const std::string& info_hash) = 0;

  // Whether it makes the files of a torrent that have no bytes.
  [[nodiscard]] virtual bool makes_empty_files() const { return true; }

  // What the client has to say about itself, for a test that fails.
  [[nodiscard]] virtual std::string log() const = 0;

  [[nodiscard]] const std::string& address() const { return address_; }
  [[nodiscard]] std::uint16_t port() const { return port_; }
  // HOST:PORT where it waits for peers, of an IPv4 client.
  [[nodiscard]] std::string peer() const;

 protected:
  explicit Client(const ClientOptions& options);

 private:
  std::string address_;
  std::uint16_t port_;
};

// The clients there are, by the names of their programs.
inline const std::vector<std::string> kClients = {"transmission-daemon", "aria2c", "qbittorrent-nox", "rtorrent"};

// One of kClients, which is installed.
[[nodiscard]] std::unique_ptr<Client> start_client(const std::string& program, const ClientOptions& options);

// For the clients: the body of an answer to an HTTP request, "" where there is none.
[[nodiscard]] std::string body_of(const std::string& answer);
// Waits until `answers`; throws std::runtime_error with what the program said where it ends or does not answer.
template <typename Condition>
void await_client(Process& process, const std::string& name, Condition&& answers) {
  const bool up = eventually([&] { return !process.running() || answers(); });
  if (!up || !process.running()) {
    throw std::runtime_error(name + " does not come up: " + process.out() + process.err());
  }
}

}  // namespace podswarm::test
