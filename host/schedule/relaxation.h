#pragma once

#include "host/schedule/moment_map.h"

namespace stationary {

/// Standard deviation of each component of z [k], with null directions given 2⁻²⁰ of the largest one of their kind (δ
/// or v): what is smaller neither waits for relaxation nor gets a finer fixed-point scale. Where the noise is zero
/// altogether, |δ_0| takes the place of the largest (of v: |δ_0| / step_size), so that the start itself is the measure
/// of what is left of it; if that is zero too, 1.
Vector resolved_deviations(const MomentMap& map, const Matrix& stationary, const Vector& initial);

/// The same for the standard deviations of one kind, given their squares; all zero counts as 1.
Vector resolved_deviations(const Vector& variances);
/// The same with |δ_0|, if that is not zero, in the place of 1.
Vector resolved_deviations(const Vector& variances, const Vector& initial);

/// How far moments are from the stationary ones, as one number that does not oscillate.
///
/// In coordinates where the stationary Z∞ is the identity (z̃ = L⁻¹z, L Lᵀ = Z∞), let D̃ be the deviation of E z zᵀ. The
/// measure is max(‖D̃‖_S8, |m̃|), ‖·‖_S8 the Schatten norm (Σ λ⁸)^(1/8), between the largest |λ| and k^(1/8) times that.
/// It bounds, for P = (Z∞)_δδ,
///   |D_ij| / √(P_ii P_jj),   |tr(P⁻¹ D_δδ)| / d,   |m_i| / √P_ii,
/// and max |λ| never rises from step to step: the step maps Z∞ to at most itself and keeps the order of symmetric
/// matrices, so it contracts the norm whose unit ball is −Z∞ ≤ D ≤ Z∞. A start off Φ* drives D through K(m) on least
/// squares, and only then can it rise. With D = Z∞ at the start, ‖D̃‖ after t steps is the largest factor by which t
/// steps leave any deviation.
class RelaxationMeasure {
  public:
    /// A correlation matrix is taken as at least 2⁻³⁰ in every direction: what is nearly null is not divided by.
    RelaxationMeasure(const MomentMap& map, const Matrix& stationary, const Vector& initial);

    /// The measure of a mean and a deviation of the second moment.
    double operator()(const StateMoments& deviation) const;

  private:
    Vector deviations_;  ///< √Z_ii, resolved_deviations [k]
    Matrix factor_;      ///< lower-triangular factor of the correlation matrix [k×k]
};

}  // namespace stationary
