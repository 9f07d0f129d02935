#pragma once

#include "host/algebra/matrix.h"
#include "host/model/cell.h"
#include "host/model/loss_model.h"
#include "host/model/state_noise.h"

namespace stationary {

/// The coefficients of one SGD step, as CellProgram has them:
/// v ← momentum·v + gradient_weight·ĝ; δ ← δ − step_size·(direct_weight·ĝ + velocity_weight·v).
struct StepWeights {
    double step_size = 0.0;  ///< langevin: time_step·η
    double momentum = 0.0;
    double gradient_weight = 1.0;
    double direct_weight = 0.0;
    double velocity_weight = 1.0;
};

/// The weights of a cell's update rule: PyTorch's SGD with momentum μ and dampening τ (docs/theory.md, section 4).
StepWeights step_weights(const Cell& cell);

/// c_B with Σ^B = c_B Σ¹, for one batch by itself (docs/theory.md, section 2): 1/B with replacement or for infinitely
/// many training points, else (N−B)/(B(N−1)). A batch of a reshuffled epoch is one without replacement; that it is
/// correlated with the others of its epoch is EpochLaw's matter.
double batch_noise_factor(const LossModel& model, const Cell& cell);

/// First and second moments of a chain's state z = (δ, v), or δ alone where there is no momentum, over all chains at
/// one step.
struct StateMoments {
    Vector mean;    ///< E z [k]
    Matrix second;  ///< E z zᵀ [k×k], or its deviation from the stationary one
};

/// One step's exact action on the moments of z, in the original basis (docs/theory.md, sections 3 to 5):
///   m ← M m,   Z ← M Z Mᵀ + (b bᵀ) ⊗ c_B (T(P) + K(m_δ) + K(m_δ)ᵀ + R)
/// with P the δδ block of Z; T and K only for SGD on least squares. Langevin: Z ← (I − ΔH) Z (I − ΔH)ᵀ + Δ·η·Σ^B, Δ =
/// time_step·η. Deviations Z − Z∞ follow the same map without R. Everything by fixed-order arithmetic. Batches are
/// independent; c_B is batch_noise_factor, which without replacement holds for T and K too (docs/theory.md, section 5).
class MomentMap {
  public:
    /// `state_noise` is that of the model; read only for SGD where has_state_dependent_noise(model), must then outlive
    /// the map.
    MomentMap(const LossModel& model, const Cell& cell, const StateNoise* state_noise);
    /// Any number of steps at once with additive noise: Z ← transition·Z·transitionᵀ + source. Without a step of its
    /// own it has no gradient_second_moment.
    MomentMap(Eigen::Index dimension, double step_size, Matrix transition, Matrix source);

    [[nodiscard]] Eigen::Index dimension() const { return dimension_; }           ///< d
    [[nodiscard]] Eigen::Index state_size() const { return transition_.rows(); }  ///< k: d, or 2d with momentum
    [[nodiscard]] const Matrix& transition() const { return transition_; }        ///< M [k×k]
    [[nodiscard]] const Matrix& source() const { return source_; }                ///< noise of one step at Φ* [k×k]
    [[nodiscard]] bool has_state_noise() const { return state_noise_ != nullptr; }
    [[nodiscard]] double step_size() const { return step_size_; }

    /// (b bᵀ) ⊗ c_B (T(P) + K(m_δ) + K(m_δ)ᵀ) [k×k]: zero for additive noise.
    [[nodiscard]] Matrix state_dependent_noise(const StateMoments& moments) const;
    /// E ĝ ĝᵀ = H P H + c_B (T(P) + R) of the minibatch gradient [d×d], where E δ = 0 and E δδᵀ = P.
    [[nodiscard]] Matrix gradient_second_moment(const Matrix& position_second_moment) const;
    /// E v_i² [d] of the velocity after a step, given the second moment of z before it. With momentum: the diagonal of
    /// its own block, the same after as before in the stationary state. Without: (1 − τ)²·E ĝ_i².
    [[nodiscard]] Vector velocity_squares(const Matrix& second) const;
    /// The linear part of the map: everything but the source.
    [[nodiscard]] StateMoments apply(const StateMoments& moments) const;

  private:
    /// (b bᵀ) ⊗ noise [k×k].
    [[nodiscard]] Matrix injected(const Matrix& noise) const;

    Eigen::Index dimension_;
    double step_size_ = 0.0;
    double noise_factor_ = 0.0;  ///< c_B
    Matrix transition_;
    Matrix source_;
    Matrix hessian_;
    Matrix noise_;                ///< c_B R [d×d]
    double position_gain_ = 0.0;  ///< b = (position_gain, velocity_gain)
    double velocity_gain_ = 0.0;
    const StateNoise* state_noise_ = nullptr;
};

}  // namespace stationary
