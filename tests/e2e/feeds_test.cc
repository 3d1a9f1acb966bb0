// Verbs about feeds and their servers, with nginx: doctor, search, and the import of a list at an address.

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include "tests/e2e/support/content.h"
#include "tests/e2e/support/podswarm.h"
#include "tests/support/files.h"
#include "tests/support/servers.h"

namespace podswarm::test {
namespace {

namespace json = boost::json;

constexpr const char* kLocations = R"(
location = /packed.xml { gzip on; gzip_types application/rss+xml; gzip_min_length 1; }
location = /moved.xml { return 301 /packed.xml; }
location = /plain.xml { etag off; add_header Last-Modified ""; if_modified_since off; gzip off; }
location = /norange.wav { max_ranges 0; }
location = /itunes { alias root/itunes.json; }
location = /index {
  if ($http_x_auth_key != "KEY") { return 401; }
  if ($http_authorization !~ "^[0-9a-f]{40}$") { return 401; }
  alias root/index.json;
}
)";

bool finds(const json::value& report, const std::string& text) {
  const auto& findings = list_at(report, "findings");
  return std::any_of(findings.begin(), findings.end(), [&](const json::value& finding) {
    return text_at(finding, "text").find(text) != std::string::npos;
  });
}

TEST(Doctor, TellsWhatServerAndDocumentDoWithFewRequests) {
  PODSWARM_NEED_PROGRAM("nginx");
  PODSWARM_NEED_PROGRAM("openssl");
  const TemporaryFolder folder;
  const Nginx nginx(folder.path() / "nginx", kLocations);
  Podswarm podswarm(folder.path());
  write(nginx.root() / "one.wav", make_wav(40'000, 1));
  write(nginx.root() / "norange.wav", make_wav(40'000, 1));
  write(nginx.root() / "packed.xml", make_feed("Good & bad", {{"One", nginx.url("one.wav")}}));
  write(nginx.root() / "plain.xml", make_feed("Plain", {{"One", nginx.url("norange.wav")}}));

  const auto good = podswarm.json({"doctor", nginx.url("moved.xml")});
  EXPECT_EQ(at(good, "readable"), json::value(true)) << json::serialize(good);
  EXPECT_EQ(at(good, "subscribed"), json::value(false));
  EXPECT_EQ(text_at(good, "server/content_encoding"), "gzip");
  EXPECT_EQ(at(good, "server/answers_304"), json::value(true));
  EXPECT_EQ(number_at(list_at(good, "server/redirects").at(0), "status"), 301);
  EXPECT_EQ(at(good, "enclosure/ranges"), json::value(true));
  EXPECT_EQ(number_at(good, "document/items"), 1);
  EXPECT_TRUE(finds(good, "moved for good to " + nginx.url("packed.xml")));
  EXPECT_TRUE(finds(good, "repaired: ")) << json::serialize(good);
  EXPECT_GE(list_at(good, "poll/reasons").size(), 2u);
  // The moved address twice, where it leads twice, a byte of the episode.
  EXPECT_EQ(nginx.requests().size(), 5u);

  const auto plain = podswarm.json({"doctor", nginx.url("plain.xml")});
  EXPECT_EQ(at(plain, "enclosure/ranges"), json::value(false));
  EXPECT_TRUE(finds(plain, "neither ETag nor Last-Modified")) << json::serialize(plain);
  EXPECT_TRUE(finds(plain, "cannot be resumed"));

  EXPECT_EQ(podswarm.run({"doctor", nginx.url("nothing.xml")}).status, 1);
  EXPECT_EQ(podswarm.run({"doctor", "nobody"}).status, 5);
}

TEST(Doctor, OfASubscriptionTellsWhenItIsAskedAndWhy) {
  PODSWARM_NEED_PROGRAM("nginx");
  PODSWARM_NEED_PROGRAM("openssl");
  const TemporaryFolder folder;
  const Nginx nginx(folder.path() / "nginx", kLocations);
  Podswarm podswarm(folder.path());
  write(nginx.root() / "packed.xml", make_feed("Radio", {{"One", nginx.url("one.wav")}}));
  ASSERT_EQ(podswarm.run({"add", "--none", nginx.url("packed.xml")}).status, 0);
  const auto report = podswarm.json({"doctor", "Radio"});
  EXPECT_EQ(at(report, "subscribed"), json::value(true));
  EXPECT_EQ(text_at(report, "url"), nginx.url("packed.xml"));
  const auto shown = podswarm.json({"show", "Radio"});
  EXPECT_EQ(text_at(report, "poll/next_poll_at"), text_at(shown, "next_poll_at"));
  EXPECT_EQ(at(report, "poll/reasons"), at(shown, "poll_reasons"));
  EXPECT_EQ(text_at(list_at(report, "poll/reasons").at(0), "kind"), "interval");
  const auto text = podswarm.run({"doctor", "Radio"});
  EXPECT_EQ(text.status, 0);
  EXPECT_NE(text.out.find("the configured interval"), std::string::npos) << text.out;
}

TEST(Search, AsksTheDirectoriesThatAreConfigured) {
  PODSWARM_NEED_PROGRAM("nginx");
  PODSWARM_NEED_PROGRAM("openssl");
  const TemporaryFolder folder;
  const Nginx nginx(folder.path() / "nginx", kLocations);
  write(
      nginx.root() / "itunes.json",
      R"({"resultCount":1,"results":[{"collectionName":"Night Waves","artistName":"Ann","feedUrl":"https://a.example/f",
            "trackCount":120,"releaseDate":"2026-11-17T06:00:00Z"}]})");
  write(nginx.root() / "index.json",
        R"({"status":"true","feeds":[{"title":"Night Waves","url":"https://a.example/f"},
            {"title":"Night Trains","url":"https://b.example/f","author":"Ben"}]})");
  Podswarm podswarm(folder.path());
  podswarm.configure(fmt::format("[search]\nitunes_url = \"{}\"\npodcastindex_url = \"{}\"\n", nginx.url("itunes"),
                                 nginx.url("index")));
  const auto one = podswarm.json({"search", "night", "waves"});
  ASSERT_EQ(list_at(one, "results").size(), 1u) << json::serialize(one);
  EXPECT_EQ(number_at(list_at(one, "results").at(0), "episodes"), 120);
  EXPECT_EQ(nginx.requests().size(), 1u);

