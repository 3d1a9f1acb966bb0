// One connection to a peer, as a state machine over bytes: handshake, messages in both directions, what was asked and
// what is owed (BEP 3, 6, 9, 10, 11, 54). It knows the rules of the wire; what to ask for and whom to give to is its
// host's business. Sans-IO: received bytes and time are arguments, bytes to send collect in output(). Network thread.
//
// Nothing that the host is told about may destroy the object: the host calls close(), and whoever feeds the object
// looks at closed() afterwards.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "engine/core/bitfield.h"
#include "engine/core/chunk.h"
#include "engine/core/endpoint.h"
#include "engine/core/extension.h"
#include "engine/core/file_layout.h"
#include "engine/core/peer_wire.h"
#include "engine/core/pex.h"
#include "engine/core/piece_picker.h"
#include "engine/core/rate.h"
#include "engine/core/request_queue.h"
#include "engine/core/request_window.h"
#include "engine/core/send_queue.h"
#include "engine/core/ut_metadata.h"

namespace podswarm::engine {

class PeerCore;

// What a connection reports upwards. Called from within receive(), on_time() and nothing else.
class PeerHost {
 public:
  // Of the torrent; null while its metadata is not known.
  [[nodiscard]] virtual const FileLayout* layout() const = 0;
  // The peer's handshake is good. The host calls introduce() or close().
  virtual void on_handshaken(PeerCore& peer) = 0;
  virtual void on_extensions(PeerCore& peer) = 0;
  // pieces() is there or was replaced; before it, the peer had `before`.
  virtual void on_pieces(PeerCore& peer, const Bitfield& before) = 0;
  virtual void on_have(PeerCore& peer, std::uint32_t piece) = 0;
  // It has lost the piece (BEP 54).
  virtual void on_dont_have(PeerCore& peer, std::uint32_t piece) = 0;
  virtual void on_choke(PeerCore& peer) = 0;
  virtual void on_interest(PeerCore& peer) = 0;
  virtual void on_allowed_fast(PeerCore& peer, std::uint32_t piece) = 0;
  virtual void on_suggested(PeerCore& peer, std::uint32_t piece) = 0;
  // Payload of a block that was asked for begins: is it still of use? If not, its bytes are dropped.
  [[nodiscard]] virtual bool is_wanted(const BlockRef& block) = 0;
  // A whole block that was asked for; `slices` is empty when it was not wanted.
  virtual void on_block(PeerCore& peer, const BlockRef& block, std::vector<Slice> slices) = 0;
  // A request that will not be answered: rejected or choked away.
  virtual void on_unanswered(PeerCore& peer, const BlockRef& block) = 0;
  // A request that was taken back will not be answered.
  virtual void on_taken_back(PeerCore& peer, const BlockRef& block) = 0;
  // Nothing came for long though it was asked for.
  virtual void on_snubbed(PeerCore& peer) = 0;
  // uploads() has grown.
  virtual void on_request(PeerCore& peer) = 0;
  virtual void on_metadata(PeerCore& peer, const UtMetadataMessage& message) = 0;
  virtual void on_pex(PeerCore& peer, const PexMessage& message) = 0;

 protected:
  ~PeerHost() = default;
};

// What a peer says of its pieces before the metadata is known.
struct EarlyPieces {
  base::Bytes bitfield;
  std::vector<std::uint32_t> haves;
  std::vector<std::uint32_t> allowed_fast;
  bool all = false;
};

// A block that is being received.
struct IncomingBlock {
  BlockRef block;
  bool asked = false;
  bool pending = false;  // the host waits for it
  bool wanted = false;
  base::SteadyTime sent{};
  std::vector<Slice> slices;
};

class PeerCore {
 public:
  static constexpr std::chrono::seconds kHandshakeTimeout{10};
  static constexpr std::chrono::seconds kSilence{150};    // then the peer is taken for dead
  static constexpr std::chrono::seconds kKeepAlive{110};  // BEP 3: "every two minutes"
  static constexpr std::chrono::seconds kSnubAfter{20};   // without a block that was asked for
  static constexpr std::chrono::seconds kTakeBack{10};    // to hear of a request that was taken back
  static constexpr std::chrono::seconds kOvertaken{3};    // by a later request: it was dropped
  static constexpr std::size_t kMaxUploads = 2000;        // requests that we queue; our `reqq`
  // BEP 6: whom we allow some pieces while choked may have no more than so many.
  static constexpr std::size_t kMostAllowedFast = 10;
  // Messages that nobody asked for or that mean nothing to us: some come of cancels that cross.
  static constexpr std::size_t kMostUncalledFor = 64;
  // Changes of interest that count at once; then one each pause, the latest.
  static constexpr int kInterestBurst = 16;
  static constexpr std::chrono::seconds kInterestPause{1};

