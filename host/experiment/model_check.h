#pragma once

#include "host/algebra/matrix.h"
#include "host/experiment/experiment.h"

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

/// Checks the numbers of a model that stands in the file against each other. quadratic: H symmetric positive definite,
/// Σ¹ symmetric positive semi-definite of the same dimension, or residuals as check_residuals has them.
/// gaussian_regression: A symmetric positive definite, σ² ≥ 0. minimizer and the points of check_points of that
/// dimension. Throws InputError naming the key. Least squares is checked where its data file is read.
void check_model(const Experiment& experiment);

/// Checks that gradient residuals are finite, of d columns, and at least two rows. Throws InputError.
void check_residuals(const Experiment& experiment, const Matrix& residuals, Eigen::Index dimension);

/// Checks that [ensemble] initial and [gradient_noise] at, if given, have `dimension` entries. Throws InputError.
void check_points(const Experiment& experiment, Eigen::Index dimension);

}  // namespace stationary
