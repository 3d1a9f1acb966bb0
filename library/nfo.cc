#include "library/nfo.h"

#include <algorithm>

#include "base/xml.h"

namespace podswarm::library {

namespace {

class Writer {
 public:
  explicit Writer(std::string element) : element_(std::move(element)) {
    out_ = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n<" + element_ + ">\n";
  }
  // Nothing for empty text. `attributes` as they are to stand there.
  void add(const std::string& name, const std::string& text, const std::string& attributes = "") {
    if (text.empty()) return;
    out_ += "  <" + name + attributes + ">";
    base::append_xml_text(out_, text);
    out_ += "</" + name + ">\n";
  }
  void add(const std::string& name, std::optional<int> number) {
    if (number) add(name, std::to_string(*number));
  }
  [[nodiscard]] std::string finish() { return std::move(out_) + "</" + element_ + ">\n"; }

 private:
  std::string element_;
  std::string out_;
};

}  // namespace

std::string to_nfo(const EpisodeNfo& episode) {
  Writer writer("episodedetails");
  writer.add("title", episode.title);
  writer.add("showtitle", episode.show);
  writer.add("season", episode.season);
  writer.add("episode", episode.episode);
  writer.add("plot", episode.plot);
  writer.add("aired", episode.aired);
  // In minutes; what is shorter counts as one.
  if (episode.duration) {
    writer.add("runtime", std::to_string(std::max<std::int64_t>(1, (episode.duration->count() + 30) / 60)));
  }
  writer.add("credits", episode.author);
  writer.add("genre", "Podcast");
  writer.add("uniqueid", episode.guid, " type=\"podcast\" default=\"true\"");
  return writer.finish();
}

std::string to_nfo(const ShowNfo& show) {
  Writer writer("tvshow");
  writer.add("title", show.title);
  writer.add("genre", "Podcast");
  writer.add("language", show.language);
  writer.add("website", show.link);
  writer.add("thumb", show.image, " aspect=\"poster\"");
  return writer.finish();
}

}  // namespace podswarm::library
