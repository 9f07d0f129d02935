#pragma once

#include "host/estimate.h"

namespace stationary {

/// ⟨δ·∇L⟩ / (f ⟨|v|²⟩), 1 in the stationary state of SGD (Yaida 2018; docs/theory.md, section 8). ⟨δ·∇L⟩ = tr(H E δδᵀ)
/// with E δδᵀ about Φ*, not about the mean; f is `factor` (dissipation_factor), H `hessian` [d×d].
///
/// Numerator and denominator are correlated, so the standard error is that of their pair, by the delta method: the
/// spread over shards of (A_s − R f V_s) / (f V). What fixed point and the state's precision may leave of either joins
/// in quadrature. NaN where f is NaN, nothing moves, or the estimate has no velocities.
ScalarEstimate fluctuation_dissipation_ratio(const Estimate& estimate, const Matrix& hessian, double factor);

}  // namespace stationary
