// The exchange among the connected peers of one torrent: who is asked for which block, who is given to, who is told
// what. Every decision about payload is made here, from what the connections report and from verdicts on pieces; it
// moves no byte itself. Sans-IO, so whole swarms of it run on simulated links. Network thread.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "engine/core/block_evidence.h"
#include "engine/core/choker.h"
#include "engine/core/metadata_fetch.h"
#include "engine/core/peer_core.h"
#include "engine/core/piece_picker.h"
#include "engine/core/super_seed.h"
#include "engine/core/web_seed.h"

namespace podswarm::engine {

// What the exchange wants done.
class SwarmHost {
 public:
  // The peer's connection has something to send, requests to answer, or is closed. Called often: mark it, and look at
  // it once at the end of the event at hand. Must not feed or destroy any connection.
  virtual void attend(PeerCore& peer) = 0;
  // A block that was missing, to be hashed and stored. piece_passed() or piece_failed() answers for the whole piece.
  virtual void store(const BlockRef& block, std::vector<Slice> data) = 0;
  // What may be the info dictionary: metadata_checked() is to follow when it is known whether is_metadata_of() holds,
  // and set_metadata() if so; neither from within this call.
  virtual void got_metadata(MetadataFetch::Candidate info) = 0;
  // Addresses that a peer knows (BEP 11).
  virtual void got_peers(std::span<const PexPeer> peers) = 0;
  // A peer says under which address it sees us (BEP 10); port 0.
  virtual void got_own_address(const Endpoint& from, const Endpoint& own) = 0;
  // It sent what is provably bad.
  virtual void ban(const Endpoint& endpoint) = 0;
  // tick() is wanted at that time, earlier than it was.
  virtual void wake_at(base::SteadyTime at) = 0;
  // The web seed has blocks to ask for, or is closed. As attend().
  virtual void attend_web(WebSeed&) {}

 protected:
  ~SwarmHost() = default;
};

class Swarm final : private PeerHost, private WebSeedHost {
 public:
  struct Options {
    InfoHash info_hash{};
    PeerId our_id{};
    std::string client;             // `v` of the extension handshake
    std::uint16_t listen_port = 0;  // 0 = not told
    std::uint64_t seed = 0;         // of the random choices
  };
  Swarm(Options options, SwarmHost& host);
  ~Swarm();
  Swarm(const Swarm&) = delete;
  Swarm& operator=(const Swarm&) = delete;

  // ---- the torrent ----

  // What the torrent is, from its file or from peers; `layout` and `info` must outlive the exchange.
  void set_metadata(const FileLayout& layout, base::ByteView info, bool is_private);
  // See SwarmHost::got_metadata().
  void metadata_checked(bool good);
  // What is on disk; downloading of the rest begins, of what is wanted by `pieces` (empty: all, normally). After
  // set_metadata(), once.
  void set_have(Bitfield have, base::SteadyTime now, std::vector<FilePriority> pieces = {});
  // Which pieces are wanted how much, from now on; all are normal at first. What is under way of others is taken back.
  // After set_have().
  void set_priorities(std::vector<FilePriority> pieces, base::SteadyTime now);
  void set_sequential(bool sequential);
  [[nodiscard]] bool ready() const { return ready_; }
  [[nodiscard]] const Bitfield& have() const { return have_; }
  [[nodiscard]] bool complete() const { return ready_ && have_.all(); }
  // Everything is there that is wanted.
  [[nodiscard]] bool satisfied() const { return ready_ && lacking_.none(); }

  // `blocks` are the digests of the piece's blocks: always of one that failed; of one that passed after it had failed,
  // else they may be left out.
  void piece_passed(std::uint32_t piece, std::span<const Sha1Hash> blocks, base::SteadyTime now);
  void piece_failed(std::uint32_t piece, std::span<const Sha1Hash> blocks, base::SteadyTime now);
  // They are on disk no more: peers are told (BEP 54), and they are asked for like others that are missing.
  void lose(const Bitfield& pieces, base::SteadyTime now);
  // Nothing is asked for any more (the disk is broken); what is on its way is dropped.
  void stop_requests();

  // ---- peers ----

  [[nodiscard]] PeerHost& peer_host() { return *this; }
  [[nodiscard]] PeerKey next_key() { return next_key_++; }
  // `peer` was made with peer_host() and next_key(), and must outlive its membership.
  void add(PeerCore& peer, base::SteadyTime now);
  void remove(PeerCore& peer, base::SteadyTime now);
  // Bytes came from the peer. Afterwards it may be closed().
  void receive(PeerCore& peer, base::ByteView bytes, const ChunkRef& chunk, base::SteadyTime now);
  // Timeouts, choke rounds, repeats. Returns when it is wanted again; nothing without peers.
  std::optional<base::SteadyTime> tick(base::SteadyTime now);

