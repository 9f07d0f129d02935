#pragma once

#include "host/estimate/estimate.h"
#include "kernels/interface/cell_program.h"
#include "kernels/interface/shard_moments.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace stationary {

/// What the finished shards of one cell say.
struct CellRun {
    std::int64_t shards_done = 0;
    double seconds = 0.0;              ///< that workers spent on them
    std::optional<Estimate> estimate;  ///< empty without a finished shard
};

/// Pools the shards of a program.
CellRun pool_cell(const CellProgram& program, const std::vector<ShardMoments>& shards, double seconds);

}  // namespace stationary
