#include "host/algebra/fixed_order.h"

#include "host/algebra/blocked_multiply.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>

namespace stationary::fixed_order {
namespace {

using Index = Eigen::Index;

void require(bool condition, const char* message) {
    if (!condition) throw std::invalid_argument(message);
}

/// Σ_{k < count} L_ik·L_jk, in ascending k.
double row_product(const Matrix& l, Index i, Index j, Index count) {
    double sum = 0.0;
    for (Index k = 0; k < count; ++k) sum += l(i, k) * l(j, k);
    return sum;
}

double largest_diagonal_entry(const Matrix& a) {
    double largest = 0.0;
    for (Index i = 0; i < a.rows(); ++i) largest = std::max(largest, a(i, i));
    return largest;
}

/// Column j of the factor, columns 0 to j − 1 being finished and `pivot` = a_jj − Σ L_jk² > 0. The sums Σ_k L_ik·L_jk,
/// k ascending, grow side by side, because columns lie together in memory.
void fill_column(const Matrix& a, Index j, double pivot, Matrix& l) {
    const Index below = a.rows() - j - 1;
    Vector sums = Vector::Zero(below);
    for (Index k = 0; k < j; ++k) {
        const double factor = l(j, k);
        const double* column = l.data() + k * l.rows() + j + 1;
        for (Index i = 0; i < below; ++i) sums(i) += column[i] * factor;
    }
    l(j, j) = std::sqrt(pivot);
    for (Index i = 0; i < below; ++i) l(j + 1 + i, j) = (a(j + 1 + i, j) - sums(i)) / l(j, j);
}

/// Lower-triangular L with L Lᵀ = a, a positive definite.
Matrix cholesky_definite(const Matrix& a) {
    require(a.rows() == a.cols(), "cholesky: the matrix is not square");
    Matrix l = Matrix::Zero(a.rows(), a.cols());
    for (Index j = 0; j < a.rows(); ++j) {
        const double pivot = a(j, j) - row_product(l, j, j, j);
        // Negated so that NaN is refused too.
        if (!(pivot > 0.0)) throw std::domain_error("not positive definite at pivot " + std::to_string(j + 1));
        fill_column(a, j, pivot, l);
    }
    return l;
}

/// x with L Lᵀ x = b.
Vector solve_factored(const Matrix& l, const Vector& b) {
    const Index d = l.rows();
    Vector x = b;
    for (Index i = 0; i < d; ++i) {
        for (Index k = 0; k < i; ++k) x(i) -= l(i, k) * x(k);
        x(i) /= l(i, i);
    }
    for (Index i = d - 1; i >= 0; --i) {
        for (Index k = i + 1; k < d; ++k) x(i) -= l(k, i) * x(k);
        x(i) /= l(i, i);
    }
    return x;
}

}  // namespace

Matrix multiply(const Matrix& a, const Matrix& b) {
    require(a.cols() == b.rows(), "multiply: inner dimensions differ");
    Matrix product(a.rows(), b.cols());
    for (Index i = 0; i < a.rows(); ++i) {
        for (Index j = 0; j < b.cols(); ++j) {
            double sum = 0.0;
            for (Index k = 0; k < a.cols(); ++k) sum += a(i, k) * b(k, j);
            product(i, j) = sum;
        }
    }
    return product;
}

Vector multiply(const Matrix& a, const Vector& x) {
    require(a.cols() == x.size(), "multiply: inner dimensions differ");
    Vector product(a.rows());
    for (Index i = 0; i < a.rows(); ++i) {
        double sum = 0.0;
        for (Index k = 0; k < a.cols(); ++k) sum += a(i, k) * x(k);
        product(i) = sum;
    }
    return product;
}

Matrix transposed_multiply(const Matrix& a, const Matrix& b) {
    require(a.rows() == b.rows(), "transposed_multiply: inner dimensions differ");
    return blocked_multiply(a.transpose(), b);
}

Matrix congruence(const Matrix& a, const Matrix& s) {
    const Matrix left = multiply(a, s);
    require(left.cols() == a.cols(), "congruence: the middle matrix is not square");
    Matrix product(a.rows(), a.rows());
    for (Index i = 0; i < a.rows(); ++i) {
        for (Index j = i; j < a.rows(); ++j) {
            double sum = 0.0;
            for (Index k = 0; k < a.cols(); ++k) sum += left(i, k) * a(j, k);
            product(i, j) = sum;
            product(j, i) = sum;
        }
    }
    return product;
}

Matrix cholesky_semidefinite(const Matrix& a, int* rank) {
    require(a.rows() == a.cols(), "cholesky_semidefinite: the matrix is not square");
    const double smallest_pivot = 8.0 * static_cast<double>(a.rows()) * 0x1p-52 * largest_diagonal_entry(a);
    Matrix l = Matrix::Zero(a.rows(), a.cols());
    int columns = 0;
    for (Index j = 0; j < a.rows(); ++j) {
        const double pivot = a(j, j) - row_product(l, j, j, j);
        if (!(pivot > smallest_pivot)) continue;
        fill_column(a, j, pivot, l);
        ++columns;
    }
    if (rank != nullptr) *rank = columns;
    return l;
}

Vector solve_positive_definite(const Matrix& a, const Vector& b) {
    require(a.rows() == b.size(), "solve_positive_definite: dimensions differ");
    return solve_factored(cholesky_definite(a), b);
}

Matrix inverse_positive_definite(const Matrix& a) {
    const Matrix l = cholesky_definite(a);
    Matrix inverse(a.rows(), a.cols());
    for (Index j = 0; j < a.cols(); ++j) {
        Vector unit = Vector::Zero(a.rows());
        unit(j) = 1.0;
        const Vector column = solve_factored(l, unit);
        // The upper triangle is kept and mirrored: column j gives the entries (i, j), i ≤ j.
        for (Index i = 0; i <= j; ++i) inverse(i, j) = inverse(j, i) = column(i);
    }
    return inverse;
}

}  // namespace stationary::fixed_order
