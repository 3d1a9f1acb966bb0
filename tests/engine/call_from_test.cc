// Calls from an address of our own, on a machine that has hardly any ports left.
#include "engine/net/call_from.h"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <fstream>
#include <optional>
#include <vector>

#include "engine/net/tcp_race.h"
#include "tests/support/network.h"

namespace podswarm::engine {
namespace {

using boost::asio::ip::tcp;
using boost::system::error_code;

constexpr int kPorts = 10;

class CallFromTest : public ::testing::Test {
 protected:
  void SetUp() override {
    PODSWARM_NEED_ISOLATION();
    std::ofstream range("/proc/sys/net/ipv4/ip_local_port_range");
    range << "40000 " << 40000 + kPorts - 1 << std::flush;
    if (!range) GTEST_SKIP() << "this system does not let the range of ports be set";
  }
  // A server that takes whoever calls.
  struct Server {
    explicit Server(boost::asio::io_context& io, std::uint16_t port) : acceptor(io, {address(), port}) { accept(); }
    void accept() {
      acceptor.async_accept([this](error_code error, tcp::socket socket) {
        if (error) return;
        taken.push_back(std::move(socket));
        accept();
      });
    }
    tcp::acceptor acceptor;
    std::vector<tcp::socket> taken;
  };
  static boost::asio::ip::address address() { return boost::asio::ip::make_address(test::kOwnAddress); }

  // Calls from our own address; what becomes of it.
  error_code call(const Server& server) {
    std::optional<error_code> outcome;
    const auto race = std::make_shared<TcpRace>(
        io_, std::vector{server.acceptor.local_endpoint()}, address(), std::chrono::milliseconds(250),
        [&](error_code error, tcp::socket socket) {
          outcome = error;
          mine_.push_back(std::move(socket));
        });
    race->start();
    while (!outcome && io_.run_one_for(std::chrono::seconds(5)) > 0) {
    }
    return outcome.value_or(boost::asio::error::timed_out);
  }

  boost::asio::io_context io_;
  std::vector<tcp::socket> mine_;
};

TEST_F(CallFromTest, APortThatIsUsedForOneServerIsGoodForAnother) {
  Server one(io_, 7001);
  Server two(io_, 7002);
  // Which ports are found free is the system's choice: it may give up one or two early.
  int taken = 0;
  while (taken < kPorts && !call(one)) ++taken;
  ASSERT_GE(taken, kPorts / 2);
  EXPECT_FALSE(call(two)) << "the ports are taken, but not by connections to this one";
  EXPECT_FALSE(call(two));
}

}  // namespace
}  // namespace podswarm::engine
