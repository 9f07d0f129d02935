#pragma once

#include "kernels/interface/shard_moments.h"
#include "kernels/lanes/pack.h"
#include "kernels/moments/fixed_point.h"

#include <algorithm>
#include <cstdint>
#include <cstring>

namespace stationary {
inline namespace STATIONARY_SIMD_LEVEL {

/// Adds the draws of packs of chains to the exact moments of a shard. What the loop over draws writes lies on its own
/// thread's stack; products are summed in vectors of 64-bit integers, an entry of the packed triangle each, and moved
/// to the moments before they can overflow. Test: cpu_backend_test.cpp.
template <class Stepper, class Lanes, int D>
class ShardAccumulator {
  public:
    using Scalar = typename Lanes::Scalar;
    static constexpr int lanes = Lanes::lanes;

    ShardAccumulator(const ChainArgs<Scalar>& args, ShardMoments& moments) : args_(args), moments_(moments) {}

    /// A new pack of chains, of which the first `valid` belong to the shard.
    void start_pack(int valid) {
        valid_ = valid;
        diverged_lanes_ = 0;
    }

    void add(const ChainState<Lanes, D>& state, std::int64_t step) {
        Scalar position[D][lanes];
        Scalar velocity[D][lanes];
        Scalar pull[lanes] = {};
        std::memcpy(position, state.position, sizeof position);
        if constexpr (Stepper::has_velocity) std::memcpy(velocity, state.velocity, sizeof velocity);
        if (args_.pull_scale > Scalar(0)) {
            const typename Lanes::Real pulls = velocity_pull(args_, state);
            std::memcpy(pull, &pulls, sizeof pull);
        }
        to_fixed_point_draws<Stepper::has_velocity>(
            args_, [&](int i, int lane) { return position[i][lane]; },
            [&](int i, int lane) { return velocity[i][lane]; }, [&](int lane) { return pull[lane]; }, draws_);
        drop_lanes_outside_the_shard();
        count(step);
        add_sums();
        add_products();
        if (++unflushed_ == draws_between_flushes) flush();
    }

    /// Moves what is left to the moments.
    void finish() {
        flush();
        moments_.finite_draws += finite_draws_;
        moments_.saturated_draws += saturated_draws_;
        moments_.velocity_squares += velocity_squares_;
        moments_.velocity_pulls += velocity_pulls_;
    }

  private:
    void flush() {
        std::size_t entry = 0;
        for (int i = 0; i < args_.dimension; ++i) {
            moments_.sum[static_cast<std::size_t>(i)] += sums_[i];
            sums_[i] = 0;
            for (int j = i; j < args_.dimension; ++j, ++entry) {
                for (int k = 0; k < long_lanes; ++k) moments_.products[entry] += products_[entry][k];
                products_[entry] = SignedLongVector{};
            }
        }
        unflushed_ = 0;
    }

    static constexpr int long_lanes = pack_bytes / 8;
    static constexpr int vectors = lanes / (pack_bytes / 4);  ///< of 32-bit integers, in a row of draws
    /// A draw adds 2·vectors products of magnitude below 2⁴⁸ to each 64-bit lane.
    static constexpr int draws_between_flushes = (1 << 14) / (2 * vectors);

    void drop_lanes_outside_the_shard() {
        for (int lane = valid_; lane < lanes; ++lane) {
            for (int i = 0; i < D; ++i) draws_.value[i][lane] = 0;
            draws_.velocity_square[lane] = 0;
            draws_.pull[lane] = 0;
            draws_.saturated[lane] = 0;
            draws_.finite[lane] = 0;
        }
    }

    void count(std::int64_t step) {
        std::int32_t finite = 0;
        std::int32_t saturated = 0;
        std::int64_t squares = 0;  // 32 lanes of less than 2⁵³ fit
        std::int64_t pulls = 0;
        for (int lane = 0; lane < lanes; ++lane) {
            finite += draws_.finite[lane];
            saturated += draws_.saturated[lane];
            squares += draws_.velocity_square[lane];
            pulls += draws_.pull[lane];
        }
        finite_draws_ += finite;
        saturated_draws_ += saturated;
        velocity_squares_ += squares;
        velocity_pulls_ += pulls;
        if (finite == valid_) return;
        for (int lane = 0; lane < valid_; ++lane) {
            if (draws_.finite[lane] == 0) note_divergence(lane, step);
        }
    }

    void note_divergence(int lane, std::int64_t step) {
        if ((diverged_lanes_ >> lane & 1U) == 0) ++moments_.diverged_chains;
        diverged_lanes_ |= std::uint32_t{1} << lane;
        const std::int64_t first = moments_.first_bad_step;
        moments_.first_bad_step = first < 0 ? step : std::min(first, step);
    }

    void add_sums() {
        for (int i = 0; i < args_.dimension; ++i) {
            std::int32_t sum = 0;  // 32 lanes of 2²⁴ fit
            for (int lane = 0; lane < lanes; ++lane) sum += draws_.value[i][lane];
            sums_[i] += sum;
        }
    }

    void add_products() {
        LongVector even[D][vectors];
        LongVector odd[D][vectors];
        for (int i = 0; i < D; ++i) {
            std::memcpy(even[i], draws_.value[i], sizeof even[i]);
            for (int v = 0; v < vectors; ++v) odd[i][v] = even[i][v] >> 32;
        }
        SignedLongVector* entry = products_;
        for (int i = 0; i < args_.dimension; ++i) {
            for (int j = i; j < args_.dimension; ++j, ++entry) {
                for (int v = 0; v < vectors; ++v) {
                    *entry += multiply_signed_low_halves(even[i][v], even[j][v]) +
                              multiply_signed_low_halves(odd[i][v], odd[j][v]);
                }
            }
        }
    }

    static_assert(lanes <= 32);
    const ChainArgs<Scalar>& args_;
    ShardMoments& moments_;
    int valid_ = 0;
    std::uint32_t diverged_lanes_ = 0;
    int unflushed_ = 0;
    std::int64_t finite_draws_ = 0;
    std::int64_t saturated_draws_ = 0;
    Int128 velocity_squares_ = 0;
    Int128 velocity_pulls_ = 0;
    std::int64_t sums_[D] = {};
    FixedPointDraws<D, lanes> draws_;
    SignedLongVector products_[packed_size(D)] = {};
};

}  // namespace STATIONARY_SIMD_LEVEL
}  // namespace stationary
