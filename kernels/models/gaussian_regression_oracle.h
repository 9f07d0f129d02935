#pragma once

#include "kernels/chain/chain_formulas.h"
#include "kernels/lanes/dot.h"
#include "kernels/noise/noise_stream.h"

namespace stationary {
inline namespace STATIONARY_SIMD_LEVEL {

/// Streaming Gaussian regression: every training point is fresh, x = F z ~ N(0, A) and y = xᵀΦ* + σζ, with gradient x
/// (xᵀδ − σζ).
template <class Lanes, int D>
class GaussianRegressionOracle {
  public:
    using Real = typename Lanes::Real;
    using Args = ChainArgs<typename Lanes::Scalar>;

    STATIONARY_HD GaussianRegressionOracle(const Args& args, typename Lanes::Chain chain, std::int64_t step)
        : args_(args),
          normals_(args.key, chain, NoisePurpose::gradient_noise,
                   static_cast<std::uint64_t>(step) * static_cast<std::uint64_t>(args.batch_size) *
                       (static_cast<std::uint64_t>(args.dimension) + 1)) {}

    /// emit(i, ĝ_i), i = 0 … D−1, of ĝ = (1/B) Σ_b x_b (x_bᵀδ − σζ_b), added in the order in which the training points
    /// are drawn; position i is not read after emit(i).
    template <class Position, class Emit>
    STATIONARY_HD void minibatch_gradient(const Position& position, Emit&& emit) {
        Real sum[D];
        STATIONARY_UNROLL
        for (int i = 0; i < D; ++i) sum[i] = Real(0);
        for (std::int64_t b = 0; b < args_.batch_size; ++b) add_training_point(position, sum);
        STATIONARY_UNROLL
        for (int i = 0; i < D; ++i) emit(i, sum[i] * Real(args_.inverse_batch_size));
    }

  private:
    template <class Position>
    STATIONARY_HD void add_training_point(const Position& position, Real (&sum)[D]) {
        typename Lanes::Single normals[D];
        Real label[1];
        draw_normals(normals_, args_.dimension, normals);
        draw_normals(normals_, 1, label);
        Real z[D];
        STATIONARY_UNROLL
        for (int i = 0; i < D; ++i) z[i] = widen<Real>(normals[i]);
        Real x[D];
        multiply_lower_triangular(args_.noise_factor, args_.dimension, z, x);
        const Real residual = residual_with_label_noise(args_, label[0], dot<D>(x, position));
        STATIONARY_UNROLL
        for (int i = 0; i < D; ++i) sum[i] = fused_multiply_add(x[i], residual, sum[i]);
    }

    const Args& args_;
    NormalStream<Lanes> normals_;
};

}  // namespace STATIONARY_SIMD_LEVEL
}  // namespace stationary
