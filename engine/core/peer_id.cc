#include "engine/core/peer_id.h"

#include <algorithm>
#include <string_view>

#include "base/bytes.h"

namespace podswarm::engine {

namespace {

constexpr std::string_view kPrefix = "-PS0100-";

struct Client {
  std::string_view code;
  std::string_view name;
};

// The clients that one meets; others are shown by their code.
constexpr std::array<Client, 17> kClients{{{"7T", "aTorrent"},
                                           {"A~", "Ares"},
                                           {"AZ", "Azureus"},
                                           {"BC", "BitComet"},
                                           {"BI", "BiglyBT"},
                                           {"DE", "Deluge"},
                                           {"KT", "KTorrent"},
                                           {"LT", "libtorrent"},
                                           {"PS", "Podswarm"},
                                           {"TR", "Transmission"},
                                           {"UM", "uTorrent Mac"},
                                           {"UT", "uTorrent"},
                                           {"UW", "uTorrent Web"},
                                           {"WW", "WebTorrent"},
                                           {"XL", "Xunlei"},
                                           {"lt", "rTorrent"},
                                           {"qB", "qBittorrent"}}};

bool is_printable(std::uint8_t c) {
  return c > 0x20 && c < 0x7F;
}

// "4600" → "4.6.0": digits and letters count as 0 to 35, a zero at the end is dropped.
std::string version_of(std::string_view code) {
  std::string out;
  for (std::size_t i = 0; i < 4; ++i) {
    const char c = code[i];
    const int value = c >= '0' && c <= '9'   ? c - '0'
                      : c >= 'A' && c <= 'Z' ? c - 'A' + 10
                      : c >= 'a' && c <= 'z' ? c - 'a' + 10
                                             : -1;
    if (value < 0) break;
    if (i == 3 && value == 0) break;
    if (i > 0) out += '.';
    out += std::to_string(value);
  }
  return out;
}

}  // namespace

PeerId make_peer_id(const std::array<std::uint8_t, 12>& random) {
  static constexpr std::string_view kDigits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  PeerId out{};
  auto at = std::copy(kPrefix.begin(), kPrefix.end(), out.begin());
  for (const std::uint8_t byte : random) *at++ = static_cast<std::uint8_t>(kDigits[byte % kDigits.size()]);
  return out;
}

std::string client_name(const PeerId& id) {
  const std::string_view text = base::as_text(id);
  if (id[0] == '-' && id[7] == '-' && std::all_of(id.begin(), id.begin() + 8, is_printable)) {
    const std::string_view code = text.substr(1, 2);
    const auto* const client =
        std::find_if(kClients.begin(), kClients.end(), [&](const Client& c) { return c.code == code; });
    const std::string version = version_of(text.substr(3, 4));
    std::string out(client == kClients.end() ? code : client->name);
    if (!version.empty()) out += " " + version;
    return out;
  }
  const auto* const end = std::find_if_not(id.begin(), id.end(), is_printable);
  return std::string(text.substr(0, static_cast<std::size_t>(end - id.begin())));
}

}  // namespace podswarm::engine
