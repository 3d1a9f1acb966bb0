// Engines on loopback for tests: torrents made of generated data, and waiting for what an engine says.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "engine/core/digest.h"
#include "engine/core/metainfo.h"
#include "engine/core/small_random.h"
#include "engine/core/torrent_writer.h"
#include "engine/engine.h"
#include "tests/support/eventually.h"

namespace podswarm::engine {

// A folder that goes with the test.
class TemporaryFolder {
 public:
  explicit TemporaryFolder(const std::filesystem::path& parent = std::filesystem::temp_directory_path()) {
    std::string name = (parent / "podswarm_engine_XXXXXX").string();
    path_ = ::mkdtemp(name.data());
  }
  ~TemporaryFolder() { std::filesystem::remove_all(path_); }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  [[nodiscard]] std::filesystem::path make(const std::string& name) const {
    std::filesystem::create_directory(path_ / name);
    return path_ / name;
  }

 private:
  std::filesystem::path path_;
};

inline base::Bytes random_bytes(std::size_t size, std::uint64_t seed) {
  SmallRandom random(seed);
  base::Bytes bytes(size);
  for (auto& byte : bytes) byte = static_cast<std::uint8_t>(random() >> 13);
  return bytes;
}

inline base::Bytes read_bytes(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

inline void write_bytes(const std::filesystem::path& path, base::ByteView bytes) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream out(path, std::ios::binary);
  out.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
}

// A torrent and its data.
struct TestTorrent {
  std::string name = "episode";
  // "" = the torrent is that one file; what is_pad() says is padding (BEP 47).
  std::vector<std::pair<std::string, base::Bytes>> files;
  bool is_private = false;
  std::vector<std::string> web_seeds;
  base::Bytes torrent;

  static bool is_pad(const std::string& path) { return path.starts_with(".pad/"); }

  static TestTorrent single(std::size_t size, std::uint32_t piece_length, std::uint64_t seed = 1,
                            const std::vector<std::vector<std::string>>& tiers = {}) {
    TestTorrent made;
    made.files.emplace_back("", random_bytes(size, seed));
    made.write(piece_length, tiers);
    return made;
  }
  static TestTorrent several(const std::vector<std::size_t>& sizes, std::uint32_t piece_length) {
    TestTorrent made;
    for (std::size_t i = 0; i < sizes.size(); ++i) {
      made.files.emplace_back("folder" + std::to_string(i % 2) + "/file" + std::to_string(i),
                              random_bytes(sizes[i], i));
    }
    made.write(piece_length, {});
    return made;
  }

  void write(std::uint32_t piece_length, const std::vector<std::vector<std::string>>& tiers) {
    NewTorrent torrent_;
    torrent_.name = name;
    torrent_.piece_length = piece_length;
    torrent_.tiers = tiers;
    torrent_.is_private = is_private;
    torrent_.web_seeds = web_seeds;
    base::Bytes all;
    for (const auto& [path, bytes] : files) {
      all.insert(all.end(), bytes.begin(), bytes.end());
      if (path.empty()) {
        torrent_.length = bytes.size();
      } else {
        NewTorrentFile file;
        for (std::size_t from = 0; from <= path.size();) {
          const std::size_t to = std::min(path.find('/', from), path.size());
          file.path.push_back(path.substr(from, to - from));
          from = to + 1;
        }
        file.length = bytes.size();
        file.pad = is_pad(path);
        torrent_.files.push_back(file);
      }
    }
    for (std::size_t at = 0; at < all.size(); at += piece_length) {
      const auto hash = sha1(base::ByteView(all).subspan(at, std::min<std::size_t>(piece_length, all.size() - at)));
      torrent_.pieces.append(hash.begin(), hash.end());
    }
    torrent = encode_torrent(torrent_);
  }

  [[nodiscard]] std::filesystem::path path_of(const std::string& file) const {
    return file.empty() ? std::filesystem::path(name) : std::filesystem::path(name) / file;
  }
  // The data as it is on a seed's disk. One that does not know padding has it in files.
  void put(const std::filesystem::path& folder, bool with_padding = false) const {
    for (const auto& [path, bytes] : files) {
      if (with_padding || !is_pad(path)) write_bytes(folder / path_of(path), bytes);
    }
  }
  void expect_in(const std::filesystem::path& folder, bool with_empty_files = true) const {
    for (const auto& [path, bytes] : files) {
      if (is_pad(path) || (bytes.empty() && !with_empty_files)) continue;
      EXPECT_TRUE(std::filesystem::exists(folder / path_of(path))) << path;
      EXPECT_TRUE(read_bytes(folder / path_of(path)) == bytes) << path << " differs";
    }
  }
  [[nodiscard]] InfoHash info_hash() const { return Metainfo::parse(torrent)->info_hash(); }
  [[nodiscard]] std::string magnet() const { return "magnet:?xt=urn:btih:" + base::to_hex(info_hash()); }
};

// An engine's states may be short.
template <class Condition>
[[nodiscard]] bool eventually(Condition holds) {
  return test::eventually(holds, std::chrono::seconds(20), std::chrono::milliseconds(1));
}

// An engine whose events can be waited for.
class TestEngine {
 public:
  explicit TestEngine(EngineOptions options = {}) {
    if (options.listen_address.empty()) options.listen_address = "127.0.0.1";
    options.user_agent = "Podswarm test";
    engine_ = std::make_unique<Engine>(options, [this](Event event) {
      const std::lock_guard lock(mutex_);
      events_.push_back(std::move(event));
      changed_.notify_all();
    });
  }
  Engine& operator*() { return *engine_; }
  Engine* operator->() { return engine_.get(); }

  [[nodiscard]] PeerAddress address() const { return {"127.0.0.1", engine_->listen_port()}; }

  static AddDownload download(DownloadId id, const TestTorrent& torrent, const std::filesystem::path& dir) {
    AddDownload add;
    add.id = id;
    add.source = TorrentFileSource{torrent.torrent};
    add.dir = dir;
    return add;
  }

  // The first event of that kind for the download, within 20 s; nothing if it does not come.
  template <class T>
  std::optional<T> wait(DownloadId id) {
    std::unique_lock lock(mutex_);
    std::optional<T> found;
    changed_.wait_for(lock, std::chrono::seconds(20), [&] { return (found = find<T>(id)).has_value(); });
    return found;
  }
  // So many of that kind have come for the download, within 20 s.
  template <class T>
  bool wait_for(DownloadId id, std::ptrdiff_t count) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(20), [&] {
      return std::count_if(events_.begin(), events_.end(), [id](const Event& event) {
               const T* e = std::get_if<T>(&event);
               return e != nullptr && e->id == id;
             }) >= count;
    });
  }
  // What there is by now.
  template <class T>
  std::optional<T> seen(DownloadId id) {
    const std::lock_guard lock(mutex_);
    return find<T>(id);
  }
  template <class T>
  std::optional<T> last(DownloadId id) {
    const std::lock_guard lock(mutex_);
    std::optional<T> found;
    for (const Event& event : events_) {
      if (const T* e = std::get_if<T>(&event); e != nullptr && e->id == id) found = *e;
    }
    return found;
  }

  DownloadStatus status(DownloadId id) {
    for (const DownloadStatus& status : engine_->status()) {
      if (status.id == id) return status;
    }
    return {};
  }

 private:
  template <class T>
  std::optional<T> find(DownloadId id) {
    for (const Event& event : events_) {
      if (const T* e = std::get_if<T>(&event); e != nullptr && e->id == id) return *e;
    }
    return std::nullopt;
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Event> events_;
  std::unique_ptr<Engine> engine_;
};

}  // namespace podswarm::engine
