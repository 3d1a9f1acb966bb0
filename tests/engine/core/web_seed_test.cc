#include "engine/core/web_seed.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "engine/core/web_answer.h"

namespace podswarm::engine {
namespace {

using std::chrono::seconds;
using Action = WebSeed::Step::Action;

struct File {
  std::string path;
  std::uint64_t length = 0;
  bool pad = false;
};

// A torrent of those files, as a parser would have made it; one with an empty path is the torrent itself.
Metainfo metainfo_of(const std::string& name, const std::vector<File>& files, std::uint32_t piece_length) {
  Metainfo m;
  m.name = name;
  m.info_hash_v1 = Sha1Hash{};
  m.piece_length = piece_length;
  for (const File& file : files) {
    MetainfoFile entry;
    entry.path = file.path.empty() ? name : name + "/" + file.path;
    entry.length = file.length;
    entry.offset = m.total_size;
    entry.pad = file.pad;
    m.total_size += file.length;
    m.single_file = file.path.empty();
    m.files.push_back(std::move(entry));
  }
  m.piece_count = static_cast<std::uint32_t>((m.total_size + piece_length - 1) / piece_length);
  return m;
}

TEST(WebSeedUrlTest, ASingleFileIsTheUrlOrLiesBelowIt) {
  const Metainfo m = metainfo_of("a b#1.mp3", {{"", 100}}, 16384);
  const auto url = [&](const std::string& base) { return WebSeedUrl(base, m).of_file(m, 0); };
  EXPECT_EQ(url("http://h/x/other.mp3"), "http://h/x/other.mp3");
  EXPECT_EQ(url("http://h/x/"), "http://h/x/a%20b%231.mp3");
  EXPECT_EQ(url("http://h"), "http://h/a%20b%231.mp3");
  EXPECT_EQ(url("http://h/get?file=1"), "http://h/get?file=1");
  EXPECT_EQ(url("http://h/x/?token=1"), "http://h/x/a%20b%231.mp3?token=1");
  EXPECT_EQ(url("http://h/x/y z.mp3#part"), "http://h/x/y%20z.mp3");
}

TEST(WebSeedUrlTest, SeveralFilesLieBelowTheTorrentsName) {
  const Metainfo m = metainfo_of("My Show", {{"s 1/ä+b%.mp3", 100}, {"plain", 5}}, 16384);
  EXPECT_EQ(WebSeedUrl("http://h/x/", m).of_file(m, 0), "http://h/x/My%20Show/s%201/%C3%A4%2Bb%25.mp3");
  EXPECT_EQ(WebSeedUrl("http://h/x", m).of_file(m, 1), "http://h/x/My%20Show/plain");
  EXPECT_EQ(WebSeedUrl("https://me:pw@h:81/x%20y?k=v", m).of_file(m, 1),
            "https://me:pw@h:81/x%20y/My%20Show/plain?k=v");
}

// ---- answers ----

HttpHead head(int status, std::vector<HttpField> fields = {}, std::optional<std::uint64_t> length = {}) {
  HttpHead made;
  made.status = status;
  made.fields = std::move(fields);
  made.content_length = length;
  return made;
}

TEST(WebAnswerTest, OnlyWhatFitsTheRangeIsABody) {
  struct Case {
    const char* what;
    HttpHead head;
    WebAnswer::Kind kind;
    std::uint64_t first = 0;
    std::uint64_t end = 0;
  };
  using Kind = WebAnswer::Kind;
  const WebRange asked{1000, 500, 5000};
  const std::vector<Case> cases = {
      {"as asked", head(206, {{"Content-Range", "bytes 1000-1499/5000"}}, 500), Kind::kBody, 1000, 1500},
      {"size not said", head(206, {{"Content-Range", "bytes 1000-1499/*"}}), Kind::kBody, 1000, 1500},
      {"less", head(206, {{"Content-Range", "bytes 1000-1099/5000"}}, 100), Kind::kBody, 1000, 1100},
      {"to the end", head(206, {{"Content-Range", "bytes 1000-4999/5000"}}, 4000), Kind::kBody, 1000, 5000},
      {"whole", head(200, {}, 5000), Kind::kBody, 0, 5000},
      {"whole, chunked", head(200), Kind::kBody, 0, 5000},
      {"identity", head(200, {{"Content-Encoding", "identity"}}, 5000), Kind::kBody, 0, 5000},
      {"elsewhere", head(206, {{"Content-Range", "bytes 0-499/5000"}}, 500), Kind::kBad},
      {"later", head(206, {{"Content-Range", "bytes 1001-1499/5000"}}, 499), Kind::kBad},
      {"beyond", head(206, {{"Content-Range", "bytes 1000-5000/5001"}}, 4001), Kind::kBad},
      {"other file", head(206, {{"Content-Range", "bytes 1000-1499/5001"}}, 500), Kind::kBad},
      {"wrong length", head(206, {{"Content-Range", "bytes 1000-1499/5000"}}, 499), Kind::kBad},
      {"no range", head(206, {}, 500), Kind::kBad},
      {"junk range", head(206, {{"Content-Range", "lines 1-2/3"}}, 500), Kind::kBad},
      {"parts", head(206, {{"Content-Type", "multipart/byteranges; boundary=x"}}, 700), Kind::kBad},
      {"compressed part", head(206, {{"Content-Range", "bytes 1000-1499/5000"}, {"Content-Encoding", "gzip"}}, 500),
       Kind::kBad},
      {"compressed", head(200, {{"Content-Encoding", "br"}}, 5000), Kind::kBad},
      {"other size", head(200, {}, 4999), Kind::kBad},
      {"an error page", head(200, {}, 312), Kind::kBad},
      {"gone", head(404, {}, 10), Kind::kBad},
      {"forbidden", head(403), Kind::kBad},
      {"not satisfiable", head(416, {{"Content-Range", "bytes */100"}}), Kind::kBad},
      {"nothing", head(204), Kind::kBad},
      {"redirect to nowhere", head(302), Kind::kBad},
      {"busy", head(503), Kind::kBusy},
      {"broken", head(500), Kind::kBusy},
      {"too many", head(429), Kind::kBusy},
  };
  for (const Case& c : cases) {
    const WebAnswer answer = judge_web_answer(c.head, asked, {});
    EXPECT_EQ(answer.kind, c.kind) << c.what;
    EXPECT_EQ(answer.first, c.first) << c.what;
    EXPECT_EQ(answer.end, c.end) << c.what;
    EXPECT_EQ(answer.problem.empty(), c.kind == Kind::kBody) << c.what;
  }
}

TEST(WebAnswerTest, RetryAfterIsPassedOn) {
  EXPECT_EQ(judge_web_answer(head(503, {{"Retry-After", "120"}}), {0, 1, 1}, {}).retry_after, seconds(120));
  EXPECT_EQ(judge_web_answer(head(503), {0, 1, 1}, {}).retry_after, std::nullopt);
}

TEST(WebAnswerTest, AWholeFileIsNoAnswerWhereMostOfItWouldBeThrownAway) {
  constexpr std::uint64_t kMiB = 1u << 20;
  const auto kind = [](std::uint64_t first, std::uint64_t size) {
    return judge_web_answer(head(200, {}, size), {first, 1, size}, {}).kind;
  };
  EXPECT_EQ(kind(15 * kMiB, 16 * kMiB), WebAnswer::Kind::kBody) << "little";
  EXPECT_EQ(kind(400 * kMiB, 1000 * kMiB), WebAnswer::Kind::kBody) << "half of it";
  EXPECT_EQ(kind(600 * kMiB, 1000 * kMiB), WebAnswer::Kind::kBad);
}

// ---- the machine ----

constexpr std::uint32_t kPiece = 2 * kBlockSize;

class WebSeedTest : public testing::Test, public WebSeedHost {
 protected:
  void make(const std::vector<File>& files, const std::string& name = "t") {
    metainfo = metainfo_of(name, files, kPiece);
    layout.emplace(metainfo);
    all.clear();
    for (std::uint64_t i = 0; i < layout->total_size(); ++i) all.push_back(static_cast<std::uint8_t>(i * 7 + i / 253));
    for (const auto& entry : layout->entries()) {
      if (entry.on_disk) continue;
      std::fill_n(all.begin() + static_cast<std::ptrdiff_t>(entry.offset), entry.length, std::uint8_t{0});
    }
    seed.emplace(1, "http://h/d/", metainfo, *layout, *this);
  }
  // All blocks of those pieces.
  [[nodiscard]] std::vector<BlockRef> blocks(std::uint32_t first, std::uint32_t end) const {
    std::vector<BlockRef> out;
    for (std::uint32_t piece = first; piece < end; ++piece) {
      const std::uint32_t size = layout->piece_size(piece);
      for (std::uint32_t at = 0; at < size; at += kBlockSize) {
        out.push_back({piece, at, std::min(kBlockSize, size - at)});
      }
    }
    return out;
  }
  void ask(std::uint32_t first, std::uint32_t end) { seed->ask(blocks(first, end)); }
  void expect_request(const std::string& url, std::uint64_t first, std::uint64_t length) {
    const auto step = seed->next();
    ASSERT_EQ(step.action, Action::kRequest);
    EXPECT_EQ(step.url, url);
    last_url = step.url;
    EXPECT_EQ(step.first, first);
    EXPECT_EQ(step.length, length);
    EXPECT_EQ(seed->next().action, Action::kWait);
  }
  void part(std::uint64_t first, std::uint64_t length, std::uint64_t size, const std::string& from = "") {
    HttpHead h = head(206,
                      {{"Content-Range", "bytes " + std::to_string(first) + "-" + std::to_string(first + length - 1) +
                                             "/" + std::to_string(size)}},
                      length);
    h.final_url = from.empty() ? last_url : from;
    seed->on_head(h, now, {});
  }
  void whole(std::uint64_t size) {
    HttpHead h = head(200, {}, size);
    h.final_url = last_url;
    seed->on_head(h, now, {});
  }
  // The torrent's own bytes, in steps.
  void feed(std::uint64_t from, std::uint64_t length, std::size_t step = 5000) {
    for (std::uint64_t at = from; at < from + length; at += step) {
      const ChunkRef chunk = pool.acquire(ChunkPool::kSmall);
      const auto n = static_cast<std::size_t>(std::min<std::uint64_t>(step, from + length - at));
      std::copy_n(all.begin() + static_cast<std::ptrdiff_t>(at), n, chunk->data());
      seed->receive({chunk->data(), n}, chunk, now);
    }
  }
  // Takes the next request, remembers its URL, and answers it in full, the file beginning at `offset` of the torrent.
  void serve(std::uint64_t offset, std::uint64_t file_size) {
    const auto step = seed->next();
    ASSERT_EQ(step.action, Action::kRequest);
    last_url = step.url;
    part(step.first, step.length, file_size);
    feed(offset + step.first, step.length);
  }

