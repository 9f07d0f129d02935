#pragma once

#include "kernels/lanes/platform.h"

#include <cstdint>

namespace stationary {
inline namespace STATIONARY_SIMD_LEVEL {

/// Which chain each thread of a launch advances. A launch runs `shards` consecutive shards; a block belongs to one
/// shard only, and a shard takes blocks_per_shard = ⌈shard_chains / threads⌉ blocks, of which the last may be partly
/// empty.
struct LaunchMap {
    std::int64_t first_shard;
    std::int64_t shards;
    std::int64_t shard_chains;
    std::int64_t blocks_per_shard;

    [[nodiscard]] STATIONARY_HD std::int64_t blocks() const { return shards * blocks_per_shard; }
    /// Chains of all shards of the launch: the length of one row of the state buffer.
    [[nodiscard]] STATIONARY_HD std::int64_t chains() const { return shards * shard_chains; }
};

STATIONARY_HD LaunchMap make_launch_map(std::int64_t first_shard, std::int64_t shards, std::int64_t shard_chains,
                                        int threads) {
    return {first_shard, shards, shard_chains, (shard_chains + threads - 1) / threads};
}

/// What one thread of one block works on.
struct ChainPlace {
    std::int64_t shard;  ///< shard within the launch, 0 … shards − 1
    std::int64_t
        slot;  ///< chain within the launch, 0 … chains − 1: its column of the state buffer; meaningless unless valid
    std::uint64_t chain;  ///< chain id within the cell
    bool valid;           ///< false for a thread past the end of its shard
};

/// The place of thread `thread` of block `block`. Each chain of the launch has exactly one valid place. Test:
/// launch_map_test.cpp.
STATIONARY_HD ChainPlace chain_place(const LaunchMap& map, std::int64_t block, int threads, int thread) {
    const std::int64_t shard = block / map.blocks_per_shard;
    const std::int64_t offset = (block - shard * map.blocks_per_shard) * threads + thread;
    const std::int64_t slot = shard * map.shard_chains + offset;
    return {shard, slot, static_cast<std::uint64_t>(map.first_shard * map.shard_chains + slot),
            offset < map.shard_chains};
}

}  // namespace STATIONARY_SIMD_LEVEL
}  // namespace stationary
