// Verifying data that lies in the page cache, beside what hashing alone takes on all cores at the same time of day:
// OpenSSL's SHA-1 over 1 MiB, a thread a core.
//
//   recheck [MIB [PIECE_KIB [ROUNDS]]]   makes its data below $TMPDIR
#include <fmt/core.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "engine/core/digest.h"
#include "engine/core/small_random.h"
#include "engine/core/torrent_writer.h"
#include "engine/verify.h"

namespace podswarm::engine {
namespace {

namespace fs = std::filesystem;

double cpu_seconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_usec);
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

struct Cost {
  double wall_s = 0;
  double cpu_s = 0;
};

template <class Action>
Cost measure(Action action) {
  const double cpu = cpu_seconds();
  const auto begin = std::chrono::steady_clock::now();
  action();
  return {std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count(), cpu_seconds() - cpu};
}

void print(const char* what, double bytes, const Cost& cost) {
  constexpr double kGib = 1u << 30;
  fmt::print("{:<24} {:8.0f} MB/s   {:.2f} CPU-s/GiB\n", what, bytes / 1e6 / cost.wall_s, cost.cpu_s * kGib / bytes);
}

void hash_on_all_cores(double bytes) {
  const unsigned cores = std::max(1u, std::thread::hardware_concurrency());
  std::vector<std::thread> threads;
  for (unsigned i = 0; i < cores; ++i) {
    threads.emplace_back([&] {
      const base::Bytes block(1 << 20, 0x5A);
      Sha1 hasher;
      for (double done = 0; done < bytes / cores; done += static_cast<double>(block.size())) hasher.update(block);
      (void)hasher.finish();
    });
  }
  for (std::thread& thread : threads) thread.join();
}

Metainfo make_data(const fs::path& folder, std::size_t mib, std::uint32_t piece_length) {
  NewTorrent torrent;
  torrent.name = "data";
  torrent.piece_length = piece_length;
  torrent.length = std::uint64_t{mib} << 20;
  std::ofstream out(folder / torrent.name, std::ios::binary);
  SmallRandom random(1);
  base::Bytes piece(piece_length);
  for (std::uint64_t at = 0; at < *torrent.length; at += piece_length) {
    piece.resize(std::min<std::uint64_t>(piece_length, *torrent.length - at));
    for (std::size_t k = 0; k + 8 <= piece.size(); k += 8) {
      const std::uint64_t word = random();
      std::memcpy(piece.data() + k, &word, 8);
    }
    const Sha1Hash hash = sha1(piece);
    torrent.pieces.append(hash.begin(), hash.end());
    out.write(reinterpret_cast<const char*>(piece.data()), static_cast<std::streamsize>(piece.size()));
  }
  return *Metainfo::parse(encode_torrent(torrent));
}

int run(const std::vector<std::string>& arguments) {
  const std::size_t mib = !arguments.empty() ? std::stoul(arguments[0]) : 2048;
  const auto piece_kib = arguments.size() > 1 ? static_cast<std::uint32_t>(std::stoul(arguments[1])) : 1024;
  const std::size_t rounds = arguments.size() > 2 ? std::stoul(arguments[2]) : 3;
  std::string folder = (fs::temp_directory_path() / "podswarm_recheck_XXXXXX").string();
  if (::mkdtemp(folder.data()) == nullptr) return 1;
  const Metainfo metainfo = make_data(folder, mib, piece_kib * 1024);
  const auto bytes = static_cast<double>(metainfo.total_size);
  bool good = true;
  for (std::size_t round = 0; round < rounds; ++round) {
    const Cost hash = measure([&] { hash_on_all_cores(bytes); });
    const Cost check = measure([&] {
      const auto result = verify_data(metainfo, folder);
      good = good && result && result->all();
    });
    print("SHA-1, all cores", bytes, hash);
    print("recheck", bytes, check);
    fmt::print("{:<24} {:8.2f}            {:.2f}\n", "ratio", hash.wall_s / check.wall_s, hash.cpu_s / check.cpu_s);
  }
  fs::remove_all(folder);
  return good ? 0 : 1;
}

}  // namespace
}  // namespace podswarm::engine

int main(int argc, char** argv) {
  return podswarm::engine::run({argv + 1, argv + argc});
}