  void on_web_block(WebSeed&, const BlockRef& block, std::vector<Slice> slices) override {
    base::Bytes bytes;
    for (const Slice& slice : slices) bytes.insert(bytes.end(), slice.bytes.begin(), slice.bytes.end());
    const auto at = all.begin() + static_cast<std::ptrdiff_t>(std::uint64_t{block.piece} * kPiece + block.offset);
    EXPECT_TRUE(bytes.size() == block.length && std::equal(bytes.begin(), bytes.end(), at))
        << "block " << block.offset << " of piece " << block.piece;
    got.push_back(block);
  }
  void on_web_unanswered(WebSeed&, std::span<const BlockRef> blocks) override {
    unanswered.insert(unanswered.end(), blocks.begin(), blocks.end());
  }
  void on_web_pieces(WebSeed&, const Bitfield& before) override { EXPECT_GT(before.count(), seed->pieces().count()); }

  ChunkPool pool{64u << 20};
  Metainfo metainfo;
  std::optional<FileLayout> layout;
  base::Bytes all;
  std::optional<WebSeed> seed;
  base::SteadyTime now{std::chrono::hours(1)};
  std::string last_url;
  std::vector<BlockRef> got;
  std::vector<BlockRef> unanswered;
};

TEST_F(WebSeedTest, ARunWithinAFileIsOneRequest) {
  make({{"", 10 * kPiece + 100}}, "a.mp3");
  ask(2, 5);
  expect_request("http://h/d/a.mp3", 2 * kPiece, 3 * kPiece);
  EXPECT_TRUE(seed->active());
  part(2 * kPiece, 3 * kPiece, 10 * kPiece + 100);
  const auto step = seed->next();
  EXPECT_EQ(step.action, Action::kReceive);
  EXPECT_EQ(step.length, 3u * kPiece);
  feed(2 * kPiece, 3 * kPiece, 777);
  EXPECT_EQ(got, blocks(2, 5));
  EXPECT_EQ(seed->next().action, Action::kNothing);
  EXPECT_FALSE(seed->active());
  EXPECT_EQ(seed->skipped(), 0u);
  got.clear();
  ask(10, 11);
  expect_request("http://h/d/a.mp3", 10 * kPiece, 100);
}

TEST_F(WebSeedTest, ARunOverFilesIsARequestForEachAndPaddingIsMadeHere) {
  const std::uint64_t a = kPiece + 1000;
  const std::uint64_t pad = kPiece - 1000;
  make({{"a", a}, {".pad/1", pad, true}, {"empty", 0}, {"b/c", 500}, {"d", 3 * kPiece}});
  ask(0, layout->piece_count());
  serve(0, a);
  ASSERT_EQ(last_url, "http://h/d/t/a");
  EXPECT_EQ(got, blocks(0, 1)) << "the padding is added when the next step is taken";
  serve(2 * kPiece, 500);
  EXPECT_EQ(last_url, "http://h/d/t/b/c");
  serve(2 * kPiece + 500, 3 * kPiece);
  EXPECT_EQ(last_url, "http://h/d/t/d");
  EXPECT_EQ(got, blocks(0, layout->piece_count()));
  EXPECT_EQ(seed->next().action, Action::kNothing);
}

TEST_F(WebSeedTest, APieceOfPaddingAloneNeedsNoRequest) {
  make({{"a", kPiece}, {".pad/1", kPiece, true}, {"b", kPiece}});
  ask(1, 2);
  EXPECT_EQ(seed->next().action, Action::kNothing);
  EXPECT_EQ(got, blocks(1, 2));
}

TEST_F(WebSeedTest, BlocksThatCameFromElsewhereAreSkippedOrAskedAround) {
  make({{"", 100 * kPiece}});
  ask(0, 100);
  expect_request("http://h/d/t", 0, 100 * kPiece);
  last_url = "http://h/d/t";
  part(0, 100 * kPiece, 100 * kPiece);
  feed(0, kBlockSize + 100);
  // A little further on, and the one that is being received: the answer goes on.
  seed->cancel({0, kBlockSize, kBlockSize});
  for (const BlockRef& block : blocks(3, 5)) seed->cancel(block);
  EXPECT_EQ(seed->next().action, Action::kReceive);
  feed(kBlockSize + 100, 9 * kPiece - 100);
  EXPECT_EQ(seed->skipped(), kBlockSize + 2 * kPiece);
  auto expected = blocks(0, 9);
  expected.push_back({9, 0, kBlockSize});
  std::erase_if(expected,
                [](const BlockRef& b) { return b.piece == 3 || b.piece == 4 || (b.piece == 0 && b.offset > 0); });
  EXPECT_EQ(got, expected);
  // Far ahead: another request.
  seed->cancel({9, kBlockSize, kBlockSize});
  for (const BlockRef& block : blocks(10, 60)) seed->cancel(block);
  expect_request("http://h/d/t", 60 * kPiece, 40 * kPiece);
}

TEST_F(WebSeedTest, TheTailCanBeTakenBack) {
  make({{"", 40 * kPiece}});
  ask(0, 40);
  EXPECT_EQ(seed->next().action, Action::kRequest);
  last_url = "http://h/d/t";
  part(0, 40 * kPiece, 40 * kPiece);
  feed(0, kPiece);
  const auto taken = seed->take_back(60);
  EXPECT_EQ(taken, blocks(10, 40));
  auto step = seed->next();
  EXPECT_EQ(step.length, 9u * kPiece) << "no further than it is wanted";
  feed(kPiece, 9 * kPiece);
  EXPECT_EQ(got, blocks(0, 10));
  EXPECT_EQ(seed->next().action, Action::kNothing) << "the rest is too much to be received for nothing";
  EXPECT_TRUE(unanswered.empty());
}

TEST_F(WebSeedTest, AServerWithoutRangesIsReadOnAsLongAsItGoesOn) {
  make({{"", 20 * kPiece}});
  ask(2, 4);
  expect_request("http://h/d/t", 2 * kPiece, 2 * kPiece);
  last_url = "http://h/d/t";
  whole(20 * kPiece);
  EXPECT_EQ(seed->next().length, 4u * kPiece);
  feed(0, 4 * kPiece);
  EXPECT_EQ(got, blocks(2, 4));
  EXPECT_EQ(seed->skipped(), 2u * kPiece);
  ask(4, 6);
  EXPECT_EQ(seed->next().action, Action::kReceive) << "the same answer";
  feed(4 * kPiece, 2 * kPiece);
  EXPECT_EQ(got, blocks(2, 6));
}

TEST_F(WebSeedTest, ABrokenAnswerGoesOnInTheMiddleOfABlock) {
  make({{"", 10 * kPiece}});
  ask(0, 2);
  EXPECT_EQ(seed->next().action, Action::kRequest);
  last_url = "http://h/d/t";
  part(0, 2 * kPiece, 10 * kPiece);
  feed(0, kBlockSize + 4000);
  seed->on_failed("cut off", now);
  EXPECT_EQ(seed->problem(), "cut off");
  expect_request("http://h/d/t", kBlockSize + 4000, 2 * kPiece - kBlockSize - 4000);
  part(kBlockSize + 4000, 2 * kPiece - kBlockSize - 4000, 10 * kPiece);
  feed(kBlockSize + 4000, 2 * kPiece - kBlockSize - 4000);
  EXPECT_EQ(got, blocks(0, 2));
}

TEST_F(WebSeedTest, FailuresWithoutProgressCostLongerAndLongerPauses) {
  make({{"", 10 * kPiece}});
  auto pause = WebSeed::kPause;
  for (int i = 0; i < 12; ++i) {
    unanswered.clear();
    ask(0, 1);
    EXPECT_EQ(seed->next().action, Action::kRequest);
    seed->on_failed("no", now);
    EXPECT_EQ(unanswered, blocks(0, 1));
    EXPECT_EQ(seed->pause_ends() - now, std::min(pause, WebSeed::kMostPause));
    EXPECT_EQ(seed->next().action, Action::kNothing);
    pause *= 2;
    now = seed->pause_ends();
  }
  EXPECT_FALSE(seed->closed());
  // One block, and it is as good as new.
  ask(0, 1);
  serve(0, 10 * kPiece);
  ask(1, 2);
  EXPECT_EQ(seed->next().action, Action::kRequest);
  seed->on_failed("no", now);
  EXPECT_EQ(seed->pause_ends() - now, WebSeed::kPause);
}

TEST_F(WebSeedTest, WhoDripsLosesItsRunAndPausesLongerEachTime) {
  make({{"", 10 * kPiece}});
  auto pause = WebSeed::kPause;
  for (int i = 0; i < 3; ++i) {
    ask(0, 4);
    EXPECT_EQ(seed->next().action, Action::kRequest);
    last_url = "http://h/d/t";
    part(0, 4 * kPiece, 10 * kPiece);
    const auto began = now;
    std::uint64_t at = 0;
    // Never silent for long.
    while (seed->active() && now < began + seconds(60)) {
      now += seconds(1);
      feed(at, 500);
      at += 500;
      seed->on_waited(seconds(1), now);
    }
    EXPECT_EQ(now - began, WebSeed::kPatience);
    EXPECT_EQ(unanswered, blocks(0, 4));
    EXPECT_EQ(seed->pause_ends() - now, pause);
    EXPECT_EQ(seed->problem(), "h: it sends next to nothing");
    unanswered.clear();
    pause *= 2;
    now = seed->pause_ends();
  }
  EXPECT_TRUE(got.empty());
}

TEST_F(WebSeedTest, WhoIsSlowButMovesOnKeepsItsRunAndOurOwnPausesDoNotCount) {
  make({{"", 10 * kPiece}});
  ask(0, 4);
  EXPECT_EQ(seed->next().action, Action::kRequest);
  last_url = "http://h/d/t";
  part(0, 4 * kPiece, 10 * kPiece);
  for (std::uint64_t at = 0; at < 2 * kPiece; at += 1024) {
    now += seconds(100);  // a limit of ours
    feed(at, 1024);
    seed->on_waited(seconds(1), now);
  }
  EXPECT_EQ(got, blocks(0, 2));
  EXPECT_TRUE(seed->active());
  EXPECT_TRUE(unanswered.empty());
}

TEST_F(WebSeedTest, ABusyServerSaysWhenToComeAgain) {
  make({{"", 10 * kPiece}});
  const std::vector<std::pair<std::string, seconds>> cases = {
      {"120", seconds(120)}, {"0", seconds(1)}, {"9999999", WebSeed::kMostRetryAfter}};
  for (const auto& [text, expected] : cases) {
    ask(0, 1);
    EXPECT_EQ(seed->next().action, Action::kRequest);
    seed->on_head(head(503, {{"Retry-After", text}}), now, {});
    EXPECT_EQ(seed->pause_ends() - now, expected) << text;
    EXPECT_FALSE(seed->active());
    now = seed->pause_ends();
  }
  EXPECT_EQ(unanswered.size(), 3 * blocks(0, 1).size());
}

TEST_F(WebSeedTest, AFileThatIsNotThereTakesOnlyItsPiecesAway) {
  make({{"a", 2 * kPiece + 100}, {"b", 3 * kPiece}, {"c", 2 * kPiece}});
  ask(0, 8);
  serve(0, 2 * kPiece + 100);
  EXPECT_EQ(got, blocks(0, 2));
  EXPECT_EQ(seed->next().url, "http://h/d/t/b");
  seed->on_head(head(404, {}, 9), now, {});
  EXPECT_EQ(unanswered, blocks(2, 8));
  EXPECT_FALSE(seed->closed());
  EXPECT_EQ(seed->pause_ends(), base::SteadyTime{});
  Bitfield left(8, true);
  for (std::uint32_t piece = 2; piece < 6; ++piece) left.reset(piece);
  EXPECT_TRUE(seed->pieces() == left);
  EXPECT_EQ(seed->problem(), "h: 404");
}

TEST_F(WebSeedTest, WithoutAnyFileItIsClosed) {
  make({{"", 5 * kPiece}});
  ask(0, 2);
  EXPECT_EQ(seed->next().action, Action::kRequest);
  seed->on_head(head(404), now, {});
  EXPECT_TRUE(seed->closed());
  EXPECT_EQ(unanswered, blocks(0, 2));
  EXPECT_TRUE(seed->pieces().all()) << "as its host knows it";
  EXPECT_EQ(seed->next().action, Action::kNothing);
}

TEST_F(WebSeedTest, AServerThatHasNoneOfManyFilesIsNotAskedForEach) {
  std::vector<File> files;
  for (int i = 0; i < 200; ++i) files.push_back({"f" + std::to_string(i), kPiece});
  make(files);
  unsigned asked = 0;
  for (; !seed->closed() && asked < 200; ++asked) {
    ask(asked, asked + 1);
    EXPECT_EQ(seed->next().action, Action::kRequest);
    seed->on_head(head(404), now, {});
  }
  EXPECT_EQ(asked, WebSeed::kMostRefused);
}

TEST_F(WebSeedTest, WhereAFileWasRedirectedToIsRemembered) {
  make({{"a", 4 * kPiece}, {"b", 4 * kPiece}});
  ask(0, 1);
  expect_request("http://h/d/t/a", 0, kPiece);
  part(0, kPiece, 4 * kPiece, "http://mirror/1");
  feed(0, kPiece);
  ask(1, 2);
  expect_request("http://mirror/1", kPiece, kPiece);
  // It leads nowhere any more: back to the start.
  seed->on_head(head(410), now, {});
  EXPECT_TRUE(unanswered.empty());
  expect_request("http://h/d/t/a", kPiece, kPiece);
  part(kPiece, kPiece, 4 * kPiece, "http://mirror/2");
  feed(kPiece, kPiece);
  ask(4, 5);
  expect_request("http://h/d/t/b", 0, kPiece);
  EXPECT_EQ(got, blocks(0, 2));
}

TEST_F(WebSeedTest, ARedirectOfAUrlWithCredentialsIsNotRemembered) {
  make({{"a", 4 * kPiece}, {"b", 4 * kPiece}});
  seed.emplace(1, "http://me:secret@h/d/", metainfo, *layout, *this);
  for (std::uint32_t piece = 0; piece < 2; ++piece) {
    ask(piece, piece + 1);
    expect_request("http://me:secret@h/d/t/a", piece * kPiece, kPiece);
    part(piece * kPiece, kPiece, 4 * kPiece, "http://h/d/t/a");
    feed(piece * kPiece, kPiece);
  }
}

TEST_F(WebSeedTest, WhatIsNotOfUseOfAnAnswerIsNotTaken) {
  make({{"", 10 * kPiece}});
  ask(0, 1);
  EXPECT_EQ(seed->next().action, Action::kRequest);
  last_url = "http://h/d/t";
  part(0, kPiece, 10 * kPiece);
  const ChunkRef chunk = pool.acquire(ChunkPool::kLarge);
  std::copy_n(all.begin(), 2 * kPiece, chunk->data());
  seed->receive({chunk->data(), 2 * kPiece}, chunk, now);
  EXPECT_EQ(got, blocks(0, 1));
  EXPECT_EQ(seed->skipped(), kPiece);
  seed->receive({chunk->data(), 10}, chunk, now);
  EXPECT_EQ(seed->skipped(), kPiece + 10);
}

TEST_F(WebSeedTest, RunsAreAsLongAsItsRateIsWorth) {
  make({{"", 10 * kPiece}});
  EXPECT_EQ(seed->run_length(now) * kBlockSize, WebSeed::kFirstRun);
  ask(0, 1);
  serve(0, 10 * kPiece);
  now += seconds(1);
  EXPECT_EQ(seed->run_length(now) * kBlockSize, WebSeed::kLeastRun);
}

TEST_F(WebSeedTest, ClosingGivesEverythingBack) {
  make({{"", 10 * kPiece}});
  ask(0, 3);
  EXPECT_EQ(seed->next().action, Action::kRequest);
  seed->close("bad");
  EXPECT_EQ(unanswered, blocks(0, 3));
  EXPECT_FALSE(seed->active());
  seed->on_head(head(206), now, {});
  EXPECT_EQ(seed->problem(), "h: bad");
}

}  // namespace
}  // namespace podswarm::engine
