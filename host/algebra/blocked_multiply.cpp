#include "host/algebra/blocked_multiply.h"

#include <algorithm>
#include <stdexcept>

namespace stationary::fixed_order {
namespace {

using Index = Eigen::Index;

/// Rows that are summed side by side: as many doubles as fit the registers of any x86-64.
constexpr Index tile_rows = 16;

/// The same for matrices that have fewer.
constexpr Index small_tile_rows = 4;

/// y[r] = Σ_k a[r + k·stride]·x[k] for one tile, k ascending.
template <Index tile>
[[gnu::always_inline]] inline void multiply_tile(const double* a, Index stride, const double* x, Index inner,
                                                 double* y) {
    double sum[tile] = {};
    for (Index k = 0; k < inner; ++k) {
        const double factor = x[k];
        const double* column = a + k * stride;
        for (Index r = 0; r < tile; ++r) sum[r] += column[r] * factor;
    }
    for (Index r = 0; r < tile; ++r) y[r] = sum[r];
}

/// All rows, at least one tile of them. The last tile ends with the last row: rows that it shares with the one before
/// are summed twice, to the same bits.
template <Index tile>
[[gnu::always_inline]] inline void multiply_rows(const Matrix& a, const double* x, double* y) {
    const Index rows = a.rows();
    for (Index next = 0; next < rows; next += tile) {
        const Index first = next + tile <= rows ? next : rows - tile;
        multiply_tile<tile>(a.data() + first, rows, x, a.cols(), y + first);
    }
}

[[gnu::always_inline]] inline void multiply_column(const Matrix& a, const double* x, double* y) {
    if (a.rows() >= tile_rows) {
        multiply_rows<tile_rows>(a, x, y);
    } else if (a.rows() >= small_tile_rows) {
        multiply_rows<small_tile_rows>(a, x, y);
    } else {
        multiply_rows<1>(a, x, y);
    }
}

/// Inner indices that are summed before the next tile's turn, so that what they read of `a` stays in the cache.
constexpr Index panel_inner = 256;
/// Columns of `b` that share one reading of `a`.
constexpr Index tile_columns = 4;
/// Matrices of at least so many rows are multiplied panel by panel.
constexpr Index panel_rows = 64;

/// y[r, c] += Σ_k a[r, k]·x[k, c] of one tile over a panel of inner indices, k ascending. Partial sums wait in y, which
/// rounds nothing.
template <Index rows, Index columns>
[[gnu::always_inline]] inline void add_panel_tile(const double* a, Index a_stride, const double* x, Index x_stride,
                                                  Index inner, double* y, Index y_stride) {
    double sum[columns][rows];
    for (Index c = 0; c < columns; ++c)
        for (Index r = 0; r < rows; ++r) sum[c][r] = y[c * y_stride + r];
    for (Index k = 0; k < inner; ++k)
        for (Index c = 0; c < columns; ++c)
            for (Index r = 0; r < rows; ++r) sum[c][r] += a[k * a_stride + r] * x[c * x_stride + k];
    for (Index c = 0; c < columns; ++c)
        for (Index r = 0; r < rows; ++r) y[c * y_stride + r] = sum[c][r];
}

/// All rows of one group of columns over a panel.
template <Index columns>
[[gnu::always_inline]] inline void add_panel(const Matrix& a, const Matrix& b, Index first_inner, Index column,
                                             Matrix& product) {
    const Index rows = a.rows();
    const Index inner = std::min(panel_inner, a.cols() - first_inner);
    const double* from = a.data() + first_inner * rows;
    const double* x = b.data() + column * b.rows() + first_inner;
    double* y = product.data() + column * rows;
    Index r = 0;
    for (; r + tile_rows <= rows; r += tile_rows)
        add_panel_tile<tile_rows, columns>(from + r, rows, x, b.rows(), inner, y + r, rows);
    for (; r < rows; ++r) add_panel_tile<1, columns>(from + r, rows, x, b.rows(), inner, y + r, rows);
}

[[gnu::always_inline]] inline void multiply_panels(const Matrix& a, const Matrix& b, Matrix& product) {
    product.setZero();
    for (Index first_inner = 0; first_inner < a.cols(); first_inner += panel_inner) {
        Index column = 0;
        for (; column + tile_columns <= b.cols(); column += tile_columns)
            add_panel<tile_columns>(a, b, first_inner, column, product);
        for (; column < b.cols(); ++column) add_panel<1>(a, b, first_inner, column, product);
    }
}

// The same sums on wider registers: every sum has its own lane and its own order, and nothing is contracted, so the
// bits are the same. Test: moment_map_test.cpp, blocked_products_have_the_same_bits.
#if defined(__x86_64__)
[[gnu::target("avx2")]] void multiply_column_avx2(const Matrix& a, const double* x, double* y) {
    multiply_column(a, x, y);
}
[[gnu::target("avx512f")]] void multiply_column_avx512(const Matrix& a, const double* x, double* y) {
    multiply_column(a, x, y);
}
#endif
#if defined(__x86_64__)
[[gnu::target("avx2")]] void multiply_panels_avx2(const Matrix& a, const Matrix& b, Matrix& product) {
    multiply_panels(a, b, product);
}
[[gnu::target("avx512f")]] void multiply_panels_avx512(const Matrix& a, const Matrix& b, Matrix& product) {
    multiply_panels(a, b, product);
}
#endif
void multiply_panels_generic(const Matrix& a, const Matrix& b, Matrix& product) { multiply_panels(a, b, product); }
void multiply_column_generic(const Matrix& a, const double* x, double* y) { multiply_column(a, x, y); }

using MultiplyColumn = void (*)(const Matrix&, const double*, double*);

MultiplyColumn best_multiply_column() {
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx512f")) return multiply_column_avx512;
    if (__builtin_cpu_supports("avx2")) return multiply_column_avx2;
#endif
    return multiply_column_generic;
}

using MultiplyPanels = void (*)(const Matrix&, const Matrix&, Matrix&);

MultiplyPanels best_multiply_panels() {
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx512f")) return multiply_panels_avx512;
    if (__builtin_cpu_supports("avx2")) return multiply_panels_avx2;
#endif
    return multiply_panels_generic;
}

void multiply_best(const Matrix& a, const double* x, double* y) {
    static const MultiplyColumn best = best_multiply_column();
    best(a, x, y);
}

}  // namespace

Matrix blocked_multiply(const Matrix& a, const Matrix& b) {
    if (a.cols() != b.rows()) throw std::invalid_argument("blocked_multiply: inner dimensions differ");
    Matrix product(a.rows(), b.cols());
    if (a.rows() >= panel_rows && b.cols() >= tile_columns) {
        static const MultiplyPanels best = best_multiply_panels();
        best(a, b, product);
        return product;
    }
    for (Index j = 0; j < b.cols(); ++j) multiply_best(a, b.data() + j * b.rows(), product.data() + j * a.rows());
    return product;
}

Vector blocked_multiply(const Matrix& a, const Vector& x) {
    if (a.cols() != x.size()) throw std::invalid_argument("blocked_multiply: inner dimensions differ");
    Vector product(a.rows());
    multiply_best(a, x.data(), product.data());
    return product;
}

Matrix blocked_congruence(const Matrix& a, const Matrix& s) {
    const Matrix transposed = a.transpose();
    Matrix product = blocked_multiply(blocked_multiply(a, s), transposed);
    for (Index j = 0; j < product.cols(); ++j)
        for (Index i = 0; i < j; ++i) product(j, i) = product(i, j);
    return product;
}

}  // namespace stationary::fixed_order
