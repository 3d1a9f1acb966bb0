// Many complete torrents in one engine: seconds from the first add until all of them seed, memory a torrent, and the
// CPU of doing nothing.
//
//   many_torrents [COUNT [KIB [IDLE_SECONDS]]]   makes its own torrents below $TMPDIR, resumes them, prints figures
//   many_torrents --seed TORRENTS DATA           seeds every .torrent of a folder until it is killed, for a harness
#include <fmt/core.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "engine/core/digest.h"
#include "engine/core/small_random.h"
#include "engine/core/torrent_writer.h"
#include "engine/engine.h"

namespace podswarm::engine {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr std::uint32_t kPieceLength = 16 * 1024;

struct Plan {
  std::size_t count = 10'000;
  std::size_t file_kib = 64;
  unsigned idle_s = 10;
};

double seconds_since(Clock::time_point from) {
  return std::chrono::duration<double>(Clock::now() - from).count();
}

double cpu_seconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_usec);
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

// Memory that is the process's own, in KiB.
double anonymous_kib() {
  std::ifstream in("/proc/self/status");
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("RssAnon:")) return std::strtod(line.c_str() + 8, nullptr);
  }
  return 0;
}

base::Bytes read_file(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

void write_file(const fs::path& path, base::ByteView bytes) {
  std::ofstream(path, std::ios::binary)
      .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
}

// Its events, counted.
class Counted {
 public:
  Counted(EngineOptions options, fs::path resume_to) : resume_to_(std::move(resume_to)) {
    options.listen_address = "127.0.0.1";
    engine_.emplace(options, [this](const Event& event) { on_event(event); });
  }
  Engine& engine() { return *engine_; }
  // Until so many have finished and, where it is kept, their resume data has come.
  void wait_for(std::size_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return finished_ >= count && (resume_to_.empty() || saved_ >= count); });
  }

 private:
  void on_event(const Event& event) {
    const std::lock_guard lock(mutex_);
    if (const auto* failed = std::get_if<Failed>(&event)) {
      fmt::print(stderr, "{}: {}\n", failed->id, failed->message);
      std::_Exit(1);
    }
    if (std::holds_alternative<Finished>(event)) ++finished_;
    if (const auto* resume = std::get_if<ResumeData>(&event); resume != nullptr && !resume_to_.empty()) {
      write_file(resume_to_ / fmt::format("{}.resume", resume->id), resume->data);
      ++saved_;
    }
    changed_.notify_one();
  }

  fs::path resume_to_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t finished_ = 0;
  std::size_t saved_ = 0;
  std::optional<Engine> engine_;
};

AddDownload download_of(DownloadId id, const fs::path& torrent, const fs::path& data) {
  AddDownload add;
  add.id = id;
  add.source = TorrentFileSource{read_file(torrent)};
  add.dir = data;
  return add;
}

void make_torrents(const Plan& plan, const fs::path& folder) {
  fs::create_directories(folder / "data");
  SmallRandom random(1);
  base::Bytes bytes(plan.file_kib * 1024);
  for (std::size_t i = 0; i < plan.count; ++i) {
    for (std::size_t k = 0; k < bytes.size(); k += 8) {
      const std::uint64_t word = random();
      std::memcpy(bytes.data() + k, &word, 8);
    }
    NewTorrent torrent;
    torrent.name = fmt::format("f{}.bin", i);
    torrent.piece_length = kPieceLength;
    torrent.length = bytes.size();
    torrent.tiers = {{"http://127.0.0.1:9/announce"}};
    for (std::size_t at = 0; at < bytes.size(); at += kPieceLength) {
      const auto hash = sha1(base::ByteView(bytes).subspan(at, kPieceLength));
      torrent.pieces.append(hash.begin(), hash.end());
    }
    write_file(folder / "data" / torrent.name, bytes);
    write_file(folder / fmt::format("{}.torrent", i + 1), encode_torrent(torrent));
  }
}

