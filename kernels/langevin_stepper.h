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

    STATIONARY_HD LangevinStepper(const Args& args, typename Lanes::Chain chain, std::int64_t step)
        : args_(args), oracle_(args, chain, step, 1) {}

    STATIONARY_HD void step(ChainState<Lanes, D>& state) {
        Real gradient[D];
        Real noise[D];
        oracle_.mean_gradient(state.position, gradient);
        oracle_.noise(noise);
        STATIONARY_UNROLL
        for (int i = 0; i < D; ++i) {
            state.position[i] = fused_multiply_add(Real(-args_.step_size), gradient[i], state.position[i]) + noise[i];
        }
    }

  private:
    const Args& args_;
    QuadraticOracle<Lanes, D> oracle_;
};

}  // namespace STATIONARY_SIMD_LEVEL
}  // namespace stationary
