// Where a test's servers and clients listen. A test program takes a network of its own where the system lets it: a
// network namespace whose loopback interface has the addresses 198.18.0.1 to 198.18.0.254 and 2001:2::1 to 2001:2::8
// too (ranges for benchmarks, RFC 2544 and 5180). Transmission needs them: it connects to no 127.x address, and to each
// address once. Nothing that such a test starts can reach another machine.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace podswarm::test {

// For main(), before any thread exists: moves this process into network and mount namespaces of its own. False where
// the system refuses; then all stays as it was.
bool isolate();

// Whether isolate() has succeeded: the addresses below exist, and what is mounted is mounted for this program only.
[[nodiscard]] bool isolated();

// Where connections come from that bind no address of their own, Podswarm's; and another machine's, as it were.
inline const std::string kOwnAddress = "198.18.0.1";
inline const std::string kPeerAddress = "198.18.0.2";
// The same over IPv6.
inline const std::string kOwnAddress6 = "2001:2::1";
inline const std::string kPeerAddress6 = "2001:2::2";

// Whether the IPv6 ones exist: a kernel may do without.
[[nodiscard]] bool has_ipv6();

// A TCP and UDP port that nobody uses at the moment.
[[nodiscard]] std::uint16_t free_port();

// Whether something accepts connections there.
[[nodiscard]] bool accepts_connections(const std::string& address, std::uint16_t port);

// The whole answer to an HTTP request of a path, head and body; "" where there is none.
[[nodiscard]] std::string http_get(const std::string& address, std::uint16_t port, const std::string& path);
// The same for a POST. `fields` are further lines of the head, each with its end.
[[nodiscard]] std::string http_post(const std::string& address, std::uint16_t port, const std::string& path,
                                    const std::string& body, const std::string& fields);
// What the other side of a socket in the file system answers to `request`; "" where there is nobody.
[[nodiscard]] std::string ask_local_socket(const std::filesystem::path& socket, const std::string& request);

}  // namespace podswarm::test

// Skips the test where the system grants no namespaces.
#define PODSWARM_NEED_ISOLATION() \
  if (!podswarm::test::isolated()) GTEST_SKIP() << "this system grants no network and mount namespaces"
