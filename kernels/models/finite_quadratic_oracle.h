#pragma once

#include "kernels/chain/chain_formulas.h"
#include "kernels/lanes/dot.h"
#include "kernels/models/index_stream.h"

namespace stationary {
inline namespace STATIONARY_SIMD_LEVEL {

/// Quadratic loss with N training points of equal curvature: training point i has gradient Hδ + r_i.
template <class Lanes, int D>
class FiniteQuadraticOracle {
  public:
    using Real = typename Lanes::Real;
    using Args = ChainArgs<typename Lanes::Scalar>;

    STATIONARY_HD FiniteQuadraticOracle(const Args& args, typename Lanes::Chain chain, std::int64_t step)
        : args_(args), indices_(args, chain, step) {}

    /// emit(i, ĝ_i), i = 0 … D−1, of ĝ = Hδ + (1/B) Σ_b r_b, the residuals added in the order in which they are drawn;
    /// position i is not read after emit(i).
    template <class Position, class Emit>
    STATIONARY_HD void minibatch_gradient(const Position& position, Emit&& emit) {
        Real sum[D];
        STATIONARY_UNROLL
        for (int i = 0; i < D; ++i) sum[i] = Real(0);
        indices_.add_batch(sum, [&](const typename Lanes::Index& index, Real(&to)[D]) {
            typename Lanes::template Row<D> row;
            Lanes::template load_row<D>(args_.gradient_residuals, index, row);
            STATIONARY_UNROLL
            for (int i = 0; i < D; ++i) to[i] = to[i] + row[i];
        });
        Real gradient[D];
        multiply(args_.hessian, args_.dimension, position, gradient);
        STATIONARY_UNROLL
        for (int i = 0; i < D; ++i) emit(i, batch_mean_plus(args_, sum[i], gradient[i]));
    }

  private:
    const Args& args_;
    IndexStream<Lanes> indices_;
};

}  // namespace STATIONARY_SIMD_LEVEL
}  // namespace stationary
