#pragma once

#include "kernels/chain/run_chain.h"
#include "kernels/lanes/lanes.h"
#include "kernels/launch/launch_map.h"
#include "kernels/moments/block_moments.h"

#include <cstddef>
#include <cstdint>

namespace stationary {
inline namespace STATIONARY_SIMD_LEVEL {

/// One launch of the CUDA backend: steps first_step + 1 … last_step of every chain of some shards. Plain data, passed
/// by value. Between launches the chains rest in memory, [component][chain], so that neighbouring threads touch
/// neighbouring numbers.
template <class Scalar>
struct LaunchArgs {
    LaunchMap map;
    std::int64_t first_step;
    std::int64_t last_step;
    Scalar* position;               ///< [d][chains]
    Scalar* velocity;               ///< [d][chains]; unused by steppers without a velocity
    std::uint8_t* diverged;         ///< [chains]: whether the chain has been counted as diverged
    std::uint64_t* totals;          ///< [shards][TotalsRow::words(d)]
    std::uint64_t* first_bad_step;  ///< [shards], the largest word if none
    const Scalar* tables;           ///< the block of numbers that the tables of ChainArgs point into
    std::int64_t table_values;      ///< how many of them are worth copying: all but the step weights
};

/// Thread `thread` of `threads` copies its part of the tables.
template <class Scalar>
STATIONARY_HD void copy_tables(const LaunchArgs<Scalar>& launch, int thread, int threads, Scalar* destination) {
    for (std::int64_t k = thread; k < launch.table_values; k += threads) destination[k] = launch.tables[k];
}

/// A table at the same place in the copy as in the original. Every table starts at a multiple of 16 values
/// (cell_tables.h); clearing the bits that are zero anyway shows the compiler that it may read rows as vectors.
template <class Scalar>
STATIONARY_HD const Scalar* moved(const Scalar* table, const Scalar* tables, const Scalar* copy) {
    return copy + ((table - tables) & ~std::ptrdiff_t{15});
}

/// The same arguments with the tables, copied to `copy`, read from there. The step weights, which may be many and of
/// which a step reads one, stay where they are.
template <class Scalar>
STATIONARY_HD ChainArgs<Scalar> with_tables_at(ChainArgs<Scalar> args, const Scalar* tables, const Scalar* copy) {
    args.hessian = moved(args.hessian, tables, copy);
    args.noise_factor = moved(args.noise_factor, tables, copy);
    args.features = moved(args.features, tables, copy);
    args.gradient_residuals = moved(args.gradient_residuals, tables, copy);
    args.residuals = moved(args.residuals, tables, copy);
    args.ridge_gradient = moved(args.ridge_gradient, tables, copy);
    args.initial = moved(args.initial, tables, copy);
    args.centre = moved(args.centre, tables, copy);
    args.scale = moved(args.scale, tables, copy);
    return args;
}

/// Whether a stepper's state has a velocity, which then has to outlive a launch.
enum class Velocity { none, kept };

/// Where a kernel keeps the state of a chain. A thread can have 255 registers, of which all but the vectors take some
/// 60: SGD has five vectors, position, velocity, the place of the gradient, a sum and a row of the data, and Langevin
/// three.
constexpr StatePlace state_place(int dimension, Velocity velocity, std::size_t scalar_bytes) {
    const int registers = scalar_bytes == 4 ? dimension : 2 * dimension;  // of one vector
    if (velocity == Velocity::none) return registers < 48 ? StatePlace::registers : StatePlace::position_in_memory;
    return registers < 24 ? StatePlace::registers : StatePlace::in_memory;
}

/// What a block's threads keep in shared memory where registers do not suffice: states as [component][thread],
/// positions, then velocities; and their shares of the sums.
template <class Lanes, int D, int Threads>
struct ThreadMemory {
    using Scalar = typename Lanes::Scalar;
    static constexpr bool used = Lanes::state_place != StatePlace::registers;
    using Sums = ThreadSums<D, Threads, used>;
    static constexpr int positions = used ? D * Threads : 0;
    static constexpr int velocities = Lanes::state_place == StatePlace::in_memory ? D * Threads : 0;
    /// What else a thread keeps from draw to draw.
    struct Notes {
        ChainPlace place;
        std::int64_t
            velocity_squares;  ///< a draw adds less than 2⁵³, so 2¹⁰ draws fit; there are fewer between flushes
        std::int64_t velocity_pulls;
        std::uint32_t finite_draws;
    };
    static constexpr std::size_t sums_bytes = used ? Threads * sizeof(typename Sums::Kept) : 0;
    static constexpr std::size_t notes_bytes = used ? Threads * sizeof(Notes) : 0;
    static constexpr std::size_t bytes =
        sums_bytes + notes_bytes + (std::size_t{positions} + velocities) * sizeof(Scalar);

    unsigned char* memory;  ///< `bytes` bytes, on a multiple of 16

    [[nodiscard]] STATIONARY_HD typename Sums::Kept* sums() const {
        return reinterpret_cast<typename Sums::Kept*>(memory);
    }
    [[nodiscard]] STATIONARY_HD Notes* notes() const { return reinterpret_cast<Notes*>(memory + sums_bytes); }
    /// Gives the state of thread `thread` its columns.
    STATIONARY_HD void place(ChainState<Lanes, D>& state, int thread) const {
        auto* numbers = reinterpret_cast<Scalar*>(memory + sums_bytes + notes_bytes);
        if constexpr (positions > 0) state.position = {numbers + thread, Threads};
        if constexpr (velocities > 0) state.velocity = {numbers + positions + thread, Threads};
    }
};

/// One thread of a block: one chain, and a share of the block's sums.
template <class Stepper, class Lanes, int D, int Threads, Velocity velocity>
class ChainThread {
  public:
    using Scalar = typename Lanes::Scalar;
    using Stage = DrawStage<D, Threads>;
    using Memory = ThreadMemory<Lanes, D, Threads>;

    STATIONARY_HD ChainThread(const ChainArgs<Scalar>& args, const LaunchArgs<Scalar>& launch, std::int64_t block,
                              int thread, Memory memory)
        : args_(args),
          launch_(launch),
          thread_(thread),
          stepper_(args, chain_place(launch.map, block, Threads, thread).chain, launch.first_step),
          sums_(thread, args.dimension, memory.sums()) {
        if constexpr (Memory::used) notes_ = memory.notes() + thread;
        notes() = {chain_place(launch.map, block, Threads, thread), 0, 0, 0};
        memory.place(state_, thread);
        start_chain(args_, state_);
        if (launch_.first_step > 0 && place().valid) load();
    }

    STATIONARY_HD void put_one(Stage& stage) const { stage.put_one(thread_); }

    STATIONARY_HD void advance(std::int64_t steps) {
        if (!place().valid) return;
        if constexpr (D < 8 || Stepper::advances_in_registers) {
            stepper_.advance(state_, static_cast<std::uint32_t>(steps));
        } else {
            // Whole tables held in registers from step to step would go to local memory, which is slower than reading
            // them again from shared memory.
            for (auto left = static_cast<std::uint32_t>(steps); left > 0; --left) {
                stepper_.step(state_, true);
                forget_memory();
            }
        }
    }

    STATIONARY_HD void put_draw(Stage& stage, std::int64_t step) {
        StagedDraw draw{stage, thread_};
        to_fixed_point_draws<Stepper::has_velocity>(
            args_, [&](int i, int) { return state_.position[i]; }, [&](int i, int) { return state_.velocity[i]; },
            [&](int) { return pull(); }, draw);
        if (place().valid) {
            count(draw.finite[0] != 0, draw.saturated[0] != 0, step);
            notes().velocity_squares += draw.velocity_square[0];
            notes().velocity_pulls += draw.pull[0];
        } else {
            STATIONARY_NO_UNROLL
            for (int i = 0; i < D; ++i) draw.at(i, 0) = 0;
        }
    }

    STATIONARY_HD void add_draws(const Stage& stage) { sums_.add(stage); }

    STATIONARY_HD void flush() {
        sums_.flush(totals());
        if (notes().finite_draws > 0) add_shared(totals()[TotalsRow::finite_draws], notes().finite_draws);
        notes().finite_draws = 0;
        if (notes().velocity_squares > 0)
            add_to_entry(totals(), TotalsRow::velocity_entry(args_.dimension), notes().velocity_squares);
        notes().velocity_squares = 0;
        if (notes().velocity_pulls != 0)
            add_to_entry(totals(), TotalsRow::pull_entry(args_.dimension), notes().velocity_pulls);
        notes().velocity_pulls = 0;
    }

    STATIONARY_HD void save() {
        if (!place().valid) return;
        STATIONARY_UNROLL
        for (int i = 0; i < D; ++i) {
            if (i >= args_.dimension) continue;
            launch_.position[place().slot + i * launch_.map.chains()] = state_.position[i];
            if constexpr (velocity == Velocity::kept)
                launch_.velocity[place().slot + i * launch_.map.chains()] = state_.velocity[i];
        }
    }

  private:
    /// A FixedPointDraws of one chain that keeps its values on the stage.
    struct StagedDraw {
        static constexpr int dimension = D;
        static constexpr int lanes = 1;
        static constexpr bool one_by_one = Lanes::state_place != StatePlace::registers;
        Stage& stage;
        int thread;
        std::int64_t velocity_square[1] = {};
        std::int32_t pull[1] = {};
        std::int32_t finite[1] = {};
        std::int32_t saturated[1] = {};
        STATIONARY_HD std::int32_t& at(int i, int /*lane*/) { return stage.value(i, thread); }
    };

    [[nodiscard]] STATIONARY_HD typename Memory::Notes& notes() {
        if constexpr (Memory::used) {
            return *notes_;
        } else {
            return notes_;
        }
    }
    [[nodiscard]] STATIONARY_HD const ChainPlace& place() { return notes().place; }

    /// Components beyond the dimension stay zero, as they were: only those of a diverged chain could be otherwise.
    STATIONARY_HD void load() {
        STATIONARY_UNROLL
        for (int i = 0; i < D; ++i) {
            if (i >= args_.dimension) continue;
            state_.position[i] = launch_.position[place().slot + i * launch_.map.chains()];
            if constexpr (velocity == Velocity::kept)
                state_.velocity[i] = launch_.velocity[place().slot + i * launch_.map.chains()];
        }
    }

    /// Without a velocity nobody asks; but the code would index an array in registers.
    [[nodiscard]] STATIONARY_HD Scalar pull() const {
        if constexpr (Stepper::has_velocity) {
            return velocity_pull(args_, state_);
        } else {
            return Scalar(0);
        }
    }

    STATIONARY_HD void count(bool finite, bool saturated, std::int64_t step) {
        if (saturated) add_shared(totals()[TotalsRow::saturated_draws], 1);
        if (finite) {
            ++notes().finite_draws;
        } else {
            note_divergence(step);
        }
    }

    /// A chain counts once, in whichever launch it is first seen to have diverged.
    STATIONARY_HD void note_divergence(std::int64_t step) {
        std::uint8_t& noted = launch_.diverged[place().slot];
        if (noted == 0) add_shared(totals()[TotalsRow::diverged_chains], 1);
        noted = 1;
        lower_shared(launch_.first_bad_step[place().shard], static_cast<std::uint64_t>(step));
    }

    [[nodiscard]] STATIONARY_HD std::uint64_t* totals() {
        return launch_.totals + place().shard * TotalsRow::words(args_.dimension);
    }

    const ChainArgs<Scalar>& args_;
    const LaunchArgs<Scalar>& launch_;
    int thread_;
    Stepper stepper_;
    ChainState<Lanes, D> state_;
    typename Memory::Sums sums_;
    std::conditional_t<Memory::used, typename Memory::Notes*, typename Memory::Notes> notes_;
};

/// The kernel's body: the steps of one launch for the chains of one block.
///
/// team.each(f) calls f(thread) for every thread of the block and returns when all are done. On the GPU each thread
/// runs it for itself and a barrier follows; a test runs the same code with a loop over the threads. Same draws as
/// run_chain. Test: launch_map_test.cpp.
template <class Scalar, class Team, class Stage>
STATIONARY_HD void run_block(const ChainArgs<Scalar>& args, const LaunchArgs<Scalar>& launch, Team& team, Stage& stage,
                             int draws_per_flush) {
    team.each([&](auto& thread) { thread.put_one(stage); });
    std::int64_t step = launch.first_step;
    int unflushed = 0;
    // One call of advance, because all the code of a step goes into it: where no draw is left, it runs to the last
    // step.
    for (std::int64_t draw = next_draw(args, step);; ++draw) {
        const std::int64_t due = args.burn_in + draw * args.stride;
        const bool recorded = draw < args.draws && due <= launch.last_step;
        const std::int64_t end = recorded ? due : launch.last_step;
        team.each([&](auto& thread) {
            thread.advance(end - step);
            if (recorded) thread.put_draw(stage, due);
        });
        if (!recorded) break;
        step = due;
        ++unflushed;
        team.each([&](auto& thread) {
            thread.add_draws(stage);
            if (unflushed == draws_per_flush) thread.flush();
        });
        if (unflushed == draws_per_flush) unflushed = 0;
    }
    team.each([&](auto& thread) {
        if (unflushed > 0) thread.flush();
        thread.save();
    });
}

}  // namespace STATIONARY_SIMD_LEVEL
}  // namespace stationary
