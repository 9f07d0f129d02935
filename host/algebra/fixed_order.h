#pragma once

#include "host/algebra/matrix.h"

namespace stationary::fixed_order {

/// Linear algebra in double with one fixed order of operations and no contraction, so that the same input gives the
/// same bits on every machine and compiler. Whatever a kernel reads is made with these. Compiled with
/// -ffp-contract=off; +, −, ×, ÷, √ only.

/// a·b. Each entry is summed over the inner index in ascending order.
Matrix multiply(const Matrix& a, const Matrix& b);
Vector multiply(const Matrix& a, const Vector& x);
/// aᵀ·b, likewise.
Matrix transposed_multiply(const Matrix& a, const Matrix& b);
/// a·s·aᵀ, made exactly symmetric (upper triangle mirrored).
Matrix congruence(const Matrix& a, const Matrix& s);

/// Lower-triangular L with L Lᵀ = a, without pivoting; safe for positive semi-definite a: a pivot at or below
/// d·2⁻⁵²·(largest diagonal entry)·8 gives a zero column. `rank`, if given, receives the number of non-zero columns.
/// The caller has checked that a is symmetric and positive semi-definite (up to rounding).
Matrix cholesky_semidefinite(const Matrix& a, int* rank = nullptr);

/// x with a·x = b for symmetric positive definite a. Throws std::domain_error if a pivot is not positive.
Vector solve_positive_definite(const Matrix& a, const Vector& b);
/// a⁻¹ for symmetric positive definite a, exactly symmetric. Throws like the above.
Matrix inverse_positive_definite(const Matrix& a);

}  // namespace stationary::fixed_order
