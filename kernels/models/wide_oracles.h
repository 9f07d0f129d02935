#pragma once

#include "kernels/chain/chain_formulas.h"
#include "kernels/chain/wide_noise.h"
#include "kernels/chain/wide_vectors.h"
#include "kernels/models/index_stream.h"

#include <cstdint>

namespace stationary {
inline namespace STATIONARY_SIMD_LEVEL {

// The oracles of wide chains: the formulas of their namesakes (quadratic_oracle.h and so on), with vectors in memory
// and the work shared by a team. minibatch_gradient(position, emit) calls emit(q, ĝ) for every quad q of ĝ; where
// `in_place` says so, no position is read any more once it does. The numbers beyond the dimension are zero and stay so.

/// What they have in common. `memory` has room for `vectors` vectors of wide_length numbers, all zero.
template <class L, class T>
class WideOracle {
  public:
    using Lanes = L;
    using Team = T;
    using Real = typename Lanes::Real;
    using Scalar = typename Lanes::Scalar;
    using Args = ChainArgs<Scalar>;
    using Chain = typename Lanes::Chain;

  protected:
    STATIONARY_HD WideOracle(const Args& args, Team& team, Chain chain, Real* memory)
        : args_(args), team_(team), chain_(chain), sum_(memory), quads_(quads_of(args.dimension)) {}

    [[nodiscard]] STATIONARY_HD Real* vector(int k) const { return sum_ + k * wide_length(args_.dimension); }

    STATIONARY_HD void clear_sum() {
        team_.each(quads_, [&](int q) {
            const Real zero[4] = {Real(0), Real(0), Real(0), Real(0)};
            write_quad(sum_, q, zero);
        });
    }
    /// emit(q, sum/B + rest) where rest(q, r) sets the rest of quad q.
    template <class Rest, class Emit>
    STATIONARY_HD void emit_mean_plus(Rest&& rest, Emit& emit) {
        team_.each(quads_, [&](int q) {
            Real sum[4];
            Real gradient[4];
            read_quad(sum_, q, sum);
            rest(q, gradient);
            STATIONARY_UNROLL
            for (int k = 0; k < 4; ++k) gradient[k] = batch_mean_plus(args_, sum[k], gradient[k]);
            emit(q, gradient);
        });
    }
    /// sum ← sum + residual·row
    STATIONARY_HD void add_point(const Real* row, Real residual) {
        team_.each(quads_, [&](int q) {
            Real x[4];
            Real sum[4];
            read_quad(row, q, x);
            read_quad(sum_, q, sum);
            STATIONARY_UNROLL
            for (int k = 0; k < 4; ++k) sum[k] = fused_multiply_add(x[k], residual, sum[k]);
            write_quad(sum_, q, sum);
        });
    }
    /// Number of the first normal of a step's batch, of so many for each training point.
    [[nodiscard]] STATIONARY_HD std::uint64_t first_normal(std::int64_t step, int normals_each) const {
        return static_cast<std::uint64_t>(step) * static_cast<std::uint64_t>(args_.batch_size) *
               static_cast<std::uint64_t>(normals_each);
    }

    const Args& args_;
    Team& team_;
    Chain chain_;
    Real* sum_;  ///< over the training points of a batch
    int quads_;
};

/// Hδ + (1/B) F Σ_b z_b
template <class Lanes, class Team>
class WideQuadraticOracle : public WideOracle<Lanes, Team> {
    using Base = WideOracle<Lanes, Team>;
    using Real = typename Lanes::Real;

  public:
    static constexpr int vectors = 1;
    static constexpr bool in_place = false;

    STATIONARY_HD WideQuadraticOracle(const typename Base::Args& args, Team& team, typename Base::Chain chain,
                                      std::int64_t step, Real* memory)
        : Base(args, team, chain, memory), next_normal_(this->first_normal(step, args.dimension)) {}

    template <class Emit>
    STATIONARY_HD void minibatch_gradient(const Real* position, Emit&& emit) {
        const auto& args = this->args_;
        Real* const sum = this->sum_;
        for (std::int64_t b = 0; b < args.batch_size; ++b, next_normal_ += static_cast<unsigned>(args.dimension)) {
            each_normal<Lanes>(this->team_, args.key, this->chain_, next_normal_, args.dimension,
                               [&](int i, Real z) { sum[i] = b == 0 ? z : sum[i] + z; });
        }
        this->team_.each(this->quads_, [&](int q) {
            Real noise[4];
            Real gradient[4];
            noise_factor_times<Team>(args, q, static_cast<const Real*>(sum), noise);
            hessian_times<Team>(args, q, position, gradient);
            STATIONARY_UNROLL
            for (int k = 0; k < 4; ++k) gradient[k] = batch_mean_plus(args, noise[k], gradient[k]);
            emit(q, gradient);
        });
    }

  private:
    std::uint64_t next_normal_;
};

/// Hδ + (1/B) Σ_b r_b
template <class Lanes, class Team>
class WideFiniteQuadraticOracle : public WideOracle<Lanes, Team> {
    using Base = WideOracle<Lanes, Team>;
    using Real = typename Lanes::Real;

  public:
    static constexpr int vectors = 1;
    static constexpr bool in_place = false;

    STATIONARY_HD WideFiniteQuadraticOracle(const typename Base::Args& args, Team& team, typename Base::Chain chain,
                                            std::int64_t step, Real* memory)
        : Base(args, team, chain, memory), indices_(args, chain, step) {}

    template <class Emit>
    STATIONARY_HD void minibatch_gradient(const Real* position, Emit&& emit) {
        const auto& args = this->args_;
        this->clear_sum();
        Real none[1] = {Real(0)};
        indices_.add_batch(none, [&](const typename Lanes::Index& index, Real(&)[1]) {
            this->team_.each(this->quads_, [&](int q) {
                Real row[4];
                Real sum[4];
                Lanes::load_row(args.gradient_residuals + 4 * q, 4 * this->quads_, index, row);
                read_quad(this->sum_, q, sum);
                STATIONARY_UNROLL
                for (int k = 0; k < 4; ++k) sum[k] = sum[k] + row[k];
                write_quad(this->sum_, q, sum);
            });
        });
        this->emit_mean_plus([&](int q, Real(&rest)[4]) { hessian_times<Team>(args, q, position, rest); }, emit);
    }

  private:
    IndexStream<Lanes> indices_;
};

/// (1/B) Σ_b x_b (x_bᵀδ + e_b) + ridge·δ + ridge·Φ*
template <class Lanes, class Team>
class WideLeastSquaresOracle : public WideOracle<Lanes, Team> {
    using Base = WideOracle<Lanes, Team>;
    using Real = typename Lanes::Real;
    using Index = typename Lanes::Index;

  public:
    static constexpr int vectors = 2;
    static constexpr bool in_place = true;

    STATIONARY_HD WideLeastSquaresOracle(const typename Base::Args& args, Team& team, typename Base::Chain chain,
                                         std::int64_t step, Real* memory)
        : Base(args, team, chain, memory), row_(this->vector(1)), indices_(args, chain, step) {}

    template <class Emit>
    STATIONARY_HD void minibatch_gradient(const Real* position, Emit&& emit) {
        const auto& args = this->args_;
        this->clear_sum();
        Real none[1] = {Real(0)};
        indices_.add_batch(none, [&](const Index& index, Real(&)[1]) { add_training_point(index, position); });
        this->emit_mean_plus(
            [&](int q, Real(&rest)[4]) {
                Real at[4];
                read_quad(position, q, at);
                STATIONARY_UNROLL
                for (int k = 0; k < 4; ++k) rest[k] = ridge_penalty(args, 4 * q + k, at[k]);
            },
            emit);
    }

  private:
    /// Where the row holds its residual, in the last number of its padding, that is taken out of the row.
    STATIONARY_HD void add_training_point(const Index& index, const Real* position) {
        const auto& args = this->args_;
        const int stride = 4 * this->quads_;
        Real at_minimizer[1];
        if (args.residual_in_row) {
            Lanes::load_row(args.features + stride - 1, stride, index, at_minimizer);
        } else {
            Lanes::load_row(args.residuals, 1, index, at_minimizer);
        }
        const Real product = this->team_.template dot<Real>(this->quads_, [&](int q, Real(&row)[4], Real(&at)[4]) {
            Lanes::load_row(args.features + 4 * q, stride, index, row);
            if (args.residual_in_row && q == this->quads_ - 1) row[3] = Real(0);
            write_quad(row_, q, row);
            read_quad(position, q, at);
        });
        this->add_point(row_, product + at_minimizer[0]);
    }

    Real* row_;
    IndexStream<Lanes> indices_;
};

/// (1/B) Σ_b x_b (x_bᵀδ − σζ_b), x_b = F z_b
template <class Lanes, class Team>
class WideGaussianRegressionOracle : public WideOracle<Lanes, Team> {
    using Base = WideOracle<Lanes, Team>;
    using Real = typename Lanes::Real;

  public:
    static constexpr int vectors = 3;
    static constexpr bool in_place = true;

    STATIONARY_HD WideGaussianRegressionOracle(const typename Base::Args& args, Team& team, typename Base::Chain chain,
                                               std::int64_t step, Real* memory)
        : Base(args, team, chain, memory),
          row_(this->vector(1)),
          z_(this->vector(2)),
          next_normal_(this->first_normal(step, args.dimension + 1)) {}

    template <class Emit>
    STATIONARY_HD void minibatch_gradient(const Real* position, Emit&& emit) {
        this->clear_sum();
        for (std::int64_t b = 0; b < this->args_.batch_size; ++b) add_training_point(position);
        this->team_.each(this->quads_, [&](int q) {
            Real gradient[4];
            read_quad(this->sum_, q, gradient);
            STATIONARY_UNROLL
            for (int k = 0; k < 4; ++k) gradient[k] = gradient[k] * Real(this->args_.inverse_batch_size);
            emit(q, gradient);
        });
    }

  private:
    /// The label's normal follows the d of the features. In a padded dimension it lies where F has a column of zeros.
    STATIONARY_HD void add_training_point(const Real* position) {
        const auto& args = this->args_;
        each_normal<Lanes>(this->team_, args.key, this->chain_, next_normal_, args.dimension + 1,
                           [&](int i, Real z) { z_[i] = z; });
        next_normal_ += static_cast<unsigned>(args.dimension) + 1;
        const Real product = this->team_.template dot<Real>(this->quads_, [&](int q, Real(&row)[4], Real(&at)[4]) {
            noise_factor_times<Team>(args, q, static_cast<const Real*>(z_), row);
            write_quad(row_, q, row);
            read_quad(position, q, at);
        });
        this->add_point(row_, residual_with_label_noise(args, z_[args.dimension], product));
    }

    Real* row_;
    Real* z_;
    std::uint64_t next_normal_;
};

}  // namespace STATIONARY_SIMD_LEVEL
}  // namespace stationary
