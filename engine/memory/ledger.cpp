#include "engine/memory/ledger.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <mutex>
#include <utility>

#include "engine/base/amount.h"
#include "engine/base/error.h"
#include "engine/base/saturate.h"

namespace etna {

namespace {

using Clock = std::chrono::steady_clock;

// Asking drivers and system costs microseconds: seldom; what Etna takes in between is counted by itself.
constexpr std::chrono::milliseconds budget_age{250};

}  // namespace

const char* name(MemoryTag tag) {
  constexpr const char* names[memory_tag_count] = {"weights", "adapter", "kv_cache", "prompt_cache", "activations",
                                                   "training", "staging",  "other"};
  return names[static_cast<int>(tag)];
}

const char* name(MemoryPhase phase) {
  constexpr const char* names[memory_phase_count] = {"idle", "loading", "reading a prompt", "writing", "training"};
  return names[static_cast<int>(phase)];
}

/// Everything the ledger knows. Functions are called with the mutex held.
struct MemoryLedger::Books {
  struct Counter {
    std::uint64_t live = 0;
    std::uint64_t peak = 0;
  };

  using Counters = std::array<Counter, memory_tag_count>;

  struct Kept {
    std::uint64_t cached = 0;
    std::uint64_t slack = 0;
  };

  struct PoolBook {
    std::shared_ptr<MemoryPool> pool;
    PoolBook* parent = nullptr;
    // Of this pool alone, without pools inside it.
    std::uint64_t live = 0;
    std::uint64_t mapped = 0;
    std::map<const void*, Kept> kept;  // by allocator
    std::uint64_t peak = 0;            // of live, pools inside it too
    mutable PoolBudget sample;
    mutable std::uint64_t sample_held = 0;
    mutable Clock::time_point sample_time;
  };

  struct Owner {
    std::string name;
    LimitRule rule = LimitRule::hold;
    bool removed = false;                    // forgotten when its last byte goes
    std::map<const PoolBook*, Counters> counters;
    bool empty() const {
      return std::ranges::all_of(counters, [](const auto& entry) {
        return std::ranges::all_of(entry.second, [](const Counter& counter) { return counter.live == 0; });
      });
    }
  };

  struct Promise {
    OwnerId owner = 0;
    std::map<const PoolBook*, std::uint64_t> left;
  };

  mutable std::mutex mutex;  // guards all below
  std::map<const MemoryPool*, std::unique_ptr<PoolBook>> pools;
  std::map<OwnerId, Owner> owners;
  std::map<std::uint64_t, Promise> promises;
  OwnerId next_owner = 1;
  std::uint64_t next_promise = 1;
  std::uint64_t reserve_bytes = std::uint64_t{1} << 30;
  double reserve_share = 0.08;
  std::uint64_t user_limit = 0;
  std::uint64_t peak = 0;
  std::uint64_t allocations = 0;
  MemoryPhase phase = MemoryPhase::idle;
  std::array<std::uint64_t, memory_phase_count> phase_peaks{};

  std::mutex trimmers_mutex;  // guards trimmers; held while they run, never together with `mutex`
  std::map<const void*, std::function<void()>> trimmers;

  PoolBook& book(const std::shared_ptr<MemoryPool>& pool) {
    std::unique_ptr<PoolBook>& found = pools[pool.get()];
    if (!found) {
      found = std::make_unique<PoolBook>();
      found->pool = pool;
      if (const std::shared_ptr<MemoryPool> parent = pool->parent()) found->parent = &book(parent);
    }
    return *found;
  }

  /// A sum over a pool and those inside it.
  template <class Value>
  std::uint64_t sum(const PoolBook& book, Value value) const {
    std::uint64_t total = value(book);
    for (const auto& [key, inner] : pools) {
      if (inner->parent == &book) total += sum(*inner, value);
    }
    return total;
  }

  /// A sum over all pools.
  template <class Value>
  std::uint64_t sum(Value value) const {
    std::uint64_t total = 0;
    for (const auto& [key, book] : pools) total += value(*book);
    return total;
  }

