#pragma once

#include "kernels/cpu/cpu_level.h"
#include "kernels/interface/backend.h"
#include "kernels/interface/cell_program.h"

#include <algorithm>
#include <cstdint>

namespace stationary {

/// Cuts the shards of a range into parts, so that a few shards keep all threads busy: at least parts_per_thread parts
/// for each thread as long as a part has a whole pack of chains. Where there are shards enough, a shard is one part.
/// Parts begin at multiples of the widest pack, counted from the first chain of their shard. The moments are exact
/// sums, so they do not depend on the cut. Test: shard_parts_test.cpp.
class ShardParts {
  public:
    static constexpr std::int64_t parts_per_thread = 16;
    static constexpr std::int64_t widest_pack = 16;

    ShardParts(const CellProgram& program, ShardRange range, int threads)
        : first_shard_(range.first), shards_(range.last - range.first), shard_chains_(program.shard_chains) {
        const std::int64_t packs = divided_up(shard_chains_, widest_pack);
        const std::int64_t wanted = threads > 1 && shards_ > 0 ? divided_up(parts_per_thread * threads, shards_) : 1;
        part_chains_ = divided_up(packs, std::min(packs, wanted)) * widest_pack;
        parts_per_shard_ = divided_up(shard_chains_, part_chains_);
    }

    /// Parts of all shards, those of one shard in a row.
    [[nodiscard]] std::int64_t count() const { return shards_ * parts_per_shard_; }
    [[nodiscard]] std::int64_t parts_per_shard() const { return parts_per_shard_; }

    [[nodiscard]] std::int64_t shard_of(std::int64_t part) const { return first_shard_ + part / parts_per_shard_; }
    [[nodiscard]] ChainRange chains_of(std::int64_t part) const {
        const std::int64_t first = part % parts_per_shard_ * part_chains_;
        const std::int64_t shard_start = shard_of(part) * shard_chains_;
        return {shard_start + first, shard_start + std::min(first + part_chains_, shard_chains_)};
    }

  private:
    static std::int64_t divided_up(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }

    std::int64_t first_shard_;
    std::int64_t shards_;
    std::int64_t shard_chains_;
    std::int64_t part_chains_ = 0;
    std::int64_t parts_per_shard_ = 0;
};

}  // namespace stationary
