#pragma once

#include "host/algebra/matrix.h"
#include "host/model/cell.h"
#include "host/model/loss_model.h"

#include <cstdint>
#include <vector>

namespace stationary {

/// One step's mean map of (δ_i, v_i) along one mode of H: [[position, carry], [pull, momentum]].
struct ModeStep {
    double position = 1.0;
    double carry = 0.0;
    double pull = 0.0;
    double momentum = 0.0;
};
ModeStep product(const ModeStep& a, const ModeStep& b);

/// Second moments of two modes i, j: E δ_iδ_j, E δ_i v_j, E v_i δ_j, E v_i v_j.
struct ModeBlock {
    double positions = 0.0;
    double position_velocity = 0.0;
    double velocity_position = 0.0;
    double velocities = 0.0;
};
/// M_i X M_jᵀ.
ModeBlock carried(const ModeStep& left, const ModeStep& right, const ModeBlock& x);
ModeBlock operator+(const ModeBlock& a, const ModeBlock& b);
ModeBlock operator*(double factor, const ModeBlock& a);

/// The modes of one cell (docs/theory.md, sections 3 and 4): their maps and the noise that a step adds, in fixed-order
/// arithmetic. Without momentum the velocity is left out: it stays zero.
class ModeChain {
  public:
    ModeChain(const LossModel& model, const Cell& cell, const Vector& curvature);

    [[nodiscard]] Eigen::Index dimension() const { return static_cast<Eigen::Index>(steps_.size()); }
    [[nodiscard]] bool has_velocity() const { return has_velocity_; }
    [[nodiscard]] double step_size() const { return step_size_; }
    [[nodiscard]] const std::vector<ModeStep>& steps() const { return steps_; }
    /// M_i^(2^k), for every mode.
    [[nodiscard]] const std::vector<ModeStep>& powers(int k);
    /// Noise that one step adds for a unit of Σ¹ between the modes.
    [[nodiscard]] const ModeBlock& unit_noise() const { return unit_noise_; }
    /// 2^k steps are more than any mode remembers; −1 if a mode does not settle within 2^40.
    [[nodiscard]] int log2_memory();

  private:
    std::vector<ModeStep> steps_;
    std::vector<std::vector<ModeStep>> powers_;
    ModeBlock unit_noise_;
    bool has_velocity_ = false;
    double step_size_ = 0.0;
};

/// Σ_t M_i^t X (M_j^t)ᵀ for every pair of modes, X = noise_ij·unit_noise: the stationary second moments of additive
/// noise with covariance `noise` [d×d] per training point. Requires log2_memory() ≥ 0.
struct ModeCovariance {
    Matrix positions;   ///< [d×d]
    Matrix velocities;  ///< [d×d], empty without momentum
};
ModeCovariance stationary_covariance(ModeChain& chain, const Matrix& noise);

}  // namespace stationary
