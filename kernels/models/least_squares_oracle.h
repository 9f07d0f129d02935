#pragma once

#include "kernels/chain/chain_formulas.h"
#include "kernels/lanes/dot.h"
#include "kernels/models/index_stream.h"

namespace stationary {
inline namespace STATIONARY_SIMD_LEVEL {

/// Least squares on a finite data set: training point i has gradient x_i (x_iᵀδ + e_i) + ridge·(δ + Φ*).
template <class Lanes, int D>
class LeastSquaresOracle {
  public:
    using Real = typename Lanes::Real;
    using Args = ChainArgs<typename Lanes::Scalar>;

    STATIONARY_HD LeastSquaresOracle(const Args& args, typename Lanes::Chain chain, std::int64_t step)
        : args_(args), indices_(args, chain, step) {}

    /// emit(i, ĝ_i), i = 0 … D−1, of ĝ = (1/B) Σ_b x_b (x_bᵀδ + e_b) + ridge·δ + ridge·Φ*, the B training points added
    /// in the order in which they are drawn; position i is not read after emit(i).
    template <class Position, class Emit>
    STATIONARY_HD void minibatch_gradient(const Position& position, Emit&& emit) {
        Real sum[D];
        STATIONARY_UNROLL
        for (int i = 0; i < D; ++i) sum[i] = Real(0);
        indices_.add_batch(
            sum, [&](const typename Lanes::Index& index, Real(&to)[D]) { add_training_point(index, position, to); });
        if (args_.residual_in_row) sum[D - 1] = Real(0);
        STATIONARY_UNROLL
        for (int i = 0; i < D; ++i) {
            emit(i, batch_mean_plus(args_, sum[i], ridge_penalty(args_, i, position[i])));
        }
    }

  private:
    /// Where the row holds its residual, the δ that belongs to that column is zero, and what is summed there is
    /// dropped.
    template <class Position>
    STATIONARY_HD void add_training_point(const typename Lanes::Index& index, const Position& position,
                                          Real (&sum)[D]) const {
        Lanes::leave_in_memory(position);
        typename Lanes::template Row<D> row;
        Lanes::template load_row<D>(args_.features, index, row);
        const Real at_minimizer = args_.residual_in_row ? row[D - 1] : Lanes::load(args_.residuals, index);
        const Real residual = dot<D>(row, position) + at_minimizer;
        if constexpr (Lanes::template row_in_memory<D>) forget_memory();
        STATIONARY_UNROLL
        for (int i = 0; i < D; ++i) sum[i] = fused_multiply_add(row[i], residual, sum[i]);
    }

    const Args& args_;
    IndexStream<Lanes> indices_;
};

}  // namespace STATIONARY_SIMD_LEVEL
}  // namespace stationary
