// Empirical stationary covariances of wide chains against the discrete Lyapunov equation, every entry, d = 40, with
// full tables that do not commute. Fixed keys. The law is exact, so each t is Student-distributed with 63 degrees of
// freedom: P(|t| > 6) = 1.1e-7 each; 1,640 entries and 80 means are looked at, so a right program fails with
// probability 2e-4 if the keys were drawn anew. That the largest of them exceeds 2 is all but certain: it shows that
// the error bars are not merely wide.

#include "tests/kernel_support/chain_programs.h"
#include "tests/support/law_support.h"

#include <gtest/gtest.h>

namespace stationary::test {
namespace {

constexpr int dimension = 40;
constexpr double unbelievable_t = 6.0;
constexpr std::int64_t shards = 64;

Matrix matrix_of(const std::vector<double>& table) {
    Matrix a(dimension, dimension);
    for (int i = 0; i < dimension; ++i)
        for (int j = 0; j < dimension; ++j) a(i, j) = table[static_cast<std::size_t>(i * dimension + j)];
    return a;
}

/// S = M S Mᵀ + Q, by doubling.
Matrix stationary_solution(Matrix m, Matrix q) {
    for (int k = 0; k < 16; ++k) {
        q = (q + m * q * m.transpose()).eval();
        m = (m * m).eval();
    }
    return q;
}

/// δ ← (I − hH) δ + F z
Matrix langevin_covariance(const CellProgram& p) {
    const Matrix f = matrix_of(p.noise_factor);
    const Matrix m = Matrix::Identity(dimension, dimension) - p.step_size * matrix_of(p.hessian);
    return stationary_solution(m, f * f.transpose());
}

/// v ← μ v + Hδ + ξ, δ ← δ − η v, ξ ~ N(0, F Fᵀ / B): (δ, v) moves by one matrix.
Matrix heavy_ball_covariance(const CellProgram& p) {
    const Matrix identity = Matrix::Identity(dimension, dimension);
    const Matrix h = matrix_of(p.hessian);
    const Matrix f = matrix_of(p.noise_factor);
    Matrix m(2 * dimension, 2 * dimension);
    m << identity - p.step_size * h, -p.step_size * p.momentum * identity, h, p.momentum * identity;
    Matrix entry(2 * dimension, dimension);
    entry << -p.step_size * f, f;
    const Matrix q = entry * entry.transpose() / static_cast<double>(p.batch_size);
    return stationary_solution(m, q).topLeftCorner(dimension, dimension);
}

void expect_law(CellProgram program, const Matrix& covariance) {
    program.burn_in = 150;
    program.stride = 20;
    program.draws = 6;
    program.shard_chains = 64;
    program.centre.assign(dimension, 0.0);
    program.scale.assign(dimension, 0x1p18);
    const Estimate estimate = estimate_of(program, shards);
    EXPECT_EQ(estimate.saturated_draws, 0);
    EXPECT_EQ(estimate.diverged_chains, 0);
    const double largest_t = largest(entry_t(estimate, covariance));
    EXPECT_LT(largest_t, unbelievable_t);
    EXPECT_GT(largest_t, 2.0);
    for (Eigen::Index i = 0; i < dimension; ++i) {
        EXPECT_LT(std::abs(estimate.mean(i) / estimate.mean_standard_error(i)), unbelievable_t);
    }
}

TEST(StatisticalWide, langevin_covariance_is_that_of_the_lyapunov_equation) {
    const CellProgram program = chain_programs::langevin(dimension);
    expect_law(program, langevin_covariance(program));
}

TEST(StatisticalWide, heavy_ball_covariance_is_that_of_the_lyapunov_equation) {
    const CellProgram program = chain_programs::quadratic(dimension, 2, chain_programs::Momentum::heavy_ball);
    expect_law(program, heavy_ball_covariance(program));
}

}  // namespace
}  // namespace stationary::test
