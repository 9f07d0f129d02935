#include "host/laws/displacement_law.h"

#include <bit>
#include <cmath>
#include <stdexcept>

#include "host/algebra/eigenbasis.h"

namespace stationary {
namespace {

void check(double momentum, std::int64_t steps) {
    if (!(momentum >= 0.0 && momentum < 1.0)) {
        throw std::invalid_argument("the displacement law needs a momentum of at least 0 and below 1");
    }
    if (steps < 1) {
        throw std::invalid_argument("a displacement takes at least one step");
    }
}

/// Σ_{s,t=1…T} μ^|s−t| = T + 2 Σ_{k=1…T−1} (T−k) μ^k, by doubling: two stretches of L and K steps share
/// 2μ g_L g_K, g_L = 1 + μ + … + μ^{L−1}. Every term is positive.
Real correlated_pairs(Real momentum, std::int64_t steps) {
    Real pairs = 0;
    Real geometric = 0;
    std::int64_t length = 0;
    for (auto bit = static_cast<int>(std::bit_width(static_cast<std::uint64_t>(steps))) - 1; bit >= 0; --bit) {
        pairs = 2 * pairs + 2 * momentum * geometric * geometric;
        geometric += geometric * std::pow(momentum, Real(length));
        length *= 2;
        if ((steps >> bit & 1) != 0) {
            pairs += 1 + 2 * momentum * geometric;
            geometric = 1 + momentum * geometric;
            ++length;
        }
    }
    return pairs;
}

}  // namespace

Matrix displacement_covariance(const Matrix& batch_noise, double learning_rate, double momentum, std::int64_t steps) {
    check(momentum, steps);
    const Real eta = learning_rate;
    const Real mu = momentum;
    const Real factor = eta * eta * correlated_pairs(mu, steps) / ((1 - mu) * (1 + mu));
    return static_cast<double>(factor) * batch_noise;
}

Matrix total_influence_limit(const Matrix& batch_noise, double learning_rate, double momentum, std::int64_t steps) {
    check(momentum, steps);
    const Real reach = Real(learning_rate) / (1 - Real(momentum));
    return static_cast<double>(reach * reach * Real(steps)) * batch_noise;
}

}  // namespace stationary
