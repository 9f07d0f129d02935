#include "host/experiment/model_check.h"

#include "host/algebra/fixed_eigenbasis.h"
#include "host/base/error.h"

#include <fmt/format.h>
#include <Eigen/Eigenvalues>

#include <algorithm>
#include <cmath>

namespace stationary {
namespace {

struct Spectrum {
    double smallest;
    double rounding;  ///< eigenvalues closer to 0 than this cannot be told from 0
};

Spectrum spectrum_of(const Matrix& a) {
    const Vector eigenvalues =
        fixed_order::is_diagonal(a)
            ? Vector(a.diagonal())
            : Vector(Eigen::SelfAdjointEigenSolver<Matrix>(a, Eigen::EigenvaluesOnly).eigenvalues());
    return {eigenvalues.minCoeff(), 64.0 * static_cast<double>(a.rows()) * 0x1p-52 * eigenvalues.cwiseAbs().maxCoeff()};
}

void require_no_problem(const Experiment& experiment, const char* key, const std::optional<std::string>& problem) {
    if (problem) throw InputError(locate(experiment, key) + ": " + *problem);
}

/// The key whose matrix gives the dimension of a model.
const char* curvature_key(const Experiment& experiment) {
    return experiment.model.kind == ModelKind::quadratic ? "model.hessian" : "model.feature_covariance";
}

void require_dimension(const Experiment& experiment, const char* key, Eigen::Index found, Eigen::Index wanted) {
    if (found == wanted) return;
    throw InputError(fmt::format("{}: has dimension {}, but {} has dimension {}", locate(experiment, key), found,
                                 curvature_key(experiment), wanted));
}

void check_symmetric(const Experiment& experiment, const char* key, const Matrix& a) {
    if (a.rows() == 0 || a.rows() != a.cols() || !a.allFinite()) {
        throw InputError(locate(experiment, key) + ": expected a square matrix of finite numbers");
    }
    require_no_problem(experiment, key, asymmetry(a));
}

/// H or A, the minimizer and the points.
void check_curvature(const Experiment& experiment, const Matrix& curvature) {
    check_symmetric(experiment, curvature_key(experiment), curvature);
    require_no_problem(experiment, curvature_key(experiment), not_positive_definite(curvature));
    const Vector& minimizer = experiment.model.minimizer;
    if (minimizer.size() > 0) require_dimension(experiment, "model.minimizer", minimizer.size(), curvature.rows());
    check_points(experiment, curvature.rows());
}

void check_noise_covariance(const Experiment& experiment) {
    constexpr const char* key = "model.gradient_noise_covariance";
    const Matrix& noise = experiment.model.gradient_noise_covariance;
    check_symmetric(experiment, key, noise);
    require_no_problem(experiment, key, not_positive_semidefinite(noise));
    require_dimension(experiment, key, noise.rows(), experiment.model.hessian.rows());
}

void check_quadratic(const Experiment& experiment) {
    const ModelSpec& model = experiment.model;
    check_curvature(experiment, model.hessian);
    if (model.gradient_residuals.size() > 0) {
        check_residuals(experiment, model.gradient_residuals, model.hessian.rows());
    } else if (model.gradient_residuals_file.empty()) {
        check_noise_covariance(experiment);
    }
}

void require_point(const Experiment& experiment, const char* key, const std::optional<Vector>& point,
                   Eigen::Index dimension) {
    if (!point || point->size() == dimension) return;
    throw InputError(fmt::format("{}: has {} entries, but the model has dimension {}", locate(experiment, key),
                                 point->size(), dimension));
}

}  // namespace

std::optional<std::string> asymmetry(const Matrix& a) {
    const double rounding = 1e-12 * a.cwiseAbs().maxCoeff();
    for (Eigen::Index i = 0; i < a.rows(); ++i) {
        for (Eigen::Index j = i + 1; j < a.cols(); ++j) {
            if (std::abs(a(i, j) - a(j, i)) <= rounding) continue;
            return fmt::format("not symmetric: entry ({}, {}) is {}, entry ({}, {}) is {}", i + 1, j + 1, a(i, j),
                               j + 1, i + 1, a(j, i));
        }
    }
    return std::nullopt;
}

std::optional<std::string> not_positive_definite(const Matrix& a) {
    const Spectrum spectrum = spectrum_of(a);
    if (spectrum.smallest > spectrum.rounding) return std::nullopt;
    return fmt::format("not positive definite: its smallest eigenvalue is {:.6g}", spectrum.smallest);
}

std::optional<std::string> not_positive_semidefinite(const Matrix& a) {
    const Spectrum spectrum = spectrum_of(a);
    if (spectrum.smallest >= -spectrum.rounding) return std::nullopt;
    return fmt::format("not positive semi-definite: its smallest eigenvalue is {:.6g}", spectrum.smallest);
}

void check_model(const Experiment& experiment) {
    if (experiment.model.kind == ModelKind::quadratic) check_quadratic(experiment);
    if (experiment.model.kind != ModelKind::gaussian_regression) return;
    check_curvature(experiment, experiment.model.feature_covariance);
    const double variance = experiment.model.label_noise_variance;
    if (std::isfinite(variance) && variance >= 0.0) return;
    throw InputError(locate(experiment, "model.label_noise_variance") + ": expected a number >= 0");
}

void check_residuals(const Experiment& experiment, const Matrix& residuals, Eigen::Index dimension) {
    constexpr const char* key = "model.gradient_residuals";
    require_dimension(experiment, key, residuals.cols(), dimension);
    if (!residuals.allFinite()) throw InputError(locate(experiment, key) + ": expected finite numbers");
    if (residuals.rows() >= 2) return;
    throw InputError(
        fmt::format("{}: {} training points, expected at least 2", locate(experiment, key), residuals.rows()));
}

void check_points(const Experiment& experiment, Eigen::Index dimension) {
    require_point(experiment, "ensemble.initial", experiment.ensemble.initial, dimension);
    require_point(experiment, "gradient_noise.at", experiment.gradient_noise.at, dimension);
}

}  // namespace stationary
