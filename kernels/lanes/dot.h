#pragma once

#include "kernels/lanes/arithmetic.h"

#include <type_traits>

namespace stationary {
inline namespace STATIONARY_SIMD_LEVEL {

// The order of every sum over components. A row of a table times a vector: that of dot_first, in all dimensions. A dot
// product of two vectors: the same up to max_compiled_dimension; beyond it that of lane_sum and joined_lanes, which the
// lanes of a warp can share.

/// How a GPU runs through a dot product: without a loop, for numbers in registers, or by one, for numbers in memory.
enum class DotLoop { unrolled, one };

/// Σ_i a_i·x_i over the first Count components: four running sums, sum k over i ≡ k (mod 4) in ascending order by fma,
/// joined as (s0 + s2) + (s1 + s3). Zero terms change nothing, so the result does not depend on how far the dimension
/// is padded. `a` and `x` are anything indexable; the elements of `a` convert to those of `x`. Test: dot_test.cpp.
template <int Count, DotLoop loop = DotLoop::unrolled, class Row, class Vector>
STATIONARY_HD auto dot_first(const Row& a, const Vector& x) {
    static_assert(Count <= 2 || Count % 4 == 0);
    using Real = std::remove_cv_t<std::remove_reference_t<decltype(x[0])>>;
    Real sum[4];
    STATIONARY_UNROLL
    for (int i = 0; i < (Count < 4 ? Count : 4); ++i) sum[i] = Real(a[i]) * x[i];
    const auto add = [&](int k, int i) { sum[k] = fused_multiply_add(Real(a[i]), x[i], sum[k]); };
    if constexpr (loop == DotLoop::one) {
        STATIONARY_NO_UNROLL
        for (int i = 4; i < Count; i += 4) {
            STATIONARY_UNROLL
            for (int k = 0; k < 4; ++k) add(k, i + k);
        }
    } else {
        STATIONARY_UNROLL
        for (int i = 4; i < Count; ++i) add(i % 4, i);
    }
    if constexpr (Count == 1) return sum[0];
    if constexpr (Count == 2) return sum[0] + sum[1];
    if constexpr (Count >= 4) return (sum[0] + sum[2]) + (sum[1] + sum[3]);
}

/// Σ_i a_i·x_i over all D components, in the same order.
template <int D, DotLoop loop = DotLoop::unrolled, class Row, class Vector>
STATIONARY_HD auto dot(const Row& a, const Vector& x) {
    return dot_first<D, loop>(a, x);
}

/// The dot products of two neighbouring rows of a row-major table of D columns with x over its first Count components,
/// in the order of dot_first, side by side: each component of x is read once for both.
template <int Count, int D, class Real, class Scalar, class Vector>
STATIONARY_HD void dot_two_rows(const Scalar* rows, const Vector& x, Real& first, Real& second) {
    static_assert(Count <= D && Count % 4 == 0);
    Real sum[2][4];
    STATIONARY_UNROLL
    for (int k = 0; k < 4; ++k) {
        sum[0][k] = Real(rows[k]) * x[k];
        sum[1][k] = Real(rows[D + k]) * x[k];
    }
    STATIONARY_UNROLL_ON_DEVICE
    for (int i = 4; i < Count; i += 4) {
        STATIONARY_UNROLL
        for (int k = 0; k < 4; ++k) {
            sum[0][k] = fused_multiply_add(Real(rows[i + k]), x[i + k], sum[0][k]);
            sum[1][k] = fused_multiply_add(Real(rows[D + i + k]), x[i + k], sum[1][k]);
        }
    }
    first = (sum[0][0] + sum[0][2]) + (sum[0][1] + sum[0][3]);
    second = (sum[1][0] + sum[1][2]) + (sum[1][1] + sum[1][3]);
}

/// Rows FirstRow … LastRow − 1 of y = A·x, over the first Count columns; rows beyond `dimension` are zero.
template <int FirstRow, int LastRow, int Count, int D, class Real, class Scalar, class Vector>
STATIONARY_HD void multiply_rows(const Scalar* a, int dimension, const Vector& x, Real (&y)[D]) {
    if constexpr (Count < 4) {
        STATIONARY_UNROLL
        for (int i = FirstRow; i < LastRow; ++i) y[i] = i < dimension ? dot_first<Count>(a + i * D, x) : Real(0);
    } else {
        STATIONARY_UNROLL_ON_DEVICE
        for (int i = FirstRow; i < LastRow; i += 2) {
            y[i] = y[i + 1] = Real(0);
            if (i < dimension) dot_two_rows<Count, D>(a + i * D, x, y[i], y[i + 1]);
            if (i + 1 >= dimension) y[i + 1] = Real(0);
        }
    }
}

/// y = A·x for a row-major D×D table of scalars whose rows and columns beyond `dimension` are zero.
template <int D, class Real, class Scalar, class Vector>
STATIONARY_HD void multiply(const Scalar* a, int dimension, const Vector& x, Real (&y)[D]) {
    multiply_rows<0, D, D>(a, dimension, x, y);
}

/// y = L·x for a lower-triangular L, four rows at a time: columns right of the diagonal block are zero and left out,
/// which changes no bit. The last rows come first: after them the last components of x are not needed any more.
template <int FirstRow = 0, int D, class Real, class Scalar>
STATIONARY_HD void multiply_lower_triangular(const Scalar* a, int dimension, const Real (&x)[D], Real (&y)[D]) {
    constexpr int last_row = FirstRow + 4 < D ? FirstRow + 4 : D;
    if constexpr (last_row < D) multiply_lower_triangular<last_row>(a, dimension, x, y);
    multiply_rows<FirstRow, last_row, last_row>(a, dimension, x, y);
}

/// Lanes that a dot product of more than max_compiled_dimension components is shared out to, on whatever machine.
constexpr int dot_lanes = 32;

/// Lane `lane`'s part of Σ_i a_i·x_i: of quads q (components 4q … 4q + 3) it has those with q ≡ lane (mod 32), in
/// ascending order: four running sums from zero by fma, one for each place in a quad, joined as (s0 + s2) + (s1 + s3).
/// factors(q, a, x) sets the factors of a quad. Test: dot_test.cpp.
template <class Real, class Factors>
STATIONARY_HD Real lane_sum(int lane, int quads, Factors&& factors) {
    Real sum[4] = {Real(0), Real(0), Real(0), Real(0)};
    for (int q = lane; q < quads; q += dot_lanes) {
        Real a[4];
        Real x[4];
        factors(q, a, x);
        STATIONARY_UNROLL
        for (int k = 0; k < 4; ++k) sum[k] = fused_multiply_add(a[k], x[k], sum[k]);
    }
    return (sum[0] + sum[2]) + (sum[1] + sum[3]);
}

/// The sum over the lanes as a warp's butterfly makes it: lane k adds lane k + 16, then k + 8, 4, 2, 1. Test:
/// dot_test.cpp.
template <class Real>
STATIONARY_HD Real joined_lanes(Real (&sums)[dot_lanes]) {
    for (int distance = dot_lanes / 2; distance > 0; distance /= 2) {
        for (int lane = 0; lane < distance; ++lane) sums[lane] = sums[lane] + sums[lane + distance];
    }
    return sums[0];
}

/// y = A·x for a diagonal A: the numbers that multiply and multiply_lower_triangular give, up to the signs of zeros.
/// Test: dot_test.cpp.
template <int D, class Real, class Scalar, class Vector>
STATIONARY_HD void multiply_diagonal(const Scalar* a, const Vector& x, Real (&y)[D]) {
    STATIONARY_UNROLL
    for (int i = 0; i < D; ++i) y[i] = Real(a[i * D + i]) * x[i];
}

}  // namespace STATIONARY_SIMD_LEVEL
}  // namespace stationary