  struct Setup {
    PeerKey key = kNoPeer;
    InfoHash info_hash{};
    PeerId our_id{};
    Endpoint endpoint;
    bool outgoing = false;
  };
  // Its handshake stands in output() at once.
  PeerCore(const Setup& setup, PeerHost& host, base::SteadyTime now);
  PeerCore(const PeerCore&) = delete;
  PeerCore& operator=(const PeerCore&) = delete;

  // ---- fed by the shell ----

  // `bytes` lie in `chunk`, which slices of payload will refer to.
  void receive(base::ByteView bytes, const ChunkRef& chunk, base::SteadyTime now);
  // What is to be sent.
  [[nodiscard]] SendQueue& output() { return output_; }
  // `payload` bytes of what was in output() have been sent.
  void on_sent(std::size_t payload, base::SteadyTime now);
  // Timeouts and keep-alives. When to call again is deadline().
  void on_time(base::SteadyTime now);
  [[nodiscard]] base::SteadyTime deadline() const;

  // Requests of the peer to be answered, in order. The shell gets the data and calls answer() for the front one.
  [[nodiscard]] const RequestQueue& uploads() const { return uploads_; }
  void answer(const BlockRef& block, std::vector<Slice> data);
  // The data cannot be had.
  void refuse(const BlockRef& block);

  // ---- told by the host ----

  // The first messages: what we have, and who we are. `have` is null while the metadata is not known.
  struct Introduction {
    const Bitfield* have = nullptr;
    ExtensionHandshake extensions;
  };
  void introduce(const Introduction& introduction);
  // The metadata has come: what the peer said before is read in its light, and reported by on_pieces().
  void set_layout();
  void send_interested(bool interested);
  void send_choke(bool choke, base::SteadyTime now);
  void send_have(std::uint32_t piece);
  // To a peer that understands it; another one finds out when its requests are refused.
  void send_dont_have(std::uint32_t piece);
  // The peer may ask for the piece though it is choked, each block once. It must understand BEP 6.
  void send_allowed_fast(std::uint32_t piece);
  void send_request(const BlockRef& block, base::SteadyTime now);
  // Not wanted any more; it may come all the same.
  void send_cancel(const BlockRef& block);
  // Not wanted from this peer any more, unless it is on its way already. That it is not is told by on_taken_back():
  // when the peer says so, if it does (BEP 6), else at once.
  void take_back(const BlockRef& block);
  void send_metadata_request(std::uint32_t piece);
  void send_metadata_answer(base::ByteView info, std::uint32_t piece);
  void send_pex(const PexMessage& message);
  void send_extensions(const ExtensionHandshake& handshake);
  // `reason` is one line for the log; the first one stays. `pointless`: there is no use in calling it again soon.
  void close(std::string reason, bool pointless = false);
  // The connection is gone or going: what was asked is unanswered, and reported so.
  void drop_requests();
  // The block that is just coming in is not waited for any more, as told by on_taken_back(). It may be whole some day.
  void give_up_incoming();

  // ---- state ----

  [[nodiscard]] PeerKey key() const { return setup_.key; }
  [[nodiscard]] const Endpoint& endpoint() const { return setup_.endpoint; }
  [[nodiscard]] bool outgoing() const { return setup_.outgoing; }
  [[nodiscard]] const PeerId& peer_id() const { return peer_id_; }
  [[nodiscard]] bool handshaken() const { return handshaken_; }
  // When the connection was made.
  [[nodiscard]] base::SteadyTime started() const { return started_; }
  // The time of the last receive() or on_time().
  [[nodiscard]] base::SteadyTime now() const { return now_; }
  [[nodiscard]] bool closed() const { return closed_; }
  [[nodiscard]] bool pointless() const { return pointless_; }
  [[nodiscard]] const std::string& close_reason() const { return close_reason_; }
  [[nodiscard]] bool fast() const { return fast_; }
  [[nodiscard]] const ExtensionHandshake& extensions() const { return extensions_; }
  // Of the torrent's size once that is known; until then empty.
  [[nodiscard]] const Bitfield& pieces() const { return pieces_; }
  [[nodiscard]] bool is_seed() const { return pieces_.size() > 0 && pieces_.all(); }
  [[nodiscard]] bool am_interested() const { return am_interested_; }
  [[nodiscard]] bool am_choking() const { return am_choking_; }
  [[nodiscard]] bool is_interested() const { return is_interested_; }
  // When it will be what the peer says, who has changed its mind too often; nothing where it is.
  [[nodiscard]] std::optional<base::SteadyTime> interest_due() const;
  [[nodiscard]] bool is_choking() const { return is_choking_; }
  [[nodiscard]] bool is_snubbing() const { return snubbing_; }
  [[nodiscard]] bool is_upload_only() const { return extensions_.upload_only.value_or(false) || is_seed(); }
  // What may be asked for while choked (BEP 6).
  [[nodiscard]] const Bitfield& allowed_fast() const { return allowed_fast_; }
  // It was told that it may ask for the piece while we choke it.
  [[nodiscard]] bool is_allowed_fast(std::uint32_t piece) const;
  [[nodiscard]] const RequestQueue& requests() const { return requests_; }
  // It was asked for the block and has not answered, or is just answering.
  [[nodiscard]] bool is_asked(const BlockRef& block) const {
    return requests_.contains(block) || taken_back_.contains(block) || (incoming_ && incoming_->block == block);
  }
  // How many more blocks to ask for now.
  [[nodiscard]] std::size_t request_room(base::SteadyTime now) const;
  // How many requests to take back.
  [[nodiscard]] std::size_t request_excess(base::SteadyTime now) const { return window_.excess(requests_.size(), now); }
  [[nodiscard]] const RateMeter& download() const { return download_; }
  [[nodiscard]] const RateMeter& upload() const { return upload_; }
  [[nodiscard]] base::SteadyTime unchoked_at() const { return unchoked_at_; }
  // The last time, or when the connection was made.
  [[nodiscard]] base::SteadyTime choked_at() const { return choked_at_; }
  [[nodiscard]] std::uint64_t sent_since_unchoke() const { return upload_.total() - sent_before_unchoke_; }

