// Private feeds: where their passwords come from, and where they may go.
#include "scheduler/credentials.h"

#include <cstdlib>

#include "tests/scheduler/fake_world.h"

namespace podswarm::scheduler {
namespace {

TEST(Credentials, GoToTheFeedsOwnHostAndNeverInPlainTextBehindTls) {
  EXPECT_TRUE(may_carry_credentials("https://a.example/f", "https://a.example/1.mp3"));
  EXPECT_TRUE(may_carry_credentials("http://a.example/f", "http://A.example/1.mp3"));
  EXPECT_TRUE(may_carry_credentials("http://a.example/f", "https://a.example/1.mp3"));
  EXPECT_FALSE(may_carry_credentials("https://a.example/f", "http://a.example/1.mp3"));
  EXPECT_FALSE(may_carry_credentials("https://a.example/f", "https://cdn.a.example/1.mp3"));
  EXPECT_FALSE(may_carry_credentials("https://a.example/f", "https://b.example/1.mp3"));
  EXPECT_FALSE(may_carry_credentials("https://a.example/f", "magnet:?xt=urn:btih:00"));
}

TEST(Credentials, AFileIsReadWhereItIsItsOwnersAlone) {
  const auto file = std::filesystem::temp_directory_path() / ("podswarm-password-" + std::to_string(::getpid()));
  std::ofstream(file) << "open sesame\nsecond line\n";
  config::FeedSettings settings;
  settings.user = "me";
  settings.password_file = file.string();
  using std::filesystem::perms;
  for (const auto open_to_others : {perms::group_read, perms::others_read, perms::others_write}) {
    std::filesystem::permissions(file, perms::owner_read | perms::owner_write | open_to_others);
    EXPECT_FALSE(credentials_of(settings));
  }
  for (const auto own : {perms::owner_read | perms::owner_write, perms::owner_read}) {
    std::filesystem::permissions(file, own);
    const auto credentials = credentials_of(settings);
    ASSERT_TRUE(credentials);
    EXPECT_EQ(credentials->user, "me");
    EXPECT_EQ(credentials->password, "open sesame");
  }
  std::filesystem::remove(file);
  EXPECT_FALSE(credentials_of(settings));
}

TEST(Credentials, ATokenStandsForUserAndPassword) {
  config::FeedSettings settings;
  settings.token_env = "PODSWARM_TEST_TOKEN";
  EXPECT_TRUE(has_credentials(settings));
  EXPECT_FALSE(credentials_of(settings)) << "the variable is not set";
  for (const char* no_token : {"", " ", "two words", "line\r\nX-Other: field", "caf\u00e9"}) {
    ::setenv("PODSWARM_TEST_TOKEN", no_token, 1);
    EXPECT_FALSE(credentials_of(settings)) << no_token;
  }
  ::setenv("PODSWARM_TEST_TOKEN", " to.ken~1==\n", 1);
  const auto credentials = credentials_of(settings);
  ASSERT_TRUE(credentials);
  EXPECT_EQ(credentials->token, "to.ken~1==");
  EXPECT_EQ(credentials->user, "");
  ::unsetenv("PODSWARM_TEST_TOKEN");
}

class PrivateFeeds : public SchedulerTest {};

TEST_F(PrivateFeeds, FeedAndMediaGetTheTokenOnTheFeedsHostAlone) {
  ::setenv("PODSWARM_TEST_TOKEN", "to.ken", 1);
  configure("[feeds.\"https://feeds.example/show\"]\ntoken_env = \"PODSWARM_TEST_TOKEN\"\n");
  subscribe("https://feeds.example/show");
  auto own = make_item("own"), other = make_item("other");
  own.enclosures[0].url = "https://feeds.example/own.mp3";
  auto document = make_feed({own, other});
  document.new_feed_url = "https://elsewhere.example/f";
  scheduler_->tick();
  ASSERT_EQ(feeds_.requests.size(), 1u);
  ASSERT_TRUE(feeds_.requests[0].request.credentials);
  EXPECT_EQ(feeds_.requests[0].request.credentials->token, "to.ken");
  answer(200, document);
  EXPECT_TRUE(feeds_.requests.empty()) << "a feed with a secret does not move by itself";
  ASSERT_EQ(downloads_.added.size(), 2u);
  for (const auto& add : downloads_.added) {
    const std::string url = std::get<engine::HttpSource>(add.source).url;
    EXPECT_EQ(add.http.token, url == "https://feeds.example/own.mp3" ? "to.ken" : "") << url;
  }
  ::unsetenv("PODSWARM_TEST_TOKEN");
}

TEST_F(PrivateFeeds, MediaGetTheFeedsPasswordOnItsHostAlone) {
  ::setenv("PODSWARM_TEST_SECRET", "open sesame", 1);
  configure("[feeds.\"https://feeds.example/show\"]\nuser = \"me\"\npassword_env = \"PODSWARM_TEST_SECRET\"\n");
  subscribe("https://feeds.example/show");
  auto own = make_item("own"), other = make_item("other"), plain = make_item("plain");
  own.enclosures[0].url = "https://feeds.example/own.mp3";
  other.enclosures[0].url = "https://media.example/other.mp3";
  plain.enclosures[0].url = "http://feeds.example/plain.mp3";
  poll(make_feed({own, other, plain}));
  ASSERT_EQ(downloads_.added.size(), 3u);
  for (const auto& add : downloads_.added) {
    const std::string url = std::get<engine::HttpSource>(add.source).url;
    const bool is_own = url == "https://feeds.example/own.mp3";
    EXPECT_EQ(add.http.user, is_own ? "me" : "") << url;
    EXPECT_EQ(add.http.password, is_own ? "open sesame" : "") << url;
  }
  ::unsetenv("PODSWARM_TEST_SECRET");
}

}  // namespace
}  // namespace podswarm::scheduler
