#pragma once

#include "kernels/chain/chain_formulas.h"
#include "kernels/models/quadratic_oracle.h"

namespace stationary {
inline namespace STATIONARY_SIMD_LEVEL {

/// Euler–Maruyama step of overdamped Langevin dynamics: δ ← δ − h Hδ + F z, with F Fᵀ = h·η·Σ^B and h = step_size
/// (docs/theory.md, section 3).
///
/// Claims: stationary covariance C = (I − hH) C (I − hH)ᵀ + F Fᵀ exactly (up to float rounding); d normals per step.
/// Test: statistical_law_test.cpp, langevin.
template <class Lanes, int D>
class LangevinStepper {
  public:
    using Real = typename Lanes::Real;
    using Args = ChainArgs<typename Lanes::Scalar>;
    static constexpr bool has_velocity = false;
    static constexpr bool advances_in_registers = true;

    STATIONARY_HD LangevinStepper(const Args& args, typename Lanes::Chain chain, std::int64_t step)
        : args_(args), oracle_(args, chain, step, 1) {}

    STATIONARY_HD void step(ChainState<Lanes, D>& state, bool /*kept*/) {
        Real z[D];
        oracle_.draw(z);
        step_with(z, state);
    }

    /// `steps` steps. Of small dimensions several at a time, those that one chunk of normals serves, so that no normal
    /// passes through memory.
    template <class Count>
    STATIONARY_HD void advance(ChainState<Lanes, D>& state, Count steps) {
        if constexpr (Lanes::keeps_in_memory) {
            while (steps > 0) {
                if (steps_at_once > 1 && steps >= Count(steps_at_once) && args_.dimension == D && oracle_.at_chunk()) {
                    several_steps(state);
                    steps -= Count(steps_at_once);
                } else {
                    step(state, true);
                    --steps;
                }
            }
        } else {
            advance_in_registers(state, steps);
        }
    }

  private:
    static constexpr int chunk = NormalStream<Lanes>::chunk;
    static constexpr int steps_at_once = D < chunk ? chunk / D : 1;

    /// One step with standard normals z.
    template <TableShape shape = TableShape::as_flagged>
    STATIONARY_HD void step_with(const Real (&z)[D], ChainState<Lanes, D>& state) const {
        if constexpr (Lanes::normal_map == NormalMap::fast) {
            if (shape == TableShape::as_flagged && both_diagonal()) return DiagonalPass(*this).step(z, state);
        }
        Real noise[D];
        Real gradient[D];
        oracle_.template noise<shape>(z, noise);
        oracle_.template mean_gradient<shape>(state.position, gradient);
        STATIONARY_UNROLL
        for (int i = 0; i < D; ++i) state.position[i] = langevin_moved(args_, state.position[i], gradient[i], noise[i]);
    }

    [[nodiscard]] STATIONARY_HD bool both_diagonal() const {
        return D == 1 || (args_.diagonal_hessian && args_.diagonal_noise_factor);
    }

    /// As many steps as one chunk of normals serves.
    STATIONARY_HD void several_steps(ChainState<Lanes, D>& state) {
        typename Lanes::Single normals[chunk];
        oracle_.draw_chunk(normals);
        STATIONARY_UNROLL
        for (int step = 0; step < steps_at_once; ++step) {
            Real z[D];
            STATIONARY_UNROLL
            for (int i = 0; i < D; ++i) z[i] = widen<Real>(normals[(step * D + i) % chunk]);
            step_with(z, state);
        }
    }

    // On a GPU: passes of as many steps as take whole blocks of four normals, d steps or a part of them, so that none
    // is thrown away and none kept from pass to pass; of small dimensions `several` such at a time, which hides
    // latencies and shares what a pass repeats.
    static constexpr int d = Lanes::exact_dimension > 0 ? Lanes::exact_dimension : D;
    static constexpr int least_steps = d % 4 == 0 ? 1 : d % 2 == 0 ? 2 : 4;
    static constexpr int several = d > 4 || d == 3 ? 1 : Lanes::normal_map == NormalMap::fast ? 2 : 4;
    /// From here on whole tables do not fit into registers, and went to local memory, which is slower than reading them
    /// again from shared memory.
    static constexpr int large_dimension = 8;

    template <class Count>
    STATIONARY_HD void advance_in_registers(ChainState<Lanes, D>& state, Count steps) {
        while (steps > 0) {
            if (args_.dimension == d && oracle_.at_chunk()) {
                if (both_diagonal()) {
                    advance_whole_passes<DiagonalPass>(state, steps);
                } else {
                    advance_whole_passes<FullPass>(state, steps);
                }
                if (steps == 0) return;
            }
            step(state, true);  // up to the next block, over a carry of the counter, or in a padded dimension
            if constexpr (D >= large_dimension) forget_memory();
            --steps;
        }
    }

    template <class Pass, class Count>
    STATIONARY_HD void advance_whole_passes(ChainState<Lanes, D>& state, Count& steps) {
        const Pass pass(*this);
        if constexpr (several > 1) advance_by<several * least_steps>(pass, state, steps);
        advance_by<least_steps>(pass, state, steps);
    }

    /// As many passes of pass_steps steps as `steps`, which is lowered by them, and the counter's lower word allow.
    template <int pass_steps, class Pass, class Count>
    STATIONARY_HD void advance_by(const Pass& pass, ChainState<Lanes, D>& state, Count& steps) {
        constexpr std::uint32_t blocks = pass_steps * d / 4;
        NormalStream<Lanes>& normals = oracle_.normals();
        const std::uint32_t before_carry = normals.chunks_before_carry() / blocks;
        const Count wanted = steps / Count(pass_steps);
        const std::uint32_t passes = wanted < Count(before_carry) ? static_cast<std::uint32_t>(wanted) : before_carry;
        ChunkRun<Lanes> run = normals.run();
        STATIONARY_NO_UNROLL
        for (std::uint32_t left = passes; left > 0; --left) pass.template take<pass_steps>(run, state);
        normals.skip_chunks(passes * blocks);
        steps -= Count(passes) * Count(pass_steps);
    }

    /// Passes with full H and F.
    class FullPass {
      public:
        STATIONARY_HD explicit FullPass(const LangevinStepper& stepper) : stepper_(stepper) {}

        template <int pass_steps>
        STATIONARY_HD void take(ChunkRun<Lanes>& run, ChainState<Lanes, D>& state) const {
            typename Lanes::Single normals[4];
            STATIONARY_UNROLL
            for (int step = 0; step < pass_steps; ++step) {
                Real z[D] = {};
                STATIONARY_UNROLL
                for (int i = 0; i < d; ++i) {
                    if ((step * d + i) % 4 == 0) run.next(normals);
                    z[i] = widen<Real>(normals[(step * d + i) % 4]);
                }
                stepper_.template step_with<TableShape::full>(z, state);
                if constexpr (D >= large_dimension) forget_memory();
            }
        }

      private:
        const LangevinStepper& stepper_;
    };

    /// Passes with diagonal H and F, held in registers. No component waits for another, so a normal is used as soon as
    /// it is made. With fast normals, which promise no bits, a component takes two roundings in place of four.
    class DiagonalPass {
      public:
        STATIONARY_HD explicit DiagonalPass(const LangevinStepper& stepper) : stepper_(stepper) {
            const Args& args = stepper.args_;
            STATIONARY_UNROLL
            for (int i = 0; i < d; ++i) {
                rate_[i] = Real(args.hessian[i * D + i]) * (fast ? Real(-args.step_size) : Real(1));
                noise_factor_[i] = Real(args.noise_factor[i * D + i]);
            }
        }

        template <int pass_steps>
        STATIONARY_HD void take(ChunkRun<Lanes>& run, ChainState<Lanes, D>& state) const {
            STATIONARY_UNROLL
            for (int block = 0; block < pass_steps * d / 4; ++block) {
                typename Lanes::Single normals[4];
                run.next(normals);
                STATIONARY_UNROLL
                for (int k = 0; k < 4; ++k) {
                    const int i = (4 * block + k) % d;
                    state.position[i] = moved(i, state.position[i], widen<Real>(normals[k]));
                }
            }
        }

        STATIONARY_HD void step(const Real (&z)[D], ChainState<Lanes, D>& state) const {
            STATIONARY_UNROLL
            for (int i = 0; i < d; ++i) state.position[i] = moved(i, state.position[i], z[i]);
        }

      private:
        static constexpr bool fast = Lanes::normal_map == NormalMap::fast;

        [[nodiscard]] STATIONARY_HD Real moved(int i, Real position, Real z) const {
            if constexpr (fast) {
                return fused_multiply_add(noise_factor_[i], z, fused_multiply_add(rate_[i], position, position));
            } else {
                return langevin_moved(stepper_.args_, position, rate_[i] * position, noise_factor_[i] * z);
            }
        }

        const LangevinStepper& stepper_;
        Real rate_[D];  ///< H; with fast normals −h·H
        Real noise_factor_[D];
    };

    const Args& args_;
    QuadraticOracle<Lanes, D> oracle_;
};

}  // namespace STATIONARY_SIMD_LEVEL
}  // namespace stationary
