#include "harness/target/wire/wire.h"

#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <new>

#include "harness/target/wire/explore.h"
#include "harness/target/wire/wire_target.h"

namespace tcpspec::target::wire {
namespace {

// A text that one process leaves to others which are forked from the same parent. Written once.
class Board {
 public:
  Board() {
    void* memory = ::mmap(nullptr, sizeof(Page), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory != MAP_FAILED) page_ = new (memory) Page;
  }
  ~Board() {
    if (page_ != nullptr) ::munmap(page_, sizeof(Page));
  }
  Board(const Board&) = delete;
  Board& operator=(const Board&) = delete;

  // Empty: nothing is there.
  [[nodiscard]] std::string read() const {
    if (page_ == nullptr) return {};
    return {page_->text.data(), page_->size.load(std::memory_order_acquire)};
  }
  // A text that does not fit is not left to anybody: each process then looks for itself.
  void write(const std::string& text) {
    if (page_ == nullptr || text.size() > page_->text.size() || page_->size.load() != 0) return;
    std::ranges::copy(text, page_->text.begin());
    page_->size.store(static_cast<std::uint32_t>(text.size()), std::memory_order_release);
  }

 private:
  struct Page {
    std::atomic<std::uint32_t> size{0};
    std::array<char, 65'532> text{};
  };
  Page* page_ = nullptr;
};

Result<std::unique_ptr<Target>> make(const Options& options, Board& board) {
  Result<Cable> cable = Cable::open(options);
  if (!cable) return Error{cable.error()};
  std::unique_ptr<AgentSide> agent;
  if (!options.agent.empty()) {
    Result<std::unique_ptr<AgentSide>> opened = AgentSide::open(options.agent);
    if (!opened) return Error{opened.error()};
    agent = std::move(*opened);
  }
  const std::string known = board.read();
  Result<Findings> findings = known.empty() ? explore(*cable, options, agent.get()) : findings_of(known);
  if (!findings) return Error{findings.error()};
  if (known.empty()) board.write(to_text(*findings));
  return std::unique_ptr<Target>(
      std::make_unique<WireTarget>(options, std::move(*findings), std::move(*cable), std::move(agent)));
}

}  // namespace

Result<Factory> find_wire_target(const std::string& words) {
  const Result<Options> options = parse_options(words);
  if (!options) return Error{options.error()};
  auto board = std::make_shared<Board>();
  return Factory([options = *options, board] { return make(options, *board); });
}

}  // namespace tcpspec::target::wire
