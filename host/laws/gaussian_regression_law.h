#pragma once

#include "host/algebra/eigenbasis.h"
#include "host/laws/sgd_response.h"
#include "host/model/loss_model.h"

namespace stationary {

/// Streaming least squares: every training point is fresh, x ~ N(0, A), y = xᵀΦ* + N(0, σ²) (docs/theory.md, section
/// 5). By Isserlis' theorem the batch noise given E δδᵀ = P is c_B (APA + tr(AP) A + σ²A), c_B = 1/B. In the eigenbasis
/// of A = H the trace is all that couples the modes, and P = W ∘ (…), W = noise_response, is solved by a diagonal P:
///   f_i = c_B W_ii h_i² / (1 − c_B W_ii h_i²),   P_ii = (f_i / h_i) σ² / (1 − Σ f).
/// Theorem 2 of Ziyin, Liu, Mori & Ueda (ICLR 2022, arXiv 2102.05375) is this law for heavy ball.
class GaussianRegressionLaw {
  public:
    GaussianRegressionLaw(const LossModel& model, const Eigenbasis& basis, double noise_factor);

    /// Given mean stability: whether the covariance converges, that is every c_B W_ii h_i² < 1 and Σ f < 1. (The
    /// second-moment map keeps the positive cone, so its radius belongs to a positive P; the diagonal of that P
    /// decides.)
    [[nodiscard]] bool contracts(const RealVector& responses) const;

    /// The stationary P [d×d] in the eigenbasis, given the diagonal of W. Requires contracts(responses).
    [[nodiscard]] RealMatrix covariance(const RealVector& responses) const;

    /// The learning rate below which the cell is mean-square stable, by bisection to 1e-13 relative.
    [[nodiscard]] double learning_rate_limit(const SgdStep& step) const;

  private:
    /// c_B W_ii h_i²: how much of its own variance a mode gets back as noise.
    [[nodiscard]] RealVector feedback(const RealVector& responses) const;

    RealVector curvature_;
    Real noise_factor_;
    Real label_noise_variance_;
};

}  // namespace stationary
