#pragma once

#include "kernels/lanes/lanes.h"
#include "kernels/launch/launch_map.h"
#include "kernels/moments/block_moments.h"
#include "kernels/moments/wide_draw.h"

#include <cstdint>

namespace stationary {
inline namespace STATIONARY_SIMD_LEVEL {

// Wide chains on a GPU, as functions that a test runs on the host too: a warp advances one chain, whose vectors lie in
// shared memory while a launch lasts. Beyond wide_team.h the lanes of a warp have
//   add_up(count, sums, work)    each(count, …) of work(k, mine), which adds to integer sums of its own; their totals
//                                in `sums`
//   once(work)                   work() by one of them.

/// Integers of one chain's draw in memory: its components, then a one, so that a sum is a product like the others. What
/// is left of the last quad nobody writes: it must be zero from the start, because quads are read whole.
STATIONARY_HD int stage_length(int dimension) { return 4 * quads_of(dimension + 1); }

/// One launch: steps first_step + 1 … last_step of every chain of some shards. Plain data, passed by value. Between
/// launches the chains rest in memory, [chain][component].
template <class Scalar>
struct WideLaunch {
    LaunchMap map;
    std::int64_t first_step;
    std::int64_t last_step;
    bool draw;                      ///< the state at last_step is one
    Scalar* position;               ///< [chains][4·quads]
    Scalar* velocity;               ///< [chains][4·quads]; unused by steppers without a velocity
    std::uint8_t* diverged;         ///< [chains]: whether the chain has been counted as diverged
    std::int32_t* stage;            ///< [chains][stage_length(d)]: the draw
    std::uint64_t* totals;          ///< [shards][TotalsRow::words(d)]
    std::uint64_t* first_bad_step;  ///< [shards], the largest word if none
};

/// What one draw of one chain adds to the totals of its shard, its products aside.
template <class Scalar>
class WideDrawCount {
  public:
    STATIONARY_HD WideDrawCount(const ChainArgs<Scalar>& args, const WideLaunch<Scalar>& launch,
                                const ChainPlace& place)
        : args_(args),
          launch_(launch),
          place_(place),
          totals_(launch.totals + place.shard * TotalsRow::words(args.dimension)) {}

    STATIONARY_HD void add_finite(bool saturated, std::int64_t velocity_square, std::int64_t pull) const {
        add_shared(totals_[TotalsRow::finite_draws], 1);
        if (saturated) add_shared(totals_[TotalsRow::saturated_draws], 1);
        add_to_entry(totals_, TotalsRow::velocity_entry(args_.dimension), velocity_square);
        add_to_entry(totals_, TotalsRow::pull_entry(args_.dimension), pull);
    }

    /// A chain counts once, in whichever launch it is first seen to have diverged.
    STATIONARY_HD void add_diverged() const {
        std::uint8_t& noted = launch_.diverged[place_.slot];
        if (noted == 0) add_shared(totals_[TotalsRow::diverged_chains], 1);
        noted = 1;
        lower_shared(launch_.first_bad_step[place_.shard], static_cast<std::uint64_t>(launch_.last_step));
    }

  private:
    const ChainArgs<Scalar>& args_;
    const WideLaunch<Scalar>& launch_;
    const ChainPlace& place_;
    std::uint64_t* totals_;
};

/// Writes a chain's draw to the stage, all zero unless it is finite, and counts it.
template <bool has_velocity, class Team, class Scalar>
STATIONARY_HD void stage_draw(const ChainArgs<Scalar>& args, const WideLaunch<Scalar>& launch, Team& team,
                              const ChainPlace& place, const WideState<Scalar>& state) {
    std::int32_t* const row = launch.stage + place.slot * stage_length(args.dimension);
    enum { velocity_square, not_finite, saturated };
    std::int64_t sums[3] = {0, 0, 0};
    team.add_up(quads_of(args.dimension), sums, [&](int q, std::int64_t(&mine)[3]) {
        FixedPointDraws<4, 1> draws;
        quad_to_fixed_point<has_velocity>(args, state, q, draws);
        const std::int32_t values[4] = {draws.value[0][0], draws.value[1][0], draws.value[2][0], draws.value[3][0]};
        write_quad(row, q, values);
        mine[velocity_square] += draws.velocity_square[0];
        mine[not_finite] += 1 - draws.finite[0];
        mine[saturated] += draws.saturated[0];
    });
    FixedPoint pull{0, 1, 0};
    if constexpr (has_velocity) {
        if (args.pull_scale > Scalar(0)) {
            pull = to_fixed_point(wide_velocity_pull<Scalar>(args, team, state), Scalar(0), args.pull_scale);
        }
    }
    const bool finite = sums[not_finite] == 0 && pull.finite != 0;
    if (!finite) {
        team.each(args.dimension, [&](int i) { row[i] = 0; });
    }
    team.once([&] {
        row[args.dimension] = 1;
        const WideDrawCount<Scalar> count(args, launch, place);
        if (finite) {
            count.add_finite(sums[saturated] + pull.saturated > 0, sums[velocity_square], pull.value);
        } else {
            count.add_diverged();
        }
    });
}

/// The kernel's body: the steps of one launch for one chain, by a warp. `memory` has room for the stepper's vectors.
template <class Stepper, class Team, class Scalar>
STATIONARY_HD void run_wide_launch(const ChainArgs<Scalar>& args, const WideLaunch<Scalar>& launch, Team& team,
                                   const ChainPlace& place, Scalar* memory) {
    const int quads = quads_of(args.dimension);
    const Scalar zero[4] = {Scalar(0), Scalar(0), Scalar(0), Scalar(0)};
    team.each(Stepper::vectors(args.frozen) * wide_length(args.dimension) / 4,
              [&](int q) { write_quad(memory, q, zero); });
    Stepper stepper(args, team, place.chain, launch.first_step, memory);
    WideState<Scalar> state = Stepper::state_in(memory, args);
    Scalar* const position = launch.position + place.slot * 4 * quads;
    Scalar* const velocity = launch.velocity + place.slot * 4 * quads;
    const auto copy = [&](int q, const Scalar* from, Scalar* to) {
        Scalar x[4];
        read_quad(from, q, x);
        write_quad(to, q, x);
    };
    if (launch.first_step == 0) {
        start_wide_chain(args, team, state);
    } else {
        team.each(quads, [&](int q) {
            copy(q, position, state.position);
            if constexpr (Stepper::has_velocity) copy(q, velocity, state.velocity);
        });
    }
    stepper.advance(state, launch.last_step - launch.first_step);
    if (launch.draw) stage_draw<Stepper::has_velocity>(args, launch, team, place, state);
    team.each(quads, [&](int q) {
        copy(q, state.position, position);
        if constexpr (Stepper::has_velocity) copy(q, state.velocity, velocity);
    });
}

}  // namespace STATIONARY_SIMD_LEVEL
}  // namespace stationary
