// What an episode comes with: tags, a cover, descriptions, chapters, a transcript; the hook that hears of it; the
// report.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "tests/e2e/support/podswarm.h"
#include "tests/library/media_bytes.h"
#include "tests/support/files.h"
#include "tests/support/servers.h"

namespace podswarm::test {
namespace {

namespace json = boost::json;
using testing::HasSubstr;

std::string feed_of(const Nginx& nginx) {
  return fmt::format(R"(<rss version="2.0" xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd"
 xmlns:podcast="https://podcastindex.org/namespace/1.0"><channel><title>Night Waves</title><language>en</language>
<itunes:image href="{0}"/>
<item><title>Tides</title><guid isPermaLink="false">tides</guid><pubDate>Mon, 16 Nov 2026 05:00:00 GMT</pubDate>
<description>&lt;p&gt;Of moons.&lt;/p&gt;</description><itunes:episode>3</itunes:episode><itunes:season>2</itunes:season>
<podcast:chapters url="{1}" type="application/json+chapters"/><podcast:transcript url="{2}" type="text/vtt" language="de"/>
<enclosure url="{3}" type="audio/mpeg" length="1"/></item>
<item><title>Rerun</title><guid isPermaLink="false">rerun</guid><pubDate>Sun, 15 Nov 2026 05:00:00 GMT</pubDate>
<enclosure url="{3}?again" type="audio/mpeg" length="1"/></item>
<item><title>Gone</title><guid isPermaLink="false">gone</guid><pubDate>Sat, 14 Nov 2026 05:00:00 GMT</pubDate>
<enclosure url="{4}" type="audio/mpeg" length="1"/></item></channel></rss>)",
                     nginx.url("cover.jpg"), nginx.url("chapters.json"), nginx.url("tides.vtt"), nginx.url("tides.mp3"),
                     nginx.url("gone.mp3"));
}

TEST(Accompany, AnEpisodeComesWithAllThatIsWantedAndTheHookHearsOfIt) {
  PODSWARM_NEED_PROGRAM("nginx");
  PODSWARM_NEED_PROGRAM("openssl");
  const TemporaryFolder folder;
  const Nginx nginx(folder.path() / "nginx");
  const std::string sound = media::make_mp3();
  write(nginx.root() / "tides.mp3", sound);
  write(nginx.root() / "cover.jpg", media::make_jpeg());
  write(nginx.root() / "chapters.json", R"({"version":"1.2.0","chapters":[{"startTime":0,"title":"Sea"}]})");
  write(nginx.root() / "tides.vtt", "WEBVTT\n\n00:00.000 --> 00:01.000\nRauschen\n");
  write(nginx.root() / "feed.xml", feed_of(nginx));

  Podswarm podswarm(folder.path() / "podswarm");
  const auto told = folder.path() / "told";
  podswarm.configure(fmt::format(R"(
[library]
tags = "missing"
embed_cover = true
nfo = true
info_json = true
chapters = true
transcripts = true

[[rule]]
id = "no-reruns"
feeds = ["*"]
any = ['title : "rerun"']
action = "skip"

[[rule]]
id = "the-rest"
feeds = ["*"]
match_all = true

[[hook]]
on = ["new", "done", "failed"]
command = 'cat >> "{0}"; printf "\n" >> "{0}"'

[[hook]]
on = "done"
command = "sleep 600"
timeout = "1s"

[[hook]]
on = "done"
command = 'printf "%s" "$PODSWARM_PATH" > "{0}.path"'
)",
                                 told.string()));
  ASSERT_EQ(podswarm.run({"add", "--all", nginx.url("feed.xml")}).status, 0);
  const auto fetched = podswarm.run({"fetch"});
  EXPECT_EQ(fetched.status, 3) << "one is gone: " << fetched.out << fetched.err;

  const auto shelf = podswarm.library() / "Night Waves";
  std::vector<std::string> names;
  for (const auto& [name, content] : tree(shelf)) names.push_back(name);
  EXPECT_THAT(names, testing::UnorderedElementsAre("2026-11-16 Tides.mp3", "2026-11-16 Tides.nfo",
                                                   "2026-11-16 Tides.info.json", "2026-11-16 Tides.chapters.json",
                                                   "2026-11-16 Tides.de.vtt", "cover.jpg", "tvshow.nfo"));
  const std::string tagged = read(shelf / "2026-11-16 Tides.mp3");
  EXPECT_TRUE(tagged.ends_with(sound));
  const std::string tags = tagged.substr(0, tagged.size() - sound.size());
  EXPECT_THAT(tags, HasSubstr("Night Waves"));
  EXPECT_THAT(tags, HasSubstr("CHAP"));
  EXPECT_THAT(tags, HasSubstr("APIC")) << "the feed's image, as embed_cover says";
  EXPECT_THAT(tags, HasSubstr(media::make_jpeg().substr(0, 60)));
  EXPECT_THAT(tags, HasSubstr("Sea"));
  EXPECT_EQ(read(shelf / "2026-11-16 Tides.de.vtt"), "WEBVTT\n\n00:00.000 --> 00:01.000\nRauschen\n");
  EXPECT_THAT(read(shelf / "2026-11-16 Tides.nfo"), HasSubstr("<season>2</season>"));

  // The hook: a document a line, in order; the one that hangs has held up nothing.
  std::vector<std::string> events;
  std::string line;
  for (const char c : read(told)) {
    if (c != '\n') {
      line += c;
      continue;
    }
    const auto document = json::parse(line);
    events.push_back(text_at(document, "event") + " " + text_at(document, "episode/title"));
    line.clear();
  }
  EXPECT_THAT(events, testing::UnorderedElementsAre("new Tides", "new Gone", "done Tides"));
  EXPECT_EQ(read(told.string() + ".path"), (shelf / "2026-11-16 Tides.mp3").string());

  // The report says the same, with and without a daemon.
  const auto report = podswarm.json({"report", "--since", "1h"});
  const auto daemon = podswarm.start_daemon();
  const auto by_daemon = podswarm.json({"report", "--since", "1h"});
  for (const auto* one : {&report, &by_daemon}) {
    ASSERT_EQ(list_at(*one, "done").size(), 1u) << json::serialize(*one);
    EXPECT_EQ(text_at(list_at(*one, "done").at(0), "title"), "Tides");
    EXPECT_EQ(number_at(list_at(*one, "done").at(0), "size"), static_cast<std::int64_t>(tagged.size()));
    ASSERT_EQ(list_at(*one, "skipped").size(), 1u);
    EXPECT_EQ(text_at(list_at(*one, "skipped").at(0), "rule"), "no-reruns");
    ASSERT_EQ(list_at(*one, "failed").size(), 1u);
    EXPECT_THAT(text_at(list_at(*one, "failed").at(0), "error"), HasSubstr("404"));
  }
  const auto text = podswarm.run({"report"});
  EXPECT_EQ(text.status, 0) << text.err;
  for (const char* part : {"1 came", "Tides", "2026-11-16 Tides.mp3", "1 failed", "404", "1 not wanted", "no-reruns"}) {
    EXPECT_THAT(text.out, HasSubstr(part));
  }
  EXPECT_EQ(podswarm.run({"report", "--since", "whenever"}).status, 2);
}

}  // namespace
}  // namespace podswarm::test
