#include "engine/http_download.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <csignal>

#include "base/file.h"
#include "tests/engine/http/http_fixture.h"
#include "tests/engine/http/test_http_server.h"

namespace podswarm::engine::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;

constexpr const char* kDate = "Sun, 06 Nov 1994 08:49:37 GMT";

// Begins like an MP3 file; no two bytes a kilobyte apart tell the same.
std::string episode(std::size_t size, unsigned salt = 0) {
  std::string out = "ID3";
  while (out.size() < size) out += static_cast<char>(out.size() * 31 + out.size() / 1009 + salt);
  out.resize(size);
  return out;
}

class HttpDownloadTest : public HttpFixture {
 protected:
  [[nodiscard]] AddDownload download_of(const std::string& url, const std::string& name = "show.mp3") const {
    AddDownload download;
    download.id = 7;
    download.source = HttpSource{url};
    download.dir = folder / "show";
    download.file_name = name;
    download.http.connect_timeout = std::chrono::milliseconds(5'000);
    download.http.stall_timeout = std::chrono::milliseconds(5'000);
    return download;
  }

  // Runs it to its last event, which is Finished or Failed.
  Event run(AddDownload download) {
    std::optional<Event> last;
    started.reset();
    HttpDownload transfer(context(), std::move(download), [&](Event event) {
      EXPECT_FALSE(last.has_value()) << "an event after the last one";
      if (auto* begun = std::get_if<Started>(&event)) {
        started = std::move(*begun);
      } else {
        last = std::move(event);
      }
    });
    transfer.start();
    EXPECT_TRUE(run_until([&] { return last.has_value(); }));
    final_status = transfer.status(base::SteadyTime::clock::now());
    return last.value_or(Event(Removed{}));
  }
  Finished finished(AddDownload download) {
    Event event = run(std::move(download));
    if (const auto* failed = std::get_if<Failed>(&event)) ADD_FAILURE() << "failed: " << failed->message;
    return std::holds_alternative<Finished>(event) ? std::get<Finished>(event) : Finished{};
  }
  Failed failed(AddDownload download) {
    Event event = run(std::move(download));
    if (std::holds_alternative<Finished>(event)) ADD_FAILURE() << "finished";
    return std::holds_alternative<Failed>(event) ? std::get<Failed>(event) : Failed{};
  }

  // As an earlier attempt at `url` would have left it.
  void leave_partial(const std::string& url, const std::string& content, const std::string& etag,
                     std::optional<std::uint64_t> total, const std::string& last_modified = "") {
    std::filesystem::create_directories(folder / "show");
    write(folder / "show/show.mp3.part", content);
    boost::json::object meta{{"version", 1}, {"url", url}, {"etag", etag}, {"last_modified", last_modified}};
    if (total) meta["total"] = *total;
    write(folder / "show/show.mp3.part.meta", boost::json::serialize(meta));
  }

  [[nodiscard]] std::vector<std::string> files() const {
    std::vector<std::string> out;
    std::error_code missing;
    for (const auto& entry : std::filesystem::directory_iterator(folder / "show", missing)) {
      out.push_back(entry.path().filename());
    }
    return out;
  }
  [[nodiscard]] std::string saved(const std::string& name = "show.mp3") const {
    return content_of(folder / "show" / name);
  }
  [[nodiscard]] HttpDownloadContext context() { return {io, workers, client, bucket, "Podswarm-test/1.0", true}; }

  TestHttpServer server;
  TokenBucket bucket;
  std::optional<Started> started;
  DownloadStatus final_status;
};

TEST_F(HttpDownloadTest, BringsAFileAndLeavesNothingElse) {
  const std::string content = episode(3'000'000);
  server.file("/e.mp3", {content, "\"v1\"", kDate});
  const Finished done = finished(download_of(server.url("/e.mp3")));
  ASSERT_EQ(done.files.size(), 1u);
  EXPECT_EQ(done.files[0].path, "show.mp3");
  EXPECT_EQ(done.files[0].size, content.size());
  EXPECT_EQ(done.content_type, "audio/mpeg");
  EXPECT_EQ(done.suggested_name, "e.mp3");
  EXPECT_TRUE(saved() == content);
  EXPECT_THAT(files(), ElementsAre("show.mp3"));
  struct stat info {};
  ASSERT_EQ(::stat((folder / "show/show.mp3").c_str(), &info), 0);
  EXPECT_EQ(info.st_mtime, 784111777) << "the server's Last-Modified";
  ASSERT_TRUE(started.has_value());
  EXPECT_EQ(started->total_size, content.size());
  EXPECT_EQ(final_status.state, DownloadState::kFinished);
  EXPECT_EQ(final_status.done_bytes, content.size());
  EXPECT_EQ(server.requests().size(), 1u) << "one GET an episode";
  EXPECT_EQ(server.requests()[0].field("range"), "");
}

TEST_F(HttpDownloadTest, TakesBodiesWithoutALength) {
  const std::string content = episode(700'000);
  server.on("/e.mp3", [&](TestExchange& x) { x.send("HTTP/1.1 200 OK\r\n\r\n" + content); });
  finished(download_of(server.url("/e.mp3")));
  EXPECT_TRUE(saved() == content);
  EXPECT_FALSE(started->total_size.has_value());
}

TEST_F(HttpDownloadTest, NamesTheFileAfterTheAnswerWhereNobodyDid) {
  server.file("/get", {episode(5'000), "", "", "audio/mpeg",
                       "Content-Disposition: attachment; filename*=UTF-8''%2e%2e%2fNa%C3%AFve.mp3\r\n"});
  EXPECT_EQ(finished(download_of(server.url("/get?id=1"), "")).files.at(0).path, "Naïve.mp3");
  server.file("/plain", {episode(5'000)});
  EXPECT_EQ(finished(download_of(server.url("/plain"), "")).files.at(0).path, "plain.mp3");
  EXPECT_THAT(files(), UnorderedElementsAre("Naïve.mp3", "plain.mp3"));
}

// ---- resume ----

TEST_F(HttpDownloadTest, GoesOnFromAPartialWithAStrongEtag) {
  const std::string content = episode(600'000);
  const std::string url = server.url("/e.mp3");
  server.file("/e.mp3", {content, "\"v1\""});
  leave_partial(url, content.substr(0, 250'000), "\"v1\"", content.size());
  EXPECT_EQ(finished(download_of(url)).files.at(0).size, content.size());
  EXPECT_TRUE(saved() == content);
  EXPECT_THAT(files(), ElementsAre("show.mp3"));
  ASSERT_EQ(server.requests().size(), 1u);
  EXPECT_EQ(server.requests()[0].field("range"), "bytes=250000-");
  EXPECT_EQ(server.requests()[0].field("if-range"), "\"v1\"");
  EXPECT_EQ(final_status.downloaded, 350'000u);
}

TEST_F(HttpDownloadTest, GoesOnFromAPartialWithALastModified) {
  const std::string content = episode(600'000);
  const std::string url = server.url("/e.mp3");
  server.file("/e.mp3", {content, "", kDate});
  leave_partial(url, content.substr(0, 1), "", std::nullopt, kDate);
  finished(download_of(url));
  EXPECT_TRUE(saved() == content);
  EXPECT_EQ(server.requests().at(0).field("if-range"), kDate);
}

TEST_F(HttpDownloadTest, StartsOverWhenTheFileHasChanged) {
  const std::string content = episode(600'000, 1);
  const std::string url = server.url("/e.mp3");
  server.file("/e.mp3", {content, "\"v2\""});
  leave_partial(url, episode(250'000), "\"v1\"", 600'000);
  finished(download_of(url));
  EXPECT_TRUE(saved() == content);
  EXPECT_EQ(server.requests().size(), 1u) << "the answer 200 is the whole file already";
}

TEST_F(HttpDownloadTest, StartsOverWithoutAValidator) {
  const std::string content = episode(600'000, 1);
  const std::string url = server.url("/e.mp3");
  server.file("/e.mp3", {content});
  leave_partial(url, episode(250'000), "", 600'000);
  finished(download_of(url));
  EXPECT_TRUE(saved() == content);
  EXPECT_EQ(server.requests().at(0).field("range"), "");
}

TEST_F(HttpDownloadTest, APartialOfAnotherUrlCountsForNothing) {
  const std::string content = episode(600'000, 1);
  server.file("/new.mp3", {content, "\"v1\""});
  leave_partial(server.url("/old.mp3"), episode(250'000), "\"v1\"", 600'000);
  finished(download_of(server.url("/new.mp3")));
  EXPECT_TRUE(saved() == content);
  EXPECT_EQ(server.requests().at(0).field("range"), "");
}

TEST_F(HttpDownloadTest, APartialWithoutOrWithABrokenSidecarCountsForNothing) {
  const std::string content = episode(600'000, 1);
  server.file("/e.mp3", {content, "\"v1\""});
  for (const char* meta : {"", "{", "[]", "{\"version\":9}", "{\"version\":1,\"url\":5}"}) {
    std::filesystem::create_directories(folder / "show");
    write(folder / "show/show.mp3.part", "garbage");
    write(folder / "show/show.mp3.part.meta", meta);
    finished(download_of(server.url("/e.mp3")));
    EXPECT_TRUE(saved() == content) << meta;
    std::filesystem::remove(folder / "show/show.mp3");
  }
}

TEST_F(HttpDownloadTest, ARangeOtherThanTheOneAskedForStartsOver) {
  const std::string content = episode(600'000, 1);
  const std::string url = server.url("/e.mp3");
  struct Lie {
    const char* what;
    std::string content_range;
  };
  for (const Lie& lie :
       {Lie{"another start", "bytes 0-599999/600000"}, Lie{"another total", "bytes 250000-699999/700000"},
        Lie{"no range", ""}, Lie{"junk", "bytes x"}}) {
    std::atomic<bool> lied = false;
    server.on("/e.mp3", [&](TestExchange& x) {
      if (x.request.field("range").empty()) return serve_file(x, {content, "\"v1\""});
      lied = true;
      x.respond(206, std::string(1'000, 'x'),
                lie.content_range.empty() ? "" : "Content-Range: " + lie.content_range + "\r\n");
    });
    leave_partial(url, episode(250'000), "\"v1\"", 600'000);
    finished(download_of(url));
    EXPECT_TRUE(lied) << lie.what;
    EXPECT_TRUE(saved() == content) << lie.what;
    std::filesystem::remove(folder / "show/show.mp3");
  }
}

TEST_F(HttpDownloadTest, ARangeBeyondTheEndMeansThatThePartialIsComplete) {
  const std::string content = episode(600'000);
  const std::string url = server.url("/e.mp3");
  server.file("/e.mp3", {content, "\"v1\""});
  leave_partial(url, content, "\"v1\"", content.size());
  EXPECT_EQ(finished(download_of(url)).files.at(0).size, content.size());
  EXPECT_TRUE(saved() == content);
  EXPECT_THAT(files(), ElementsAre("show.mp3"));
  EXPECT_EQ(server.requests().size(), 1u);
}

TEST_F(HttpDownloadTest, ARangeBeyondTheEndOfAShorterFileStartsOver) {
  const std::string content = episode(100'000);
  const std::string url = server.url("/e.mp3");
  server.file("/e.mp3", {content, "\"v1\""});
  leave_partial(url, episode(250'000), "\"v1\"", std::nullopt);
  finished(download_of(url));
  EXPECT_TRUE(saved() == content);
  EXPECT_EQ(server.requests().size(), 2u);
}

TEST_F(HttpDownloadTest, AShortReadIsKeptAndContinued) {
  const std::string content = episode(600'000);
  const std::string url = server.url("/e.mp3");
  server.on("/e.mp3", [&](TestExchange& x) {
    if (!x.request.field("range").empty()) return serve_file(x, {content, "\"v1\""});
    x.send("HTTP/1.1 200 OK\r\nETag: \"v1\"\r\nContent-Length: 600000\r\n\r\n" + content.substr(0, 400'000));
  });
  const Failed broken = failed(download_of(url));
  EXPECT_EQ(broken.kind, FailureKind::kTemporary);
  EXPECT_THAT(broken.message, EndsWith("the connection ended 200000 bytes before the file did"));
  EXPECT_EQ(saved("show.mp3.part").size(), 400'000u) << "all that came is on disk";
  finished(download_of(url));
  EXPECT_TRUE(saved() == content);
  EXPECT_EQ(server.requests().at(1).field("range"), "bytes=400000-");
}

TEST_F(HttpDownloadTest, AStallIsTemporaryAndKeepsThePartial) {
  const std::string content = episode(600'000);
  server.on("/e.mp3", [&](TestExchange& x) {
    x.send("HTTP/1.1 200 OK\r\nETag: \"v1\"\r\nContent-Length: 600000\r\n\r\n" + content.substr(0, 300'000));
    x.wait_for_close();
  });
  AddDownload download = download_of(server.url("/e.mp3"));
  download.http.stall_timeout = std::chrono::milliseconds(60);
  EXPECT_EQ(failed(download).kind, FailureKind::kTemporary);
  EXPECT_EQ(saved("show.mp3.part").size(), 300'000u);
}

TEST_F(HttpDownloadTest, StoppingWritesWhatCameAndTheNextAttemptGoesOn) {
  const std::string content = episode(900'000);
  const std::string url = server.url("/e.mp3");
  server.on("/e.mp3", [&](TestExchange& x) {
    if (!x.request.field("range").empty()) return serve_file(x, {content, "\"v1\""});
    x.send("HTTP/1.1 200 OK\r\nETag: \"v1\"\r\nContent-Length: 900000\r\n\r\n" + content.substr(0, 500'000));
    x.wait_for_close();
  });
  {
    bool stopped = false, ended = false;
    HttpDownload transfer(context(), download_of(url),
                          [&](const Event& event) { ended = !std::holds_alternative<Started>(event); });
    transfer.start();
    ASSERT_TRUE(run_until([&] { return transfer.status(base::SteadyTime::clock::now()).done_bytes == 500'000; }));
    transfer.stop([&] { stopped = true; });
    ASSERT_TRUE(run_until([&] { return stopped; }));
    EXPECT_FALSE(ended);
  }
  EXPECT_EQ(saved("show.mp3.part").size(), 500'000u);
  finished(download_of(url));
  EXPECT_TRUE(saved() == content);
  EXPECT_EQ(server.requests().at(1).field("range"), "bytes=500000-");
}

TEST_F(HttpDownloadTest, MayBeStoppedOrDestroyedAtAnyMoment) {
  const std::string content = episode(2'000'000);
  server.file("/e.mp3", {content, "\"v1\""});
  for (int steps = 0; steps < 60; ++steps) {
    auto transfer = std::make_unique<HttpDownload>(context(), download_of(server.url("/e.mp3")), [](const Event&) {});
    transfer->start();
    for (int i = 0; i < steps; ++i) io.run_one_for(std::chrono::milliseconds(1));
    if (steps % 2 == 0) {
      transfer.reset();
    } else {
      bool stopped = false;
      transfer->stop([&] {
        transfer.reset();
        stopped = true;
      });
      ASSERT_TRUE(run_until([&] { return stopped; })) << steps;
    }
  }
  // Destroyed downloads may still hold the lock while their last write ends on a worker.
  workers.join();
}

TEST_F(HttpDownloadTest, TwoDownloadsNeverShareAPartial) {
  server.on("/e.mp3", [&](TestExchange& x) {
    x.send("HTTP/1.1 200 OK\r\nContent-Length: 900000\r\n\r\n" + episode(400'000));
    x.wait_for_close();
  });
  HttpDownload first(context(), download_of(server.url("/e.mp3")), [](const Event&) {});
  first.start();
  ASSERT_TRUE(run_until([&] { return std::filesystem::exists(folder / "show/show.mp3.part"); }));
  const Failed second = failed(download_of(server.url("/e.mp3")));
  EXPECT_EQ(second.kind, FailureKind::kTemporary);
  EXPECT_THAT(second.message, HasSubstr("another download"));
}

// ---- what is not an episode ----

TEST_F(HttpDownloadTest, AnErrorPageIsNoEpisode) {
  struct Page {
    std::string body;
    std::string what;
  };
  for (const Page& page : {Page{"<!DOCTYPE html><html><body>Gone</body></html>", "an HTML page"},
                           Page{"<?xml version='1.0'?><Error><Code>AccessDenied</Code></Error>", "an XML document"},
                           Page{"{\"error\": \"expired\"}", "a JSON document"},
                           Page{"#EXTM3U\n#EXT-X-VERSION:3\n", "#EXTM3U"}, Page{"", "an empty body"}}) {
    server.file("/e.mp3", {page.body});
    const Failed page_failure = failed(download_of(server.url("/e.mp3")));
    EXPECT_EQ(page_failure.kind, FailureKind::kNotMedia) << page.what;
    EXPECT_THAT(page_failure.message, HasSubstr(page.what));
    EXPECT_THAT(files(), ElementsAre()) << page.what;
  }
}

TEST_F(HttpDownloadTest, ALongErrorPageLeavesNothingEither) {
  server.file("/e.mp3", {"<html>" + std::string(2'000'000, ' ')});
  EXPECT_EQ(failed(download_of(server.url("/e.mp3"))).kind, FailureKind::kNotMedia);
  EXPECT_THAT(files(), ElementsAre());
}

TEST_F(HttpDownloadTest, APageIsKeptWhereItIsWanted) {
  server.file("/transcript", {"<html></html>"});
  AddDownload download = download_of(server.url("/transcript"), "t.html");
  download.expect_media = false;
  EXPECT_EQ(finished(download).files.at(0).size, 13u);
  server.file("/empty", {""});
  download = download_of(server.url("/empty"), "empty.txt");
  download.expect_media = false;
  EXPECT_EQ(finished(download).files.at(0).size, 0u);
  EXPECT_THAT(files(), UnorderedElementsAre("t.html", "empty.txt"));
}

TEST_F(HttpDownloadTest, TellsFailuresApartByStatus) {
  struct Case {
    int status;
    FailureKind kind;
  };
  for (const Case& c :
       {Case{401, FailureKind::kAccess}, Case{403, FailureKind::kAccess}, Case{404, FailureKind::kPermanent},
        Case{410, FailureKind::kPermanent}, Case{429, FailureKind::kTemporary}, Case{500, FailureKind::kTemporary},
        Case{503, FailureKind::kTemporary}, Case{204, FailureKind::kTemporary}}) {
    server.on("/e.mp3", [&](TestExchange& x) { x.respond(c.status, "", "Retry-After: 120\r\n"); });
    const Failed failure = failed(download_of(server.url("/e.mp3")));
    EXPECT_EQ(failure.kind, c.kind) << c.status;
    EXPECT_THAT(failure.message, HasSubstr(std::to_string(c.status)));
    EXPECT_EQ(failure.retry_after.has_value(), c.kind == FailureKind::kTemporary) << c.status;
    EXPECT_THAT(files(), ElementsAre()) << c.status;
  }
}

TEST_F(HttpDownloadTest, AFailureKeepsThePartialOfBefore) {
  const std::string content = episode(600'000);
  const std::string url = server.url("/e.mp3");
  leave_partial(url, content.substr(0, 250'000), "\"v1\"", content.size());
  server.on("/e.mp3", [&](TestExchange& x) { x.respond(503, "busy"); });
  failed(download_of(url));
  server.file("/e.mp3", {content, "\"v1\""});
  finished(download_of(url));
  EXPECT_TRUE(saved() == content);
  EXPECT_EQ(server.requests().at(1).field("range"), "bytes=250000-");
}

// ---- names that are taken ----

TEST_F(HttpDownloadTest, AFinishedFileOfTheServersSizeIsNotFetchedAgain) {
  const std::string content = episode(600'000);
  server.file("/e.mp3", {content, "\"v1\""});
  finished(download_of(server.url("/e.mp3")));
  const Finished again = finished(download_of(server.url("/e.mp3")));
  EXPECT_EQ(again.files.at(0).path, "show.mp3");
  EXPECT_EQ(again.files.at(0).size, content.size());
  EXPECT_EQ(final_status.downloaded, 0u);
  EXPECT_THAT(files(), ElementsAre("show.mp3"));
}

TEST_F(HttpDownloadTest, NothingIsOverwritten) {
  std::filesystem::create_directories(folder / "show");
  write(folder / "show/show.mp3", "precious");
  write(folder / "show/show (2).mp3", "too");
  const std::string content = episode(600'000);
  server.file("/e.mp3", {content});
  EXPECT_EQ(finished(download_of(server.url("/e.mp3"))).files.at(0).path, "show (3).mp3");
  EXPECT_EQ(saved(), "precious");
  EXPECT_EQ(saved("show (2).mp3"), "too");
  EXPECT_TRUE(saved("show (3).mp3") == content);
}

// ---- the disk ----

TEST_F(HttpDownloadTest, AFullDiskKeepsThePartialAndSaysSo) {
  // A file system of its own, of 512 KiB, where this process may mount one.
  const bool own_mounts = ::unshare(CLONE_NEWNS) == 0 || ::unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0;
  std::filesystem::create_directories(folder / "show");
  if (!own_mounts || ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
      ::mount("tmpfs", (folder / "show").c_str(), "tmpfs", 0, "size=512k") != 0) {
    GTEST_SKIP() << "this process may not mount a small file system";
  }
  // Workers that were started before are in the old mount namespace.
  boost::asio::thread_pool new_workers(1);
  HttpDownloadContext small{io, new_workers, client, bucket, "", true};
  const std::string content = episode(2'000'000);
  server.on("/known", [&](TestExchange& x) { serve_file(x, {content, "\"v1\""}); });
  server.on("/unknown", [&](TestExchange& x) { x.send("HTTP/1.1 200 OK\r\nETag: \"v1\"\r\n\r\n" + content); });
  for (const char* path : {"/known", "/unknown"}) {
    std::optional<Failed> failure;
    HttpDownload transfer(small, download_of(server.url(path)), [&](Event event) {
      if (auto* bad = std::get_if<Failed>(&event)) failure = std::move(*bad);
    });
    transfer.start();
    ASSERT_TRUE(run_until([&] { return failure.has_value(); }));
    EXPECT_EQ(failure->kind, FailureKind::kDiskFull) << failure->message;
  }
  const std::string kept = saved("show.mp3.part");
  EXPECT_GE(kept.size(), 256u * 1024);
  EXPECT_TRUE(kept == content.substr(0, kept.size()));
  EXPECT_TRUE(std::filesystem::exists(folder / "show/show.mp3.part.meta"));
  new_workers.join();
  ::umount2((folder / "show").c_str(), MNT_DETACH);
}

TEST_F(HttpDownloadTest, AWriteThatFailsIsADiskFailure) {
  ::signal(SIGXFSZ, SIG_IGN);
  rlimit limit{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &limit), 0);
  const rlimit small{300'000, limit.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  server.file("/e.mp3", {episode(2'000'000), "\"v1\""});
  const Failed failure = failed(download_of(server.url("/e.mp3")));
  ::setrlimit(RLIMIT_FSIZE, &limit);
  EXPECT_EQ(failure.kind, FailureKind::kDisk);
  EXPECT_THAT(failure.message, HasSubstr("show.mp3.part"));
  EXPECT_EQ(saved("show.mp3.part").size(), 300'000u);
}

TEST_F(HttpDownloadTest, AFolderThatCannotBeMadeIsADiskFailure) {
  server.file("/e.mp3", {episode(5'000)});
  AddDownload download = download_of(server.url("/e.mp3"));
  download.dir = folder / "missing" / "deeper";
  EXPECT_EQ(failed(download).kind, FailureKind::kDisk);
  write(folder / "file", "");
  download.dir = folder / "file";
  EXPECT_EQ(failed(download).kind, FailureKind::kDisk);
}

TEST_F(HttpDownloadTest, APartialThatIsNoRegularFileIsLeftAlone) {
  server.file("/e.mp3", {episode(5'000)});
  std::filesystem::create_directories(folder / "show");
  write(folder / "victim", "precious");
  std::filesystem::create_symlink(folder / "victim", folder / "show/show.mp3.part");
  EXPECT_EQ(failed(download_of(server.url("/e.mp3"))).kind, FailureKind::kDisk);
  EXPECT_EQ(content_of(folder / "victim"), "precious");
  std::filesystem::remove(folder / "show/show.mp3.part");
  ASSERT_EQ(::mkfifo((folder / "show/show.mp3.part").c_str(), 0600), 0);
  EXPECT_EQ(failed(download_of(server.url("/e.mp3"))).kind, FailureKind::kDisk);
}

TEST_F(HttpDownloadTest, ANameCannotLeaveTheFolder) {
  server.file("/e.mp3", {episode(5'000)});
  EXPECT_EQ(failed(download_of(server.url("/e.mp3"), "../escaped.mp3")).kind, FailureKind::kDisk);
  EXPECT_FALSE(std::filesystem::exists(folder / "escaped.mp3"));
}

// ---- limits, and the rest of the contract ----

TEST_F(HttpDownloadTest, ALimitSlowsItDown) {
  const std::string content = episode(300'000);
  server.file("/e.mp3", {content});
  AddDownload download = download_of(server.url("/e.mp3"));
  download.down_limit = 1'000'000;
  const auto before = std::chrono::steady_clock::now();
  finished(download);
  // A tenth of a second's worth may come at once.
  EXPECT_GE(std::chrono::steady_clock::now() - before, std::chrono::milliseconds(150));
  EXPECT_TRUE(saved() == content);
}

TEST_F(HttpDownloadTest, TheSharedLimitHoldsForAll) {
  const std::string content = episode(150'000);
  server.file("/e.mp3", {content});
  bucket.set_limit(1'000'000, base::SteadyTime::clock::now());
  const auto before = std::chrono::steady_clock::now();
  int done = 0;
  HttpDownload one(context(), download_of(server.url("/e.mp3"), "1.mp3"),
                   [&](const Event& event) { done += std::holds_alternative<Finished>(event) ? 1 : 0; });
  HttpDownload two(context(), download_of(server.url("/e.mp3"), "2.mp3"),
                   [&](const Event& event) { done += std::holds_alternative<Finished>(event) ? 1 : 0; });
  one.start();
  two.start();
  ASSERT_TRUE(run_until([&] { return done == 2; }));
  EXPECT_GE(std::chrono::steady_clock::now() - before, std::chrono::milliseconds(150));
  EXPECT_TRUE(saved("1.mp3") == content);
  EXPECT_TRUE(saved("2.mp3") == content);
}

TEST_F(HttpDownloadTest, SendsTheDownloadsOwnCredentialsAndAgent) {
  server.file("/e.mp3", {episode(5'000)});
  AddDownload download = download_of(server.url("/e.mp3"));
  download.http.user = "me";
  download.http.password = "secret";
  download.http.user_agent = "Special/2";
  finished(download);
  EXPECT_EQ(server.requests().at(0).field("authorization"), "Basic bWU6c2VjcmV0");
  EXPECT_EQ(server.requests().at(0).field("user-agent"), "Special/2");
}

TEST_F(HttpDownloadTest, WhatIsNoUrlFailsForGood) {
  const Failed failure = failed(download_of("mailto:someone@example.org"));
  EXPECT_EQ(failure.kind, FailureKind::kPermanent);
}

TEST_F(HttpDownloadTest, CompressedMediaIsNotSavedAsMedia) {
  server.file("/e.mp3", {"\x1f\x8b\x08" + std::string(5'000, 'z'), "", "", "audio/mpeg", "Content-Encoding: gzip\r\n"});
  EXPECT_EQ(failed(download_of(server.url("/e.mp3"))).kind, FailureKind::kTemporary);
  server.file("/e.mp3", {episode(5'000), "", "", "audio/mpeg", "Content-Encoding: gzip\r\n"});
  EXPECT_EQ(finished(download_of(server.url("/e.mp3"))).files.at(0).size, 5'000u) << "a wrong label on good bytes";
}

}  // namespace
}  // namespace podswarm::engine::testing
