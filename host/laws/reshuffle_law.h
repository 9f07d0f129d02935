#pragma once

#include <cstdint>

#include "host/algebra/eigenbasis.h"
#include "host/laws/sgd_response.h"

namespace stationary {

/// A place in an epoch of n = ⌊N/B⌋ batches cut from one fresh permutation of the N training points. A last, short
/// batch is dropped.
struct EpochPlace {
    std::int64_t training_points = 0;  ///< N
    std::int64_t batch_size = 1;       ///< B
    std::int64_t position = 0;         ///< j, steps of the epoch taken before the state is recorded, 0 … n − 1
};

/// W [d×d] with Cov(δ_i, δ_j) = W_ij Σ¹_ij in the eigenbasis of H at a place of every epoch, where all training points
/// have the curvature H. Exact (docs/theory.md, section 6).
///
/// Two different points of one permutation have covariance −Σ¹/(N−1), so two batches of an epoch have it too, whether
/// or not B divides N; one batch has c_B Σ¹ and c_B + 1/(N−1) = N/(B(N−1)). With m_k = M^k b, m̄ their mean over k < j
/// and V_j = Σ_{k<j} (m_k − m̄)(m_k − m̄)ᵀ, what j steps of an epoch add is
///   Q_j = Σ¹/(N−1) ∘ [ (N/B) Σ_{k<j} m_k m_kᵀ − (Σ m_k)(Σ m_k)ᵀ ] = Σ¹/(N−1) ∘ [ (N/B) V_j + j (N/B − j) m̄ m̄ᵀ ]
/// and Z_j = M^j Z_0 M^jᵀ + Q_j, Z_0 = M^n Z_0 M^nᵀ + Q_n. The second form has no cancellation, though at small ηhn the
/// result is orders of magnitude below each term of the first. V_j by doubling: O(d² log n).
///
/// Requires every ηh to be below mean_stability_limit. Throws std::invalid_argument unless 1 ≤ B ≤ N, 0 ≤ j < n.
RealMatrix reshuffle_response(const SgdStep& step, double learning_rate, const RealVector& curvature,
                              const EpochPlace& place);

}  // namespace stationary
