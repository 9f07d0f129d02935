#pragma once

#include "kernels/chain_args.h"
#include "kernels/dot.h"
#include "kernels/noise_stream.h"

namespace stationary {
inline namespace STATIONARY_SIMD_LEVEL {

/// Least squares on a finite data set: training point i has gradient x_i (x_iᵀδ + e_i) + ridge·(δ + Φ*).
template <class Lanes, int D>
class LeastSquaresOracle {
  public:
    using Real = typename Lanes::Real;
    using Args = ChainArgs<typename Lanes::Scalar>;

    STATIONARY_HD LeastSquaresOracle(const Args& args, typename Lanes::Chain chain, std::int64_t step,
                                     std::int64_t batch_size)
        : args_(args),
          indices_(args.key, chain, static_cast<std::uint64_t>(step) * static_cast<std::uint64_t>(batch_size)) {}

    /// gradient = (1/B) Σ_b x_b (x_bᵀδ + e_b) + ridge·δ + ridge·Φ* over B training points drawn uniformly with
    /// replacement, added in the order in which they are drawn.
    STATIONARY_HD void minibatch_gradient(const Real (&position)[D], Real (&gradient)[D]) {
        Real sum[D];
        STATIONARY_UNROLL
        for (int i = 0; i < D; ++i) sum[i] = Real(0);
        for (std::int64_t b = 0; b < args_.batch_size; ++b)
            add_training_point(indices_.next(args_.training_points), position, sum);
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
