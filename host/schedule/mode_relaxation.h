#pragma once

#include "host/schedule/mode_step.h"
#include "host/schedule/moment_map.h"

namespace stationary {

// Moments of the modes one by one are StateMoments with mean [2d], the positions before the velocities, and second
// [d×3]: E δ_i², E δ_i v_i, E v_i².

/// Many steps of the modes' moments at once, in fixed-order arithmetic: exact for additive noise. State-dependent noise
/// enters through the modes' variances alone (ModeModel::coupling) and is held over blocks as frozen_noise of
/// moment_powers.h does it, s steps being at most an eighth of the relaxation without it.
class ModePowers {
  public:
    /// Both must outlive the powers.
    ModePowers(ModeChain& chain, const Matrix& coupling) : chain_(chain), coupling_(coupling) {}

    [[nodiscard]] bool has_blocks() const { return coupling_.size() > 0; }
    [[nodiscard]] int log2_block() const { return log2_block_; }
    /// Sets the longest block from the stationary second moments and how they are measured.
    template <typename Measure>
    void choose_block(const Measure& measure, const Matrix& stationary) {
        constexpr double relaxed = 0.3;
        constexpr int blocks_per_relaxation = 3;  // log2
        const Vector still = Vector::Zero(2 * chain_.dimension());
        int k = 0;
        while (k < 40 && measure({still, carried_moments({still, stationary}, k).second}) > relaxed) ++k;
        log2_block_ = std::max(0, k - blocks_per_relaxation);
    }

    void advance(StateMoments& moments, int log2_steps);

  private:
    [[nodiscard]] StateMoments carried_moments(const StateMoments& moments, int log2_steps);
    /// Σ_r M^r X (M^r)ᵀ over a block, X the noise for variances `noise` of a training point's gradient.
    [[nodiscard]] Matrix sum_over_block(const Vector& noise, int log2_steps);
    [[nodiscard]] Vector state_noise(const Matrix& second) const;
    void advance_block(StateMoments& moments, int log2_steps);

    ModeChain& chain_;
    const Matrix& coupling_;
    int log2_block_ = 0;
};

/// RelaxationMeasure (relaxation.h) mode by mode: in units of each mode's own stationary covariance, Schatten-8 over
/// all modes; whichever is larger, of the second moments or the means. How modes are correlated enters as the factor
/// `inflation` of each: where only slow modes are left, the whole measure is about (Z̃⁻¹)_ii times that of mode i, Z̃
/// the correlation matrix of the modes. Test: mode_schedule_test.cpp, plans_as_whole_matrices_do.
class ModeMeasure {
  public:
    /// `stationary` [d×3], `inflation` [d], `initial` the start δ_0 in the modes [d]: without noise it is the measure
    /// of what is left of it.
    ModeMeasure(const Matrix& stationary, Vector inflation, const ModeChain& chain, const Vector& initial);

    double operator()(const StateMoments& deviation) const;

  private:
    [[nodiscard]] double mode_measure(const Matrix& second, Eigen::Index i) const;
    [[nodiscard]] double mean_measure(const Vector& mean) const;

    Vector position_deviation_;
    Vector velocity_deviation_;  ///< empty without momentum
    Matrix factor_;              ///< lower-triangular factor of each mode's correlation matrix: l00, l10, l11 [d×3]
    Vector inflation_;
};

/// (Z̃⁻¹)_ii, at least 1, of the correlation matrix Z̃ of a covariance [d×d]; correlations beyond 1 − 2⁻¹⁰ are not
/// resolved, so that no factor exceeds about 2¹⁰. 1 for a diagonal covariance. Time d³/2.
Vector correlation_inflation(const Matrix& covariance);

}  // namespace stationary
