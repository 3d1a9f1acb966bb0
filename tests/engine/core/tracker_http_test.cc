#include "engine/core/tracker_http.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace podswarm::engine {
namespace {

using base::as_bytes;
using base::as_text;
using std::chrono::seconds;

AnnounceRequest sample() {
  AnnounceRequest request;
  for (std::size_t i = 0; i < 20; ++i) request.info_hash[i] = static_cast<std::uint8_t>(i * 13);
  std::fill(request.peer_id.begin(), request.peer_id.end(), std::uint8_t{'-'});
  request.port = 6881;
  request.uploaded = 1;
  request.downloaded = 2;
  request.left = 3;
  request.event = AnnounceEvent::kStarted;
  request.key = 0xABCD;
  request.tracker_id = "a&b";
  return request;
}

AnnounceResponse parsed(std::string_view body) {
  const auto response = parse_announce_response(as_bytes(body));
  if (!response) {
    ADD_FAILURE() << response.error().message;
    return {};
  }
  return *response;
}

TrackerError error_of(std::string_view body) {
  const auto response = parse_announce_response(as_bytes(body));
  EXPECT_FALSE(response) << body;
  return response ? TrackerError::kNoScrape : response.error().code;
}

TEST(TrackerHttp, TheAnnounceUrlCarriesRawBytesPercentEncoded) {
  EXPECT_EQ(announce_url("http://t.test/announce", sample()),
            "http://t.test/announce?info_hash=%00%0D%1A%274AN%5Bhu%82%8F%9C%A9%B6%C3%D0%DD%EA%F7"
            "&peer_id=--------------------&port=6881&uploaded=1&downloaded=2&left=3&compact=1&no_peer_id=1&numwant=50"
            "&key=0000abcd&event=started&trackerid=a%26b");
}

TEST(TrackerHttp, AQueryOfTheUrlIsKept) {
  EXPECT_TRUE(announce_url("http://t.test/a?passkey=1", sample()).starts_with("http://t.test/a?passkey=1&info_hash="));
  EXPECT_TRUE(announce_url("http://t.test/a?", sample()).starts_with("http://t.test/a?info_hash="));
  EXPECT_TRUE(announce_url("http://t.test/a#frag", sample()).starts_with("http://t.test/a?info_hash="));
}

TEST(TrackerHttp, WhoLeavesWantsNoPeers) {
  AnnounceRequest request = sample();
  request.event = AnnounceEvent::kStopped;
  EXPECT_NE(announce_url("http://t.test/a", request).find("&numwant=0&"), std::string::npos);
}

TEST(TrackerHttp, ReadsCompactPeersOfBothFamiliesAtOnce) {
  const std::string v4("\x7F\x00\x00\x01\x1A\xE1\x7F\x00\x00\x01\x1A\xE1", 12);
  std::string v6(18, '\0');
  v6[15] = 1;
  v6[17] = 80;
  const auto response = parsed("d8:completei5e10:incompletei7e8:intervali900e12:min intervali60e5:peers12:" + v4 +
                               "6:peers618:" + v6 + "10:tracker id2:id15:warning message4:slowe");
  EXPECT_EQ(response.interval, seconds(900));
  EXPECT_EQ(response.min_interval, seconds(60));
  EXPECT_EQ(response.complete, 5u);
  EXPECT_EQ(response.incomplete, 7u);
  EXPECT_EQ(response.tracker_id, "id");
  EXPECT_EQ(response.warning, "slow");
  ASSERT_EQ(response.peers.size(), 2u) << "the same peer twice is one";
  EXPECT_EQ(std::count_if(response.peers.begin(), response.peers.end(),
                          [](const Endpoint& e) { return e.to_string() == "[::1]:80"; }),
            1);
}

TEST(TrackerHttp, ReadsTheLongForm) {
  const auto response = parsed(
      "d8:intervali900e5:peersld2:ip9:127.0.0.17:peer id20:aaaaaaaaaaaaaaaaaaaa4:porti1eed2:ip3:::14:porti2ee"
      "d2:ip9:peer.test4:porti3eed2:ip4:a b!4:porti3eed2:ip9:127.0.0.14:porti70000eed4:porti1eei5eee");
  EXPECT_THAT(response.peers,
              testing::UnorderedElementsAre(*parse_endpoint("127.0.0.1:1"), *parse_endpoint("[::1]:2")));
  EXPECT_EQ(response.named_peers, (std::vector<std::pair<std::string, std::uint16_t>>{{"peer.test", 3}}));
}

TEST(TrackerHttp, OddIntervalsAreClamped) {
  EXPECT_EQ(parsed("d8:intervali-5ee").interval, kMinInterval);
  EXPECT_EQ(parsed("d8:intervali0ee").interval, kMinInterval);
  EXPECT_EQ(parsed("d8:intervali9223372036854775807ee").interval, kMaxInterval);
  EXPECT_EQ(parsed("d8:intervali99999999999999999999e5:peers0:e").interval, seconds(1800)) << "no number";
  EXPECT_EQ(parsed("d8:intervali900e12:min intervali-1ee").min_interval, seconds(0));
}

TEST(TrackerHttp, AnEmptyAnswerWithPeersIsGood) {
  EXPECT_TRUE(parsed("d5:peers0:e").peers.empty());
}

TEST(TrackerHttp, RefusalsComeWithTheTrackersWords) {
  const auto refused = parse_announce_response(as_bytes("d14:failure reason19:not\nregistered \xFF \x01 ee"));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, TrackerError::kRefused);
  EXPECT_EQ(refused.error().message, "not registered \xEF\xBF\xBD");
  EXPECT_EQ(error_of("d14:failure reason0:e"), TrackerError::kRefused);
  EXPECT_EQ(error_of("<html>"), TrackerError::kNotBencoded);
  EXPECT_EQ(error_of("le"), TrackerError::kBadAnswer);
  EXPECT_EQ(error_of("d1:ai1ee"), TrackerError::kBadAnswer);
  EXPECT_EQ(error_of(std::string(kMaxTrackerResponse + 1, 'd')), TrackerError::kTooLarge);
}

