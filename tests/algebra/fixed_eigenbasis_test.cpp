#include "host/algebra/fixed_eigenbasis.h"

#include "host/base/hash.h"
#include "tests/support/hard_spectra.h"
#include "tests/support/synthetic_models.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

namespace stationary {
namespace {

using namespace synthetic;
using fixed_order::symmetric_spectrum;
using Index = Eigen::Index;

Matrix symmetric(Index d, std::uint64_t seed) { return hard_spectra::random_symmetric(d, seed); }

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

/// Both errors below 2 d 2⁻⁵², that of A relative to the largest eigenvalue, beside what denormal numbers round off.
void expect_diagonalised(const hard_spectra::Named& hard) {
    const Matrix& a = hard.matrix;
    const auto spectrum = symmetric_spectrum(a);
    // By a power of two near 1, so that the products neither overflow nor underflow.
    const int exponent = std::ilogb(a.cwiseAbs().maxCoeff());
    const auto near_one = [exponent](double x) { return std::ldexp(x, -exponent); };
    const fixed_order::Spectrum scaled{spectrum.eigenvalues.unaryExpr(near_one), spectrum.eigenvectors};
    const double least = 2.0 * static_cast<double>(a.rows()) * 0x1p-52;
    const double rounding = std::ldexp(1.0, -1074 - exponent);
    EXPECT_LE(reconstruction_error(a.unaryExpr(near_one), scaled),
              least * scaled.eigenvalues.cwiseAbs().maxCoeff() + rounding)
        << hard.name << ", d = " << a.rows();
    EXPECT_LE(orthogonality_error(spectrum.eigenvectors), least) << hard.name << ", d = " << a.rows();
}

void expect_all_diagonalised(std::vector<hard_spectra::Named> (*make)(Index)) {
    for (const Index d : {33, 64, 200})
        for (const hard_spectra::Named& hard : make(d)) expect_diagonalised(hard);
}

TEST(FixedEigenbasis, SettlesOnRankDeficientMatrices) { expect_all_diagonalised(hard_spectra::rank_deficient); }

TEST(FixedEigenbasis, SettlesOnClusteredEigenvalues) { expect_all_diagonalised(hard_spectra::clustered); }

TEST(FixedEigenbasis, SettlesOnGradedMatrices) { expect_all_diagonalised(hard_spectra::graded); }

TEST(FixedEigenbasis, SettlesOnBlocksArrowsAndGluedMatrices) { expect_all_diagonalised(hard_spectra::structured); }

TEST(FixedEigenbasis, SettlesAtTheEndsOfTheRangeOfDoubles) { expect_all_diagonalised(hard_spectra::extreme); }

TEST(LongFixedEigenbasis, SettlesInManyDimensions) {
    for (const hard_spectra::Named& hard : hard_spectra::rank_deficient(500)) expect_diagonalised(hard);
    for (const hard_spectra::Named& hard : hard_spectra::structured(500)) expect_diagonalised(hard);
    constexpr Index d = 1024;
    expect_diagonalised({"ones", Matrix::Ones(d, d)});
    expect_diagonalised({"rank 2", hard_spectra::of_rank(2, d)});
    expect_diagonalised({"data", hard_spectra::of_rank(12, d, true)});
    expect_diagonalised({"data", hard_spectra::of_rank(d / 2, d, true)});
    expect_diagonalised({"graded", hard_spectra::tridiagonal(hard_spectra::geometric(d, 300.0), Vector::Ones(d))});
    expect_diagonalised({"glued", hard_spectra::glued(d, 1e-10, true)});
}

TEST(FixedEigenbasis, KeepsSmallBlocksAccurateRelativeToThemselves) {
    Matrix a = Matrix::Zero(40, 40);
    for (Index k = 0; k < 20; ++k)
        a.block(2 * k, 2 * k, 2, 2) = std::pow(10.0, static_cast<double>(-5 * k)) * Matrix{{2.0, 1.0}, {1.0, 2.0}};
    Vector found = symmetric_spectrum(a).eigenvalues;
    std::sort(found.data(), found.data() + 40, [](double x, double y) { return x > y; });
    for (Index k = 0; k < 20; ++k) {
        EXPECT_NEAR(found(2 * k) / a(2 * k, 2 * k), 1.5, 1e-14) << k;
        EXPECT_NEAR(found(2 * k + 1) / a(2 * k, 2 * k), 0.5, 1e-14) << k;
    }
}

TEST(FixedEigenbasis, CommutesWithPowersOfTwo) {
    const Matrix a = symmetric(40, 12);
    const auto plain = symmetric_spectrum(a);
    for (const int exponent : {-900, -1, 1, 900}) {
        const double scale = std::ldexp(1.0, exponent);
        const auto scaled = symmetric_spectrum(scale * a);
        EXPECT_EQ(scaled.eigenvalues, Vector(scale * plain.eigenvalues)) << exponent;
        EXPECT_EQ(scaled.eigenvectors, plain.eigenvectors) << exponent;
    }
}

TEST(FixedEigenbasis, RefusesWhatIsNotFinite) {
    for (const double bad : {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()}) {
        Matrix a = symmetric(40, 13);
        a(7, 7) = bad;
        EXPECT_THROW(symmetric_spectrum(a), std::domain_error);
        a(7, 7) = 1.0;
        a(3, 9) = a(9, 3) = bad;
        EXPECT_THROW(symmetric_spectrum(a), std::domain_error);
        EXPECT_THROW(symmetric_spectrum(Vector::Constant(40, bad).asDiagonal()), std::domain_error);
    }
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
