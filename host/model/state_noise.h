#pragma once

#include "host/algebra/matrix.h"
#include "host/model/loss_model.h"

namespace stationary {

/// Whether SGD's noise depends on the state: training points differ in curvature.
inline bool has_state_dependent_noise(const LossModel& model) { return model.kind != ModelKind::quadratic; }

/// How one training point's gradient noise depends on the state, for least squares on a finite data set and for
/// Gaussian regression (docs/theory.md, section 5).
///
/// With ĝ_i − g = (H_i − H)δ + r_i, E[(ĝ_i − g)(ĝ_i − g)ᵀ] = T(E δδᵀ) + K(E δ) + K(E δ)ᵀ + R, where
/// T(P) = mean(x xᵀ P x xᵀ) − G P G, K(m) = mean(e (xᵀm) x xᵀ) + G m aᵀ, G = mean x xᵀ, a = ridge·Φ*, R = Σ¹ at Φ*
/// (mean e x = −a at the minimiser; the terms in ridge of T cancel). K vanishes where E δ does.
/// Gaussian regression: T(P) = APA + tr(AP)·A by Isserlis' theorem, and K = 0, because r_i = −ε_i x_i with ε_i of mean
/// zero and independent of x_i, so that E[(x xᵀ − A) m r_iᵀ] = −E[ε]·E[…] = 0.
/// Made once per model by fixed-order sums: time N·d⁴/24, memory d⁴/4 numbers.
class StateNoise {
  public:
    explicit StateNoise(const LossModel& model);

    /// T(P) [d×d] for symmetric P [d×d].
    [[nodiscard]] Matrix curvature_noise(const Matrix& second_moment) const;
    /// K(m) + K(m)ᵀ [d×d] for m [d].
    [[nodiscard]] Matrix cross_noise(const Vector& mean) const;

  private:
    Matrix curvature_noise_;     ///< T on packed upper triangles [m×m], m = d(d+1)/2
    Matrix third_moment_;        ///< mean e x_a x_b x_c [m×d]
    Matrix feature_covariance_;  ///< G [d×d]
    Vector ridge_gradient_;      ///< a [d]
};

/// The upper triangle of a symmetric matrix, row by row [d(d+1)/2], and back.
Vector pack_upper(const Matrix& symmetric);
Matrix unpack_upper(const Vector& packed, Eigen::Index dimension);

}  // namespace stationary
