#pragma once

#include "kernels/chain/chain_args.h"
#include "kernels/chain/wide_team.h"

#include <cstdint>

namespace stationary {
inline namespace STATIONARY_SIMD_LEVEL {

// Vectors and tables of wide chains, read and written a quad (four neighbouring components) at a time.

/// Quads that hold d components.
STATIONARY_HD int quads_of(int dimension) { return (dimension + 3) / 4; }

/// Numbers of one vector in memory: whole quads, and one more, in which the label of a regression's training point
/// lies.
STATIONARY_HD int wide_length(int dimension) { return 4 * quads_of(dimension) + 4; }

/// A promise to the compiler, which then reads or writes a quad at once.
template <class Number>
STATIONARY_HD Number* aligned_quad(Number* quad) {
#if defined(__CUDA_ARCH__)
    return static_cast<Number*>(__builtin_assume_aligned(quad, 16));
#else
    return quad;
#endif
}

template <class Real>
STATIONARY_HD void read_quad(const Real* vector, int quad, Real (&x)[4]) {
    const Real* from = aligned_quad(vector + 4 * quad);
    STATIONARY_UNROLL
    for (int k = 0; k < 4; ++k) x[k] = from[k];
}

template <class Real>
STATIONARY_HD void write_quad(Real* vector, int quad, const Real (&x)[4]) {
    Real* to = aligned_quad(vector + 4 * quad);
    STATIONARY_UNROLL
    for (int k = 0; k < 4; ++k) to[k] = x[k];
}

/// Four numbers of a table, which nobody writes while a kernel runs, at a multiple of four.
STATIONARY_HD void read_table(const float* from, float (&x)[4]) {
#if defined(__CUDA_ARCH__)
    const float4 four = __ldg(reinterpret_cast<const float4*>(from));
    x[0] = four.x, x[1] = four.y, x[2] = four.z, x[3] = four.w;
#else
    for (int k = 0; k < 4; ++k) x[k] = from[k];
#endif
}
STATIONARY_HD void read_table(const double* from, double (&x)[4]) {
#if defined(__CUDA_ARCH__)
    const double2 low = __ldg(reinterpret_cast<const double2*>(from));
    const double2 high = __ldg(reinterpret_cast<const double2*>(from + 2));
    x[0] = low.x, x[1] = low.y, x[2] = high.x, x[3] = high.y;
#else
    for (int k = 0; k < 4; ++k) x[k] = from[k];
#endif
}

/// Column `column` of rows 4·quad … 4·quad + 3 of a table of `stride` rows and columns.
template <TableOrder order, class Scalar>
STATIONARY_HD void read_column(const Scalar* table, int stride, int quad, int column, Scalar (&entry)[4]) {
    if constexpr (order == TableOrder::columns) {
        read_table(table + column * stride + 4 * quad, entry);
    } else {
        STATIONARY_UNROLL
        for (int r = 0; r < 4; ++r) entry[r] = table[(4 * quad + r) * stride + column];
    }
}

/// Running sums `First` … `First` + `Sums` − 1 of four rows times x (dot.h), over the first column_quads quads.
template <TableOrder order, int First, int Sums, class Real, class Scalar>
STATIONARY_HD void running_sums(const Scalar* table, int stride, int quad, int column_quads, const Real* x,
                                Real (&sum)[4][4]) {
    Real running[4][Sums];
    STATIONARY_UNROLL
    for (int r = 0; r < 4; ++r) {
        STATIONARY_UNROLL
        for (int k = 0; k < Sums; ++k) running[r][k] = Real(0);
    }
    for (int q = 0; q < column_quads; ++q) {
        Real factor[Sums];
        const Real* from = aligned_quad(x + 4 * q);
        STATIONARY_UNROLL
        for (int k = 0; k < Sums; ++k) factor[k] = from[First + k];
        STATIONARY_UNROLL
        for (int k = 0; k < Sums; ++k) {
            Scalar entry[4];
            read_column<order>(table, stride, quad, 4 * q + First + k, entry);
            STATIONARY_UNROLL
            for (int r = 0; r < 4; ++r) running[r][k] = fused_multiply_add(Real(entry[r]), factor[k], running[r][k]);
        }
    }
    STATIONARY_UNROLL
    for (int r = 0; r < 4; ++r) {
        STATIONARY_UNROLL
        for (int k = 0; k < Sums; ++k) sum[r][First + k] = running[r][k];
    }
    if constexpr (First + Sums < 4) {
        running_sums<order, First + Sums, Sums>(table, stride, quad, column_quads, x, sum);
    }
}

/// Rows 4·quad … 4·quad + 3 of y = A·x over the first column_quads quads of columns, each in the order of dot_first.
/// Test: dot_test.cpp.
template <class Team, class Real, class Scalar>
STATIONARY_HD void multiply_quad(const Scalar* table, int stride, int quad, int column_quads, const Real* x,
                                 Real (&y)[4]) {
    Real sum[4][4];
    running_sums<Team::tables, 0, Team::sums_at_once>(table, stride, quad, column_quads, x, sum);
    STATIONARY_UNROLL
    for (int r = 0; r < 4; ++r) y[r] = (sum[r][0] + sum[r][2]) + (sum[r][1] + sum[r][3]);
}

/// The same for a diagonal A.
template <class Real, class Scalar>
STATIONARY_HD void multiply_diagonal_quad(const Scalar* table, int stride, int quad, const Real* x, Real (&y)[4]) {
    Real factor[4];
    read_quad(x, quad, factor);
    STATIONARY_UNROLL
    for (int r = 0; r < 4; ++r) y[r] = Real(table[(4 * quad + r) * (stride + 1)]) * factor[r];
}

/// A quad of Hδ.
template <class Team, class Real, class Scalar>
STATIONARY_HD void hessian_times(const ChainArgs<Scalar>& args, int quad, const Real* x, Real (&y)[4]) {
    const int quads = quads_of(args.dimension);
    if (args.diagonal_hessian) {
        multiply_diagonal_quad(args.hessian, 4 * quads, quad, x, y);
    } else {
        multiply_quad<Team>(args.hessian, 4 * quads, quad, quads, x, y);
    }
}

/// A quad of F z. Columns right of the diagonal block are zero and left out.
template <class Team, class Real, class Scalar>
STATIONARY_HD void noise_factor_times(const ChainArgs<Scalar>& args, int quad, const Real* z, Real (&y)[4]) {
    const int stride = 4 * quads_of(args.dimension);
    if (args.diagonal_noise_factor) {
        multiply_diagonal_quad(args.noise_factor, stride, quad, z, y);
    } else {
        multiply_quad<Team>(args.noise_factor, stride, quad, quad + 1, z, y);
    }
}

}  // namespace STATIONARY_SIMD_LEVEL
}  // namespace stationary