TEST(TrackerHttp, ARefusalMaySayWhenToComeAgain) {
  EXPECT_EQ(refusal_retry_in(as_bytes("d14:failure reason2:no8:retry ini5ee")), seconds(300));
  EXPECT_EQ(refusal_retry_in(as_bytes("d14:failure reason2:no8:retry in2:15e")), seconds(900));
  EXPECT_EQ(refusal_retry_in(as_bytes("d14:failure reason2:no8:retry in5:nevere")), kMaxInterval);
  EXPECT_EQ(refusal_retry_in(as_bytes("d8:retry ini9223372036854775807ee")), kMaxInterval);
  for (const char* text :
       {"d14:failure reason2:noe", "d8:retry ini-5ee", "d8:retry in1:xe", "d8:retry in0:e", "junk"}) {
    EXPECT_EQ(refusal_retry_in(as_bytes(text)), std::nullopt) << text;
  }
}

TEST(TrackerHttp, TellsTheExternalAddress) {
  EXPECT_EQ(
      parsed(std::string("d11:external ip4:\xC0\x00\x02\x01", 21) + "8:intervali900ee").external_ip->address_string(),
      "192.0.2.1");
}

TEST(TrackerHttp, EveryTruncationIsRefused) {
  const std::string body = "d8:completei5e8:intervali900e5:peers6:abcdefe";
  for (std::size_t n = 0; n < body.size(); ++n) EXPECT_FALSE(parse_announce_response(as_bytes(body.substr(0, n))));
}

// The examples of BEP 48.
TEST(TrackerHttp, ScrapeUrlsFollowTheConvention) {
  const auto scrape = [](std::string_view url) {
    const auto result = scrape_url(url, {});
    return result ? *result : "";
  };
  EXPECT_EQ(scrape("http://t.test/announce"), "http://t.test/scrape?");
  EXPECT_EQ(scrape("http://t.test/x/announce"), "http://t.test/x/scrape?");
  EXPECT_EQ(scrape("http://t.test/announce.php"), "http://t.test/scrape.php?");
  EXPECT_EQ(scrape("http://t.test/announce?x2%0644"), "http://t.test/scrape?x2%0644&");
  EXPECT_EQ(scrape("http://t.test/a"), "");
  EXPECT_EQ(scrape("http://t.test/announce?x=2/4"), "http://t.test/scrape?x=2/4&");
  EXPECT_EQ(scrape("http://t.test/x%064announce"), "");
  InfoHash hash;
  hash.fill('h');
  EXPECT_EQ(*scrape_url("http://t.test/announce", {hash, hash}),
            "http://t.test/scrape?info_hash=hhhhhhhhhhhhhhhhhhhh&info_hash=hhhhhhhhhhhhhhhhhhhh");
}

