// Runs a fuzz target over inputs that are kept, without a fuzzer: so each target is built with everything else, and
// what one of them once found stays mended.
//
// Usage: TARGET FOLDER. A target that objects aborts.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>

#include "base/file.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

int main(int count, char** arguments) {
  if (count != 2) return 2;
  int inputs = 0;
  for (const auto& entry : std::filesystem::directory_iterator(arguments[1])) {
    const auto bytes = podswarm::base::read_file(entry.path(), 64u << 20);
    if (!bytes) return 1;
    LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(bytes->data()), bytes->size());
    ++inputs;
  }
  std::printf("%d inputs\n", inputs);
  return inputs > 0 ? 0 : 1;
}
