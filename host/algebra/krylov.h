#pragma once

#include "host/algebra/matrix.h"

#include <functional>
#include <optional>

namespace stationary {

/// A linear map on matrices of one shape.
using MatrixMap = std::function<Matrix(const Matrix&)>;

/// X with X − map(X) = source, by GMRES to `tolerance` of the source's norm; none if 200 applications do not reach it.
/// Test: large_minibatch_law_test.cpp.
std::optional<Matrix> solve_fixed_point(const MatrixMap& map, const Matrix& source, double tolerance);

/// The eigenvalue of largest magnitude, to `tolerance` of itself, of a map for which it is real and simple (one that
/// keeps a cone of positive matrices), by Arnoldi's method from `vector`, which is left at the eigenvector.
double dominant_eigenvalue(const MatrixMap& map, Matrix& vector, double tolerance);

}  // namespace stationary