TEST(TrackerHttp, ScrapesRoundTrip) {
  InfoHash a;
  a.fill(0xFF);
  InfoHash b;
  b.fill(0x01);
  const base::Bytes body = encode_scrape_response({{a, {1, 2, 3}}, {b, {4, 5, 6}}, {a, {7, 8, 9}}});
  const auto back = parse_scrape_response(body);
  ASSERT_TRUE(back);
  EXPECT_EQ(*back, (ScrapeResponse{{b, {4, 5, 6}}, {a, {1, 2, 3}}}));
  EXPECT_FALSE(parse_scrape_response(as_bytes("de")));
}

// ---- the tracker's side ----

TEST(TrackerServerCodec, ReadsWhatTheClientWrites) {
  AnnounceRequest request = sample();
  request.ip = "192.0.2.9";
  const std::string url = announce_url("http://t.test/announce", request);
  const auto query = parse_announce_query(url.substr(url.find('?') + 1));
  ASSERT_TRUE(query) << query.error().message;
  EXPECT_EQ(query->request.info_hash, request.info_hash);
  EXPECT_EQ(query->request.peer_id, request.peer_id);
  EXPECT_EQ(query->request.port, 6881);
  EXPECT_EQ(query->request.uploaded, 1u);
  EXPECT_EQ(query->request.downloaded, 2u);
  EXPECT_EQ(query->request.left, 3u);
  EXPECT_EQ(query->request.event, AnnounceEvent::kStarted);
  EXPECT_EQ(query->request.key, 0xABCDu);
  EXPECT_EQ(query->request.num_want, 50u);
  EXPECT_EQ(query->request.tracker_id, "a&b");
  EXPECT_EQ(query->request.ip, "192.0.2.9");
  EXPECT_TRUE(query->compact);
  EXPECT_TRUE(query->no_peer_id);
}

TEST(TrackerServerCodec, RefusesQueriesWithoutWhatIsNeeded) {
  const std::string hash = "info_hash=" + std::string(20, 'h');
  const std::string id = "&peer_id=" + std::string(20, 'p');
  EXPECT_TRUE(parse_announce_query(hash + id + "&port=1"));
  EXPECT_FALSE(parse_announce_query(""));
  EXPECT_FALSE(parse_announce_query(hash + id));
  EXPECT_FALSE(parse_announce_query(hash + id + "&port=0"));
  EXPECT_FALSE(parse_announce_query(hash + id + "&port=65536"));
  EXPECT_FALSE(parse_announce_query(hash + "&port=1"));
  EXPECT_FALSE(parse_announce_query(hash + "x" + id + "&port=1"));
  EXPECT_FALSE(parse_announce_query(hash + id + "&port=1&info_hash=short"));
  EXPECT_FALSE(parse_announce_query(hash + id + "&port=1&x=" + std::string(10'000, 'x')));
  const auto odd = parse_announce_query(hash + id + "&port=1&numwant=9999&left=x&uploaded=-1&compact=0&key=%FF%00");
  ASSERT_TRUE(odd);
  EXPECT_EQ(odd->request.num_want, 200u);
  EXPECT_EQ(odd->request.left, 1u);
  EXPECT_EQ(odd->request.uploaded, 0u);
  EXPECT_FALSE(odd->compact);
  EXPECT_EQ(parse_announce_query(hash + id + "&port=1&numwant=-1")->request.num_want, 50u);
}

TEST(TrackerServerCodec, AnswersInBothForms) {
  AnnounceAnswer answer;
  answer.complete = 2;
  answer.peers = {{Endpoint::v4({192, 0, 2, 1}, 1), {}}, {*parse_endpoint("2001:db8::1", 2), {}}};
  for (const bool compact : {true, false}) {
    const auto back = parse_announce_response(encode_announce_response(answer, compact, false));
    ASSERT_TRUE(back);
    EXPECT_EQ(back->complete, 2u);
    EXPECT_EQ(back->interval, seconds(1800));
    EXPECT_EQ(back->peers.size(), 2u);
  }
  const auto text = encode_announce_response(answer, false, true);
  EXPECT_EQ(as_text(text).find("peer id"), std::string_view::npos);
  EXPECT_EQ(error_of(as_text(encode_tracker_failure("no"))), TrackerError::kRefused);
}

TEST(TrackerServerCodec, ReadsScrapeQueries) {
  const std::string hash = "info_hash=" + std::string(20, 'h');
  EXPECT_EQ(parse_scrape_query(hash + "&x=1&" + hash)->size(), 2u);
  EXPECT_TRUE(parse_scrape_query("")->empty());
  EXPECT_FALSE(parse_scrape_query("info_hash=short"));
}

}  // namespace
}  // namespace podswarm::engine