  static std::uint64_t kept_bytes(const PoolBook& book) {
    std::uint64_t total = 0;
    for (const auto& [allocator, kept] : book.kept) total += kept.cached + kept.slack;
    return total;
  }

  static std::uint64_t used(const PoolBook& book) { return book.live + kept_bytes(book); }

  /// What it takes of the system: without mapped pages.
  static std::uint64_t held(const PoolBook& book) { return book.live - book.mapped + kept_bytes(book); }

  std::uint64_t promised(const PoolBook& book, OwnerId except) const {
    std::uint64_t total = 0;
    for (const auto& [number, promise] : promises) {
      if (promise.owner == except) continue;
      const auto found = promise.left.find(&book);
      if (found != promise.left.end()) total += found->second;
    }
    return total;
  }

  const PoolBudget& budget(const PoolBook& book) const {
    const auto now = Clock::now();
    if (now - book.sample_time > budget_age || book.sample_time == Clock::time_point{}) {
      book.sample_held = sum(book, held);
      book.sample = book.pool->budget(book.sample_held);
      book.sample_time = now;
    }
    return book.sample;
  }

  std::uint64_t limit(const PoolBook& book) const {
    const PoolBudget& said = budget(book);
    std::uint64_t bytes = std::min(said.capacity, said.available + book.sample_held);
    if (book.pool->id() == system_pool_id) {
      const double share = reserve_share * static_cast<double>(said.capacity);
      bytes = less(bytes, std::max(reserve_bytes, static_cast<std::uint64_t>(share)));
    }
    return bytes;
  }

  /// Whether `bytes` more may be taken of a pool beside what is used and promised to others than `owner`.
  bool has_room(const PoolBook& of, std::uint64_t bytes, OwnerId owner) const {
    const auto others = [&](const PoolBook& book) { return promised(book, owner); };
    for (const PoolBook* book = &of; book; book = book->parent) {
      if (sum(*book, used) + sum(*book, others) + bytes > limit(*book)) return false;
    }
    return user_limit == 0 || sum(used) + sum(others) + bytes <= user_limit;
  }

  void keep_promise(OwnerId owner, const PoolBook& of, std::uint64_t bytes) {
    // A promise in one pool may be kept in another: the first was full.
    for (const bool same_pool : {true, false}) {
      for (auto& [number, promise] : promises) {
        if (promise.owner != owner) continue;
        for (auto& [book, left] : promise.left) {
          if ((book == &of) != same_pool) continue;
          const std::uint64_t taken = std::min(left, bytes);
          left -= taken;
          bytes -= taken;
        }
      }
    }
  }

  void account(OwnerId owner, MemoryTag tag, PoolBook& book, std::uint64_t bytes) {
    keep_promise(owner, book, bytes);
    Counter& counter = owners.at(owner).counters[&book][static_cast<std::size_t>(tag)];
    counter.live += bytes;
    counter.peak = std::max(counter.peak, counter.live);
    book.live += bytes;
    const auto live = [](const PoolBook& of) { return of.live; };
    for (PoolBook* outer = &book; outer; outer = outer->parent) outer->peak = std::max(outer->peak, sum(*outer, live));
    const std::uint64_t all = sum(live);
    peak = std::max(peak, all);
    std::uint64_t& of_phase = phase_peaks[static_cast<std::size_t>(phase)];
    of_phase = std::max(of_phase, all);
    ++allocations;
  }

  void forget_if_empty(OwnerId owner) {
    const auto found = owners.find(owner);
    if (found != owners.end() && found->second.removed && found->second.empty()) owners.erase(found);
  }

  bool unused(const PoolBook& book) const {
    const bool has_inner = std::ranges::any_of(pools, [&](const auto& entry) { return entry.second->parent == &book; });
    const bool promised = std::ranges::any_of(promises, [&](const auto& entry) { return entry.second.left.contains(&book); });
    return book.kept.empty() && book.live == 0 && !has_inner && !promised;
  }

