#pragma once

#include "kernels/models/wide_oracles.h"

#include <cstdint>

namespace stationary {
inline namespace STATIONARY_SIMD_LEVEL {

// The steps of langevin_stepper.h and sgd_stepper.h for wide chains: of more than max_compiled_dimension components,
// with vectors in memory and the work shared by a team (wide_team.h). The bits are the same whatever the team. Tests:
// wide_chain_test.cpp, wide_backend_test.cpp, wide_launch_test.cpp.

/// Where position and velocity of a chain, or of a pack of chains, lie. Steps may change which vector is which.
template <class Real>
struct WideState {
    Real* position;
    Real* velocity;
};

/// δ ← δ − h Hδ + F z
template <class Lanes, class Team>
class WideLangevinStepper {
  public:
    using Real = typename Lanes::Real;
    using Args = ChainArgs<typename Lanes::Scalar>;
    static constexpr bool has_velocity = false;
    static constexpr int vectors(bool /*frozen*/) { return 3; }

    /// `memory` has room for `vectors` vectors, all zero.
    STATIONARY_HD WideLangevinStepper(const Args& args, Team& team, typename Lanes::Chain chain, std::int64_t step,
                                      Real* memory)
        : args_(args),
          team_(team),
          chain_(chain),
          next_(memory + wide_length(args.dimension)),
          z_(memory + 2 * wide_length(args.dimension)),
          next_normal_(static_cast<std::uint64_t>(step) * static_cast<std::uint64_t>(args.dimension)) {}

    static STATIONARY_HD WideState<Real> state_in(Real* memory, const Args&) { return {memory, nullptr}; }

    STATIONARY_HD void advance(WideState<Real>& state, std::int64_t steps) {
        for (; steps > 0; --steps) step(state);
    }

  private:
    STATIONARY_HD void step(WideState<Real>& state) {
        each_normal<Lanes>(team_, args_.key, chain_, next_normal_, args_.dimension, [&](int i, Real z) { z_[i] = z; });
        next_normal_ += static_cast<unsigned>(args_.dimension);
        Real* const from = state.position;
        Real* const to = next_;
        team_.each(quads_of(args_.dimension), [&](int q) {
            Real gradient[4];
            Real noise[4];
            Real position[4];
            hessian_times<Team>(args_, q, static_cast<const Real*>(from), gradient);
            noise_factor_times<Team>(args_, q, static_cast<const Real*>(z_), noise);
            read_quad(from, q, position);
            STATIONARY_UNROLL
            for (int k = 0; k < 4; ++k) position[k] = langevin_moved(args_, position[k], gradient[k], noise[k]);
            write_quad(to, q, position);
        });
        state.position = to;
        next_ = from;
    }

    const Args& args_;
    Team& team_;
    typename Lanes::Chain chain_;
    Real* next_;
    Real* z_;
    std::uint64_t next_normal_;
};

/// v ← μ v + (1 − τ) ĝ,   δ ← δ − η (a ĝ + c v)
template <template <class, class> class Oracle, class Lanes, class Team>
class WideSgdStepper {
  public:
    using Real = typename Lanes::Real;
    using Args = ChainArgs<typename Lanes::Scalar>;
    static constexpr bool has_velocity = true;
    static constexpr int vectors(bool frozen) { return own_vectors + (frozen ? 1 : 0) + Oracle<Lanes, Team>::vectors; }

    /// `memory` has room for `vectors` vectors, all zero.
    STATIONARY_HD WideSgdStepper(const Args& args, Team& team, typename Lanes::Chain chain, std::int64_t step,
                                 Real* memory)
        : args_(args),
          team_(team),
          oracle_(args, team, chain, step,
                  memory + (own_vectors + (args.frozen ? 1 : 0)) * wide_length(args.dimension)),
          next_(memory + 2 * wide_length(args.dimension)),
          start_(memory + own_vectors * wide_length(args.dimension)),
          step_(step),
          form_(update_form(args)) {
        if (!args.frozen) return;
        Real* const start = start_;
        team_.each(args.dimension, [&](int i) { start[i] = Real(args.initial[i]); });
    }

    static STATIONARY_HD WideState<Real> state_in(Real* memory, const Args& args) {
        return {memory, memory + wide_length(args.dimension)};
    }

    /// `steps` steps, of which the last is kept.
    STATIONARY_HD void advance(WideState<Real>& state, std::int64_t steps) {
        for (; steps > 0; --steps) step(state, steps == 1);
    }

  private:
    static constexpr bool in_place = Oracle<Lanes, Team>::in_place;
    static constexpr int own_vectors = in_place ? 2 : 3;

    STATIONARY_HD void step(WideState<Real>& state, bool kept) {
        const Real minus_size = Real(-step_size_of(args_, step_));
        ++step_;
        Real* const from = state.position;
        Real* const to = in_place ? from : next_;
        oracle_.minibatch_gradient(args_.frozen ? static_cast<const Real*>(start_) : static_cast<const Real*>(from),
                                   [&](int q, const Real(&gradient)[4]) {
                                       Real position[4];
                                       Real velocity[4];
                                       read_quad(from, q, position);
                                       read_quad(state.velocity, q, velocity);
                                       STATIONARY_UNROLL
                                       for (int k = 0; k < 4; ++k) {
                                           sgd_update(args_, form_, kept, gradient[k], minus_size, position[k],
                                                      velocity[k]);
                                       }
                                       write_quad(to, q, position);
                                       write_quad(state.velocity, q, velocity);
                                   });
        if constexpr (!in_place) {
            state.position = to;
            next_ = from;
        }
    }

    const Args& args_;
    Team& team_;
    Oracle<Lanes, Team> oracle_;
    Real* next_;
    Real* start_;  ///< where the gradients of a frozen program are taken
    std::int64_t step_;
    UpdateForm form_;
};

template <class Lanes, class Team>
using WideQuadraticSgdStepper = WideSgdStepper<WideQuadraticOracle, Lanes, Team>;
template <class Lanes, class Team>
using WideLeastSquaresSgdStepper = WideSgdStepper<WideLeastSquaresOracle, Lanes, Team>;
template <class Lanes, class Team>
using WideFiniteQuadraticSgdStepper = WideSgdStepper<WideFiniteQuadraticOracle, Lanes, Team>;
template <class Lanes, class Team>
using WideGaussianRegressionSgdStepper = WideSgdStepper<WideGaussianRegressionOracle, Lanes, Team>;

/// The state before the first step: δ_0, velocity 0.
template <class Team, class Real, class Scalar>
STATIONARY_HD void start_wide_chain(const ChainArgs<Scalar>& args, Team& team, const WideState<Real>& state) {
    team.each(args.dimension, [&](int i) {
        state.position[i] = Real(args.initial[i]);
        if (state.velocity != nullptr) state.velocity[i] = Real(0);
    });
}

}  // namespace STATIONARY_SIMD_LEVEL
}  // namespace stationary
