#pragma once

#include "host/algebra/matrix.h"

namespace stationary {

/// Coordinates of the symmetric d×d matrices in an orthonormal basis: P_ii, and √2·P_ij for i < j, column by column.
/// A self-adjoint map of symmetric matrices has a symmetric matrix in them.
Vector pack_symmetric(const Matrix& symmetric);

/// The inverse: d(d+1)/2 coordinates to a d×d matrix.
Matrix unpack_symmetric(const Vector& packed, Eigen::Index dimension);

/// The entries f_ij, i ≤ j, of a symmetric matrix in the order of pack_symmetric, without the factor √2: the diagonal
/// of the map P → f ∘ P.
Vector pack_entries(const Matrix& symmetric);

}  // namespace stationary
