#include "host/blocked_multiply.h"

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
void multiply_column_generic(const Matrix& a, const double* x, double* y) { multiply_column(a, x, y); }

using MultiplyColumn = void (*)(const Matrix&, const double*, double*);

MultiplyColumn best_multiply_column() {
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx512f")) return multiply_column_avx512;
    if (__builtin_cpu_supports("avx2")) return multiply_column_avx2;
#endif
    return multiply_column_generic;
}

void multiply_best(const Matrix& a, const double* x, double* y) {
    static const MultiplyColumn best = best_multiply_column();
    best(a, x, y);
}

}  // namespace

Matrix blocked_multiply(const Matrix& a, const Matrix& b) {
    if (a.cols() != b.rows()) throw std::invalid_argument("blocked_multiply: inner dimensions differ");
    Matrix product(a.rows(), b.cols());
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
