#pragma once

#include <cstdint>

#include "host/algebra/matrix.h"

namespace stationary {

/// Problem 2's momentum window: the displacement Φ_T − Φ_0 = −η Σ_{t=1…T} v_t of heavy ball without drift,
/// v_t = μ v_{t−1} + ξ_t, Cov ξ = Σ^B [d×d], v stationary at t = 0 (docs/theory.md, section 7). Both functions throw
/// std::invalid_argument unless 0 ≤ μ < 1 and T ≥ 1. With dampening, pass (1 − τ)η as the learning rate.

/// Cov(Φ_T − Φ_0) = η² Σ^B [ T/(1−μ)² − 2μ(1−μ^T)/((1−μ)³(1+μ)) ], exact at every T. One step weighs every gradient
/// of the past with its own α: T = 1 gives B Σ_k α_k² Σ^B·B = η² Σ^B/(1−μ²) with α_k = ημ^k/B.
/// Relative error a few 2⁻⁵²: the two terms agree to 1 − O(T(1−μ)) as μ → 1, so they are never subtracted.
Matrix displacement_covariance(const Matrix& batch_noise, double learning_rate, double momentum, std::int64_t steps);

/// T·η²Σ^B/(1−μ)², what Cov(Φ_T − Φ_0) grows like as T → ∞. In the words of problem 2: one training point moves Φ by
/// α_k = ημ^k/B, k steps after it was drawn, in total by Σ_k α_k = η/((1−μ)B) = η0; B points enter per step, each with
/// gradient covariance Σ_g, so T steps give T·B·(Σ_k α_k)² Σ_g, which is the same because Σ^B = Σ_g/B. The total
/// influence η0 alone sets the long displacement, whatever B and μ make it up; a short one has Σ_k α_k² instead.
Matrix total_influence_limit(const Matrix& batch_noise, double learning_rate, double momentum, std::int64_t steps);

}  // namespace stationary
