#pragma once

#include "host/experiment.h"
#include "host/matrix.h"

#include <optional>
#include <string>

namespace stationary {

/// What is wrong with a matrix, in words for a message, or nothing. Symmetry is judged to 1e-12 of the largest entry.
std::optional<std::string> asymmetry(const Matrix& a);
/// Names the smallest eigenvalue of a symmetric a that is not safely above 0 (64·d·2⁻⁵² of the largest in magnitude).
std::optional<std::string> not_positive_definite(const Matrix& a);
/// Names the smallest eigenvalue of a symmetric a that is below −64·d·2⁻⁵² of the largest in magnitude; rank-deficient
/// is legal.
std::optional<std::string> not_positive_semidefinite(const Matrix& a);

/// Checks the numbers of a quadratic model against each other: H symmetric positive definite, Σ¹ symmetric positive
/// semi-definite of the same dimension, minimizer likewise. Throws InputError naming the key. Does nothing for other
/// models.
void check_quadratic(const Experiment& experiment);

/// Checks that [ensemble] initial, if given, has `dimension` entries. Throws InputError.
void check_initial(const Experiment& experiment, Eigen::Index dimension);

}  // namespace stationary
