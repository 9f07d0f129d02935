#pragma once

#include "host/algebra/matrix.h"

namespace stationary::fixed_order {

/// H = V diag(h) Vᵀ.
struct Spectrum {
    Vector eigenvalues;   ///< h [d], in no order
    Matrix eigenvectors;  ///< V [d×d], orthogonal, one eigenvector per column
};

/// Diagonalises a symmetric matrix by Householder's reduction to tridiagonal form and the QL method with implicit
/// shifts (Golub & Van Loan, Matrix Computations, 4th ed., sections 8.3.1 and 8.3.3). +, −, ×, ÷, √ in one order, so
/// that every machine finds the same bits, which Eigen does not promise; errors about d·2⁻⁵² of the largest eigenvalue.
/// A diagonal matrix gives V = I exactly. The bounds hold at every rank, grading and scale that a double can have; an
/// eigenvalue beyond its range is infinite. Time about 10 d³ operations. Throws std::domain_error if an entry is not
/// finite or (no such matrix is known) an eigenvalue does not settle. Tests: fixed_eigenbasis_test.cpp.
Spectrum symmetric_spectrum(const Matrix& a);

/// Whether every entry off the diagonal is zero.
bool is_diagonal(const Matrix& a);

}  // namespace stationary::fixed_order
