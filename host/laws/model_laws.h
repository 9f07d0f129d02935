#pragma once

#include "host/algebra/eigenbasis.h"
#include "host/laws/prediction.h"
#include "host/laws/sgd_response.h"
#include "host/model/cell.h"
#include "host/model/feature_noise.h"
#include "host/model/loss_model.h"

#include <memory>
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
    /// MinibatchLaw::state_noise_of; for least squares of at most most_tabulated_dimension parameters.
    [[nodiscard]] const Matrix& state_noise() const;
    /// T in the eigenbasis; for least squares of more.
    [[nodiscard]] const FeatureNoise& feature_noise() const;
    /// Exact theories of a cell that are left out because they would take too long (most_law_operations).
    [[nodiscard]] std::vector<Theory> not_computed(const Cell& cell) const;

  private:
    [[nodiscard]] Stability large_stability(const Cell& cell, const SgdStep& step, double noise_factor) const;

    const LossModel& model_;
    Eigenbasis basis_;
    bool additive_noise_;
    RealMatrix point_noise_;
    mutable std::once_flag state_noise_made_;
    mutable Matrix state_noise_;  ///< made for the first cell that has a use for it
    mutable std::once_flag feature_noise_made_;
    mutable std::unique_ptr<const FeatureNoise> feature_noise_;  ///< likewise
};

}  // namespace stationary
