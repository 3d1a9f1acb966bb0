// One web seed of a torrent (BEP 19) as a state machine: blocks that it is asked for become range requests, one at a
// time and as long as they go on within a file; the bytes of the answers become blocks again. Padding is made here and
// never asked for. A file that cannot be had takes the pieces that need it away, other trouble costs a pause.
// Sans-IO: answers, bytes and time are arguments, what to do next comes out of next(). Network thread.
//
// Nothing that the host is told about may destroy the object.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/clock.h"
#include "engine/core/bitfield.h"
#include "engine/core/chunk.h"
#include "engine/core/endpoint.h"
#include "engine/core/file_layout.h"
#include "engine/core/http_head.h"
#include "engine/core/piece_picker.h"
#include "engine/core/rate.h"
#include "engine/core/web_seed_url.h"

namespace podswarm::engine {

class WebSeed;

// What a web seed reports upwards. Called from within next(), on_…() and receive(), and from give_up() and close().
class WebSeedHost {
 public:
  // A whole block that was asked for.
  virtual void on_web_block(WebSeed& seed, const BlockRef& block, std::vector<Slice> slices) = 0;
  // All that was asked for and will not come.
  virtual void on_web_unanswered(WebSeed& seed, std::span<const BlockRef> blocks) = 0;
  // pieces() has become less than `before`.
  virtual void on_web_pieces(WebSeed& seed, const Bitfield& before) = 0;

 protected:
  ~WebSeedHost() = default;
};

class WebSeed {
 public:
  // Thrown away of an answer rather than asking anew.
  static constexpr std::uint64_t kSkip = 256 * 1024;
  // A run that is asked for at once lasts about so long, within limits.
  static constexpr std::chrono::seconds kRunTime{5};
  static constexpr std::uint64_t kFirstRun = 4u << 20;
  static constexpr std::uint64_t kLeastRun = 1u << 20;
  static constexpr std::uint64_t kMostRun = 64u << 20;
  // The pause after a failure; doubled with each further one.
  static constexpr std::chrono::seconds kPause{5};
  static constexpr std::chrono::seconds kMostPause{600};
  static constexpr std::chrono::seconds kMostRetryAfter{3600};
  // Time spent waiting for as many bytes as a block has; who needs more sends next to nothing.
  static constexpr std::chrono::seconds kPatience{20};
  // So many files in a row that cannot be had: it has not got the torrent.
  static constexpr unsigned kMostRefused = 50;

  // `metainfo` and `layout` must outlive it.
  WebSeed(PeerKey key, const std::string& url, const Metainfo& metainfo, const FileLayout& layout, WebSeedHost& host);
  WebSeed(const WebSeed&) = delete;
  WebSeed& operator=(const WebSeed&) = delete;

  // ---- told by the exchange ----

  // Blocks of pieces(), in the order of the torrent, none of them asked already.
  void ask(std::span<const BlockRef> blocks);
  [[nodiscard]] bool is_asked(const BlockRef& block) const;
  // It came from somebody else.
  void cancel(const BlockRef& block);
  // Takes the last `count` blocks (fewer than asked()) back, without a report.
  [[nodiscard]] std::vector<BlockRef> take_back(std::size_t count);
  // For good. A reason of "" is none.
  void close(const std::string& reason);

  [[nodiscard]] PeerKey key() const { return key_; }
  // What it is called where peers go by their endpoints; no peer's (100::/64 is for discarding, RFC 6666).
  [[nodiscard]] Endpoint stand_in() const;
  [[nodiscard]] const Bitfield& pieces() const { return pieces_; }
  [[nodiscard]] std::size_t asked() const { return queue_.size(); }
  // May be asked from then on.
  [[nodiscard]] base::SteadyTime pause_ends() const { return pause_ends_; }
  // How many blocks to ask for in one go.
  [[nodiscard]] std::size_t run_length(base::SteadyTime now) const;
  [[nodiscard]] bool closed() const { return closed_; }
  // Why it was closed, or its last trouble, beginning with the server's name; "" if there was none.
  [[nodiscard]] const std::string& problem() const { return problem_; }