 private:
  void receive_handshake(base::ByteView& bytes);
  void handle(const WireEvent& event, const ChunkRef& chunk);
  void handle_pieces(const WireEvent& event);
  void follow_interest();
  void handle_have(std::uint32_t piece);
  void handle_choke();
  void handle_request(const BlockRef& block);
  void handle_reject(const BlockRef& block);
  [[nodiscard]] bool may_ask_choked(const BlockRef& block);
  void reject(const BlockRef& block);
  void on_uncalled_for();
  [[nodiscard]] bool is_awaited() const { return !requests_.empty() || (incoming_ && incoming_->pending); }
  void handle_dont_have(base::ByteView payload);
  void handle_allowed_fast(std::uint32_t piece);
  void handle_extended(std::uint8_t id, base::ByteView payload);
  void begin_block(const BlockRef& block);
  // A request of that time is being answered.
  void drop_overtaken(base::SteadyTime sent);
  void end_block();
  template <std::size_t N>
  void send(const std::array<std::uint8_t, N>& message) {
    output_.append(base::ByteView(message));
  }
  void send_extended(std::uint8_t id, base::ByteView payload);
  void reject_uploads();
  void forget_taken_back();

  Setup setup_;
  PeerHost& host_;
  WireDecoder decoder_;
  base::Bytes handshake_;  // what came of it so far
  SendQueue output_;
  PeerId peer_id_{};
  ExtensionHandshake extensions_;
  Bitfield pieces_;
  Bitfield allowed_fast_;
  struct Grant {
    std::uint32_t piece = 0;
    std::uint32_t asked_bytes = 0;  // while choked
  };
  std::vector<Grant> grants_;
  std::optional<EarlyPieces> early_;

  bool handshaken_ = false;
  bool fast_ = false;
  bool extended_ = false;
  bool said_pieces_ = false;  // bitfield, have all or have none came, or its time is over
  bool am_interested_ = false;
  bool am_choking_ = true;
  bool is_interested_ = false;
  bool said_interested_ = false;
  bool is_choking_ = true;
  bool snubbing_ = false;
  bool closed_ = false;
  bool pointless_ = false;
  std::string close_reason_;

  RequestQueue requests_;   // ours, unanswered
  RequestQueue cancelled_;  // ours, cancelled, but an answer may come
  RequestQueue taken_back_;
  RequestQueue uploads_;  // the peer's
  RequestWindow window_;
  RateMeter download_;
  RateMeter upload_;
  std::uint64_t sent_before_unchoke_ = 0;
  std::size_t uncalled_for_ = 0;
  std::uint64_t lost_ = 0;  // pieces that it had, each time
  base::SteadyTime now_;
  base::SteadyTime started_;
  base::SteadyTime heard_;
  base::SteadyTime spoke_;
  base::SteadyTime unchoked_at_{};
  base::SteadyTime choked_at_;
  base::SteadyTime interest_paid_{};  // until then its changes of interest are worth their pauses
  base::SteadyTime progress_{};  // the last block, or the request after nothing was asked for

  std::optional<IncomingBlock> incoming_;
};

}  // namespace podswarm::engine
