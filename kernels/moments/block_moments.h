#pragma once

#include "kernels/interface/shard_moments.h"
#include "kernels/moments/fixed_point.h"

#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace stationary {
inline namespace STATIONARY_SIMD_LEVEL {

// The exact moments of a block of chains, in phases that a GPU separates by barriers and a test by loops over the
// threads:
//   1. each thread stages its chain's draw as integers;
//   2. each thread sums a few entries of the moments over the block's chains, in 64 bits;
//   3. now and then each thread adds its sums to the shard's totals in memory, with integer atomics.
// Integer sums are exact, so neither the shape of a block nor the order of the atomics can change a total. Test:
// block_moments_test.cpp.

/// Entries of the moments: d sums Σ q_i, then d(d+1)/2 products Σ q_i q_j, i ≤ j, row by row (as in ShardMoments).
constexpr int moment_entries(int dimension) { return dimension + packed_size(dimension); }

/// Draws of a block that fit a thread's 64-bit sums: a draw adds at most `threads` products of magnitude below 2⁴⁸ to a
/// sum, so 2¹⁵/threads draws stay below 2⁶³.
constexpr int draws_between_flushes(int threads) { return (1 << 15) / threads; }

/// The draws of a block's chains: value(i, c) is component i of chain c. Row D holds ones, so that a sum is a product
/// like the others. Rows are one longer than a block, which puts equal columns of different rows into different banks
/// of shared memory.
template <int D, int Threads>
class DrawStage {
  public:
    static constexpr int row_length = Threads + 1;
    static constexpr std::size_t values = std::size_t{row_length} * (D + 1);

    /// `storage` holds `values` integers.
    STATIONARY_HD explicit DrawStage(std::int32_t* storage) : storage_(storage) {}

    STATIONARY_HD void put_one(int chain) { storage_[D * row_length + chain] = 1; }

    [[nodiscard]] STATIONARY_HD std::int32_t& value(int row, int chain) const {
        return storage_[row * row_length + chain];
    }

  private:
    std::int32_t* storage_;
};

/// The two staged rows whose products make entry `entry`.
struct MomentFactors {
    int first;
    int second;
};
STATIONARY_HD MomentFactors moment_factors(int entry, int dimension, int ones_row) {
    if (entry < dimension) return {entry, ones_row};
    int row = 0;
    int left = entry - dimension;
    for (; left >= dimension - row; ++row) left -= dimension - row;
    return {row, row + left};
}

/// Adds to a number that other threads add to as well.
STATIONARY_HD void add_shared(std::uint64_t& target, std::uint64_t value) {
#if defined(__CUDA_ARCH__)
    atomicAdd(reinterpret_cast<unsigned long long*>(&target), static_cast<unsigned long long>(value));
#else
    target += value;
#endif
}

/// Lowers a number that other threads lower as well.
STATIONARY_HD void lower_shared(std::uint64_t& target, std::uint64_t value) {
#if defined(__CUDA_ARCH__)
    atomicMin(reinterpret_cast<unsigned long long*>(&target), static_cast<unsigned long long>(value));
#else
    if (value < target) target = value;
#endif
}

/// One shard's totals in memory: a row of 64-bit words. All zero at first, but for first_bad_step, which lives
/// elsewhere. Entry e of the moments is low + 2³²·high with low = word 3 + 2e, unsigned, and high = the next word,
/// signed: a 64-bit sum is added as its low 32 bits and its arithmetic high part. Both words are exact for up to 2³²
/// additions per shard (the backend bounds them: at most one per thread, flush and block).
struct TotalsRow {
    static constexpr int finite_draws = 0;
    static constexpr int diverged_chains = 1;
    static constexpr int saturated_draws = 2;
    static constexpr int first_entry = 3;
    static constexpr std::int64_t most_additions = std::int64_t{1} << 32;
    /// The entries after the moments: Σ Σ_i q(v_i)², and Σ q(v·Hδ).
    static constexpr int velocity_entry(int dimension) { return moment_entries(dimension); }
    static constexpr int pull_entry(int dimension) { return moment_entries(dimension) + 1; }
    static constexpr int words(int dimension) { return first_entry + 2 * (moment_entries(dimension) + 2); }
};

STATIONARY_HD void add_to_entry(std::uint64_t* row, int entry, std::int64_t sum) {
    std::uint64_t* words = row + TotalsRow::first_entry + 2 * entry;
    add_shared(words[0], static_cast<std::uint64_t>(sum) & 0xffffffffU);
    add_shared(words[1], static_cast<std::uint64_t>(sum >> 32));
}

/// A row of totals as moments. first_bad_step is the largest 64-bit word if no draw was bad.
inline ShardMoments read_totals(const std::uint64_t* row, std::uint64_t first_bad_step, std::int64_t shard,
                                int dimension) {
    ShardMoments moments;
    moments.shard = shard;
    moments.finite_draws = static_cast<std::int64_t>(row[TotalsRow::finite_draws]);
    moments.diverged_chains = static_cast<std::int64_t>(row[TotalsRow::diverged_chains]);
    moments.saturated_draws = static_cast<std::int64_t>(row[TotalsRow::saturated_draws]);
    moments.first_bad_step = static_cast<std::int64_t>(first_bad_step);  // the largest word is −1
    const auto total = [row](int entry) {
        const std::uint64_t* words = row + TotalsRow::first_entry + 2 * entry;
        return Int128{words[0]} + Int128{static_cast<std::int64_t>(words[1])} * (Int128{1} << 32);
    };
    for (int entry = 0; entry < moment_entries(dimension); ++entry) {
        (entry < dimension ? moments.sum : moments.products).push_back(total(entry));
    }
    moments.velocity_squares = total(TotalsRow::velocity_entry(dimension));
    moments.velocity_pulls = total(TotalsRow::pull_entry(dimension));
    return moments;
}

/// One thread's share of a block's sums. The entries are dealt out thread by thread; where there are fewer entries than
/// threads, an entry is cut into slices, each over every slices-th chain. Memory: what a thread keeps from draw to draw
/// lies in memory, not in its registers.
template <int D, int Threads, bool in_memory = false>
class ThreadSums {
  public:
    static constexpr int shares = (moment_entries(D) + Threads - 1) / Threads;

    struct Kept {
        std::int64_t sum[shares];
        std::int32_t factors[shares];
    };

    /// memory[thread] is this thread's, if anything lies in memory.
    STATIONARY_HD ThreadSums(int thread, int dimension, Kept* memory = nullptr)
        : thread_(thread), entries_(moment_entries(dimension)), slices_(entries_ < Threads ? Threads / entries_ : 1) {
        if constexpr (in_memory) kept_ = memory + thread;
        STATIONARY_UNROLL
        for (int k = 0; k < shares; ++k) {
            kept().factors[k] = is_used(k) ? packed(moment_factors(entry(k), dimension, D)) : 0;
            kept().sum[k] = 0;
        }
    }

    /// Adds the staged draw of every chain of the block.
    STATIONARY_HD void add(const DrawStage<D, Threads>& stage) {
        STATIONARY_UNROLL
        for (int k = 0; k < shares; ++k) {
            if (is_used(k)) kept().sum[k] += sum_over_chains(stage, k);
        }
    }

    /// Adds the sums to the shard's totals and starts again from zero.
    STATIONARY_HD void flush(std::uint64_t* row) {
        STATIONARY_UNROLL
        for (int k = 0; k < shares; ++k) {
            if (is_used(k)) add_to_entry(row, entry(k), kept().sum[k]);
            kept().sum[k] = 0;
        }
    }

  private:
    static_assert(D < 256);

    [[nodiscard]] STATIONARY_HD Kept& kept() {
        if constexpr (in_memory) {
            return *kept_;
        } else {
            return kept_;
        }
    }

    /// Two numbers in one register.
    static STATIONARY_HD std::int32_t packed(MomentFactors factors) { return factors.first | factors.second << 8; }

    [[nodiscard]] STATIONARY_HD int entry(int share) const { return (thread_ + share * Threads) / slices_; }
    [[nodiscard]] STATIONARY_HD int first_chain(int share) const { return (thread_ + share * Threads) % slices_; }
    [[nodiscard]] STATIONARY_HD bool is_used(int share) const { return entry(share) < entries_; }

    STATIONARY_HD std::int64_t sum_over_chains(const DrawStage<D, Threads>& stage, int share) {
        const int first_row = kept().factors[share] & 255;
        const int second_row = kept().factors[share] >> 8;
        std::int64_t sum = 0;
        for (int chain = first_chain(share); chain < Threads; chain += slices_) {
            const std::int64_t first = stage.value(first_row, chain);
            sum += first * stage.value(second_row, chain);
        }
        return sum;
    }

    int thread_;
    int entries_;
    int slices_;
    std::conditional_t<in_memory, Kept*, Kept> kept_;
};

}  // namespace STATIONARY_SIMD_LEVEL
}  // namespace stationary
