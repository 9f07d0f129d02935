#pragma once

#include "host/cell.h"
#include "host/eigenbasis.h"
#include "host/loss_model.h"
#include "host/prediction.h"

#include <mutex>
#include <vector>

namespace stationary {

/// What the laws of a model's cells share: made once, however many cells there are. The laws are those of predict and
/// mean_square_stability, to the last bit. May be used from several threads at once. Test: model_laws_test.cpp.
class ModelLaws {
  public:
    /// `model` must outlive it. Throws std::domain_error if H is not positive definite.
    explicit ModelLaws(const LossModel& model);

    /// As predict.
    [[nodiscard]] std::vector<Prediction> predict(const Cell& cell) const;
    /// As mean_square_stability.
    [[nodiscard]] Stability stability(const Cell& cell) const;

    [[nodiscard]] const LossModel& model() const { return model_; }
    [[nodiscard]] const Eigenbasis& basis() const { return basis_; }
    /// Whether every training point has the same curvature, so that the noise does not depend on the state.
    [[nodiscard]] bool has_additive_noise() const { return additive_noise_; }
    /// Σ¹ in the eigenbasis.
    [[nodiscard]] const RealMatrix& point_noise() const { return point_noise_; }
    /// MinibatchLaw::state_noise_of; for least squares only.
    [[nodiscard]] const Matrix& state_noise() const;

  private:
    const LossModel& model_;
    Eigenbasis basis_;
    bool additive_noise_;
    RealMatrix point_noise_;
    mutable std::once_flag state_noise_made_;
    mutable Matrix state_noise_;  ///< made for the first cell that has a use for it
};

}  // namespace stationary
