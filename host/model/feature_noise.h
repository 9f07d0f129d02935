#pragma once

#include "host/algebra/matrix.h"

namespace stationary {

/// T(P) = mean(x xᵀ P x xᵀ) − G P G of a data set, G = mean x xᵀ (docs/theory.md, section 5), applied without a table:
/// 4 N d² operations each time, in fixed order. The features [N×d] must be in coordinates where G is diagonal.
/// Test: large_minibatch_law_test.cpp.
class FeatureNoise {
  public:
    explicit FeatureNoise(Matrix features);

    /// T(P) [d×d] for symmetric P [d×d].
    [[nodiscard]] Matrix operator()(const Matrix& second_moment) const;
    /// K [d×d] with (Kp)_i the diagonal of T(diag p): mean x_i²x_j² − g_i²·1{i = j}.
    [[nodiscard]] Matrix coupling() const;

    /// Operations of one application, about.
    static double cost(Eigen::Index points, Eigen::Index dimension) {
        const auto d = static_cast<double>(dimension);
        return 4.0 * static_cast<double>(points) * d * d;
    }

  private:
    Matrix features_;
    Matrix transposed_;
    Vector curvature_;  ///< g, the diagonal of G [d]
};

}  // namespace stationary
