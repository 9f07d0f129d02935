#pragma once

#include "kernels/quadratic_oracle.h"

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
        while (steps > 0) {
            if (steps_at_once > 1 && steps >= Count(steps_at_once) && args_.dimension == D && oracle_.at_chunk()) {
                several_steps(state);
                steps -= Count(steps_at_once);
            } else {
                step(state, true);
                --steps;
            }
        }
    }

  private:
    static constexpr int chunk = NormalStream<Lanes>::chunk;
    static constexpr int steps_at_once = D < chunk ? chunk / D : 1;

    /// One step with standard normals z.
    STATIONARY_HD void step_with(const Real (&z)[D], ChainState<Lanes, D>& state) const {
        Real gradient[D];
        Real noise[D];
        oracle_.mean_gradient(state.position, gradient);
        oracle_.noise(z, noise);
        STATIONARY_UNROLL
        for (int i = 0; i < D; ++i) {
            state.position[i] = fused_multiply_add(Real(-args_.step_size), gradient[i], state.position[i]) + noise[i];
        }
    }

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

    const Args& args_;
    QuadraticOracle<Lanes, D> oracle_;
};

}  // namespace STATIONARY_SIMD_LEVEL
}  // namespace stationary
