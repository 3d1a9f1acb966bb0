// One large feed read from begin to end: bytes to a whole Feed, with dates, durations, entities and addresses. Each
// document in a process of its own: the best of several runs, in CPU time, and the most memory that was in use at any
// moment, as a multiple of the document.
//
//   large_feed [ITEMS [BYTES_AN_ITEM]]   makes a document, and the same one broken in the middle
//   large_feed FILE...                   reads documents
#include <fmt/core.h>
#include <malloc.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <limits>
#include <string>
#include <vector>

#include "feeds/parse.h"

namespace podswarm::feeds {
namespace {

constexpr int kRuns = 15;

// As a podcast's host writes them: CDATA with markup, entities, the namespaces' elements.
std::string make_feed(std::size_t items, std::size_t item_bytes) {
  std::string out =
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<rss version=\"2.0\" "
      "xmlns:itunes=\"http://www.itunes.com/dtds/podcast-1.0.dtd\" "
      "xmlns:content=\"http://purl.org/rss/1.0/modules/content/\" "
      "xmlns:podcast=\"https://podcastindex.org/namespace/1.0\" "
      "xmlns:atom=\"http://www.w3.org/2005/Atom\">\n<channel>\n"
      "<title>A long show</title><link>https://show.example/</link><description>All of it</description>\n"
      "<atom:link rel=\"self\" href=\"https://show.example/feed.xml\"/><language>en</language>\n";
  static constexpr std::string_view kText =
      "<p>In this episode we speak of <a href=\"https://a.example/x?y=1&z=2\">many things</a>, at length \xE2\x80\x93 "
      "and of na\xC3\xAFvet\xC3\xA9.</p>\n";
  static constexpr std::string_view kEscaped =
      "&lt;p&gt;In this episode we speak of many things &amp;amp; others, at length &#8212; as ever.&lt;/p&gt;\n";
  for (std::size_t i = items; i > 0; --i) {
    const std::size_t begin = out.size();
    out += fmt::format(
        "<item>\n<title>{0}: What is said &amp; what isn&#8217;t</title>\n<itunes:title>What is said</itunes:title>\n"
        "<guid isPermaLink=\"false\">5d1f0b4e-{0:08}</guid>\n<link>https://show.example/episodes/{0}</link>\n"
        "<pubDate>Tue, {1:02} {2} 20{3:02} 0{4}:15:00 "
        "+0200</pubDate>\n<itunes:duration>1:0{4}:{1:02}</itunes:duration>\n"
        "<itunes:episode>{0}</itunes:episode><itunes:episodeType>full</itunes:episodeType>\n"
        "<itunes:explicit>no</itunes:explicit><itunes:image href=\"https://show.example/{0}.jpg\"/>\n"
        "<podcast:chapters url=\"https://show.example/{0}.json\" type=\"application/json+chapters\"/>\n"
        "<enclosure url=\"https://media.example/a/b/{0}.mp3?source=feed&amp;id={0}\" length=\"{5}\" "
        "type=\"audio/mpeg\"/>\n<description>",
        i, 1 + i % 28, i % 2 == 0 ? "Jan" : "Sep", 10 + i % 17, i % 10, 40'000'000 + i);
    while (out.size() - begin < item_bytes / 3) out += kEscaped;
    out += "</description>\n<content:encoded><![CDATA[";
    while (out.size() - begin + 40 < item_bytes) out += kText;
    out += "]]></content:encoded>\n</item>\n";
  }
  return out + "</channel>\n</rss>\n";
}

// The memory that is the process's own, in bytes: most of it so far.
double peak_bytes() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return 1024.0 * static_cast<double>(usage.ru_maxrss);
}

void measure(const std::string& name, const std::string& document) {
  std::fflush(nullptr);
  const pid_t child = ::fork();
  if (child != 0) {
    ::waitpid(child, nullptr, 0);
    return;
  }
  // The document itself counts, as whoever fetches it holds it; what was there before it does not.
  const std::string copy = document;
  const double before = peak_bytes() - static_cast<double>(copy.size());
  double best_ms = std::numeric_limits<double>::max();
  double factor = 0;
  std::size_t items = 0;
  for (int run = 0; run < kRuns; ++run) {
    const std::clock_t begin = std::clock();
    const auto feed = parse_feed(copy);
    const double ms = 1e3 * static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC;
    if (run == 0) factor = (peak_bytes() - before) / static_cast<double>(copy.size());
    best_ms = std::min(best_ms, ms);
    items = feed ? feed->items.size() : 0;
  }
  constexpr double kMiB = 1 << 20;
  fmt::print("{:<28} {:>7.1f} MiB {:>7} items {:>8.1f} ms {:>6.0f} MiB/s   peak {:.1f} times the document\n", name,
             static_cast<double>(copy.size()) / kMiB, items, best_ms,
             1e3 * static_cast<double>(copy.size()) / kMiB / best_ms, factor);
  std::fflush(nullptr);
  std::_Exit(0);
}

std::string read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

int run(const std::vector<std::string>& arguments) {
  const bool numbers = std::all_of(arguments.begin(), arguments.end(), [](const std::string& text) {
    return std::all_of(text.begin(), text.end(), [](unsigned char c) { return std::isdigit(c) != 0; });
  });
  if (!numbers) {
    for (const auto& path : arguments) measure(path, read_file(path));
    return 0;
  }
  const std::size_t items = arguments.empty() ? 10'000 : std::stoul(arguments[0]);
  const std::size_t bytes = arguments.size() < 2 ? 2'000 : std::stoul(arguments[1]);
  std::string document = make_feed(items, bytes);
  measure("whole", document);
  // A tag without its end in the middle: all of it has to be mended before it is read.
  const auto middle = document.find("</title>", document.size() / 2);
  document.replace(middle, 8, "</titel>");
  measure("broken in the middle", document);
  return 0;
}

}  // namespace
}  // namespace podswarm::feeds

int main(int argc, char** argv) {
  return podswarm::feeds::run({argv + 1, argv + argc});
}
