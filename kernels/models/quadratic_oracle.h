#pragma once

#include "kernels/chain/chain_formulas.h"
#include "kernels/lanes/dot.h"
#include "kernels/noise/noise_stream.h"

namespace stationary {
inline namespace STATIONARY_SIMD_LEVEL {

/// What is known about H and F when compiling: nothing (the arguments say whether they are diagonal), or that both are
/// diagonal, or that they are to be taken as full.
enum class TableShape { as_flagged, diagonal, full };

template <TableShape shape>
STATIONARY_HD bool is_diagonal(bool flag) {
    return shape == TableShape::diagonal || (shape == TableShape::as_flagged && flag);
}

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
    template <TableShape shape = TableShape::as_flagged, class Position>
    STATIONARY_HD void mean_gradient(const Position& position, Real (&gradient)[D]) const {
        if (D > 1 && is_diagonal<shape>(args_.diagonal_hessian)) {
            multiply_diagonal(args_.hessian, position, gradient);
        } else {
            multiply(args_.hessian, args_.dimension, position, gradient);
        }
    }

    /// A chain that draws B noise vectors per step.
    STATIONARY_HD QuadraticOracle(const Args& args, typename Lanes::Chain chain, std::int64_t step)
        : QuadraticOracle(args, chain, step, args.batch_size) {}

    /// The next d normals.
    template <class Number>
    STATIONARY_HD void draw(Number (&z)[D]) {
        draw_normals(normals_, args_.dimension, z);
    }

    /// The stream of normals.
    [[nodiscard]] STATIONARY_HD NormalStream<Lanes>& normals() { return normals_; }

    /// Whether the next normals begin a chunk, and the whole of it.
    [[nodiscard]] STATIONARY_HD bool at_chunk() const { return normals_.at_chunk(); }
    STATIONARY_HD void draw_chunk(typename Lanes::Single (&normals)[NormalStream<Lanes>::chunk]) {
        normals_.next(normals, NormalStream<Lanes>::chunk);
    }

    /// noise = F z.
    template <TableShape shape = TableShape::as_flagged>
    STATIONARY_HD void noise(const Real (&z)[D], Real (&noise)[D]) const {
        if (D > 1 && is_diagonal<shape>(args_.diagonal_noise_factor)) {
            multiply_diagonal(args_.noise_factor, z, noise);
        } else {
            multiply_lower_triangular(args_.noise_factor, args_.dimension, z, noise);
        }
    }

    /// emit(i, ĝ_i), i = 0 … D−1, of ĝ = (1/B) Σ_b (Hδ + F z_b); position i is not read after emit(i). Every z_b is
    /// drawn; H and F are linear, so the sum over b is taken before they are applied.
    template <class Position, class Emit>
    STATIONARY_HD void minibatch_gradient(const Position& position, Emit&& emit) {
        Real sum[D];
        draw(sum);
        for (std::int64_t b = 1; b < args_.batch_size; ++b) {
            typename Lanes::Single z[D];
            draw(z);
            STATIONARY_UNROLL
            for (int i = 0; i < D; ++i) sum[i] = sum[i] + widen<Real>(z[i]);
        }
        Real noise_sum[D];
        noise(sum, noise_sum);
        Real gradient[D];
        mean_gradient(position, gradient);
        STATIONARY_UNROLL
        for (int i = 0; i < D; ++i) emit(i, batch_mean_plus(args_, noise_sum[i], gradient[i]));
    }

  private:
    const Args& args_;
    NormalStream<Lanes> normals_;
};

}  // namespace STATIONARY_SIMD_LEVEL
}  // namespace stationary