  // ---- web seeds ----

  [[nodiscard]] WebSeedHost& web_host() { return *this; }
  // `seed` was made with web_host() and next_key(), and must outlive its membership. After set_have().
  void add(WebSeed& seed, base::SteadyTime now);
  void remove(WebSeed& seed, base::SteadyTime now);
  void receive(WebSeed& seed, base::ByteView bytes, const ChunkRef& chunk, base::SteadyTime now);
  // A web seed was told something else, or its pause is over: asks for what may be asked for now.
  void web_told(base::SteadyTime now) { settle(now); }

  // Our uplink is narrow: as the only seed, give each piece to one peer and let the peers do the rest.
  void set_upload_scarce(bool scarce) { upload_scarce_ = scarce; }
  // Holds at once.
  void set_upload_slots(std::size_t slots, base::SteadyTime now);

  // What is lost with a connection: the least first.
  enum class Use : std::uint8_t {
    kNone,     // neither end wants anything of the other
    kWaiting,  // one does, but nothing comes of it now
    kFlowing,
  };
  struct Worth {
    Use use = Use::kNone;
    double bytes_per_s = 0;  // both directions
    auto operator<=>(const Worth&) const = default;
  };
  [[nodiscard]] Worth worth(const PeerCore& peer, base::SteadyTime now) const;

  // ---- figures ----

  [[nodiscard]] std::size_t peer_count() const { return members_.size(); }
  [[nodiscard]] std::size_t seed_count() const;
  [[nodiscard]] std::uint64_t wasted() const { return wasted_; }
  // Blocks that are here, in pieces that are not verified.
  [[nodiscard]] std::uint64_t partial_bytes() const { return picker_ ? picker_->partial_bytes() : 0; }
  [[nodiscard]] bool is_given(const BlockRef& block) const;

 private:
  static constexpr std::chrono::seconds kMetadataRepeat{3};

  struct Member {
    PeerCore* peer = nullptr;
    std::uint32_t wanted = 0;  // pieces it has, and we lack and want
    bool introduced = false;
    bool accused = false;                   // took part in a bad piece, and it is not known yet who was at fault
    std::uint64_t given_at_round = 0;       // bytes it had given us at the last round of choking
    std::uint64_t given_before = 0;         // and at the one before
    std::uint64_t taken_at_round = 0;       // bytes that we had given it
    int trust = 0;                          // points
    bool fill = false;                      // may be asked for more
    base::SteadyTime no_requests_before{};  // it rejected some
    base::SteadyTime next_pex{};
    base::SteadyTime no_pex_before{};      // its next one is too early until then
    std::uint8_t early_pex = 0;            // how many were
    std::vector<Endpoint> told;            // by PEX
    std::vector<std::uint32_t> fast_set;   // BEP 6: what it may have while choked, once we have it
    std::vector<std::uint32_t> suggested;  // by it, the latest last
  };

  struct WebMember {
    WebSeed* seed = nullptr;
    std::uint32_t next = 0;         // piece after its last run
    bool suspect = false;           // took part in a bad piece
    base::SteadyTime look_again{};  // nothing was found to ask it for
  };

  // PeerHost
  [[nodiscard]] const FileLayout* layout() const override { return layout_; }
  void on_handshaken(PeerCore& peer) override;
  void on_extensions(PeerCore& peer) override;
  void on_pieces(PeerCore& peer, const Bitfield& before) override;
  void on_have(PeerCore& peer, std::uint32_t piece) override;
  void on_dont_have(PeerCore& peer, std::uint32_t piece) override;
  void on_choke(PeerCore& peer) override;
  void on_interest(PeerCore& peer) override;
  void on_allowed_fast(PeerCore& peer, std::uint32_t piece) override;
  void on_suggested(PeerCore& peer, std::uint32_t piece) override;
  [[nodiscard]] bool is_wanted(const BlockRef& block) override;
  void on_block(PeerCore& peer, const BlockRef& block, std::vector<Slice> slices) override;
  void on_unanswered(PeerCore& peer, const BlockRef& block) override;
  void on_taken_back(PeerCore& peer, const BlockRef& block) override;
  void on_snubbed(PeerCore& peer) override;
  void on_request(PeerCore& peer) override;
  void on_metadata(PeerCore& peer, const UtMetadataMessage& message) override;
  void on_pex(PeerCore& peer, const PexMessage& message) override;
  // WebSeedHost
  void on_web_block(WebSeed& seed, const BlockRef& block, std::vector<Slice> slices) override;
  void on_web_unanswered(WebSeed& seed, std::span<const BlockRef> blocks) override;
  void on_web_pieces(WebSeed& seed, const Bitfield& before) override;

