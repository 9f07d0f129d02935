#include "host/blocked_multiply.h"

#include <stdexcept>

namespace stationary::fixed_order {
namespace {

using Index = Eigen::Index;

/// Rows that are summed side by side: as many doubles as fit the registers of any x86-64.
constexpr Index tile_rows = 16;

/// y[r] = Σ_k a[r + k·stride]·x[k] for one tile, k ascending.
void multiply_tile(const double* a, Index stride, const double* x, Index inner, double* y) {
    double sum[tile_rows] = {};
    for (Index k = 0; k < inner; ++k) {
        const double factor = x[k];
        const double* column = a + k * stride;
        for (Index r = 0; r < tile_rows; ++r) sum[r] += column[r] * factor;
    }
    for (Index r = 0; r < tile_rows; ++r) y[r] = sum[r];
}

/// y[r] = Σ_k a[r + k·stride]·x[k] for one row, k ascending.
void multiply_row(const double* a, Index stride, const double* x, Index inner, double* y) {
    double sum = 0.0;
    for (Index k = 0; k < inner; ++k) sum += a[k * stride] * x[k];
    *y = sum;
}

void multiply_column(const Matrix& a, const double* x, double* y) {
    const Index rows = a.rows();
    const Index tiled = rows - rows % tile_rows;
    for (Index i = 0; i < tiled; i += tile_rows) multiply_tile(a.data() + i, rows, x, a.cols(), y + i);
    for (Index i = tiled; i < rows; ++i) multiply_row(a.data() + i, rows, x, a.cols(), y + i);
}

}  // namespace

Matrix blocked_multiply(const Matrix& a, const Matrix& b) {
    if (a.cols() != b.rows()) throw std::invalid_argument("blocked_multiply: inner dimensions differ");
    Matrix product(a.rows(), b.cols());
    for (Index j = 0; j < b.cols(); ++j) multiply_column(a, b.data() + j * b.rows(), product.data() + j * a.rows());
    return product;
}

Vector blocked_multiply(const Matrix& a, const Vector& x) {
    if (a.cols() != x.size()) throw std::invalid_argument("blocked_multiply: inner dimensions differ");
    Vector product(a.rows());
    multiply_column(a, x.data(), product.data());
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