  ::setenv("PODCASTINDEX_KEY", "KEY", 1);
  ::setenv("PODCASTINDEX_SECRET", "SECRET", 1);
  const auto both = podswarm.json({"search", "night"});
  EXPECT_EQ(list_at(both, "results").size(), 2u) << json::serialize(both);
  const auto text = podswarm.run({"search", "night"});
  EXPECT_EQ(text.status, 0) << text.err;
  EXPECT_NE(text.out.find("https://b.example/f"), std::string::npos) << text.out;
  ::setenv("PODCASTINDEX_KEY", "wrong", 1);
  const auto refused = podswarm.run({"search", "night"});
  EXPECT_EQ(refused.status, 3);
  EXPECT_NE(refused.err.find("the key or the secret is wrong"), std::string::npos) << refused.err;
  EXPECT_EQ(refused.err.find("SECRET"), std::string::npos);
  ::unsetenv("PODCASTINDEX_KEY");
  ::unsetenv("PODCASTINDEX_SECRET");
}

TEST(Import, TakesAListAtAnAddressFeedByFeed) {
  PODSWARM_NEED_PROGRAM("nginx");
  PODSWARM_NEED_PROGRAM("openssl");
  const TemporaryFolder folder;
  const Nginx nginx(folder.path() / "nginx", kLocations);
  write(nginx.root() / "one.xml", make_feed("One", {{"A", nginx.url("a.wav")}}));
  const auto outline = [](const std::string& name, const std::string& url) {
    return fmt::format("<outline type=\"rss\" text=\"{}\" xmlUrl=\"{}\"/>", name, url);
  };
  std::string again = nginx.url("one.xml");
  again.replace(0, 4, "HTTP");
  write(nginx.root() / "list.opml",
        "<opml version=\"2.0\"><head/><body><outline text=\"Audio\"><outline text=\"News\">" +
            outline("One", nginx.url("one.xml")) + "</outline></outline>" + outline("Again", again + "#top") +
            outline("Gone", nginx.url("gone.xml")) + outline("Odd", "gopher://example.org/feed") + "</body></opml>");
  Podswarm podswarm(folder.path());
  const auto outcome = podswarm.run({"import", nginx.url("list.opml"), "--json"});
  EXPECT_EQ(outcome.status, 3) << outcome.err;
  const auto feeds = podswarm.json({"list"});
  ASSERT_EQ(list_at(feeds, "feeds").size(), 2u) << json::serialize(feeds);
  const auto& one = find(list_at(feeds, "feeds"), "name", "One");
  EXPECT_EQ(list_at(one, "tags"), (json::array{"Audio", "News"}));
  EXPECT_EQ(number_at(one, "episodes"), 1);
  EXPECT_EQ(number_at(find(list_at(feeds, "feeds"), "name", "Gone"), "poll_failures"), 1);
  EXPECT_EQ(podswarm.run({"import", nginx.url("nothing.opml")}).status, 5);
}

}  // namespace
}  // namespace podswarm::test
