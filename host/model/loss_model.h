#pragma once

#include "host/algebra/matrix.h"
#include "host/experiment/experiment.h"

#include <cstdint>

namespace stationary {

/// The loss as theory and kernels see it, in double, in the coordinates δ = Φ − Φ*.
///
/// quadratic: training-point gradient ĝ = Hδ + ξ, ξ ~ N(0, Σ¹), infinitely many training points.
/// quadratic with gradient_residuals: N training points with ĝ_i = Hδ + r_i, every one with the same curvature.
/// gaussian_regression: every training point fresh, x ~ N(0, A), y = xᵀΦ* + N(0, σ²); ĝ = x (xᵀδ − ε), H = A, Σ¹ = σ²A.
/// least_squares: ℓ_i = ½(x_iᵀΦ − y_i)² + (ridge/2)|Φ|², so ĝ_i = x_i (x_iᵀδ + e_i) + ridge·(δ + Φ*), e_i = x_iᵀΦ* −
/// y_i; H = (1/N) Σ x_i x_iᵀ + ridge·I; Σ¹ = (1/N) Σ r_i r_iᵀ with r_i = ĝ_i(Φ*) (docs/theory.md, sections 1 and 5).
///
/// Every number here is made by fixed-order loops (fixed_order.h), because kernels read some of them and the
/// fingerprint covers them.
struct LossModel {
    ModelKind kind = ModelKind::quadratic;
    Vector minimizer;                  ///< Φ* [d]
    Matrix hessian;                    ///< H [d×d]
    Matrix gradient_noise_covariance;  ///< Σ¹ at Φ* [d×d]
    // quadratic with a finite set of training points only
    Matrix gradient_residuals;  ///< r_i [N×d], mean zero: training point i has gradient Hδ + r_i, and Σ¹ = (1/N) Σ r_i
                                ///< r_iᵀ
    // gaussian_regression only
    double label_noise_variance = 0.0;  ///< σ²
    // least_squares only
    Matrix features;   ///< X [N×d], standardised if asked
    Vector residuals;  ///< e_i [N]
    double ridge = 0.0;
    std::uint64_t data_hash = 0;  ///< hash of the data file's parsed contents; part of the cell key

    [[nodiscard]] Eigen::Index dimension() const { return hessian.rows(); }
    /// N, or 0 when there are infinitely many training points.
    [[nodiscard]] std::int64_t training_points() const { return features.rows() + gradient_residuals.rows(); }
};

/// Builds the loss from its specification, reading the data file.
/// Throws InputError (not symmetric, not positive definite, constant column, malformed data: one line with row and
/// column) or FileError.
LossModel build_loss_model(const Experiment& experiment);

}  // namespace stationary
