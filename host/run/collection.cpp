#include "host/run/collection.h"

#include "host/base/program_info.h"
#include "host/plan/plan_key.h"
#include "host/plan/time_estimate.h"

#include <algorithm>
#include <utility>

namespace stationary {
namespace {

double shard_steps(const CellProgram& program) {
    return static_cast<double>(program.shard_chains) * static_cast<double>(program.steps());
}

double shard_work(const CellProgram& program) { return shard_steps(program) * chain_step_work(program); }

std::int64_t ceil_divide(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }

}  // namespace

TaskSize task_size(const BackendInfo& backend, std::int64_t processes) {
    const std::int64_t workers = processes * std::max(1, backend.workers);
    if (workers == 1) return {};
    if (backend.kind == "cuda") return {1, std::int64_t{1} << 16, 2 * workers};
    return {std::max(1, backend.threads), 0, 2 * workers};
}

Collection::Collection(const std::vector<CellPlan>& plans, std::vector<ShardRange> wanted, RunJournal* journal,
                       Progress& progress)
    : plans_(plans), wanted_(std::move(wanted)), journal_(journal), progress_(progress) {
    cells_.resize(plans_.size());
    for (std::size_t cell = 0; cell < plans_.size(); ++cell) begin_cell(cell);
    missing_ = queued_;
}

void Collection::begin_cell(std::size_t cell) {
    const CellProgram& program = plans_[cell].program;
    CellState& state = cells_[cell];
    state.plan_key = plan_key(program);
    state.done.resize(static_cast<std::size_t>(plans_[cell].shards));
    for (std::size_t shard = 0; journal_ != nullptr && shard < state.done.size(); ++shard)
        state.done[shard] = journal_->store.has(cell, static_cast<std::int64_t>(shard));
    const ShardRange range = wanted_[cell];
    queue_missing(cell, range);
    const std::int64_t resumed = range.last - range.first - state.missing;
    resumed_ += resumed;
    progress_.expect(range.last - range.first, resumed, static_cast<double>(state.missing) * shard_work(program));
}

void Collection::queue_missing(std::size_t cell, ShardRange range) {
    CellState& state = cells_[cell];
    for (std::int64_t shard = range.first; shard < range.last; ++shard) {
        if (state.done[static_cast<std::size_t>(shard)]) continue;
        const bool goes_on = !queue_.empty() && queue_.back().cell == cell && queue_.back().range.last == shard;
        if (!goes_on) queue_.push_back({cell, {shard, shard}});
        ++queue_.back().range.last;
        ++state.missing;
        ++queued_;
    }
}

std::optional<ShardTask> Collection::next_task(const TaskSize& size) {
    const std::lock_guard guard(lock_);
    if (closed_ || queue_.empty()) return std::nullopt;
    ShardTask& front = queue_.front();
    const std::int64_t shard_chains = plans_[front.cell].program.shard_chains;
    const std::int64_t shards =
        std::max({ceil_divide(queued_, size.workers), size.least_shards, ceil_divide(size.least_chains, shard_chains)});
    ShardTask task = front;
    task.range.last = std::min(front.range.last, front.range.first + shards);
    front.range.first = task.range.last;
    queued_ -= task.range.last - task.range.first;
    if (front.range.first == front.range.last) queue_.pop_front();
    progress_.begin_cell(describe(plans_[task.cell].cell));
    return task;
}

void Collection::give_back(const ShardTask& task) {
    const std::lock_guard guard(lock_);
    for (std::int64_t shard = task.range.last; shard-- > task.range.first;) {
        if (cells_[task.cell].done[static_cast<std::size_t>(shard)]) continue;
        queue_.push_front({task.cell, {shard, shard + 1}});
        ++queued_;
    }
}

void Collection::journal(std::size_t cell, const ShardMoments& moments, double seconds) {
    if (journal_ == nullptr) return;
    static const std::string version = program_info().version;
    const CellProgram& program = plans_[cell].program;
    journal_->writer->append({program.key, cells_[cell].plan_key, program.shard_chains, seconds, version, moments});
}

void Collection::add(std::size_t cell, ShardMoments&& moments, double seconds) {
    const std::lock_guard guard(lock_);
    CellState& state = cells_[cell];
    const auto shard = static_cast<std::size_t>(moments.shard);
    if (closed_ || state.done[shard]) return;
    journal(cell, moments, seconds);
    state.done[shard] = true;
    state.added.push_back({std::move(moments), seconds});
    --missing_;
    const CellProgram& program = plans_[cell].program;
    progress_.shard_done(shard_steps(program), shard_work(program), Progress::Clock::now());
    if (--state.missing == 0) state.run = pool(cell);
}

/// With what earlier runs left, in the order of the shards, so that the seconds add up alike too; frees the moments.
CellRun Collection::pool(std::size_t cell) {
    std::vector<StoredShard> shards = std::exchange(cells_[cell].added, {});
    if (journal_ != nullptr) {
        for (StoredShard& stored : journal_->store.load(cell)) shards.push_back(std::move(stored));
    }
    std::sort(shards.begin(), shards.end(),
              [](const StoredShard& a, const StoredShard& b) { return a.moments.shard < b.moments.shard; });
    std::vector<ShardMoments> moments;
    double seconds = 0.0;
    for (StoredShard& shard : shards) {
        seconds += shard.seconds;
        moments.push_back(std::move(shard.moments));
    }
    return pool_cell(plans_[cell].program, moments, seconds);
}

bool Collection::complete() const {
    const std::lock_guard guard(lock_);
    return missing_ == 0;
}

std::int64_t Collection::wanted_shards() const {
    std::int64_t shards = 0;
    for (const ShardRange& range : wanted_) shards += range.last - range.first;
    return shards;
}

std::vector<CellRun> Collection::close() {
    const std::lock_guard guard(lock_);
    closed_ = true;
    progress_.finish();
    std::vector<CellRun> runs;
    for (std::size_t cell = 0; cell < cells_.size(); ++cell)
        runs.push_back(cells_[cell].run ? std::move(*cells_[cell].run) : pool(cell));
    return runs;
}

}  // namespace stationary
