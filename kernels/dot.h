#pragma once

#include "kernels/arithmetic.h"

namespace stationary {
inline namespace STATIONARY_SIMD_LEVEL {

/// Σ_i a_i·x_i over the first Count of D components, in the one order that the whole engine uses for dimensions up to
/// max_dimension: four running sums, sum k over i ≡ k (mod 4) in ascending order by fma, joined as (s0 + s2) + (s1 +
/// s3). Zero terms change nothing, so the result does not depend on how far the dimension is padded. `a` is anything
/// indexable whose elements convert to Real. Test: dot_test.cpp.
template <int Count, int D, class Real, class Row>
STATIONARY_HD Real dot_first(const Row& a, const Real (&x)[D]) {
    static_assert(Count <= D && (Count <= 2 || Count % 4 == 0));
    Real sum[4];
    STATIONARY_UNROLL
    for (int i = 0; i < (Count < 4 ? Count : 4); ++i) sum[i] = Real(a[i]) * x[i];
    STATIONARY_UNROLL
    for (int i = 4; i < Count; ++i) sum[i % 4] = fused_multiply_add(Real(a[i]), x[i], sum[i % 4]);
    if constexpr (Count == 1) return sum[0];
    if constexpr (Count == 2) return sum[0] + sum[1];
    if constexpr (Count >= 4) return (sum[0] + sum[2]) + (sum[1] + sum[3]);
}

/// Σ_i a_i·x_i over all D components, in the same order.
template <int D, class Real, class Row>
STATIONARY_HD Real dot(const Row& a, const Real (&x)[D]) {
    return dot_first<D>(a, x);
}

/// y = A·x for a row-major D×D table of scalars whose rows and columns beyond `dimension` are zero.
template <int D, class Real, class Scalar>
STATIONARY_HD void multiply(const Scalar* a, int dimension, const Real (&x)[D], Real (&y)[D]) {
    STATIONARY_UNROLL_ON_DEVICE
    for (int i = 0; i < D; ++i) y[i] = i < dimension ? dot<D>(a + i * D, x) : Real(0);
}

/// y = L·x for a lower-triangular L, four rows at a time: columns right of the diagonal block are zero and left out,
/// which changes no bit.
template <int FirstRow = 0, int D, class Real, class Scalar>
STATIONARY_HD void multiply_lower_triangular(const Scalar* a, int dimension, const Real (&x)[D], Real (&y)[D]) {
    constexpr int last_row = FirstRow + 4 < D ? FirstRow + 4 : D;
    STATIONARY_UNROLL_ON_DEVICE
    for (int i = FirstRow; i < last_row; ++i) y[i] = i < dimension ? dot_first<last_row>(a + i * D, x) : Real(0);
    if constexpr (last_row < D) multiply_lower_triangular<last_row>(a, dimension, x, y);
}

}  // namespace STATIONARY_SIMD_LEVEL
}  // namespace stationary
