// A process that downloads a torrent is killed, again and again: what its resume data says is true, what was saved is
// not fetched again, and the file is right in the end.
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <future>
#include <thread>

#include "base/file.h"
#include "engine/core/resume.h"
#include "tests/engine/engine_fixture.h"

namespace podswarm::engine {
namespace {

constexpr std::uint32_t kPiece = 64 * 1024;
constexpr std::uint32_t kPieces = 160;

// Messages of one process to another.
class Pipe {
 public:
  Pipe() {
    if (::pipe(ends_) != 0) std::abort();
  }
  ~Pipe() {
    ::close(ends_[0]);
    ::close(ends_[1]);
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  void send(std::uint64_t value) const {
    if (::write(ends_[1], &value, sizeof value) != sizeof value) ::_exit(1);
  }
  // Nothing when the writer has ended.
  [[nodiscard]] std::optional<std::uint64_t> receive() {
    ::close(ends_[1]);
    ends_[1] = -1;
    std::uint64_t value = 0;
    if (::read(ends_[0], &value, sizeof value) != sizeof value) return std::nullopt;
    return value;
  }

 private:
  int ends_[2];
};

// A process of its own, killed at the latest with this object. Made while this process has one thread.
class Child {
 public:
  template <class Action>
  explicit Child(Action action) : pid_(::fork()) {
    if (pid_ != 0) return;
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    action();
    ::_exit(0);
  }
  ~Child() { kill(); }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  void kill() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    int status = 0;
    ::waitpid(pid_, &status, 0);
    pid_ = 0;
  }

 private:
  pid_t pid_;
};

struct Place {
  const TestTorrent& torrent;
  std::filesystem::path dir;
  std::filesystem::path resume;
};

void run_seed(const Place& place, const Pipe& pipe) {
  EngineOptions options;
  options.up_limit = 8'000'000;
  TestEngine engine(options);
  engine->add(TestEngine::download(1, place.torrent, place.dir));
  if (!engine.wait<Finished>(1)) return;
  pipe.send(engine->listen_port());
  for (;;) ::pause();
}

constexpr std::uint64_t kSaved = 1;  // resume data was written
constexpr std::uint64_t kDone = 2;   // then the bytes that were downloaded follow

void run_leech(const Place& place, std::uint16_t seed_port, const Pipe& pipe) {
  EngineOptions options;
  options.listen_address = "127.0.0.1";
  options.save_interval = std::chrono::milliseconds(50);
  std::promise<void> finished;
  Engine engine(options, [&](const Event& event) {
    if (const auto* resume = std::get_if<ResumeData>(&event)) {
      const auto fresh = place.resume.string() + ".new";
      write_bytes(fresh, resume->data);
      std::filesystem::rename(fresh, place.resume);
      pipe.send(kSaved);
    }
    if (std::holds_alternative<Finished>(event)) finished.set_value();
  });
  AddDownload add = TestEngine::download(1, place.torrent, place.dir);
  add.peers = {{"127.0.0.1", seed_port}};
  add.resume = read_bytes(place.resume);
  engine.add(std::move(add));
  finished.get_future().wait();
  pipe.send(kDone);
  pipe.send(engine.status().at(0).downloaded);
  engine.stop();
}

// What the resume data calls had is on the disk, right.
std::uint32_t expect_true(const Place& place) {
  const auto resume = decode_resume(read_bytes(place.resume));
  EXPECT_TRUE(resume);
  if (!resume) return 0;
  const base::Bytes on_disk = read_bytes(place.dir / place.torrent.path_of(""));
  const base::Bytes& right = place.torrent.files[0].second;
  for (std::uint32_t i = resume->have.next_set(0); i < resume->have.size(); i = resume->have.next_set(i + 1)) {
    const std::size_t begin = std::size_t{i} * kPiece;
    const bool there = on_disk.size() >= begin + kPiece;
    EXPECT_TRUE(there && std::equal(on_disk.begin() + static_cast<std::ptrdiff_t>(begin),
                                    on_disk.begin() + static_cast<std::ptrdiff_t>(begin + kPiece),
                                    right.begin() + static_cast<std::ptrdiff_t>(begin)))
        << "piece " << i;
  }
  return resume->have.count();
}

TEST(TorrentCrash, AKilledDownloadGoesOnFromItsLastResumeData) {
  const TemporaryFolder folder;
  const TestTorrent torrent = TestTorrent::single(std::size_t{kPieces} * kPiece, kPiece);
  torrent.put(folder.path() / "seed");
  const Place source{torrent, folder.path() / "seed", {}};
  const Place place{torrent, folder.path() / "leech", folder.path() / "resume"};

  Pipe from_seed;
  const Child seed([&] { run_seed(source, from_seed); });
  const auto port = from_seed.receive();
  ASSERT_TRUE(port);

  std::uint32_t had = 0;
  for (int round = 0; round < 3; ++round) {
    Pipe pipe;
    Child leech([&] { run_leech(place, static_cast<std::uint16_t>(*port), pipe); });
    for (int saves = 0; saves < 3; ++saves) ASSERT_EQ(pipe.receive(), kSaved);
    leech.kill();
    const std::uint32_t now = expect_true(place);
    EXPECT_GT(now, had) << "round " << round;
    had = now;
  }
  ASSERT_LT(had, kPieces);

  Pipe pipe;
  const Child leech([&] { run_leech(place, static_cast<std::uint16_t>(*port), pipe); });
  std::optional<std::uint64_t> message;
  do {
    message = pipe.receive();
  } while (message == kSaved);
  ASSERT_EQ(message, kDone);
  const auto downloaded = pipe.receive();
  ASSERT_TRUE(downloaded);
  EXPECT_LE(*downloaded, std::uint64_t{kPieces - had} * kPiece) << "what was saved was fetched again";
  torrent.expect_in(place.dir);
}

TEST(TorrentCrash, WhatWasSyncedIsNotReadAgainAndTheRestIsCheckedOnly) {
  // As a crash leaves it: resume data from before the last pieces were written.
  const TemporaryFolder folder;
  const TestTorrent torrent = TestTorrent::single(10 * kPiece, kPiece);
  const base::Bytes& bytes = torrent.files[0].second;
  const auto path = folder.path() / "d" / "episode";
  write_bytes(path, base::ByteView(bytes).first(8 * kPiece));

  const auto metainfo = Metainfo::parse(torrent.torrent);
  Resume resume;
  resume.info_hash = torrent.info_hash();
  resume.have = Bitfield(10);
  for (std::uint32_t i = 0; i < 6; ++i) resume.have.set(i);
  resume.files = {{6 * kPiece, 1, true}};  // it has grown since, and is newer
  const auto pieces_with = [&](bool open) {
    resume.open = open;
    // A saved piece that is bad on the disk: only who reads it knows.
    base::Bytes spoilt(bytes.begin(), bytes.begin() + 8 * kPiece);
    spoilt[2 * kPiece] ^= 1;
    write_bytes(path, spoilt);
    TestEngine engine;
    AddDownload add = TestEngine::download(1, torrent, folder.path() / "d");
    add.resume = encode_resume(resume);
    engine->add(std::move(add));
    EXPECT_TRUE(eventually([&] { return engine.status(1).state == DownloadState::kDownloading; }));
    return engine.status(1).pieces_done;
  };
  EXPECT_EQ(pieces_with(true), 8u) << "six saved and believed, two found";
  EXPECT_EQ(pieces_with(false), 7u) << "changed by somebody else: all of it is read";
}

}  // namespace
}  // namespace podswarm::engine
