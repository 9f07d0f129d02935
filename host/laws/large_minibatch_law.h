#pragma once

#include "host/algebra/eigenbasis.h"
#include "host/laws/sgd_response.h"
#include "host/model/feature_noise.h"

#include <optional>

namespace stationary {

/// MinibatchLaw (minibatch_law.h) above so many parameters by Krylov methods on T itself, whose table of d⁴/4 numbers
/// is never made.
constexpr Eigen::Index most_tabulated_dimension = 24;

/// The law and its limit take some 100 applications of T. Data sets where one is more operations than this (N·d² above
/// 5·10⁸: 7,600 training points at d = 256, 1,900 at 512) are left without them.
constexpr double most_law_operations = 2e9;

/// The same law, to about 1e-11 relative. Matrices are in the eigenbasis of H. Test: large_minibatch_law_test.cpp.
class LargeMinibatchLaw {
  public:
    LargeMinibatchLaw(const FeatureNoise& noise, const Eigenbasis& basis, double noise_factor)
        : noise_(noise), curvature_(basis.curvature), noise_factor_(noise_factor) {}

    /// The stationary P [d×d], given Σ^B at the minimiser; none where the covariance does not converge: the solution X
    /// of X − c_B W ∘ T(X) = S with a positive definite S is positive definite exactly where it does.
    [[nodiscard]] std::optional<Matrix> covariance(const RealMatrix& response, const RealMatrix& minibatch_noise) const;

    /// The learning rate below which the cell is mean-square stable, to about 1e-9 relative.
    [[nodiscard]] double learning_rate_limit(const SgdStep& step) const;

  private:
    const FeatureNoise& noise_;
    RealVector curvature_;
    double noise_factor_;
};

/// That limit with T acting on the variances of the modes alone (ModeModel::coupling, here K): an approximation that
/// takes d² operations a step. Gaussian data: exact.
double approximate_learning_rate_limit(const Matrix& coupling, const RealVector& curvature, double noise_factor,
                                       const SgdStep& step);

}  // namespace stationary
