#pragma once

#include "host/plan/plan.h"
#include "kernels/interface/backend.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace stationary {

/// One of `count` equal parts of a run's shards.
struct ShardShare {
    std::int64_t index = 0;  ///< 0 … count − 1
    std::int64_t count = 1;
    [[nodiscard]] bool whole() const { return count == 1; }
};

/// "2/8": the third of eight. Throws InputError.
ShardShare parse_shard_share(const std::string& text);

/// The share of a task of a Slurm job array: SLURM_ARRAY_TASK_ID counted from SLURM_ARRAY_TASK_MIN in steps of
/// SLURM_ARRAY_TASK_STEP, of SLURM_ARRAY_TASK_COUNT. Empty outside an array. `variable` reads the environment (nullptr:
/// not set). Throws InputError for an array that is no regular sequence. Test: shard_share_test.cpp.
std::optional<ShardShare> shard_share_of_array(const std::function<const char*(const char*)>& variable);

/// The share's shards, one range per cell. The shares are disjoint and together all shards; each has the same number of
/// shards of every cell but for one, dealt out in turn, and so the same number in all but for one.
/// Test: shard_share_test.cpp.
std::vector<ShardRange> shards_of(const ShardShare& share, const std::vector<CellPlan>& plans);

}  // namespace stationary
