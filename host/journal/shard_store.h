#pragma once

#include "host/base/file_descriptor.h"
#include "host/journal/journal_record.h"
#include "host/journal/journal_scan.h"
#include "host/plan/plan.h"
#include "kernels/interface/shard_moments.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace stationary {

/// A shard read back from a journal.
struct StoredShard {
    ShardMoments moments;
    double seconds = 0.0;
    std::size_t journal = 0;  ///< which one, in the order in which they were added
};

/// Which shards of a run the journals on the disk hold, and where. Keeps 32 bytes a shard, the moments stay on the disk
/// until a cell is pooled.
class ShardStore {
  public:
    /// Only shards of these plans count.
    explicit ShardStore(const std::vector<CellPlan>& plans);

    /// Adds what a journal file holds. A shard that stands there twice counts once. Throws FileError; InputError if a
    /// shard stands there twice with different moments, since one of the two was computed wrongly.
    JournalDamage add_journal(const std::string& path);

    [[nodiscard]] bool has(std::size_t cell, std::int64_t shard) const;
    /// Number of a cell's shards that are there.
    [[nodiscard]] std::int64_t count(std::size_t cell) const { return counts_[cell]; }
    /// All of a cell's shards that are there. Throws FileError.
    [[nodiscard]] std::vector<StoredShard> load(std::size_t cell) const;

    /// Number of journals added.
    [[nodiscard]] std::size_t journals() const { return paths_.size(); }
    /// plan_key of a cell.
    [[nodiscard]] std::uint64_t planned_key(std::size_t cell) const { return plan_keys_[cell]; }

    /// Undamaged records that are not of these plans: of other cells or plans, beyond a cell's shards, or by another
    /// version of the program or of the format.
    [[nodiscard]] std::int64_t foreign_records() const { return foreign_; }
    /// Records beyond the first of their shard.
    [[nodiscard]] std::int64_t repeated_records() const { return repeated_; }

  private:
    struct Place {
        std::int64_t offset = 0;
        std::uint32_t length = 0;  ///< 0: not there
        std::uint32_t file = 0;
        std::uint64_t moments = 0;  ///< hash of the moments
    };
    [[nodiscard]] bool belongs(const JournalRecord& record, std::size_t cell) const;
    void add_record(std::int64_t offset, std::string_view bytes);

    std::unordered_map<std::uint64_t, std::size_t> cells_;  ///< by cell key
    std::vector<std::uint64_t> plan_keys_;
    std::vector<std::vector<Place>> places_;  ///< [cell][shard]
    std::vector<std::int64_t> counts_;
    std::vector<std::string> paths_;
    std::vector<FileDescriptor> files_;
    std::int64_t foreign_ = 0;
    std::int64_t repeated_ = 0;
};

}  // namespace stationary
