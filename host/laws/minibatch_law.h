#pragma once

#include "host/algebra/eigenbasis.h"
#include "host/laws/sgd_response.h"
#include "host/model/loss_model.h"

namespace stationary {

/// Least squares on a finite data set, where the minibatch noise depends on the state (docs/theory.md, section 5).
/// Given E δδᵀ = P its covariance is c_B (T(P) + Σ¹) with T(P) = mean(x xᵀ P x xᵀ) − G P G, G = mean x xᵀ. (With
/// H_i = x_i x_iᵀ + ridge·I the terms in ridge of mean(H_i P H_i) − H P H cancel.) The stationary P solves
/// P = W ∘ (c_B T(P) + Σ^B), W = noise_response. All matrices here are in the eigenbasis of H.
class MinibatchLaw {
  public:
    /// T in packed coordinates (symmetric_packing.h) [d(d+1)/2 square], the same for every cell of a model. Time
    /// N·d⁴/4, memory d⁴/4 numbers and a block of rows.
    static Matrix state_noise_of(const LossModel& model, const Eigenbasis& basis);

    /// `state_noise` is that of the model and basis, `noise_factor` c_B.
    MinibatchLaw(const Matrix& state_noise, const Eigenbasis& basis, double noise_factor);

    /// Whether P ← c_B W ∘ T(P) contracts. Together with mean stability that is mean-square stability: the whole map of
    /// (δ, v) moments is a sum of two maps that keep the positive cone, and for such sums ρ(L₀ + N) < 1 if and only if
    /// ρ((1 − L₀)⁻¹N) < 1. Decided by the Lyapunov criterion: X − c_B W ∘ T(X) = I has a positive definite solution.
    [[nodiscard]] bool contracts(const RealMatrix& response) const;

    /// The stationary P [d×d], given Σ^B at the minimiser. Requires contracts(response).
    [[nodiscard]] Matrix covariance(const RealMatrix& response, const RealMatrix& minibatch_noise) const;

    /// The learning rate below which the cell is mean-square stable. μ = 0: 1/λ_max of the pencil
    /// H ⊗ H + c_B T against H ⊗ I + I ⊗ H (Mulayoff & Michaeli 2024, theorem 3); otherwise bisection to 1e-11
    /// relative.
    [[nodiscard]] double learning_rate_limit(const SgdStep& step) const;

  private:
    [[nodiscard]] double pencil_limit() const;
    [[nodiscard]] Matrix fixed_point_map(const RealMatrix& response) const;

    RealVector curvature_;
    Matrix state_noise_;  ///< c_B T in packed coordinates
};

}  // namespace stationary