  /// Pools inside others first.
  void forget_unused() {
    for (auto it = pools.begin(); it != pools.end();) {
      if (!unused(*it->second)) {
        ++it;
        continue;
      }
      for (auto& [id, owner] : owners) owner.counters.erase(it->second.get());
      pools.erase(it);
      it = pools.begin();
    }
  }

  MemoryReport report(const PoolBook& book) const;
  void add_uses(const PoolBook& book, MemoryReport& report) const;
};

Reservation::Reservation(Reservation&& other) noexcept : ledger_(std::move(other.ledger_)), number_(other.number_) {}

Reservation& Reservation::operator=(Reservation&& other) noexcept {
  if (this != &other) {
    if (ledger_) ledger_->release_reservation(number_);
    ledger_ = std::move(other.ledger_);
    number_ = other.number_;
  }
  return *this;
}

Reservation::~Reservation() {
  if (ledger_) ledger_->release_reservation(number_);
}

std::shared_ptr<MemoryLedger> MemoryLedger::create() { return std::shared_ptr<MemoryLedger>(new MemoryLedger); }

MemoryLedger::MemoryLedger() : books_(std::make_unique<Books>()) { books_->owners[0].name = "engine"; }

MemoryLedger::~MemoryLedger() = default;

OwnerId MemoryLedger::add_owner(std::string owner_name) {
  const std::lock_guard lock(books_->mutex);
  books_->owners[books_->next_owner].name = std::move(owner_name);
  return books_->next_owner++;
}

void MemoryLedger::remove_owner(OwnerId owner) {
  const std::lock_guard lock(books_->mutex);
  const auto found = books_->owners.find(owner);
  if (owner == 0 || found == books_->owners.end()) return;
  found->second.removed = true;
  std::erase_if(books_->promises, [&](const auto& entry) { return entry.second.owner == owner; });
  books_->forget_if_empty(owner);
}

void MemoryLedger::set_rule(OwnerId owner, LimitRule rule) {
  const std::lock_guard lock(books_->mutex);
  books_->owners.at(owner).rule = rule;
}

Reservation MemoryLedger::reserve(OwnerId owner, std::span<const PoolBytes> needs, const std::string& what) {
  trim_unless_fits(needs);
  const std::lock_guard lock(books_->mutex);
  Books& books = *books_;
  Books::Promise promise{.owner = owner, .left = {}};
  // Promised one after the other, so that needs of pools inside one another are seen together.
  const std::uint64_t number = books.next_promise++;
  books.promises[number].owner = 0;
  bool fits = true;
  std::uint64_t wanted = 0;
  constexpr OwnerId nobody = ~OwnerId{0};
  for (const PoolBytes& need : needs) {
    Books::PoolBook& book = books.book(need.pool);
    wanted += need.bytes;
    fits = fits && (books.owners.at(owner).rule == LimitRule::ignore || books.has_room(book, need.bytes, nobody));
    books.promises[number].left[&book] += need.bytes;
  }
  if (!fits) {
    books.promises.erase(number);
    std::uint64_t rest = 0, most = 0;
    const auto all_promised = [&](const Books::PoolBook& book) { return books.promised(book, nobody); };
    for (const auto& [key, book] : books.pools) {
      if (book->parent) continue;
      const std::uint64_t limit = books.limit(*book);
      most += limit;
      rest += less(limit, books.sum(*book, Books::used) + books.sum(*book, all_promised));
    }
    if (books.user_limit > 0) {
      most = std::min(most, books.user_limit);
      rest = std::min(rest, less(books.user_limit, books.sum(Books::used) + books.sum(all_promised)));
    }
    fail(Errc::out_of_memory, "{} needs {}; {} of the {} that Etna may use are free", what, amount(wanted), amount(rest), amount(most));
  }
  books.promises[number].owner = owner;
  Reservation reservation;
  reservation.ledger_ = shared_from_this();
  reservation.number_ = number;
  return reservation;
}

bool MemoryLedger::fits(std::span<const PoolBytes> needs) const {
  const std::lock_guard lock(books_->mutex);
  constexpr OwnerId nobody = ~OwnerId{0};
  std::uint64_t number = 0;
  bool fits = true;
  for (const PoolBytes& need : needs) {
    Books::PoolBook& book = books_->book(need.pool);
    fits = fits && books_->has_room(book, need.bytes, nobody);
    if (number == 0) number = books_->next_promise++;
    books_->promises[number].left[&book] += need.bytes;
  }
  books_->promises.erase(number);
  return fits;
}

void MemoryLedger::trim_unless_fits(std::span<const PoolBytes> needs) {
  if (!fits(needs)) trim();
}

void MemoryLedger::release_reservation(std::uint64_t number) {
  const std::lock_guard lock(books_->mutex);
  books_->promises.erase(number);
}

bool MemoryLedger::charge(OwnerId owner, MemoryTag tag, const std::shared_ptr<MemoryPool>& pool, std::uint64_t bytes, std::uint64_t growth) {
  const std::lock_guard lock(books_->mutex);
  Books::PoolBook& book = books_->book(pool);
  const bool held = books_->owners.at(owner).rule == LimitRule::hold;
  if (held && growth > 0 && !books_->has_room(book, growth, owner)) return false;
  books_->account(owner, tag, book, bytes);
  return true;
}

void MemoryLedger::charge_mapped(OwnerId owner, MemoryTag tag, const std::shared_ptr<MemoryPool>& pool, std::uint64_t bytes) {
  const std::lock_guard lock(books_->mutex);
  Books::PoolBook& book = books_->book(pool);
  book.mapped += bytes;
  books_->account(owner, tag, book, bytes);
}

void MemoryLedger::refund(OwnerId owner, MemoryTag tag, const std::shared_ptr<MemoryPool>& pool, std::uint64_t bytes, Mapped mapped) {
  const std::lock_guard lock(books_->mutex);
  Books::PoolBook& book = books_->book(pool);
  books_->owners.at(owner).counters[&book][static_cast<std::size_t>(tag)].live -= bytes;
  book.live -= bytes;
  if (mapped == Mapped::yes) book.mapped -= bytes;
  books_->forget_if_empty(owner);
}

void MemoryLedger::fail_full(OwnerId owner, MemoryTag tag, const MemoryPool& pool, std::uint64_t bytes) const {
  const std::lock_guard lock(books_->mutex);
  const Books::PoolBook& book = *books_->pools.at(&pool);
  const auto others = [&](const Books::PoolBook& of) { return books_->promised(of, owner); };
  std::uint64_t taken = books_->sum(book, Books::used) + books_->sum(book, others);
  std::uint64_t limit = books_->limit(book);
  const std::uint64_t all = books_->sum(Books::used) + books_->sum(others);
  if (books_->user_limit > 0 && less(books_->user_limit, all) < less(limit, taken)) {
    taken = all;
    limit = books_->user_limit;
  }
  fail(Errc::out_of_memory, "{} more for {} ({}) do not fit: {} of {} are in use", amount(bytes), books_->owners.at(owner).name,
       name(tag), amount(taken), amount(limit));
}

void MemoryLedger::set_kept(const void* allocator, const std::shared_ptr<MemoryPool>& pool, std::uint64_t cached, std::uint64_t slack) {
  const std::lock_guard lock(books_->mutex);
  books_->book(pool).kept[allocator] = {cached, slack};
}

void MemoryLedger::add_allocator(const void* allocator, std::function<void()> trim) {
  const std::lock_guard lock(books_->trimmers_mutex);
  books_->trimmers[allocator] = std::move(trim);
}

void MemoryLedger::remove_trim(const void* allocator) {
  const std::lock_guard lock(books_->trimmers_mutex);
  books_->trimmers.erase(allocator);
}

void MemoryLedger::remove_allocator(const void* allocator) {
  const std::lock_guard lock(books_->mutex);
  for (auto& [key, book] : books_->pools) book->kept.erase(allocator);
  books_->forget_unused();
}

void MemoryLedger::trim() {
  const std::lock_guard lock(books_->trimmers_mutex);
  for (const auto& [allocator, trim_one] : books_->trimmers) trim_one();
}

void MemoryLedger::set_reserve(std::uint64_t bytes, double share) {
  const std::lock_guard lock(books_->mutex);
  books_->reserve_bytes = bytes;
  books_->reserve_share = std::clamp(share, 0.0, 1.0);
}

std::uint64_t MemoryLedger::set_limit(std::uint64_t bytes) {
  const std::lock_guard lock(books_->mutex);
  return std::exchange(books_->user_limit, bytes);
}

std::uint64_t MemoryLedger::user_limit() const {
  const std::lock_guard lock(books_->mutex);
  return books_->user_limit;
}

std::uint64_t MemoryLedger::limit(const std::shared_ptr<MemoryPool>& pool) const {
  const std::lock_guard lock(books_->mutex);
  const Books::PoolBook* book = &books_->book(pool);
  std::uint64_t bytes = books_->limit(*book);
  for (book = book->parent; book; book = book->parent) bytes = std::min(bytes, books_->limit(*book));
  return books_->user_limit == 0 ? bytes : std::min(bytes, books_->user_limit);
}

std::uint64_t MemoryLedger::room(const std::shared_ptr<MemoryPool>& pool) const {
  const std::lock_guard lock(books_->mutex);
  constexpr OwnerId nobody = ~OwnerId{0};
  const auto taken = [&](const Books::PoolBook& book) { return book.live + books_->promised(book, nobody); };
  std::uint64_t rest = ~std::uint64_t{0};
  for (const Books::PoolBook* book = &books_->book(pool); book; book = book->parent) {
    rest = std::min(rest, less(books_->limit(*book), books_->sum(*book, taken)));
  }
  return books_->user_limit == 0 ? rest : std::min(rest, less(books_->user_limit, books_->sum(taken)));
}

std::uint64_t MemoryLedger::limit() const {
  const std::lock_guard lock(books_->mutex);
  std::uint64_t bytes = 0;
  for (const auto& [key, book] : books_->pools) bytes += book->parent ? 0 : books_->limit(*book);
  return books_->user_limit == 0 ? bytes : std::min(bytes, books_->user_limit);
}

std::uint64_t MemoryLedger::active_bytes() const {
  const std::lock_guard lock(books_->mutex);
  return books_->sum([](const Books::PoolBook& book) { return book.live; });
}

std::uint64_t MemoryLedger::peak_bytes() const {
  const std::lock_guard lock(books_->mutex);
  return books_->peak;
}

std::uint64_t MemoryLedger::cached_bytes() const {
  const std::lock_guard lock(books_->mutex);
  return books_->sum([](const Books::PoolBook& book) {
    std::uint64_t total = 0;
    for (const auto& [allocator, kept] : book.kept) total += kept.cached;
    return total;
  });
}

void MemoryLedger::reset_peak() {
  const std::lock_guard lock(books_->mutex);
  const auto live = [](const Books::PoolBook& book) { return book.live; };
  books_->peak = books_->sum(live);
  for (auto& [key, book] : books_->pools) book->peak = books_->sum(*book, live);
  for (auto& [id, owner] : books_->owners) {
    for (auto& [book, counters] : owner.counters) {
      for (Books::Counter& counter : counters) counter.peak = counter.live;
    }
  }
}

MemoryPhase MemoryLedger::set_phase(MemoryPhase phase) {
  const std::lock_guard lock(books_->mutex);
  std::uint64_t& peak = books_->phase_peaks[static_cast<std::size_t>(phase)];
  peak = std::max(peak, books_->sum([](const Books::PoolBook& book) { return book.live; }));
  return std::exchange(books_->phase, phase);
}

std::array<std::uint64_t, memory_phase_count> MemoryLedger::phase_peaks() const {
  const std::lock_guard lock(books_->mutex);
  return books_->phase_peaks;
}

std::uint64_t MemoryLedger::allocation_count() const {
  const std::lock_guard lock(books_->mutex);
  return books_->allocations;
}

void MemoryLedger::Books::add_uses(const PoolBook& book, MemoryReport& report) const {
  for (const auto& [id, owner] : owners) {
    const auto found = owner.counters.find(&book);
    if (found == owner.counters.end()) continue;
    for (std::size_t tag = 0; tag < memory_tag_count; ++tag) {
      const Counter& counter = found->second[tag];
      if (counter.live == 0 && counter.peak == 0) continue;
      const auto same = std::ranges::find_if(
          report.uses, [&, id = id](const MemoryReport::Use& use) { return use.owner == id && use.tag == static_cast<MemoryTag>(tag); });
      if (same == report.uses.end()) {
        report.uses.push_back({id, owner.name, static_cast<MemoryTag>(tag), counter.live, counter.peak});
      } else {
        same->live_bytes += counter.live;
        same->peak_bytes += counter.peak;
      }
    }
  }
  for (const auto& [key, inner] : pools) {
    if (inner->parent == &book) add_uses(*inner, report);
  }
}

MemoryReport MemoryLedger::Books::report(const PoolBook& book) const {
  const PoolBudget& said = budget(book);
  MemoryReport report{.pool = book.pool->id(),
                      .pool_name = book.pool->name(),
                      .capacity_bytes = said.capacity,
                      .available_bytes = less(said.available + book.sample_held, sum(book, held)),
                      .budget_reported = said.reported,
                      .live_bytes = sum(book, [](const PoolBook& of) { return of.live; }),
                      .mapped_bytes = sum(book, [](const PoolBook& of) { return of.mapped; }),
                      .peak_bytes = book.peak,
                      .reserved_bytes = sum(book, [&](const PoolBook& of) { return promised(of, ~OwnerId{0}); }),
                      .limit_bytes = limit(book),
                      .uses = {}};
  const std::uint64_t kept = sum(book, kept_bytes);
  report.cached_bytes = sum(book, [](const PoolBook& of) {
    std::uint64_t cached = 0;
    for (const auto& [allocator, bytes] : of.kept) cached += bytes.cached;
    return cached;
  });
  report.slack_bytes = kept - report.cached_bytes;
  add_uses(book, report);
  std::uint64_t owned = 0;
  for (const MemoryReport::Use& use : report.uses) owned += use.live_bytes;
  if (owned != report.live_bytes) {
    fail(Errc::invalid_argument, "memory report: owners hold {} bytes of {}, the pool says {}", owned, report.pool, report.live_bytes);
  }
  return report;
}

std::vector<MemoryReport> MemoryLedger::report() const {
  const std::lock_guard lock(books_->mutex);
  std::vector<MemoryReport> reports;
  for (const auto& [key, book] : books_->pools) {
    if (!book->parent) reports.push_back(books_->report(*book));
  }
  std::ranges::sort(reports, [](const MemoryReport& a, const MemoryReport& b) {
    return std::pair(a.pool != system_pool_id, a.pool) < std::pair(b.pool != system_pool_id, b.pool);
  });
  return reports;
}

MemoryReport MemoryLedger::total() const {
  MemoryReport all;
  all.pool = "all";
  all.pool_name = "all memory";
  for (const MemoryReport& report : this->report()) {
    all.capacity_bytes += report.capacity_bytes;
    all.available_bytes += report.available_bytes;
    all.budget_reported = all.budget_reported && report.budget_reported;
    all.live_bytes += report.live_bytes;
    all.mapped_bytes += report.mapped_bytes;
    all.cached_bytes += report.cached_bytes;
    all.slack_bytes += report.slack_bytes;
    all.reserved_bytes += report.reserved_bytes;
    for (const MemoryReport::Use& use : report.uses) {
      const auto same = std::ranges::find_if(
          all.uses, [&](const MemoryReport::Use& other) { return other.owner == use.owner && other.tag == use.tag; });
      if (same == all.uses.end()) {
        all.uses.push_back(use);
      } else {
        same->live_bytes += use.live_bytes;
        same->peak_bytes += use.peak_bytes;
      }
    }
  }
  all.peak_bytes = peak_bytes();
  all.limit_bytes = limit();
  return all;
}

}  // namespace etna
