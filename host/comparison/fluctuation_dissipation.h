#pragma once

#include "host/estimate/estimate.h"
#include "host/laws/dissipation.h"

namespace stationary {

/// ⟨(δ + ℓv)·∇L⟩ / (f ⟨|v|²⟩), 1 in the stationary state of SGD (Yaida 2018; docs/theory.md, section 8; dissipation.h),
/// with ℓ and f those of `relation` and H `hessian` [d×d]: ⟨δ·∇L⟩ = tr(H E δδᵀ), E δδᵀ about Φ*, not about the mean,
/// and ⟨v·∇L⟩ = ⟨v·Hδ⟩.
///
/// Numerator and denominator are correlated, so the standard error is that of their pair, by the delta method: the
/// spread over shards of (A_s − R f V_s) / (f V). What fixed point and the state's precision may leave of either joins
/// in quadrature. NaN where f is NaN, nothing moves, or the estimate has no velocities, or no ⟨v·Hδ⟩ where ℓ ≠ 0.
ScalarEstimate fluctuation_dissipation_ratio(const Estimate& estimate, const Matrix& hessian,
                                             const DissipationRelation& relation);

}  // namespace stationary
