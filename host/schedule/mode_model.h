#pragma once

#include "host/algebra/fixed_eigenbasis.h"
#include "host/model/cell.h"
#include "host/model/feature_noise.h"
#include "host/model/loss_model.h"

#include <optional>

namespace stationary {

/// A model in the eigenbasis of H, for plans in more dimensions than whole moment matrices can be carried in
/// (mode_schedule.h). Made once per model by fixed-order arithmetic.
class ModeModel {
  public:
    /// `model` must outlive it. Throws std::domain_error if H is not positive definite.
    explicit ModeModel(const LossModel& model);

    [[nodiscard]] const LossModel& model() const { return model_; }
    [[nodiscard]] Eigen::Index dimension() const { return basis_.eigenvalues.size(); }
    [[nodiscard]] const Vector& curvature() const { return basis_.eigenvalues; }  ///< h [d]
    [[nodiscard]] const Matrix& point_noise() const { return point_noise_; }      ///< VᵀΣ¹V [d×d]

    /// K [d×d]: a second moment diag(p) in this basis adds (Kp)_i to the variance of a training point's gradient along
    /// mode i, the diagonal of T(diag p) (state_noise.h). Gaussian regression: a aᵀ + diag(a²). Data: mean x_i²x_j² −
    /// g_i²·1{i = j}. Empty for additive noise.
    [[nodiscard]] const Matrix& coupling() const { return coupling_; }
    /// T(P) [d×d] for symmetric P [d×d] in this basis; time 4 N d² (Gaussian regression d²).
    [[nodiscard]] Matrix curvature_noise(const Matrix& second_moment) const;

    [[nodiscard]] Vector to_modes(const Vector& original) const;            ///< Vᵀx
    [[nodiscard]] Vector original_diagonal(const Matrix& symmetric) const;  ///< diagonal of V S Vᵀ

  private:
    void add_coupling();

    const LossModel& model_;
    fixed_order::Spectrum basis_;
    bool identity_ = false;  ///< V = I
    Matrix point_noise_;
    std::optional<FeatureNoise> feature_noise_;  ///< of X V, least squares only
    Matrix coupling_;
};

}  // namespace stationary