  [[nodiscard]] Member& member(const PeerCore& peer);
  [[nodiscard]] Member* find(PeerKey key);
  [[nodiscard]] ExtensionHandshake our_extensions(const PeerCore& peer) const;
  void introduce(Member& member);
  void make_picker();
  // Allows a peer that has nothing to trade with yet some pieces while it is choked.
  void start_up(Member& member);
  void update_interest(Member& member);
  void close_if_useless(PeerCore& peer);
  void fill(Member& member, base::SteadyTime now);
  void take_back(Member& member, base::SteadyTime now);
  void on_departed(const PeerCore& peer);
  [[nodiscard]] bool is_on_parole(const Member& member) const;
  void convict(const Endpoint& endpoint);
  void judge_good(std::uint32_t piece, std::span<const Sha1Hash> blocks);
  // Tells the picker who else fetches the torrent.
  void update_rivals();
  // Of a block that others were asked for too.
  void cancel_elsewhere(const BlockRef& block, PeerKey from);
  void fill(WebMember& member, base::SteadyTime now);
  void close_web_seeds(const std::string& reason);
  // Frees some of what web seeds would only come to much later.
  // All but what is on its way: something else is wanted.
  void take_back_web();
  void share_runs(base::SteadyTime now);
  [[nodiscard]] WebMember* find_web(PeerKey key);
  // True when the endpoint stands for a web seed.
  bool convict_web(const Endpoint& endpoint);
  // Ends each event: asks for what may be asked for now.
  void settle(base::SteadyTime now);
  void unchoke(Member& member, base::SteadyTime now);
  void offer_slots(base::SteadyTime now);
  // What it gave us in the last two rounds.
  [[nodiscard]] static std::uint64_t given(const Member& member);
  [[nodiscard]] std::vector<Choker::Peer> candidates(base::SteadyTime now) const;
  void choke_round(base::SteadyTime now);
  [[nodiscard]] std::size_t interested_count(bool unchoked_only) const;
  void ask_metadata(Member& member, base::SteadyTime now);
  void send_pex(Member& member, base::SteadyTime now);
  // What there is to download has come to an end, or to a new beginning.
  void satisfaction_changed();
  void find_lacking();
  [[nodiscard]] bool wants(std::uint32_t piece) const {
    return priorities_.empty() || priorities_[piece] != FilePriority::kSkip;
  }
  void review_interest(Member& member);
  [[nodiscard]] bool may_super_seed() const;
  void reveal(Member& member);
  void leave_super_seed();
  void want_tick(base::SteadyTime at);

  Options options_;
  SwarmHost& host_;
  const FileLayout* layout_ = nullptr;
  base::ByteView info_;
  bool is_private_ = false;
  bool revoke_pex_ = false;
  bool ready_ = false;
  bool requesting_ = true;
  bool rivals_changed_ = false;
  struct Distrust {
    BlockEvidence evidence;
    std::deque<std::pair<PeerKey, Endpoint>> departed;
    std::set<base::Bytes> networks;  // of peers that were convicted
  };
  std::unique_ptr<Distrust> distrust_;  // since a piece was bad
  bool freed_ = false;                  // blocks became free: others may be asked for them
  bool end_game_ = false;
  base::SteadyTime last_new_{};  // when a block was asked for that no one was asked for before
  bool sequential_ = false;
  std::vector<FilePriority> priorities_;  // of the pieces; empty: all are normal
  Bitfield have_;
  Bitfield lacking_;                               // wanted, and not there; empty when complete
  std::unique_ptr<PiecePicker> picker_;            // while pieces are missing
  std::unique_ptr<MetadataFetch> metadata_fetch_;  // while the metadata is
  std::unique_ptr<SuperSeed> super_seed_;          // while it is on
  bool upload_scarce_ = false;
  std::vector<Member> members_;  // by key
  std::vector<WebMember> web_members_;
  PeerKey next_key_ = kNoPeer + 1;
  Choker choker_;
  base::SteadyTime next_choke_round_{};
  base::SteadyTime next_tick_ = base::SteadyTime::max();
  SmallRandom random_;
  std::uint64_t wasted_ = 0;
  std::vector<BlockRef> picked_;  // room for fill(), kept
};

}  // namespace podswarm::engine
