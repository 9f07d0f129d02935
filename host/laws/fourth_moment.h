#pragma once

#include "host/algebra/matrix.h"

namespace stationary {

/// The learning rate up to which plain SGD on least squares, batches drawn with replacement, has a fourth moment:
/// where the spectral radius of E (I − ηH̄)^{⊗4} on the symmetric 4-tensors reaches 1, H̄ the mean of `batch_size`
/// independent x_i x_iᵀ + ridge·I. `features` [N×d]; `limit` is the mean-square limit, an upper bound.
/// Needs the feature moments up to order 8, so it is meant for d ≤ max_fourth_moment_dimension; NaN beyond.
double fourth_moment_limit(const Matrix& features, double ridge, double batch_size, double limit);

/// The symmetric 4-tensors have C(d + 3, 4) entries, 35 at d = 4.
constexpr Eigen::Index max_fourth_moment_dimension = 4;

}  // namespace stationary
