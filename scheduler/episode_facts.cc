#include "scheduler/episode_facts.h"

#include "feeds/rules/subject.h"

namespace podswarm::scheduler {

EpisodeFacts episode_facts(const feeds::Item& item, std::string_view feed_name) {
  const rules::Candidate candidate{
      .feed_name = feed_name, .feed_url = "", .feed_tags = {}, .feed_language = "", .item = item, .now = {}};
  rules::Subject subject(candidate);
  const auto& facts = subject.facts();
  using Kind = rules::Numbering::Kind;
  EpisodeFacts out;
  out.show = facts.show;
  out.season = facts.season;
  if (facts.numbering.kind == Kind::kEpisode || facts.numbering.kind == Kind::kAbsolute) {
    out.episode = facts.numbering.first;
  }
  out.ep = rules::to_string(facts.numbering);
  out.quality = facts.quality;
  return out;
}

}  // namespace podswarm::scheduler
