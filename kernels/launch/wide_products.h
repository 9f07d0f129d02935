#pragma once

#include "kernels/launch/cuda_wide.h"

#include <cstdint>

namespace stationary {
inline namespace STATIONARY_SIMD_LEVEL {

// The exact products of a draw of wide chains, by blocks of threads: a block takes one tile of the triangle of entries
// and one shard. Batch by batch the components of the tile's rows and columns are copied to shared memory, where each
// thread multiplies 4×4 of them in 64 bits. Integer sums are exact, so no order of blocks can change a total. Test:
// wide_launch_test.cpp.

/// The draws of some shards, and where their products go. Plain data, passed by value.
struct WideProducts {
    const std::int32_t* stage;  ///< [shards·shard_chains][stage_length(dimension)]
    std::uint64_t* totals;      ///< [shards][TotalsRow::words(dimension)]
    std::int64_t shard_chains;
    int dimension;

    static constexpr int tile = 64;  ///< entries along either side of a tile
    static constexpr int threads = 256;
    static constexpr int batch = 16;  ///< chains
    static constexpr int shared_values = 2 * batch * tile;
    /// A product is below 2⁴⁸, so 2¹⁵ of them stay below 2⁶³.
    static constexpr std::int64_t chains_between_flushes = 1 << 15;

    /// Tiles along a side of the triangle, the column of ones included.
    [[nodiscard]] STATIONARY_HD int side() const { return (dimension + tile) / tile; }
    [[nodiscard]] STATIONARY_HD int tiles() const { return side() * (side() + 1) / 2; }
};

/// One thread of a block.
class ProductThread {
  public:
    /// Of tile `tile` of the triangle, counted row by row, of one shard.
    STATIONARY_HD ProductThread(const WideProducts& products, int tile, std::int64_t shard, int thread,
                                std::int32_t* shared)
        : products_(products), shard_(shard), shared_(shared), upper_(thread / per_side), lower_(thread % per_side) {
        while (tile >= products.side() - row_) tile -= products.side() - row_++;
        column_ = row_ + tile;
    }

    /// Copies this thread's part of a batch of chains. Beyond the shard's last chain and the last component: zeros.
    STATIONARY_HD void copy(std::int64_t first_chain) {
        copy_quad(first_chain, row_, 0);
        copy_quad(first_chain, column_, 1);
    }

    STATIONARY_HD void multiply() {
        for (int chain = 0; chain < WideProducts::batch; ++chain) {
            std::int32_t left[4];
            std::int32_t right[4];
            read_quad(static_cast<const std::int32_t*>(place(0, chain)), upper_, left);
            read_quad(static_cast<const std::int32_t*>(place(1, chain)), lower_, right);
            STATIONARY_UNROLL
            for (int r = 0; r < 4; ++r) {
                STATIONARY_UNROLL
                for (int c = 0; c < 4; ++c) sums_[r][c] += static_cast<std::int64_t>(left[r]) * right[c];
            }
        }
    }

    /// Adds the sums to the shard's totals and starts again from zero.
    STATIONARY_HD void flush() {
        std::uint64_t* const totals = products_.totals + shard_ * TotalsRow::words(products_.dimension);
        STATIONARY_UNROLL
        for (int r = 0; r < 4; ++r) {
            STATIONARY_UNROLL
            for (int c = 0; c < 4; ++c) {
                const int i = row_ * WideProducts::tile + 4 * upper_ + r;
                const int j = column_ * WideProducts::tile + 4 * lower_ + c;
                if (i < products_.dimension && i <= j && j <= products_.dimension) {
                    add_to_entry(totals, entry(i, j), sums_[r][c]);
                }
                sums_[r][c] = 0;
            }
        }
    }

  private:
    static constexpr int per_side = WideProducts::tile / 4;
    static_assert(per_side * per_side == WideProducts::threads && per_side == WideProducts::batch);

    [[nodiscard]] STATIONARY_HD std::int32_t* place(int which, int chain) const {
        return shared_ + (which * WideProducts::batch + chain) * WideProducts::tile;
    }

    STATIONARY_HD void copy_quad(std::int64_t first_chain, int tile, int which) {
        const std::int64_t chain = first_chain + upper_;
        const int length = stage_length(products_.dimension);
        const int quad = tile * per_side + lower_;
        std::int32_t values[4] = {0, 0, 0, 0};
        if (chain < products_.shard_chains && 4 * quad < length) {
            read_quad(products_.stage + (shard_ * products_.shard_chains + chain) * length, quad, values);
        }
        write_quad(place(which, upper_), lower_, values);
    }

    /// Number of the entry of component i with component j, or with the ones (block_moments.h).
    [[nodiscard]] STATIONARY_HD int entry(int i, int j) const {
        const int d = products_.dimension;
        return j == d ? i : d + packed_entry(i, j, d);
    }

    const WideProducts& products_;
    std::int64_t shard_;
    std::int32_t* shared_;
    int upper_;  ///< quad of the tile's rows; the chain of a batch that this thread copies
    int lower_;  ///< quad of its columns
    int row_ = 0;
    int column_;
    std::int64_t sums_[4][4] = {};
};

/// The kernel's body. team.each(f) calls f(thread) for every thread of the block and returns when all are done.
template <class Team>
STATIONARY_HD void run_products(const WideProducts& products, Team& team) {
    std::int64_t unflushed = 0;
    for (std::int64_t first = 0; first < products.shard_chains; first += WideProducts::batch) {
        team.each([&](ProductThread& thread) { thread.copy(first); });
        team.each([&](ProductThread& thread) { thread.multiply(); });
        unflushed += WideProducts::batch;
        if (unflushed == WideProducts::chains_between_flushes) {
            team.each([&](ProductThread& thread) { thread.flush(); });
            unflushed = 0;
        }
    }
    team.each([&](ProductThread& thread) { thread.flush(); });
}

}  // namespace STATIONARY_SIMD_LEVEL
}  // namespace stationary
