#pragma once

#include "kernels/chain_args.h"
#include "kernels/dot.h"
#include "kernels/noise_stream.h"

namespace stationary {
inline namespace STATIONARY_SIMD_LEVEL {

/// Quadratic loss: mean gradient Hδ, and training points whose gradients are Hδ + F z_b, z_b ~ N(0, I_d), F Fᵀ = Σ¹.
template <class Lanes, int D>
class QuadraticOracle {
  public:
    using Real = typename Lanes::Real;
    using Args = ChainArgs<typename Lanes::Scalar>;

    /// A chain about to take step `step`, each step drawing `vectors` noise vectors.
    STATIONARY_HD QuadraticOracle(const Args& args, typename Lanes::Chain chain, std::int64_t step,
                                  std::int64_t vectors)
        : args_(args),
          normals_(args.key, chain, NoisePurpose::gradient_noise,
                   static_cast<std::uint64_t>(step) * static_cast<std::uint64_t>(vectors) *
                       static_cast<std::uint64_t>(args.dimension)) {}

    /// gradient = Hδ.
    STATIONARY_HD void mean_gradient(const Real (&position)[D], Real (&gradient)[D]) const {
        multiply(args_.hessian, args_.dimension, position, gradient);
    }

    /// A chain that draws B noise vectors per step.
    STATIONARY_HD QuadraticOracle(const Args& args, typename Lanes::Chain chain, std::int64_t step)
        : QuadraticOracle(args, chain, step, args.batch_size) {}

    /// noise = F z for one fresh z.
    STATIONARY_HD void noise(Real (&noise)[D]) {
        Real z[D];
        draw(z);
        multiply_lower_triangular(args_.noise_factor, args_.dimension, z, noise);
    }

    /// gradient = (1/B) Σ_b (Hδ + F z_b). Every z_b is drawn; H and F are linear, so the sum over b is taken before
    /// they are applied.
    STATIONARY_HD void minibatch_gradient(const Real (&position)[D], Real (&gradient)[D]) {
        Real sum[D];
        draw(sum);
        for (std::int64_t b = 1; b < args_.batch_size; ++b) {
            Real z[D];
            draw(z);
            STATIONARY_UNROLL
            for (int i = 0; i < D; ++i) sum[i] = sum[i] + z[i];
        }
        Real noise[D];
        multiply_lower_triangular(args_.noise_factor, args_.dimension, sum, noise);
        mean_gradient(position, gradient);
        STATIONARY_UNROLL
        for (int i = 0; i < D; ++i)
            gradient[i] = fused_multiply_add(noise[i], Real(args_.inverse_batch_size), gradient[i]);
    }

  private:
    STATIONARY_HD void draw(Real (&z)[D]) { draw_normals(normals_, args_.dimension, z); }

    const Args& args_;
    NormalStream<Lanes> normals_;
};

}  // namespace STATIONARY_SIMD_LEVEL
}  // namespace stationary
