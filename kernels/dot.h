#pragma once

#include "kernels/arithmetic.h"

namespace stationary {
inline namespace STATIONARY_SIMD_LEVEL {

/// Σ_i a_i·x_i in the one order that the whole engine uses for dimensions up to max_dimension: four running sums, sum k
/// over i ≡ k (mod 4) in ascending order by fma, joined as (s0 + s2) + (s1 + s3). Zero terms change nothing, so the
/// result does not depend on how far the dimension is padded. `a` is anything indexable that gives Real or converts to
/// it. Test: dot_test.cpp.
template <int D, class Real, class Row>
STATIONARY_HD Real dot(const Row& a, const Real (&x)[D]) {
    Real sum[4];
    STATIONARY_UNROLL
    for (int i = 0; i < (D < 4 ? D : 4); ++i) sum[i] = Real(a[i]) * x[i];
    STATIONARY_UNROLL
    for (int i = 4; i < D; ++i) sum[i % 4] = fused_multiply_add(Real(a[i]), x[i], sum[i % 4]);
    if constexpr (D == 1) return sum[0];
    if constexpr (D == 2) return sum[0] + sum[1];
    if constexpr (D >= 4) return (sum[0] + sum[2]) + (sum[1] + sum[3]);
}

/// y = A·x for a row-major D×D table of scalars whose rows and columns beyond `dimension` are zero.
template <int D, class Real, class Scalar>
STATIONARY_HD void multiply(const Scalar* a, int dimension, const Real (&x)[D], Real (&y)[D]) {
    STATIONARY_UNROLL_ON_DEVICE
    for (int i = 0; i < D; ++i) y[i] = i < dimension ? dot<D>(a + i * D, x) : Real(0);
}

}  // namespace STATIONARY_SIMD_LEVEL
}  // namespace stationary
