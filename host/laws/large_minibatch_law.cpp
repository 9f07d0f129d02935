#include "host/laws/large_minibatch_law.h"

#include "host/algebra/krylov.h"

#include <Eigen/Cholesky>

#include <algorithm>
#include <cmath>
#include <functional>

namespace stationary {
namespace {

constexpr double solution_tolerance = 1e-12;
constexpr double eigenvalue_tolerance = 1e-8;
constexpr double limit_tolerance = 1e-9;

bool is_positive_definite(const Matrix& a) { return a.allFinite() && a.llt().info() == Eigen::Success; }

/// The learning rate at which `radius`, which grows from 0 without bound below `most`, is 1. 1/radius is nearly linear
/// in 1/η (without momentum exactly, for one mode), so that a secant in these settles in a few steps.
double rate_of_unit_radius(double most, const std::function<double(double)>& radius) {
    constexpr int most_steps = 40;
    const double least_inverse = 1.0 / most;
    double last_inverse = least_inverse;
    double last_value = 0.0;
    double inverse = 2.0 * least_inverse;
    for (int step = 0; step < most_steps; ++step) {
        const double value = 1.0 / radius(1.0 / inverse);
        if (!std::isfinite(value)) return most;
        const double slope = (value - last_value) / (inverse - last_inverse);
        last_inverse = inverse;
        last_value = value;
        const double next = inverse + (1.0 - value) / slope;
        inverse = next > least_inverse ? next : 0.5 * (inverse + least_inverse);
        if (std::abs(inverse - last_inverse) <= limit_tolerance * inverse) break;
    }
    return 1.0 / inverse;
}

double mean_limit(const RealVector& curvature, const SgdStep& step) {
    return mean_stability_limit(step) / static_cast<double>(curvature(curvature.size() - 1));
}

}  // namespace

std::optional<Matrix> LargeMinibatchLaw::covariance(const RealMatrix& response,
                                                    const RealMatrix& minibatch_noise) const {
    const Matrix gain = noise_factor_ * response.cast<double>();
    const MatrixMap map = [&](const Matrix& p) -> Matrix { return gain.cwiseProduct(noise_(p)); };
    const Matrix driven = response.cwiseProduct(minibatch_noise).cast<double>();
    if (!is_positive_definite(driven)) {
        const auto witness =
            solve_fixed_point(map, Matrix::Identity(driven.rows(), driven.cols()), eigenvalue_tolerance);
        if (!witness || !is_positive_definite(*witness)) return std::nullopt;
        return solve_fixed_point(map, driven, solution_tolerance);
    }
    std::optional<Matrix> covariance = solve_fixed_point(map, driven, solution_tolerance);
    if (covariance && !is_positive_definite(*covariance)) covariance.reset();
    return covariance;
}

double LargeMinibatchLaw::learning_rate_limit(const SgdStep& step) const {
    const double most = mean_limit(curvature_, step);
    if (noise_factor_ == 0.0 || !(most > 0.0)) return most;
    Matrix vector = Matrix::Identity(curvature_.size(), curvature_.size());
    return rate_of_unit_radius(most, [&](double rate) {
        const Matrix gain = noise_factor_ * noise_response(step, rate, curvature_).cast<double>();
        const MatrixMap map = [&](const Matrix& p) -> Matrix { return gain.cwiseProduct(noise_(p)); };
        return dominant_eigenvalue(map, vector, eigenvalue_tolerance);
    });
}

double approximate_learning_rate_limit(const Matrix& coupling, const RealVector& curvature, double noise_factor,
                                       const SgdStep& step) {
    const double most = mean_limit(curvature, step);
    if (noise_factor == 0.0 || !(most > 0.0)) return most;
    Matrix vector = Matrix::Ones(curvature.size(), 1);
    return rate_of_unit_radius(most, [&](double rate) {
        const Vector gain = noise_factor * mode_responses(step, rate, curvature).cast<double>();
        const MatrixMap map = [&](const Matrix& p) -> Matrix { return gain.cwiseProduct(Vector(coupling * p)); };
        return dominant_eigenvalue(map, vector, eigenvalue_tolerance);
    });
}

}  // namespace stationary
