#pragma once

#include "host/estimate/estimate.h"

#include <cmath>
#include <random>
#include <vector>

namespace stationary::synthetic {

/// The estimate that these shard covariances would give: means zero, equal shards, one resolution floor for every
/// entry.
inline Estimate estimate_from(std::vector<Matrix> shards, double floor) {
    const Eigen::Index d = shards.front().rows();
    const double count = static_cast<double>(shards.size());
    Estimate estimate;
    estimate.shards = static_cast<std::int64_t>(shards.size());
    estimate.finite_draws = estimate.shards;
    estimate.mean = estimate.mean_standard_error = Vector::Zero(d);
    estimate.covariance = Matrix::Zero(d, d);
    for (const Matrix& shard : shards) estimate.covariance += shard / count;
    Matrix squares = Matrix::Zero(d, d);
    for (const Matrix& shard : shards) squares += (shard - estimate.covariance).cwiseAbs2();
    estimate.resolution_floor = Matrix::Constant(d, d, floor);
    estimate.covariance_standard_error =
        (squares / (count * (count - 1.0)) + estimate.resolution_floor.cwiseAbs2()).cwiseSqrt();
    estimate.shard_covariance = std::move(shards);
    return estimate;
}

/// 64 shards whose pooled covariance is exactly `covariance` and whose entries all have the standard error `error`
/// (besides the floor).
inline Estimate exact_estimate(const Matrix& covariance, double error, double floor = 1e-12) {
    const int count = 64;
    const double offset = error * std::sqrt(count - 1.0);
    std::vector<Matrix> shards;
    for (int s = 0; s < count; ++s) shards.emplace_back(covariance.array() + (s % 2 == 0 ? offset : -offset));
    return estimate_from(std::move(shards), floor);
}

/// Random shards of a Gaussian law with this covariance: L (I + Z/√draws) Lᵀ, where the symmetric Z is normal with the
/// variances of a Wishart matrix (2 on the diagonal, 1 off it).
inline Estimate random_estimate(std::mt19937_64& generator, const Matrix& factor, double draws, int shards = 64) {
    std::normal_distribution<double> normal;
    const Eigen::Index d = factor.rows();
    std::vector<Matrix> covariances;
    for (int s = 0; s < shards; ++s) {
        Matrix inner = Matrix::Identity(d, d);
        for (Eigen::Index i = 0; i < d; ++i) {
            inner(i, i) += normal(generator) * std::sqrt(2.0 / draws);
            for (Eigen::Index j = i + 1; j < d; ++j) inner(i, j) = inner(j, i) = normal(generator) / std::sqrt(draws);
        }
        covariances.emplace_back(factor * inner * factor.transpose());
    }
    return estimate_from(std::move(covariances), 1e-9);
}

}  // namespace stationary::synthetic