  // ---- the shell ----

  struct Step {
    enum class Action {
      kNothing,  // an answer under way is of no use
      kRequest,  // ask for `length` bytes from `first` on of `url`; an answer under way is of no use
      kWait,     // for the head of the answer
      kReceive,  // receive at most `length` bytes of the answer
    };
    Action action = Action::kNothing;
    std::string url;
    std::uint64_t first = 0;
    std::uint64_t length = 0;
  };
  // To be done what it says, then asked again.
  [[nodiscard]] Step next();

  void on_head(const HttpHead& head, base::SteadyTime now, base::WallTime wall);
  // Of the body; `bytes` lie in `chunk`.
  void receive(base::ByteView bytes, const ChunkRef& chunk, base::SteadyTime now);
  // So long was waited for the bytes just received, with room for them all the time.
  void on_waited(base::SteadyTime::duration waited, base::SteadyTime now);
  // No answer, or one that broke off. `problem` names the server.
  void on_failed(std::string problem, base::SteadyTime now);
  // The file's URL leads nowhere: not by HTTP, not to where we may go. Likewise.
  void on_refused(std::string problem);

  // Bytes are coming or asked for.
  [[nodiscard]] bool active() const { return request_.has_value() || answer_.has_value(); }
  [[nodiscard]] const RateMeter& download() const { return download_; }
  // Bytes thrown away.
  [[nodiscard]] std::uint64_t skipped() const { return skipped_; }

 private:
  // The part of a file that the front block needs next.
  struct Need {
    std::uint32_t file = 0;
    std::uint64_t first = 0;
    std::uint64_t length = 0;
  };
  struct Request {
    std::uint32_t file = 0;
    std::uint64_t first = 0;
    std::uint64_t length = 0;
    bool redirected = false;  // to where an earlier answer came from
  };
  struct Answer {
    std::uint32_t file = 0;
    std::uint64_t at = 0;
    std::uint64_t end = 0;
    std::uint64_t most_skip = kSkip;
    std::uint64_t wanted_end = 0;  // what is wanted without a gap ends here; 0 = to be found out
  };

  void add_padding();
  [[nodiscard]] Need need() const;
  [[nodiscard]] std::uint64_t end_of_need(const Need& need) const;
  [[nodiscard]] bool answers(const Need& need) const;
  void add_part(const ChunkRef& chunk, base::ByteView bytes);
  void finish_block();
  void queue_changed();
  void lose_file(std::uint32_t file, std::string problem);
  [[nodiscard]] std::string named(const std::string& problem) const { return name_ + ": " + problem; }
  void pause(base::SteadyTime until);
  void give_up();
  void retire(std::string problem);

  PeerKey key_;
  const Metainfo& metainfo_;
  const FileLayout& layout_;
  WebSeedHost& host_;
  WebSeedUrl url_;
  std::string name_;  // of the server
  bool has_credentials_;
  Bitfield pieces_;
  std::map<std::uint32_t, std::string> redirects_;  // by file

  std::deque<BlockRef> queue_;  // the front one is being received
  std::uint32_t got_ = 0;       // of the front one
  std::vector<Slice> parts_;
  std::optional<Request> request_;  // whose answer is waited for
  std::optional<Answer> answer_;
  bool progress_ = false;  // since the last request
  base::SteadyTime::duration waited_{0};  // for the bytes that come next
  std::size_t came_ = 0;                  // of them
  unsigned failures_ = 0;  // since the last progress
  unsigned refused_ = 0;   // files, likewise
  base::SteadyTime pause_ends_{};
  RateMeter download_;
  std::uint64_t skipped_ = 0;
  bool closed_ = false;
  std::string problem_;
  mutable std::vector<FileSpan> spans_;  // room for need(), kept
};

}  // namespace podswarm::engine
