#pragma once

#include "host/algebra/eigenbasis.h"
#include "host/model/cell.h"

namespace stationary {

/// One SGD step on one mode of curvature h, with x = ηh, u = ηv and gradient noise ξ:
/// u ← μu + γ(xδ + ηξ); δ ← δ − (a(xδ + ηξ) + w u_before), that is z = (δ, u) ← z + D(x) z + (−a, γ)·ηξ with
/// D(x) = [[−a x, −w], [γ x, μ − 1]]. PyTorch's update rules: γ = 1 − τ; heavy ball and EMA a = γ, w = μ; Nesterov
/// a = 1 + μγ, w = μ². docs/theory.md, section 4.
struct SgdStep {
    double momentum = 0.0;        ///< μ
    double velocity_gain = 1.0;   ///< γ
    double position_gain = 1.0;   ///< a
    double velocity_carry = 0.0;  ///< w
    double direct_gain = 0.0;     ///< a − (gain through the velocity): 1 for Nesterov, else 0
};

SgdStep make_sgd_step(const Cell& cell);

/// Learning rate of the plain SGD that moves as far per gradient in the long run, in units of η: (a − μ·direct)/(1 −
/// μ). (1 − τ)/(1 − μ) for heavy ball and EMA, (1 − μτ)/(1 − μ) for Nesterov. Not positive: nothing pulls to the
/// minimiser.
double long_run_gain(const SgdStep& step);

/// Upper limit of x = ηh for which E δ converges to 0: 2(1 + μ)/(a + μ·direct); 0 if none is stable.
/// From Jury's conditions on z² − (1 + μ − a x) z + μ(1 − direct·x): |det| < 1 and the root at +1 never bind first.
double mean_stability_limit(const SgdStep& step);

/// W [d×d] with Cov(δ_i, δ_j) = W_ij Σ^B_ij in the eigenbasis of H, for additive noise. Requires every η h_i to be
/// below mean_stability_limit. Heavy ball: the closed form of docs/theory.md, section 4.
RealMatrix noise_response(const SgdStep& step, double learning_rate, const RealVector& curvature);

/// The diagonal of noise_response alone [d].
RealVector mode_responses(const SgdStep& step, double learning_rate, const RealVector& curvature);

}  // namespace stationary
