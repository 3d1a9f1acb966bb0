#include "engine/core/resume.h"

#include <algorithm>
#include <limits>

#include "engine/core/bencode.h"
#include "engine/core/extension.h"
#include "engine/core/peer_wire.h"

namespace podswarm::engine {

namespace {

// The state stands beside its digest: half-written or rotten data must never count as pieces.
//   d 5:check 20:SHA-1 of the raw state  6:format 15:podswarm resume  5:state d…e  7:version i1e e
constexpr std::string_view kFormat = "podswarm resume";
constexpr std::int64_t kVersion = 1;
constexpr BencodeLimits kLimits{.max_depth = 10, .max_nodes = 5'000'000, .max_bytes = 128u << 20};

base::Failure<ResumeError> damaged(std::string_view what) {
  return base::fail(ResumeError::kDamaged, "resume data: " + std::string(what));
}

// Bencoding's integers are signed; counters beyond them are none.
std::int64_t to_signed(std::uint64_t value) {
  return static_cast<std::int64_t>(std::min<std::uint64_t>(value, std::numeric_limits<std::int64_t>::max()));
}

std::optional<std::uint64_t> to_unsigned(BencodeNode node) {
  const auto value = node.integer();
  if (!value || *value < 0) return std::nullopt;
  return static_cast<std::uint64_t>(*value);
}

void write_strings(BencodeWriter& writer, const std::vector<std::string>& strings) {
  writer.begin_list();
  for (const std::string& string : strings) writer.string(string);
  writer.end();
}

std::vector<std::string> read_strings(BencodeNode list, std::size_t most) {
  std::vector<std::string> out;
  for (BencodeNode node = list.first_child(); node && out.size() < most; node = node.next()) {
    if (const auto string = node.string()) out.emplace_back(*string);
  }
  return out;
}

void write_sources(BencodeWriter& writer, const TorrentSources& sources) {
  writer.begin_dict();
  writer.key("nodes").begin_list();
  for (const auto& [host, port] : sources.nodes) writer.begin_list().string(host).integer(port).end();
  writer.end();
  writer.key("tiers").begin_list();
  for (const auto& tier : sources.tiers) write_strings(writer, tier);
  writer.end();
  write_strings(writer.key("web seeds"), sources.web_seeds);
  writer.end();
}

std::optional<TorrentSources> read_sources(BencodeNode dict) {
  if (!dict.is_dict()) return std::nullopt;
  TorrentSources out;
  for (BencodeNode node = dict["nodes"].first_child(); node && out.nodes.size() < kMaxNodes; node = node.next()) {
    const BencodeNode host = node.first_child();
    const auto port = host ? host.next().integer() : std::nullopt;
    if (!port || *port <= 0 || *port > 65535 || !host.is_string()) continue;
    out.nodes.emplace_back(*host.string(), static_cast<std::uint16_t>(*port));
  }
  std::size_t trackers = 0;
  for (BencodeNode tier = dict["tiers"].first_child(); tier && trackers < kMaxTrackers; tier = tier.next()) {
    out.tiers.push_back(read_strings(tier, kMaxTrackers - trackers));
    trackers += out.tiers.back().size();
  }
  out.web_seeds = read_strings(dict["web seeds"], kMaxWebSeeds);
  return out;
}

void write_file(BencodeWriter& writer, const ResumeFile& file) {
  writer.begin_list();
  if (file.exists) writer.integer(to_signed(file.size)).integer(file.mtime_ns);
  writer.end();
}

// Nothing when it is none.
std::optional<ResumeFile> read_file(BencodeNode entry) {
  if (!entry.is_list()) return std::nullopt;
  const BencodeNode size = entry.first_child();
  if (!size) return ResumeFile{};
  const auto bytes = to_unsigned(size);
  const auto mtime = size.next().integer();
  if (!bytes || !mtime) return std::nullopt;
  return ResumeFile{.size = *bytes, .mtime_ns = *mtime, .exists = true};
}

base::Bytes encode_state(const Resume& resume) {
  base::Bytes peers;
  base::Bytes peers6;
  for (std::size_t i = 0; i < resume.peers.size() && i < kMaxResumePeers; ++i) {
    write_compact(resume.peers[i].is_v6 ? peers6 : peers, resume.peers[i]);
  }
  BencodeWriter writer;
  writer.begin_dict();
  if (resume.doubtful.size() > 0) writer.key("doubtful").string(resume.doubtful.bytes());
  writer.key("downloaded").integer(to_signed(resume.downloaded));
  writer.key("files").begin_list();
  for (const ResumeFile& file : resume.files) write_file(writer, file);
  writer.end();
  writer.key("hash").string(resume.info_hash);
  writer.key("have").string(resume.have.bytes());
  writer.key("info").string(resume.info);
  writer.key("key").integer(resume.tracker_key);
  if (resume.open) writer.key("open").integer(1);
  writer.key("part");
  write_file(writer, resume.part);
  writer.key("peers").string(peers);
  writer.key("peers6").string(peers6);
  writer.key("pieces").integer(resume.have.size());
  base::Bytes priorities;
  for (const FilePriority priority : resume.priorities) priorities.push_back(static_cast<std::uint8_t>(priority));
  writer.key("priorities").string(priorities);
  writer.key("seeded").integer(resume.seeded.count());
  if (resume.sources) write_sources(writer.key("sources"), *resume.sources);
  writer.key("uploaded").integer(to_signed(resume.uploaded));
  writer.end();
  return writer.take();
}

base::Result<Resume, ResumeError> decode_state(BencodeNode state) {
  Resume out;
  const auto hash = state["hash"].string();
  if (!hash || hash->size() != out.info_hash.size()) return damaged("no info-hash");
  std::copy(hash->begin(), hash->end(), out.info_hash.begin());

  const auto pieces = to_unsigned(state["pieces"]);
  const auto have = state["have"].string();
  if (!pieces || *pieces > kMaxPieceCount || !have) return damaged("no pieces");
  const auto bits = Bitfield::from_wire(base::as_bytes(*have), static_cast<std::uint32_t>(*pieces));
  if (!bits) return damaged("the pieces do not fit their number");
  out.have = *bits;
  out.open = state["open"].integer().value_or(0) != 0;
  if (const auto doubtful = state["doubtful"].string()) {
    const auto doubts = Bitfield::from_wire(base::as_bytes(*doubtful), static_cast<std::uint32_t>(*pieces));
    if (!doubts) return damaged("the pieces in doubt do not fit their number");
    out.doubtful = *doubts;
  }

  for (BencodeNode entry = state["files"].first_child(); entry; entry = entry.next()) {
    if (out.files.size() == kMaxFiles) return damaged("an entry is no file");
    const auto file = read_file(entry);
    if (!file) return damaged("an entry is no file");
    out.files.push_back(*file);
  }

  // What follows here is not in every document.
  if (const BencodeNode part = state["part"]) {
    const auto file = read_file(part);
    if (!file) return damaged("the part file is none");
    out.part = *file;
  }
  for (const char priority : state["priorities"].string().value_or(std::string_view())) {
    const auto value = static_cast<std::uint8_t>(priority);
    if (value >= kFilePriorities || out.priorities.size() == kMaxFiles) return damaged("a priority is none");
    out.priorities.push_back(static_cast<FilePriority>(value));
  }
  if (const auto seeded = to_unsigned(state["seeded"])) out.seeded = std::chrono::seconds(*seeded);

  const auto downloaded = to_unsigned(state["downloaded"]);
  const auto uploaded = to_unsigned(state["uploaded"]);
  const auto key = to_unsigned(state["key"]);
  const auto info = state["info"].string();
  if (!downloaded || !uploaded || !key || *key > std::numeric_limits<std::uint32_t>::max() || !info ||
      info->size() > kMaxMetadataSize) {
    return damaged("a part is missing");
  }
  out.downloaded = *downloaded;
  out.uploaded = *uploaded;
  out.tracker_key = static_cast<std::uint32_t>(*key);
  out.info.assign(base::as_bytes(*info).begin(), base::as_bytes(*info).end());
  out.sources = read_sources(state["sources"]);
  for (const bool v6 : {false, true}) {
    const auto compact = state[v6 ? "peers6" : "peers"].string().value_or(std::string_view());
    append_compact(out.peers, base::as_bytes(compact), v6, kMaxResumePeers);
  }
  return out;
}

}  // namespace

base::Bytes encode_resume(const Resume& resume) {
  const base::Bytes state = encode_state(resume);
  BencodeWriter writer;
  writer.begin_dict();
  writer.key("check").string(sha1(state));
  writer.key("format").string(kFormat);
  writer.key("state").raw(state);
  writer.key("version").integer(kVersion);
  writer.end();
  return writer.take();
}

base::Result<Resume, ResumeError> decode_resume(base::ByteView bytes) {
  const auto document = BencodeDocument::parse(bytes, kLimits);
  if (!document) return base::fail(ResumeError::kNotBencoded, "resume data: " + document.error().message);
  const BencodeNode root = document->root();
  if (root["format"].string() != kFormat) return base::fail(ResumeError::kNotResume, "resume data: another document");
  if (root["version"].integer() != kVersion) {
    return base::fail(ResumeError::kOtherVersion, "resume data: of another version");
  }
  const BencodeNode state = root["state"];
  if (!state.is_dict() || root["check"].string() != base::as_text(sha1(state.raw()))) {
    return damaged("the checksum is wrong");
  }
  return decode_state(state);
}

std::optional<Metainfo> resumed_metainfo(const Resume& resume) {
  if (resume.info.empty()) return std::nullopt;
  auto metainfo = Metainfo::parse_info(resume.info);
  if (!metainfo || metainfo->info_hash() != resume.info_hash || !metainfo->verifiable()) return std::nullopt;
  if (resume.sources) metainfo->sources = *resume.sources;
  return std::move(*metainfo);
}

}  // namespace podswarm::engine
