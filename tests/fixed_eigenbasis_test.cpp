#include "host/fixed_eigenbasis.h"

#include "host/hash.h"
#include "tests/synthetic_models.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace stationary {
namespace {

using namespace synthetic;
using fixed_order::symmetric_spectrum;
using Index = Eigen::Index;

Matrix symmetric(Index d, std::uint64_t seed) {
    Uniform uniform(seed);
    const Matrix a = random_matrix(d, d, uniform);
    return a + a.transpose();
}

double reconstruction_error(const Matrix& a, const fixed_order::Spectrum& spectrum) {
    const Matrix& v = spectrum.eigenvectors;
    return (v * spectrum.eigenvalues.asDiagonal() * v.transpose() - a).cwiseAbs().maxCoeff();
}

double orthogonality_error(const Matrix& v) {
    return (v.transpose() * v - Matrix::Identity(v.rows(), v.cols())).cwiseAbs().maxCoeff();
}

TEST(FixedEigenbasis, DiagonalisesSymmetricMatrices) {
    for (const Index d : {1, 2, 3, 5, 16, 33, 64, 100}) {
        const Matrix a = symmetric(d, 3 + static_cast<std::uint64_t>(d));
        const auto spectrum = symmetric_spectrum(a);
        EXPECT_LT(reconstruction_error(a, spectrum), 1e-13 * static_cast<double>(d)) << d;
        EXPECT_LT(orthogonality_error(spectrum.eigenvectors), 1e-14 * static_cast<double>(d)) << d;
    }
}

TEST(FixedEigenbasis, BearsRepeatedAndZeroEigenvaluesAndWideRanges) {
    Uniform uniform(9);
    const Matrix b = random_matrix(3, 40, uniform);
    const Matrix low_rank = b.transpose() * b + 2.0 * Matrix::Identity(40, 40);
    EXPECT_LT(reconstruction_error(low_rank, symmetric_spectrum(low_rank)), 1e-12);
    const Matrix singular = b.transpose() * b;
    EXPECT_LT(reconstruction_error(singular, symmetric_spectrum(singular)), 1e-12);
    // Exact eigenvalues geometric from 1 to 1e-8, in a random basis.
    const Matrix basis = symmetric_spectrum(symmetric(40, 10)).eigenvectors;
    Vector wanted(40);
    for (Index i = 0; i < 40; ++i) wanted(i) = std::pow(10.0, -8.0 * static_cast<double>(i) / 39.0);
    const Matrix wide = basis * wanted.asDiagonal() * basis.transpose();
    Vector found = symmetric_spectrum((wide + wide.transpose()) / 2.0).eigenvalues;
    std::sort(found.data(), found.data() + 40, [](double x, double y) { return x > y; });
    EXPECT_LT((found - wanted).cwiseAbs().maxCoeff(), 1e-14);
}

TEST(FixedEigenbasis, LeavesADiagonalMatrixAsItIs) {
    const Matrix a = Vector{{3.0, -1.0, 2.0}}.asDiagonal();
    const auto spectrum = symmetric_spectrum(a);
    EXPECT_EQ(spectrum.eigenvalues, Vector(a.diagonal()));
    EXPECT_EQ(spectrum.eigenvectors, Matrix(Matrix::Identity(3, 3)));
}

TEST(FixedEigenbasis, HasTheSameBitsOnEveryMachine) {
    const auto spectrum = symmetric_spectrum(symmetric(40, 11));
    Hash hash;
    for (const double value : spectrum.eigenvalues) hash.real(value);
    for (const double value : spectrum.eigenvectors.reshaped()) hash.real(value);
    EXPECT_EQ(hex(hash.value()), "617c73b5613c910c");
}

}  // namespace
}  // namespace stationary
