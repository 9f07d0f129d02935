#pragma once

#include "host/estimate/cell_run.h"
#include "host/journal/journal_writer.h"
#include "host/journal/shard_store.h"
#include "host/plan/plan.h"
#include "host/run/progress.h"
#include "kernels/interface/backend.h"

#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

namespace stationary {

/// Some shards of one cell for one worker.
struct ShardTask {
    std::size_t cell = 0;
    ShardRange range;
};

/// How many shards a worker takes at once: its share of what is left, so that the last tasks are short, but no fewer
/// than keep it busy.
struct TaskSize {
    std::int64_t least_shards = 1;
    std::int64_t least_chains = 0;
    std::int64_t workers = 1;
};

/// Tasks for the workers of `processes` processes, each with such a backend: two and more for every worker, and none
/// too small to keep it busy, which takes a shard per thread, or on a GPU the chains that a stream launches at no loss.
/// A single worker takes whole cells.
TaskSize task_size(const BackendInfo& backend, std::int64_t processes);

/// The journal of a run: what earlier runs left, and where this one appends.
struct RunJournal {
    ShardStore store;
    std::unique_ptr<JournalWriter> writer;
};

/// Hands out the shards of a run that are still missing and takes their moments in, each into the journal first. Cells
/// are pooled as soon as their last shard is there, so that memory holds moments of the cells at work only. May be
/// called from several threads.
class Collection {
  public:
    /// `wanted` holds one range per plan; `journal` may be null. Plans, journal and progress must outlive it.
    /// Throws FileError if the journal cannot be read.
    Collection(const std::vector<CellPlan>& plans, std::vector<ShardRange> wanted, RunJournal* journal,
               Progress& progress);

    /// The next missing shards; empty when all have been handed out.
    std::optional<ShardTask> next_task(const TaskSize& size);
    /// Takes back those shards of a task that were not added, for another worker.
    void give_back(const ShardTask& task);
    /// Takes a finished shard, once. Throws FileError if the journal cannot be written; the shard then does not count.
    void add(std::size_t cell, ShardMoments&& moments, double seconds);
    /// All wanted shards are there.
    [[nodiscard]] bool complete() const;
    /// Shards that the journal had already.
    [[nodiscard]] std::int64_t resumed_shards() const { return resumed_; }
    [[nodiscard]] std::int64_t wanted_shards() const;

    /// Takes no further shards: later ones are dropped. Pools what is there, cells in their order.
    std::vector<CellRun> close();

  private:
    struct CellState {
        std::vector<bool> done;  ///< [shards]: in the journal, or added
        std::int64_t missing = 0;
        std::uint64_t plan_key = 0;
        std::vector<StoredShard> added;
        std::optional<CellRun> run;
    };

    void begin_cell(std::size_t cell);
    void queue_missing(std::size_t cell, ShardRange range);
    void journal(std::size_t cell, const ShardMoments& moments, double seconds);
    CellRun pool(std::size_t cell);

    const std::vector<CellPlan>& plans_;
    std::vector<ShardRange> wanted_;
    RunJournal* journal_;
    Progress& progress_;
    mutable std::mutex lock_;
    std::vector<CellState> cells_;
    std::deque<ShardTask> queue_;
    std::int64_t queued_ = 0;  ///< shards in the queue
    std::int64_t resumed_ = 0;
    std::int64_t missing_ = 0;
    bool closed_ = false;
};

}  // namespace stationary
