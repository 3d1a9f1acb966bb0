#include "engine/net/dialer.h"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <string>
#include <vector>

#include "engine/net/turn_list.h"

namespace podswarm::engine {
namespace {

using boost::asio::ip::tcp;

TEST(TurnListTest, EachGetsItsTurnInTheOrderInWhichTheyCame) {
  TurnList list;
  std::string order;
  const char names[] = "abc";
  const auto add = [&](const char& who) { list.add(&who, [&order, &who] { order += who; }); };
  add(names[0]);
  add(names[1]);
  add(names[2]);
  add(names[0]);
  EXPECT_EQ(list.size(), 3u) << "who waits already keeps its place";
  list.remove(&names[1]);
  list.remove(&names[1]);
  while (!list.empty()) list.take()();
  EXPECT_EQ(order, "ac");
  add(names[1]);
  list.clear();
  add(names[1]);
  EXPECT_EQ(list.size(), 1u);
}

// Torrents that each want to make some calls to a listener that takes them all.
class DialerTest : public ::testing::Test {
 protected:
  struct Caller {
    DialerTest& test;
    char name;
    int wanted;

    void call() {
      while (wanted > 0) {
        if (!test.dialer.has_room()) return test.dialer.wait(this, [this] { call(); });
        --wanted;
        test.order += name;
        test.dialer.dial(test.listener, [this](std::unique_ptr<Transport> transport) {
          if (transport) transport->close();
          ++test.answered;
        });
      }
    }
  };

  bool run_until(const std::function<bool()>& happened) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (!happened()) {
      io.run_one_for(std::chrono::milliseconds(50));
      if (std::chrono::steady_clock::now() >= deadline) return false;
    }
    return true;
  }

  boost::asio::io_context io;
  tcp::acceptor acceptor{io, tcp::endpoint(boost::asio::ip::address_v4::loopback(), 0)};
  Endpoint listener = Endpoint::v4({127, 0, 0, 1}, acceptor.local_endpoint().port());
  Dialer dialer{io, ""};
  std::string order;
  int answered = 0;
};

TEST_F(DialerTest, WhoWaitsForRoomGetsOneCallATurn) {
  dialer.set_limits(1, 0);
  std::vector<Caller> callers{{*this, 'a', 3}, {*this, 'b', 2}, {*this, 'c', 1}};
  for (Caller& caller : callers) caller.call();
  EXPECT_EQ(order, "a");
  ASSERT_TRUE(run_until([this] { return answered == 6; }));
  EXPECT_EQ(order, "aabcab") << "a stood in line before b and c had come";
}

TEST_F(DialerTest, WhoComesWhileOthersWaitStandsBehindThem) {
  dialer.set_limits(1, 0);
  Caller a{*this, 'a', 2}, b{*this, 'b', 1};
  a.call();
  ASSERT_TRUE(run_until([this] { return answered == 1; }));
  b.call();
  ASSERT_TRUE(run_until([this] { return answered == 3; }));
  EXPECT_EQ(order, "aab");
}

TEST_F(DialerTest, ATurnThatIsNotUsedGoesToTheNext) {
  dialer.set_limits(0, 0);
  Caller a{*this, 'a', 1}, b{*this, 'b', 1}, c{*this, 'c', 1};
  for (Caller* caller : {&a, &b, &c}) caller->call();
  a.wanted = 0;
  dialer.stop_waiting(&b);
  EXPECT_FALSE(dialer.has_room());
  dialer.set_limits(1, 0);
  EXPECT_FALSE(dialer.has_room()) << "the room is for those that wait";
  ASSERT_TRUE(run_until([this] { return answered == 1; }));
  EXPECT_EQ(order, "c");
  EXPECT_TRUE(dialer.has_room());
}

TEST_F(DialerTest, CallsOfTheNextSecondAreMadeWithoutBeingAskedFor) {
  dialer.set_limits(50, 1);
  Caller a{*this, 'a', 1}, b{*this, 'b', 1};
  a.call();
  b.call();
  EXPECT_EQ(order, "a");
  ASSERT_TRUE(run_until([this] { return answered == 2; }));
  EXPECT_EQ(order, "ab");
}

}  // namespace
}  // namespace podswarm::engine
