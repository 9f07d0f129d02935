#pragma once

#include "host/algebra/fixed_eigenbasis.h"
#include "tests/support/synthetic_models.h"

#include <cmath>
#include <string>
#include <vector>

/// Symmetric matrices on which eigenvalue iterations are known to stall, overflow or lose orthogonality.
namespace stationary::hard_spectra {

using Index = Eigen::Index;

struct Named {
    std::string name;
    Matrix matrix;
};

inline Matrix random_symmetric(Index d, std::uint64_t seed) {
    synthetic::Uniform uniform(seed);
    const Matrix a = synthetic::random_matrix(d, d, uniform);
    return a + a.transpose();
}

/// Given eigenvalues in a random basis.
inline Matrix in_random_basis(const Vector& eigenvalues) {
    const Matrix basis = fixed_order::symmetric_spectrum(random_symmetric(eigenvalues.size(), 10)).eigenvectors;
    const Matrix a = basis * eigenvalues.asDiagonal() * basis.transpose();
    return (a + a.transpose()) / 2.0;
}

/// BᵀB of B [rank×d]; centred, the covariance of `rank` training points, of one rank less.
inline Matrix of_rank(Index rank, Index d, bool centred = false) {
    synthetic::Uniform uniform(static_cast<std::uint64_t>(97 * rank + d));
    Matrix b = synthetic::random_matrix(rank, d, uniform);
    if (centred) b.rowwise() -= b.colwise().mean().eval();
    return fixed_order::transposed_multiply(b, b);
}

/// Tridiagonal with the given entries below the diagonal.
inline Matrix tridiagonal(const Vector& diagonal, const Vector& below) {
    Matrix t = diagonal.asDiagonal();
    for (Index i = 0; i + 1 < diagonal.size(); ++i) t(i, i + 1) = t(i + 1, i) = below(i);
    return t;
}

/// Geometric from 1 down to 10^−decades.
inline Vector geometric(Index d, double decades) {
    Vector v(d);
    for (Index i = 0; i < d; ++i) v(i) = std::pow(10.0, -decades * static_cast<double>(i) / static_cast<double>(d - 1));
    return v;
}

/// Symmetric with one pair of entries off the diagonal, and nothing else but `corner` in the first place.
inline Matrix speck(Index d, double size, double corner = 0.0) {
    Matrix a = Matrix::Zero(d, d);
    a(0, 0) = corner;
    a(3, d - 2) = a(d - 2, 3) = size;
    return a;
}

/// Points drawn from fewer dimensions than there are: most eigenvalues are 0.
inline std::vector<Named> rank_deficient(Index d) {
    std::vector<Named> list{{"ones", Matrix::Ones(d, d)}, {"data, N = d/2", of_rank(d / 2, d, true)}};
    for (const Index rank : {1, 2, 3, 5, 12, 32}) {
        const std::string name = std::to_string(rank);
        list.push_back({"rank " + name, of_rank(rank, d)});
        list.push_back({"data, N = " + name + " + 1", of_rank(rank + 1, d, true)});
        list.push_back({"1e-9 + rank " + name, Matrix(of_rank(rank, d) + 1e-9 * Matrix::Identity(d, d))});
        list.push_back({"1 + rank " + name, Matrix(of_rank(rank, d) + Matrix::Identity(d, d))});
    }
    Matrix half = Matrix::Zero(d, d);
    half.topLeftCorner(d / 2, d / 2) = random_symmetric(d / 2, 5);
    list.push_back({"half zero", half});
    list.push_back({"half zero, reversed", half.reverse()});
    return list;
}

/// Eigenvalues that are equal, or equal but for rounding.
inline std::vector<Named> clustered(Index d) {
    std::vector<Named> list;
    for (const Index values : {2, 5, 16}) {
        Vector v(d);
        for (Index i = 0; i < d; ++i) v(i) = static_cast<double>(i * values / d);
        list.push_back({std::to_string(values) + " values from 0", in_random_basis(v)});
        list.push_back({std::to_string(values) + " values from 1", in_random_basis(Vector(v.array() + 1.0))});
    }
    for (const double spread : {1e-15, 1e-13, 1e-10}) {
        const Matrix small = spread * random_symmetric(d, 7);
        list.push_back({"1 and little", Matrix(Matrix::Identity(d, d) + small)});
        Matrix one = small;
        one(0, 0) += 1.0;
        list.push_back({"one 1 and little", one});
        list.push_back({"one 1 and little, reversed", one.reverse()});
    }
    return list;
}

/// Entries or eigenvalues over many powers of ten, large ones first and last.
inline std::vector<Named> graded(Index d) {
    std::vector<Named> list;
    const auto add = [&list](const std::string& name, double decades, const Matrix& a) {
        const std::string full = name + ", 1e-" + std::to_string(static_cast<int>(decades));
        list.push_back({full, a});
        list.push_back({full + ", reversed", a.reverse()});
    };
    for (const double decades : {8.0, 16.0, 40.0, 150.0, 300.0}) {
        const Vector v = geometric(d, decades);
        const Matrix root = v.cwiseSqrt().asDiagonal();
        const Matrix inner = random_symmetric(d, 3);
        add("eigenvalues", decades, in_random_basis(v));
        add("indefinite", decades, root * inner * root);
        add("definite", decades, root * (inner + 2.0 * static_cast<double>(d) * Matrix::Identity(d, d)) * root);
        add("tridiagonal", decades, tridiagonal(v, 0.5 * v.tail(d - 1)));
        add("zero diagonal", decades, tridiagonal(Vector::Zero(d), v.head(d - 1)));
    }
    return list;
}

/// Wilkinson's matrices W21+ and W21− glued together by `glue`.
inline Matrix glued(Index d, double glue, bool positive) {
    Vector diagonal(d);
    Vector below = Vector::Ones(d);
    for (Index i = 0; i < d; ++i) {
        diagonal(i) = 10.0 - static_cast<double>(i % 21);
        if (positive) diagonal(i) = std::abs(diagonal(i));
        if (i % 21 == 20) below(i) = glue;
    }
    return tridiagonal(diagonal, below);
}

/// Blocks, arrows, glued matrices, a kernel matrix.
inline std::vector<Named> structured(Index d) {
    std::vector<Named> list;
    for (const double glue : {1e-14, 1e-10, 1e-6}) {
        list.push_back({"glued W21+", glued(d, glue, true)});
        list.push_back({"glued W21-", glued(d, glue, false)});
    }
    Matrix arrow = Vector::LinSpaced(d, 0.0, static_cast<double>(d - 1)).asDiagonal();
    arrow.row(0).setOnes();
    arrow.col(0).setOnes();
    list.push_back({"arrow", arrow});
    list.push_back({"arrow, reversed", arrow.reverse()});
    arrow.diagonal().setZero();
    list.push_back({"arrow of zeros", arrow});
    Matrix blocks = Matrix::Zero(d, d);
    for (Index k = 0; k < d; k += 8) {
        const Index n = std::min<Index>(8, d - k);
        blocks.block(k, k, n, n) = std::pow(10.0, -static_cast<double>(k) / 8.0) * Matrix::Ones(n, n);
    }
    list.push_back({"blocks", blocks});
    list.push_back({"blocks, reversed", blocks.reverse()});
    Matrix kernel(d, d);
    for (Index j = 0; j < d; ++j)
        for (Index i = 0; i < d; ++i) kernel(i, j) = std::exp(-0.01 * static_cast<double>((i - j) * (i - j)));
    list.push_back({"kernel", kernel});
    return list;
}

/// Entries near the ends of what a double can hold.
inline std::vector<Named> extreme(Index d) {
    std::vector<Named> list;
    for (const double scale : {1e305, 1e200, 1e-200, 1e-308, 1e-320})
        list.push_back({"random " + std::to_string(std::log10(scale)), scale * random_symmetric(d, 2)});
    for (const double size : {1e300, 1.0, 1e-300, 5e-324})
        list.push_back({"speck " + std::to_string(std::log10(size)), speck(d, size)});
    for (const double size : {1e-17, 1e-160, 1e-310}) list.push_back({"1 and a speck", speck(d, size, 1.0)});
    return list;
}

}  // namespace stationary::hard_spectra
