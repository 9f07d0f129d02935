#pragma once

#include "kernels/chain_args.h"
#include "kernels/dot.h"
#include "kernels/index_stream.h"

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

    /// gradient = (1/B) Σ_b x_b (x_bᵀδ + e_b) + ridge·δ + ridge·Φ*, the B training points added in the order in
    /// which they are drawn.
    STATIONARY_HD void minibatch_gradient(const Real (&position)[D], Real (&gradient)[D]) {
        Real sum[D];
        STATIONARY_UNROLL
        for (int i = 0; i < D; ++i) sum[i] = Real(0);
        indices_.for_batch([&](typename Lanes::Word index) { add_training_point(index, position, sum); });
        STATIONARY_UNROLL
        for (int i = 0; i < D; ++i) {
            const Real penalty = fused_multiply_add(Real(args_.ridge), position[i], Real(args_.ridge_gradient[i]));
            gradient[i] = fused_multiply_add(sum[i], Real(args_.inverse_batch_size), penalty);
        }
    }

  private:
    STATIONARY_HD void add_training_point(typename Lanes::Word index, const Real (&position)[D], Real (&sum)[D]) const {
        Real row[D];
        Lanes::load_row(args_.features, D, index, row);
        const Real residual = dot<D>(row, position) + Lanes::load(args_.residuals, index);
        STATIONARY_UNROLL
        for (int i = 0; i < D; ++i) sum[i] = fused_multiply_add(row[i], residual, sum[i]);
    }

    const Args& args_;
    IndexStream<Lanes> indices_;
};

}  // namespace STATIONARY_SIMD_LEVEL
}  // namespace stationary
