// Where the running daemon listens, and the secret that opens it: a small JSON file that the daemon writes when it
// starts and removes when it stops. Blocking file calls; any thread but the network's.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "base/file.h"
#include "base/result.h"

namespace podswarm::web {

struct DaemonAddress {
  std::string address;  // a loopback address in numbers
  std::uint16_t port = 0;
  std::string token;
  pid_t pid = 0;
  std::string data_dir{};  // whose daemon it is, so that a command for another library does not talk to it
};

enum class DaemonAddressError {
  kAbsent,      // no file: no daemon
  kStale,       // a daemon that did not clean up: its process is gone or its port refuses
  kUnreadable,  // no permission, or not such a file
};

// `XDG_RUNTIME_DIR/podswarm/daemon.json`; in `data_dir` itself where `xdg_runtime_dir` is empty or not absolute.
[[nodiscard]] std::filesystem::path daemon_file(std::string_view xdg_runtime_dir,
                                                const std::filesystem::path& data_dir);

// `bytes` from the system's random source, in hex. Throws std::runtime_error where that source fails.
[[nodiscard]] std::string new_token(std::size_t bytes = 32);

// Atomically and readable by the owner alone (0600; its folder is made with 0700 where missing).
[[nodiscard]] base::Result<void, base::FileError> write_daemon_file(const std::filesystem::path& file,
                                                                    const DaemonAddress& address);
// Removes the file if it is that of process `pid`; another daemon's stays.
void remove_daemon_file(const std::filesystem::path& file, pid_t pid);

// What the file says; kAbsent or kUnreadable otherwise.
[[nodiscard]] base::Result<DaemonAddress, DaemonAddressError> read_daemon_file(const std::filesystem::path& file);

// The same, and asks the system whether the process lives and its port accepts a connection (kStale where not).
// The stale file stays: the next daemon replaces it.
[[nodiscard]] base::Result<DaemonAddress, DaemonAddressError> find_daemon(const std::filesystem::path& file);

}  // namespace podswarm::web