// In a process of its own, so that what it leaves in the heap is not measured.
template <class Action>
void in_child(Action action) {
  std::fflush(nullptr);
  const pid_t child = ::fork();
  if (child == 0) {
    action();
    std::fflush(nullptr);
    std::_Exit(0);
  }
  int status = 0;
  if (child < 0 || ::waitpid(child, &status, 0) != child || status != 0) std::exit(1);
}

void add_all(const Plan& plan, const fs::path& folder, Counted& counted) {
  for (DownloadId id = 1; id <= plan.count; ++id) {
    AddDownload add = download_of(id, folder / fmt::format("{}.torrent", id), folder / "data");
    const fs::path resume = folder / fmt::format("{}.resume", id);
    if (fs::exists(resume)) add.resume = read_file(resume);
    counted.engine().add(std::move(add));
  }
  counted.wait_for(plan.count);
}

void check_all(const Plan& plan, const fs::path& folder) {
  Counted counted({}, folder);
  const auto begin = Clock::now();
  add_all(plan, folder, counted);
  fmt::print("added and checked      {:8.2f} s   {:.2f} CPU-s\n", seconds_since(begin), cpu_seconds());
  counted.engine().stop();
}

void resume_all(const Plan& plan, const fs::path& folder) {
  Counted counted({}, {});
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  const double empty = anonymous_kib();
  auto begin = Clock::now();
  double cpu = cpu_seconds();
  add_all(plan, folder, counted);
  fmt::print("resumed, all ready     {:8.2f} s   {:.2f} CPU-s\n", seconds_since(begin), cpu_seconds() - cpu);
  begin = Clock::now();
  const auto status = counted.engine().status();
  fmt::print("status of {:<8}     {:8.1f} ms\n", status.size(), 1e3 * seconds_since(begin));
  // What a start leaves to do (announces) is not idling.
  std::this_thread::sleep_for(std::chrono::seconds(plan.idle_s > 0 ? 12 : 0));
  const double full = anonymous_kib();
  fmt::print("memory                 {:8.2f} KiB a torrent ({:.1f} MiB, {:.1f} without torrents)\n",
             (full - empty) / static_cast<double>(plan.count), full / 1024, empty / 1024);
  if (plan.idle_s > 0) {
    begin = Clock::now();
    cpu = cpu_seconds();
    std::this_thread::sleep_for(std::chrono::seconds(plan.idle_s));
    fmt::print("idle                   {:8.3f} % of a core\n", 100 * (cpu_seconds() - cpu) / seconds_since(begin));
  }
  begin = Clock::now();
  counted.engine().stop();
  fmt::print("stopped                {:8.2f} s\n", seconds_since(begin));
}

[[noreturn]] void seed_for_ever(const fs::path& torrents, const fs::path& data) {
  Counted counted({}, {});
  DownloadId id = 0;
  for (const auto& entry : fs::directory_iterator(torrents)) {
    if (entry.path().extension() == ".torrent") counted.engine().add(download_of(++id, entry.path(), data));
  }
  for (;;) ::pause();
}

int run(const std::vector<std::string>& arguments) {
  if (arguments.size() == 3 && arguments[0] == "--seed") seed_for_ever(arguments[1], arguments[2]);
  Plan plan;
  if (!arguments.empty()) plan.count = std::stoul(arguments[0]);
  if (arguments.size() > 1) plan.file_kib = std::stoul(arguments[1]);
  if (arguments.size() > 2) plan.idle_s = static_cast<unsigned>(std::stoul(arguments[2]));
  std::string folder = (fs::temp_directory_path() / "podswarm_many_XXXXXX").string();
  if (::mkdtemp(folder.data()) == nullptr) return 1;
  fmt::print("{} torrents of {} KiB\n", plan.count, plan.file_kib);
  in_child([&] { make_torrents(plan, folder); });
  in_child([&] { check_all(plan, folder); });
  in_child([&] { resume_all(plan, folder); });
  fs::remove_all(folder);
  return 0;
}

}  // namespace
}  // namespace podswarm::engine

int main(int argc, char** argv) {
  return podswarm::engine::run({argv + 1, argv + argc});
}
