#pragma once

#include "host/algebra/matrix.h"

namespace stationary::fixed_order {

/// The products of fixed_order.h for larger matrices: the same sums in the same order, so the same bits, but many
/// entries are summed side by side, which is ten times faster. Test: moment_map_test.cpp,
/// blocked_products_have_the_same_bits.

/// a·b, as multiply(a, b).
Matrix blocked_multiply(const Matrix& a, const Matrix& b);
Vector blocked_multiply(const Matrix& a, const Vector& x);
/// a·s·aᵀ, as congruence(a, s).
Matrix blocked_congruence(const Matrix& a, const Matrix& s);

}  // namespace stationary::fixed_order
