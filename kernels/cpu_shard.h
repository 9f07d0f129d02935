#pragma once

#include "kernels/compiled_dimension.h"
#include "kernels/cpu_level.h"
#include "kernels/fixed_point.h"
#include "kernels/pack_lanes.h"
#include "kernels/run_chain.h"

#include <algorithm>
#include <cstdint>
#include <cstring>

namespace stationary {
inline namespace STATIONARY_SIMD_LEVEL {

/// Adds the draws of packs of chains to the exact moments of a shard.
template <class Scalar, int D>
class ShardAccumulator {
  public:
    ShardAccumulator(const ChainArgs<Scalar>& args, ShardMoments& moments) : args_(args), moments_(moments) {}

    /// A new pack of chains, of which the first `valid` belong to the shard.
    void start_pack(int valid) {
        valid_ = valid;
        diverged_lanes_ = 0;
    }

    template <class State>
    void add(const State& state, std::int64_t step) {
        Scalar position[D][pack_lanes];
        Scalar velocity[D][pack_lanes];
        std::memcpy(position, state.position, sizeof position);
        std::memcpy(velocity, state.velocity, sizeof velocity);
        for (int lane = 0; lane < pack_lanes; ++lane) add_lane(position, velocity, lane, step);
        add_products();
    }

  private:
    void add_lane(const Scalar (&position)[D][pack_lanes], const Scalar (&velocity)[D][pack_lanes], int lane,
                  std::int64_t step) {
        const auto draw = to_fixed_point_draw<D>(
            args_, [&](int i) { return position[i][lane]; }, [&](int i) { return velocity[i][lane]; });
        const bool valid = lane < valid_;
        for (int i = 0; i < D; ++i) values_[i][lane] = valid ? draw.value[i] : 0;
        if (!valid) return;
        moments_.velocity_squares += draw.velocity_square;
        moments_.velocity_pulls += draw.pull;
        moments_.saturated_draws += draw.saturated ? 1 : 0;
        if (draw.finite) {
            ++moments_.finite_draws;
        } else {
            note_divergence(lane, step);
        }
    }

    void note_divergence(int lane, std::int64_t step) {
        if ((diverged_lanes_ >> lane & 1U) == 0) ++moments_.diverged_chains;
        diverged_lanes_ |= 1U << lane;
        const std::int64_t first = moments_.first_bad_step;
        moments_.first_bad_step = first < 0 ? step : std::min(first, step);
    }

    void add_products() {
        std::size_t k = 0;
        for (int i = 0; i < args_.dimension; ++i) {
            std::int64_t sum = 0;
            for (int lane = 0; lane < pack_lanes; ++lane) sum += values_[i][lane];
            moments_.sum[static_cast<std::size_t>(i)] += sum;
            for (int j = i; j < args_.dimension; ++j) {
                std::int64_t product = 0;  // 16 lanes of 2⁴⁸ fit easily
                for (int lane = 0; lane < pack_lanes; ++lane) {
                    product += static_cast<std::int64_t>(values_[i][lane]) * values_[j][lane];
                }
                moments_.products[k++] += product;
            }
        }
    }

    const ChainArgs<Scalar>& args_;
    ShardMoments& moments_;
    int valid_ = 0;
    std::uint32_t diverged_lanes_ = 0;
    std::int32_t values_[D][pack_lanes];
};

/// Runs every chain of one shard, a pack of lanes at a time, from its first step to its last.
template <class Scalar, int D, template <class, int> class Stepper>
void run_shard_of(const CellProgram& program, const ChainArgs<Scalar>& args, ShardMoments& moments) {
    using Lanes = PackLanes<Scalar>;
    ShardAccumulator<Scalar, D> accumulator(args, moments);
    const std::int64_t first = moments.shard * program.shard_chains;
    for (std::int64_t offset = 0; offset < program.shard_chains; offset += Lanes::lanes) {
        accumulator.start_pack(static_cast<int>(std::min<std::int64_t>(Lanes::lanes, program.shard_chains - offset)));
        ChainState<Lanes, D> state;
        start_chain(args, state);
        run_chain<Stepper<Lanes, D>>(args, Lanes::chains_from(static_cast<std::uint64_t>(first + offset)), 0,
                                     program.steps(), state,
                                     [&](const auto& s, std::int64_t step) { accumulator.add(s, step); });
    }
}

/// The same with the compiled dimension chosen at run time.
template <class Scalar, template <class, int> class Stepper>
void run_shard(const CellProgram& program, const ChainArgs<Scalar>& args, ShardMoments& moments) {
    with_compiled_dimension(program.dimension, [&](auto dimension) {
        run_shard_of<Scalar, decltype(dimension)::value, Stepper>(program, args, moments);
    });
}

}  // namespace STATIONARY_SIMD_LEVEL
}  // namespace stationary
