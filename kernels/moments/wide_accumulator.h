#pragma once

#include "kernels/interface/shard_moments.h"
#include "kernels/lanes/pack.h"
#include "kernels/moments/wide_draw.h"

#include <algorithm>
#include <cstdint>
#include <cstring>

namespace stationary {
inline namespace STATIONARY_SIMD_LEVEL {

/// Adds the draws of packs of wide chains to the exact moments of a shard. Draws are staged as integers, [component]
/// [draw of a chain], until a row is full; then every entry of the moments takes the products of two rows, summed in
/// registers, at once. Test: wide_backend_test.cpp.
template <class Stepper, class Lanes>
class WideAccumulator {
  public:
    using Scalar = typename Lanes::Scalar;
    using Real = typename Lanes::Real;
    static constexpr int lanes = Lanes::lanes;
    /// Draws of chains in a row: short enough that two bands of rows stay in the first-level cache.
    static constexpr int row_length = 256;

    /// `stage` has room for row_length integers per component, of whole quads.
    WideAccumulator(const ChainArgs<Scalar>& args, ShardMoments& moments, std::int32_t* stage)
        : args_(args), moments_(moments), stage_(stage) {}

    /// A new pack of chains, of which the first `valid` belong to the shard.
    void start_pack(int valid) {
        valid_ = valid;
        diverged_lanes_ = 0;
    }

    template <class Team>
    void add(Team& team, const WideState<Real>& state, std::int64_t step) {
        FixedPointDraws<4, lanes> whole = {};
        for (int lane = 0; lane < lanes; ++lane) whole.finite[lane] = lane < valid_ ? 1 : 0;
        for (int q = 0; q < quads_of(args_.dimension); ++q) {
            FixedPointDraws<4, lanes> draws;
            quad_to_fixed_point<Stepper::has_velocity>(args_, state, q, draws);
            put(q, draws);
            join(draws, whole);
        }
        if constexpr (Stepper::has_velocity) {
            if (args_.pull_scale > Scalar(0)) join_pull(wide_velocity_pull<Real>(args_, team, state), whole);
        }
        for (int lane = 0; lane < lanes; ++lane) count(whole, lane, step);
        filled_ += lanes;
        if (filled_ == row_length) flush();
    }

    /// Moves what is left to the moments.
    void finish() {
        if (filled_ > 0) flush();
    }

  private:
    static_assert(row_length % lanes == 0 && lanes == pack_lanes);

    [[nodiscard]] std::int32_t* row(int i) const { return stage_ + static_cast<std::ptrdiff_t>(i) * row_length; }

    void put(int q, const FixedPointDraws<4, lanes>& draws) {
        for (int k = 0; k < 4; ++k) std::memcpy(row(4 * q + k) + filled_, draws.value[k], sizeof draws.value[k]);
    }

    static void join(const FixedPointDraws<4, lanes>& draws, FixedPointDraws<4, lanes>& whole) {
        for (int lane = 0; lane < lanes; ++lane) {
            whole.velocity_square[lane] += draws.velocity_square[lane];
            whole.finite[lane] &= draws.finite[lane];
            whole.saturated[lane] |= draws.saturated[lane];
        }
    }

    void join_pull(Real pulls, FixedPointDraws<4, lanes>& whole) {
        Scalar pull[lanes];
        std::memcpy(pull, &pulls, sizeof pull);
        for (int lane = 0; lane < lanes; ++lane) {
            const FixedPoint q = to_fixed_point(pull[lane], Scalar(0), args_.pull_scale);
            whole.pull[lane] = q.value;
            whole.finite[lane] &= q.finite;
            whole.saturated[lane] |= q.saturated;
        }
    }

    /// A draw that is not finite, or of a lane outside the shard, is taken back from the stage.
    void count(const FixedPointDraws<4, lanes>& whole, int lane, std::int64_t step) {
        if (whole.finite[lane] != 0) {
            ++moments_.finite_draws;
            moments_.saturated_draws += whole.saturated[lane];
            moments_.velocity_squares += whole.velocity_square[lane];
            moments_.velocity_pulls += whole.pull[lane];
            return;
        }
        for (int i = 0; i < args_.dimension; ++i) row(i)[filled_ + lane] = 0;
        if (lane < valid_) note_divergence(lane, step);
    }

    void note_divergence(int lane, std::int64_t step) {
        if ((diverged_lanes_ >> lane & 1U) == 0) ++moments_.diverged_chains;
        diverged_lanes_ |= std::uint32_t{1} << lane;
        const std::int64_t first = moments_.first_bad_step;
        moments_.first_bad_step = first < 0 ? step : std::min(first, step);
    }

    void flush() {
        const int d = args_.dimension;
        for (int i = 0; i < d; ++i) {
            std::int64_t sum = 0;
            for (int k = 0; k < filled_; ++k) sum += row(i)[k];
            moments_.sum[static_cast<std::size_t>(i)] += sum;
        }
        // Bands of rows, each against all rows from its first on: those of the band stay in the cache.
        for (int band = 0; band < d; band += rows_at_once) {
            const int rows = std::min(rows_at_once, d - band);
            for (int j = band; j < d; ++j) add_products(band, std::min(rows, j - band + 1), j);
        }
        filled_ = 0;
    }

    static constexpr int rows_at_once = 4;
    static constexpr int long_lanes = pack_bytes / 8;

    /// Rows band … band + rows − 1 times row j. A row has 2⁸ products of magnitude below 2⁴⁸. Row numbers beyond the
    /// dimension repeat a row whose products are not used.
    void add_products(int band, int rows, int j) {
        SignedLongVector sums[rows_at_once] = {};
        const std::int32_t* first[rows_at_once];
        for (int r = 0; r < rows_at_once; ++r) first[r] = row(band + std::min(r, rows - 1));
        const std::int32_t* const second = row(j);
        const int vectors = filled_ / pack_lanes;
        for (int v = 0; v < vectors; ++v) {
            const LongVector right = vector_at(second, v);
            const LongVector right_odd = right >> 32;
            STATIONARY_UNROLL
            for (int r = 0; r < rows_at_once; ++r) {
                const LongVector left = vector_at(first[r], v);
                sums[r] += multiply_signed_low_halves(left, right) + multiply_signed_low_halves(left >> 32, right_odd);
            }
        }
        for (int r = 0; r < rows; ++r) {
            std::int64_t total = 0;
            for (int k = 0; k < long_lanes; ++k) total += sums[r][k];
            moments_.products[entry(band + r, j)] += total;
        }
    }

    static LongVector vector_at(const std::int32_t* numbers, int v) {
        LongVector vector;
        std::memcpy(&vector, numbers + v * (pack_bytes / 4), sizeof vector);
        return vector;
    }

    /// Place of (i, j), i ≤ j, in the packed triangle.
    [[nodiscard]] std::size_t entry(int i, int j) const {
        return static_cast<std::size_t>(packed_entry(i, j, args_.dimension));
    }

    const ChainArgs<Scalar>& args_;
    ShardMoments& moments_;
    std::int32_t* stage_;
    int filled_ = 0;
    int valid_ = 0;
    std::uint32_t diverged_lanes_ = 0;
};

}  // namespace STATIONARY_SIMD_LEVEL
}  // namespace stationary
