#pragma once

#include "host/schedule/moment_map.h"

#include <cstdint>

namespace stationary {

/// What the steps of one reshuffled epoch do to the moments of z when all training points have the curvature H, by
/// fixed-order arithmetic (docs/theory.md, section 6; reshuffle_law.h has the derivation and the same law in the
/// eigenbasis).
///
/// Z ← M^j Z (M^j)ᵀ + Q_j over the first j steps of an epoch of n = ⌊N/B⌋ batches, with
///   Q_j = [ (N/B) V_j + j (N/B − j) S̄_j G S̄_jᵀ ] / (N − 1),   G = (b bᵀ) ⊗ R,
/// S̄_j the mean of M^k over k < j and V_j = Σ_{k<j} (M^k − S̄_j) G (M^k − S̄_j)ᵀ. This form has no cancellation; V_j by
/// doubling, O(log n) products.
class EpochLaw {
  public:
    /// `step` is the map of one step of `cell`, whose sampling is reshuffle. Its state-dependent noise is left out.
    EpochLaw(const LossModel& model, const Cell& cell, const MomentMap& step);

    /// Z ← M^n Z (M^n)ᵀ + Q_n: from one epoch's start to the next.
    [[nodiscard]] MomentMap epoch_map() const;
    /// M^j Z (M^j)ᵀ + Q_j: the second moment at the cell's epoch_position, from that at the epoch's start.
    [[nodiscard]] Matrix at_position(const Matrix& at_start) const;
    /// The same for a deviation of the moments, which no noise adds to.
    [[nodiscard]] StateMoments deviation_at_position(const StateMoments& at_start) const;

  private:
    struct Sweep {
        Matrix transition;  ///< M^j
        Matrix noise;       ///< Q_j
    };
    [[nodiscard]] Sweep sweep(std::int64_t steps) const;

    const MomentMap& step_;
    Matrix injected_;    ///< G
    double points_;      ///< N
    double batch_size_;  ///< B
    Sweep epoch_;
    Sweep part_;
};

}  // namespace stationary
