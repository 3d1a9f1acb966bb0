#include "engine/core/metainfo.h"

#include <gtest/gtest.h>

#include <bit>
#include <functional>
#include <map>
#include <string>

#include "engine/core/bencode.h"
#include "engine/core/merkle.h"
#include "engine/core/torrent_writer.h"

namespace podswarm::engine {
namespace {

using base::as_bytes;

constexpr std::uint32_t kPiece = 16 * 1024;

// Writes the entries of an info dictionary between its braces; the caller keeps the keys in order.
std::string torrent_of(const std::function<void(BencodeWriter&)>& info,
                       const std::function<void(BencodeWriter&)>& after = {}) {
  BencodeWriter writer;
  writer.begin_dict();
  writer.key("info").begin_dict();
  info(writer);
  writer.end();
  if (after) after(writer);
  writer.end();
  return std::string(base::as_text(writer.take()));
}

MetainfoError error_of(const std::string& torrent) {
  const auto result = Metainfo::parse(as_bytes(torrent));
  EXPECT_FALSE(result) << torrent.substr(0, 200);
  return result ? MetainfoError::kHashMismatch : result.error().code;
}

Metainfo parsed(const std::string& torrent) {
  auto result = Metainfo::parse(as_bytes(torrent));
  if (!result) {
    ADD_FAILURE() << result.error().message;
    return {};
  }
  return std::move(*result);
}

std::string single_file(std::int64_t length, std::size_t pieces, std::int64_t piece_length = kPiece,
                        std::string_view name = "episode.mp3") {
  return torrent_of([&](BencodeWriter& w) {
    w.key("length").integer(length).key("name").string(name);
    w.key("piece length").integer(piece_length).key("pieces").string(std::string(pieces * 20, 'h'));
  });
}

struct Entry {
  std::vector<std::string> path;
  std::int64_t length = 0;
  std::string attr;
};

std::string multi_file(const std::vector<Entry>& files, std::string_view name = "show") {
  std::int64_t total = 0;
  for (const Entry& file : files) total += file.length;
  return torrent_of([&](BencodeWriter& w) {
    w.key("files").begin_list();
    for (const Entry& file : files) {
      w.begin_dict();
      if (!file.attr.empty()) w.key("attr").string(file.attr);
      w.key("length").integer(file.length);
      if (!file.path.empty()) {
        w.key("path").begin_list();
        for (const std::string& element : file.path) w.string(element);
        w.end();
      }
      w.end();
    }
    w.end().key("name").string(name).key("piece length").integer(kPiece);
    w.key("pieces").string(std::string(static_cast<std::size_t>((total + kPiece - 1) / kPiece) * 20, 'h'));
  });
}

TEST(Metainfo, ReadsASingleFile) {
  const std::string torrent = single_file(40'000, 3);
  const Metainfo m = parsed(torrent);
  EXPECT_EQ(m.name, "episode.mp3");
  EXPECT_TRUE(m.single_file);
  ASSERT_EQ(m.files.size(), 1u);
  EXPECT_EQ(m.files[0].path, "episode.mp3");
  EXPECT_EQ(m.total_size, 40'000u);
  EXPECT_EQ(m.piece_count, 3u);
  EXPECT_EQ(m.piece_size(0), kPiece);
  EXPECT_EQ(m.piece_size(2), 40'000u - 2 * kPiece);
  EXPECT_EQ(m.piece_hash(1).size(), 20u);
  const std::string info = torrent.substr(7, torrent.size() - 8);
  EXPECT_EQ(base::as_text(m.info), info);
  EXPECT_EQ(*m.info_hash_v1, sha1(as_bytes(info)));
  EXPECT_FALSE(m.is_v2());
  EXPECT_TRUE(m.verifiable());
}

TEST(Metainfo, TheMetadataAloneGivesTheSame) {
  const Metainfo whole = parsed(single_file(40'000, 3));
  const auto alone = Metainfo::parse_info(whole.info);
  ASSERT_TRUE(alone);
  EXPECT_EQ(alone->info_hash(), whole.info_hash());
  EXPECT_EQ(alone->files[0].path, whole.files[0].path);
}

TEST(Metainfo, EveryTruncationIsRefusedAndNeverCrashes) {
  const std::string torrent = multi_file({{{"a", "b"}, 20'000, ""}, {{"c"}, 5, "x"}});
  ASSERT_TRUE(Metainfo::parse(as_bytes(torrent)));
  for (std::size_t n = 0; n < torrent.size(); ++n) {
    EXPECT_FALSE(Metainfo::parse(as_bytes(std::string_view(torrent).substr(0, n)))) << n;
  }
}

TEST(Metainfo, BytesAfterTheDictionaryDoNoHarm) {
  EXPECT_EQ(parsed(single_file(1, 1) + "\n").total_size, 1u);
}

TEST(Metainfo, RefusesWhatIsNoTorrent) {
  EXPECT_EQ(error_of(""), MetainfoError::kNotBencoded);
  EXPECT_EQ(error_of("<html>"), MetainfoError::kNotBencoded);
  EXPECT_EQ(error_of("i1e"), MetainfoError::kNoInfo);
  EXPECT_EQ(error_of("de"), MetainfoError::kNoInfo);
  EXPECT_EQ(error_of("d4:info4:texte"), MetainfoError::kNoInfo);
  EXPECT_EQ(error_of("d4:infodee"), MetainfoError::kBadName);
}

TEST(Metainfo, RefusesPiecesThatDoNotFitTheSizes) {
  EXPECT_EQ(error_of(single_file(40'000, 2)), MetainfoError::kBadPieces);
  EXPECT_EQ(error_of(single_file(40'000, 4)), MetainfoError::kBadPieces);
  EXPECT_EQ(error_of(torrent_of([](BencodeWriter& w) {
              w.key("length").integer(1).key("name").string("a").key("piece length").integer(kPiece);
            })),
            MetainfoError::kBadPieces);
  EXPECT_EQ(error_of(torrent_of([](BencodeWriter& w) {
              w.key("length").integer(1).key("name").string("a").key("piece length").integer(kPiece);
              w.key("pieces").string(std::string(19, 'h'));
            })),
            MetainfoError::kBadPieces);
}

TEST(Metainfo, RefusesLengthsOutOfRange) {
  EXPECT_EQ(error_of(single_file(-1, 1)), MetainfoError::kBadFiles);
  EXPECT_EQ(error_of(single_file(0, 0)), MetainfoError::kBadFiles);
  EXPECT_EQ(error_of(single_file(INT64_MAX, 1)), MetainfoError::kBadFiles);
  EXPECT_EQ(error_of(single_file((std::int64_t{1} << 21) * kPiece + 1, 1)), MetainfoError::kTooMany);
  EXPECT_EQ(error_of(single_file(1, 1, 0)), MetainfoError::kBadPieceLength);
  EXPECT_EQ(error_of(single_file(1, 1, -kPiece)), MetainfoError::kBadPieceLength);
  EXPECT_EQ(error_of(single_file(1, 1, std::int64_t{1} << 29)), MetainfoError::kBadPieceLength);
  EXPECT_EQ(parsed(single_file(1, 1, kMaxPieceLength)).piece_length, kMaxPieceLength);
  EXPECT_EQ(parsed(single_file(1, 1, 7)).piece_length, 7u);
}

TEST(Metainfo, ManyLargeFilesDoNotOverflow) {
  const auto torrent = torrent_of([](BencodeWriter& w) {
    w.key("files").begin_list();
    for (int i = 0; i < 100'000; ++i) {
      w.begin_dict().key("length").integer((std::int64_t{1} << 48) - 1);
      w.key("path").begin_list().string(std::to_string(i)).end().end();
    }
    w.end().key("name").string("x").key("piece length").integer(kPiece).key("pieces").string("");
  });
  EXPECT_EQ(error_of(torrent), MetainfoError::kTooMany);
}

TEST(Metainfo, CleansNamesAndPaths) {
  const Metainfo m = parsed(multi_file({{{"..", "..", "etc"}, 1, ""},
                                        {{"a/b", "\\"}, 1, ""},
                                        {{"\xE2\x80\xAEgpj.exe"}, 1, ""},
                                        {{"a\x01\xFF"}, 1, ""},
                                        {{""}, 1, ""}},
                                       "../show"));
  EXPECT_EQ(m.name, "..show");
  EXPECT_EQ(m.files[0].path, "..show/_/_/etc");
  EXPECT_EQ(m.files[1].path, "..show/ab/_");
  EXPECT_EQ(m.files[2].path, "..show/gpj.exe");
  EXPECT_EQ(m.files[3].path, "..show/a__");
  EXPECT_EQ(m.files[4].path, "..show/_");
}

TEST(Metainfo, ANameOfWhichNothingIsLeftIsTheInfoHash) {
  for (const char* name : {"", "..", "/", "\\/"}) {
    const Metainfo m = parsed(single_file(1, 1, kPiece, name));
    EXPECT_EQ(m.name, base::to_hex(*m.info_hash_v1)) << name;
  }
  EXPECT_EQ(error_of(single_file(1, 1, kPiece, std::string_view("\0\0", 2))), MetainfoError::kBadName);
}

TEST(Metainfo, PaddingIsKnownByAttributeOrName) {
  const Metainfo m = parsed(multi_file(
      {{{"a"}, 100, ""}, {{}, 50, "p"}, {{"_____padding_file_0"}, 7, ""}, {{".pad", "5"}, 5, "p"}, {{"b"}, 1, "xh"}}));
  EXPECT_EQ(m.files[1].path, ".pad/50");
  EXPECT_TRUE(m.files[1].pad);
  EXPECT_TRUE(m.files[2].pad);
  EXPECT_TRUE(m.files[3].pad);
  EXPECT_FALSE(m.files[4].pad);
  EXPECT_TRUE(m.files[4].executable);
  EXPECT_TRUE(m.files[4].hidden);
  EXPECT_EQ(m.files[4].offset, 162u);
}

TEST(Metainfo, FewFilesMayShareAPathManyMayNot) {
  std::vector<Entry> files(100, {{"same"}, 1, ""});
  EXPECT_EQ(parsed(multi_file(files)).files.size(), 100u);
  files.push_back({{"same"}, 1, ""});
  EXPECT_EQ(error_of(multi_file(files)), MetainfoError::kTooMany);
  files.assign(200, {{}, 1, "p"});
  EXPECT_EQ(parsed(multi_file(files)).files.size(), 200u) << "padding needs no name of its own";
}

TEST(Metainfo, FilesWithoutAPathAreRefused) {
  EXPECT_EQ(error_of(multi_file({{{}, 1, ""}})), MetainfoError::kBadFiles);
  EXPECT_EQ(error_of(multi_file({{std::vector<std::string>(101, "d"), 1, ""}})), MetainfoError::kBadFiles);
  EXPECT_EQ(error_of(multi_file({})), MetainfoError::kBadFiles);
}

TEST(Metainfo, ReadsTrackersWebSeedsAndNodes) {
  const Metainfo m = parsed(
      "d8:announce20:http://ignored.test/13:announce-listll17:http://a.test/ann17:http://b.test/annel"
      "21:udp://c.test:6969/annee10:created by1:x13:creation datei123e4:infod6:lengthi1e4:name1:a12:piece lengthi16384e"
      "6:pieces20:hhhhhhhhhhhhhhhhhhhh7:privatei1ee5:nodesll9:127.0.0.1i6881eel1:xi0eee"
      "8:url-listl15:http://w.test/a0:15:http://w.test/a3:ftpee");
  ASSERT_EQ(m.sources.tiers.size(), 2u);
  EXPECT_EQ(m.sources.tiers[0], (std::vector<std::string>{"http://a.test/ann", "http://b.test/ann"}));
  EXPECT_EQ(m.sources.tiers[1], (std::vector<std::string>{"udp://c.test:6969/ann"}));
  EXPECT_EQ(m.sources.web_seeds, (std::vector<std::string>{"http://w.test/a"}));
  ASSERT_EQ(m.sources.nodes.size(), 1u);
  EXPECT_EQ(m.sources.nodes[0].first, "127.0.0.1");
  EXPECT_EQ(m.creation_date, 123);
  EXPECT_TRUE(m.is_private);
}

// ---- version 2 ----

struct V2File {
  std::string name;
  std::string data;
};

// Writes a tree of files in one folder, and their layers; `v1` adds the other half of a hybrid.
struct V2Torrent {
  std::vector<V2File> files;
  std::uint32_t piece_length = 2 * kPiece;
  bool with_layers = true;
  bool v1 = false;
  std::string v1_first_name{};  // instead of the tree's, to make a hybrid whose halves differ

  [[nodiscard]] std::string encode() const {
    std::map<std::string, std::string> layers;
    const std::uint32_t leaves = piece_length / kMerkleLeafSize;
    const auto torrent = torrent_of(
        [&](BencodeWriter& w) {
          w.key("file tree").begin_dict();
          for (const V2File& file : files) {
            w.key(file.name).begin_dict().key("").begin_dict();
            w.key("length").integer(static_cast<std::int64_t>(file.data.size()));
            if (!file.data.empty()) w.key("pieces root").string(root_of(file.data, leaves, layers));
            w.end().end();
          }
          w.end();
          if (v1) write_v1_files(w);
          w.key("meta version").integer(2).key("name").string("show").key("piece length").integer(piece_length);
          if (v1) w.key("pieces").string(std::string(v1_pieces() * 20, 'h'));
        },
        [&](BencodeWriter& w) {
          if (!with_layers) return;
          w.key("piece layers").begin_dict();
          for (const auto& [root, layer] : layers) w.key(root).string(layer);
          w.end();
        });
    return torrent;
  }

 private:
  static std::string text(const Sha256Hash& hash) { return std::string(base::as_text(hash)); }

  [[nodiscard]] std::string root_of(const std::string& data, std::uint32_t leaves,
                                    std::map<std::string, std::string>& layers) const {
    auto hashes = merkle_leaves(as_bytes(data));
    if (data.size() <= piece_length) {
      const std::uint64_t width = std::bit_ceil(hashes.size());
      return text(merkle_root(std::move(hashes), width, {}));
    }
    std::string layer;
    for (std::size_t i = 0; i < hashes.size(); i += leaves) {
      const std::size_t end = std::min(hashes.size(), i + leaves);
      layer += text(merkle_root(
          {hashes.begin() + static_cast<std::ptrdiff_t>(i), hashes.begin() + static_cast<std::ptrdiff_t>(end)}, leaves,
          {}));
    }
    const std::string root = text(merkle_root_of_layer(layer, leaves));
    layers[root] = layer;
    return root;
  }

  void write_v1_files(BencodeWriter& w) const {
    w.key("files").begin_list();
    std::int64_t end = 0;
    bool first = true;
    for (const V2File& file : files) {
      if (const std::int64_t over = end % piece_length; over != 0 && !file.data.empty()) {
        w.begin_dict().key("attr").string("p").key("length").integer(piece_length - over).end();
        end += piece_length - over;
      }
      w.begin_dict().key("length").integer(static_cast<std::int64_t>(file.data.size()));
      w.key("path").begin_list().string(first && !v1_first_name.empty() ? v1_first_name : file.name).end().end();
      first = false;
      end += static_cast<std::int64_t>(file.data.size());
    }
    w.end();
  }

  [[nodiscard]] std::size_t v1_pieces() const {
    std::size_t count = 0;
    for (const V2File& file : files) count += (file.data.size() + piece_length - 1) / piece_length;
    return count;
  }
};

const V2Torrent kV2{{{"a", std::string(100, 'a')},
                     {"b", std::string(5 * kPiece + 1, 'b')},
                     {"c", ""},
                     {"d", std::string(2 * kPiece, 'd')}}};

TEST(MetainfoV2, FilesBeginPieces) {
  const Metainfo m = parsed(kV2.encode());
  EXPECT_FALSE(m.is_v1());
  ASSERT_TRUE(m.is_v2());
  EXPECT_EQ(m.info_hash(), truncated(*m.info_hash_v2));
  ASSERT_EQ(m.files.size(), 4u);
  EXPECT_EQ(m.files[1].path, "show/b");
  EXPECT_EQ(m.files[1].offset, 2u * kPiece);
  EXPECT_EQ(m.files[3].offset, 8u * kPiece);
  EXPECT_EQ(m.piece_count, 1u + 3 + 1);
  EXPECT_EQ(m.piece_size(0), 100u);
  EXPECT_EQ(m.piece_size(1), 2 * kPiece);
  EXPECT_EQ(m.piece_size(3), kPiece + 1);
  EXPECT_EQ(m.total_size, 100u + 5 * kPiece + 1 + 2 * kPiece);
  EXPECT_TRUE(m.verifiable());
}

TEST(MetainfoV2, EveryPieceCanBeVerified) {
  for (const bool hybrid : {false, true}) {
    V2Torrent torrent = kV2;
    torrent.v1 = hybrid;
    const Metainfo m = parsed(torrent.encode());
    std::uint32_t piece = 0;
    for (const V2File& file : kV2.files) {
      for (std::size_t at = 0; at < file.data.size(); at += m.piece_length, ++piece) {
        const std::string data = file.data.substr(at, m.piece_length);
        const auto expected = m.v2_piece(piece);
        ASSERT_TRUE(expected) << piece;
        EXPECT_EQ(expected->size, data.size());
        EXPECT_EQ(merkle_root(merkle_leaves(as_bytes(data)), expected->leaves, {}), expected->root) << piece;
      }
    }
    EXPECT_EQ(piece, m.piece_count);
  }
}

TEST(MetainfoV2, AFileOfTheTorrentsNameAloneIsASingleFile) {
  V2Torrent torrent;
  torrent.files = {{"show", "x"}};
  const Metainfo m = parsed(torrent.encode());
  EXPECT_TRUE(m.single_file);
  EXPECT_EQ(m.files[0].path, "show");
}

TEST(MetainfoV2, LayersMayBeMissingButNotWrong) {
  V2Torrent torrent = kV2;
  torrent.with_layers = false;
  const Metainfo m = parsed(torrent.encode());
  EXPECT_FALSE(m.verifiable());
  EXPECT_TRUE(m.v2_piece(0));
  EXPECT_FALSE(m.v2_piece(1));
  std::string bytes = kV2.encode();
  bytes[bytes.size() - 10] = static_cast<char>(bytes[bytes.size() - 10] ^ 1);
  EXPECT_EQ(error_of(bytes), MetainfoError::kBadLayers);
}

TEST(MetainfoV2, AHybridsHalvesMustAgree) {
  V2Torrent torrent = kV2;
  torrent.v1 = true;
  const Metainfo m = parsed(torrent.encode());
  EXPECT_TRUE(m.is_v1());
  EXPECT_TRUE(m.is_v2());
  EXPECT_EQ(m.files.size(), 6u) << "padding included";
  EXPECT_EQ(m.piece_count, 5u);
  EXPECT_EQ(m.piece_size(0), 2 * kPiece);
  EXPECT_EQ(m.v2_piece(0)->size, 100u);
  torrent.v1_first_name = "A";
  EXPECT_EQ(error_of(torrent.encode()), MetainfoError::kInconsistent);
}

std::string tree(const std::string& tree, const std::string& piece_length = "i16384e") {
  return "d4:infod9:file tree" + tree + "12:meta versioni2e4:name1:x12:piece length" + piece_length + "ee";
}
std::string leaf(const std::string& length = "1", const std::string& root = std::string(32, 'r')) {
  return "d0:d6:lengthi" + length + "e11:pieces root" + std::to_string(root.size()) + ":" + root + "ee";
}

TEST(MetainfoV2, TheTreeMustBeAsItIsToBeWritten) {
  EXPECT_EQ(parsed(tree("d1:a" + leaf() + "1:bd1:c" + leaf() + "ee")).files[1].path, "x/b/c");
  EXPECT_EQ(error_of(tree("d1:b" + leaf() + "1:a" + leaf() + "e")), MetainfoError::kNotCanonical);
  EXPECT_EQ(error_of(tree("d1:a" + leaf() + "1:a" + leaf() + "e")), MetainfoError::kNotCanonical);
  EXPECT_EQ(error_of(tree("d1:a" + leaf("01") + "e")), MetainfoError::kNotCanonical);
  EXPECT_EQ(error_of(tree("d1:a" + leaf("99999999999999999999") + "e")), MetainfoError::kNotCanonical);
  EXPECT_EQ(error_of(tree("d1:a" + leaf("1", std::string(32, '\0')) + "e")), MetainfoError::kBadFiles);
  EXPECT_EQ(error_of(tree("d1:a" + leaf("1", "short") + "e")), MetainfoError::kBadFiles);
  EXPECT_EQ(error_of(tree("d1:ad0:d6:lengthi1eeee")), MetainfoError::kBadFiles);
  EXPECT_EQ(error_of(tree("de")), MetainfoError::kBadFiles);
  EXPECT_EQ(error_of(tree("d1:adee")), MetainfoError::kBadFiles);
  EXPECT_EQ(error_of(tree("d1:ai1ee")), MetainfoError::kBadFiles);
  EXPECT_EQ(error_of(tree("d0:d6:lengthi1eee")), MetainfoError::kBadFiles);
  EXPECT_EQ(error_of(tree("d1:a" + leaf() + "e", "i16383e")), MetainfoError::kBadPieceLength);
  EXPECT_EQ(error_of(tree("d1:a" + leaf() + "e", "i8192e")), MetainfoError::kBadPieceLength);
}

TEST(MetainfoV2, ADeepTreeIsRefusedNotFollowed) {
  std::string deep;
  for (int i = 0; i < 200; ++i) deep += "d1:a";
  deep += leaf();
  deep += std::string(200, 'e');
  EXPECT_EQ(error_of(tree(deep)), MetainfoError::kNotBencoded);
}

TEST(TorrentWriter, WritesWhatTheParserReads) {
  NewTorrent torrent;
  torrent.name = "show";
  torrent.piece_length = kPiece;
  torrent.files = {{{"one.mp3"}, 20'000}, {{".pad", "12768"}, 12'768, true}, {{"extra", "two.mp3"}, 30'000}};
  torrent.pieces = std::string(4 * 20, 'h');
  torrent.tiers = {{"http://a.test/announce"}, {"udp://b.test:1/announce"}};
  torrent.web_seeds = {"http://w.test/files/"};
  torrent.is_private = true;
  torrent.comment = "c";
  torrent.created_by = "tests";
  torrent.creation_date = 99;
  const auto m = Metainfo::parse(encode_torrent(torrent));
  ASSERT_TRUE(m) << m.error().message;
  EXPECT_FALSE(m->files[0].pad);
  EXPECT_TRUE(m->files[1].pad);
  EXPECT_EQ(m->files[2].path, "show/extra/two.mp3");
  EXPECT_EQ(m->sources.tiers, torrent.tiers);
  EXPECT_EQ(m->sources.web_seeds, torrent.web_seeds);
  EXPECT_TRUE(m->is_private);
  EXPECT_EQ(m->comment, "c");
  EXPECT_EQ(m->created_by, "tests");
  EXPECT_EQ(m->creation_date, 99);

  NewTorrent single;
  single.name = "a.mp3";
  single.piece_length = kPiece;
  single.length = 5;
  single.pieces = std::string(20, 'h');
  const auto one = Metainfo::parse(encode_torrent(single));
  ASSERT_TRUE(one);
  EXPECT_TRUE(one->single_file);
  EXPECT_TRUE(one->sources.tiers.empty());
}

TEST(TorrentWriter, SuggestsPieceLengths) {
  EXPECT_EQ(suggested_piece_length(1), 16u << 10);
  EXPECT_EQ(suggested_piece_length(300u << 20), 256u << 10);
  EXPECT_EQ(suggested_piece_length(std::uint64_t{1} << 50), 16u << 20);
}

}  // namespace
}  // namespace podswarm::engine
