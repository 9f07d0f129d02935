#include "host/algebra/fixed_order.h"

#include "host/base/hash.h"

#include <gtest/gtest.h>
#include <Eigen/Dense>

#include <cstdint>
#include <stdexcept>

namespace stationary::fixed_order {
namespace {

/// A reproducible matrix with entries in [−1, 1), from a linear congruential generator (Knuth's MMIX constants).
Matrix scrambled(Eigen::Index rows, Eigen::Index columns, std::uint64_t state) {
    Matrix a(rows, columns);
    for (Eigen::Index i = 0; i < rows; ++i) {
        for (Eigen::Index j = 0; j < columns; ++j) {
            state = state * 6364136223846793005ULL + 1442695040888963407ULL;
            a(i, j) = static_cast<double>(state >> 11) * 0x1p-52 - 1.0;
        }
    }
    return a;
}

/// Symmetric positive semi-definite d×d of the given rank, its leading block well conditioned.
Matrix gram(Eigen::Index dimension, Eigen::Index rank, std::uint64_t state) {
    Matrix a = scrambled(dimension, rank, state);
    for (Eigen::Index i = 0; i < rank; ++i) a(i, i) += 3.0;
    const Matrix product = a * a.transpose();
    return 0.5 * (product + product.transpose());
}

double largest(const Matrix& a) { return a.cwiseAbs().maxCoeff(); }

std::uint64_t hash_of(const Matrix& a) {
    Hash hash;
    for (Eigen::Index i = 0; i < a.rows(); ++i) {
        for (Eigen::Index j = 0; j < a.cols(); ++j) hash.real(a(i, j));
    }
    return hash.value();
}

TEST(FixedOrder, ProductsAgreeWithEigen) {
    const Matrix a = scrambled(7, 5, 1);
    const Matrix b = scrambled(5, 9, 2);
    const Matrix c = scrambled(7, 4, 3);
    const Matrix s = gram(5, 5, 4);
    const Vector x = scrambled(5, 1, 5).col(0);
    EXPECT_LT(largest(multiply(a, b) - a * b), 1e-14);
    EXPECT_LT(largest(multiply(a, x) - a * x), 1e-14);
    EXPECT_LT(largest(transposed_multiply(a, c) - a.transpose() * c), 1e-14);
    EXPECT_LT(largest(congruence(a, s) - a * s * a.transpose()), 1e-12);
    EXPECT_EQ(congruence(a, s), congruence(a, s).transpose());
}

TEST(FixedOrder, EntriesAreSummedInAscendingOrder) {
    Matrix row(1, 3);
    row << 1.0, 0x1p60, -0x1p60;
    const Vector ones = Vector::Ones(3);
    EXPECT_EQ(multiply(row, ones)(0), 0.0);  // (1 + 2^60) − 2^60; any other order gives 1
    EXPECT_EQ(multiply(row, Matrix(ones))(0, 0), 0.0);
    EXPECT_EQ(transposed_multiply(Matrix(row.transpose()), Matrix(ones))(0, 0), 0.0);
}

TEST(FixedOrder, SolvesAgreeWithEigen) {
    for (Eigen::Index d : {1, 2, 5, 10, 32}) {
        const Matrix a = gram(d, d, 6) + 0.5 * Matrix::Identity(d, d);
        const Vector b = scrambled(d, 1, 7).col(0);
        const Vector expected = a.ldlt().solve(b);
        EXPECT_LT(largest(solve_positive_definite(a, b) - expected), 1e-12) << d;
        const Matrix inverse = inverse_positive_definite(a);
        EXPECT_LT(largest(inverse - a.inverse()), 1e-12) << d;
        EXPECT_EQ(inverse, inverse.transpose()) << d;
    }
}

TEST(FixedOrder, IndefiniteMatricesAreRefused) {
    Matrix a(2, 2);
    a << 1.0, 2.0, 2.0, 1.0;
    EXPECT_THROW(solve_positive_definite(a, Vector::Ones(2)), std::domain_error);
    EXPECT_THROW(inverse_positive_definite(Matrix::Zero(1, 1)), std::domain_error);
    EXPECT_THROW(multiply(a, Matrix(Matrix::Ones(3, 1))), std::invalid_argument);
    EXPECT_THROW(cholesky_semidefinite(Matrix::Ones(2, 3)), std::invalid_argument);
}

TEST(FixedOrder, CholeskyOfEveryRank) {
    for (Eigen::Index d : {1, 2, 3, 6, 10, 32}) {
        for (Eigen::Index r = 0; r <= d; r += (d > 10 ? 7 : 1)) {
            const Matrix a = gram(d, r, 8);
            int rank = -1;
            const Matrix l = cholesky_semidefinite(a, &rank);
            EXPECT_EQ(rank, r) << "d = " << d;
            EXPECT_LT(largest(l * l.transpose() - a), 1e-12) << "d = " << d << ", rank " << r;
            EXPECT_EQ(Matrix(l.triangularView<Eigen::StrictlyUpper>()), Matrix::Zero(d, d));
        }
    }
}

TEST(FixedOrder, CholeskyWithANullDirectionFirst) {
    Matrix a(3, 3);
    a << 0.0, 0.0, 0.0, 0.0, 4.0, 2.0, 0.0, 2.0, 1.0;
    int rank = -1;
    const Matrix l = cholesky_semidefinite(a, &rank);
    EXPECT_EQ(rank, 1);
    EXPECT_EQ(Matrix(l * l.transpose()), a);
}

/// The bits are part of the fingerprint's promise: this value must come out of every compiler, optimisation level and
/// machine.
TEST(FixedOrder, BitsAreTheCommittedOnes) {
    const Matrix a = scrambled(11, 11, 9);
    const Matrix s = congruence(a, Matrix::Identity(11, 11));
    Hash hash;
    hash.integer(hash_of(multiply(a, s)));
    hash.integer(hash_of(multiply(a, Vector(s.col(3)))));
    hash.integer(hash_of(transposed_multiply(a, s)));
    hash.integer(hash_of(congruence(a, s)));
    hash.integer(hash_of(cholesky_semidefinite(s)));
    hash.integer(hash_of(solve_positive_definite(s, Vector(a.col(0)))));
    hash.integer(hash_of(inverse_positive_definite(s)));
    EXPECT_EQ(hex(hash.value()), "9a1e37a29c54b775");
}

}  // namespace
}  // namespace stationary::fixed_order
