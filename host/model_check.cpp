#include "host/model_check.h"

#include "host/error.h"

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
    const Vector eigenvalues = Eigen::SelfAdjointEigenSolver<Matrix>(a, Eigen::EigenvaluesOnly).eigenvalues();
    return {eigenvalues.minCoeff(), 64.0 * static_cast<double>(a.rows()) * 0x1p-52 * eigenvalues.cwiseAbs().maxCoeff()};
}

void require_no_problem(const Experiment& experiment, const char* key, const std::optional<std::string>& problem) {
    if (problem) throw InputError(locate(experiment, key) + ": " + *problem);
}

void require_dimension(const Experiment& experiment, const char* key, Eigen::Index found, Eigen::Index wanted) {
    if (found == wanted) return;
    throw InputError(fmt::format("{}: has dimension {}, but model.hessian has dimension {}", locate(experiment, key),
                                 found, wanted));
}

void check_symmetric(const Experiment& experiment, const char* key, const Matrix& a) {
    if (a.rows() == 0 || a.rows() != a.cols() || !a.allFinite()) {
        throw InputError(locate(experiment, key) + ": expected a square matrix of finite numbers");
    }
    require_no_problem(experiment, key, asymmetry(a));
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

void check_quadratic(const Experiment& experiment) {
    const ModelSpec& model = experiment.model;
    if (model.kind != ModelKind::quadratic) return;
    constexpr const char* hessian = "model.hessian";
    constexpr const char* noise = "model.gradient_noise_covariance";
    check_symmetric(experiment, hessian, model.hessian);
    require_no_problem(experiment, hessian, not_positive_definite(model.hessian));
    check_symmetric(experiment, noise, model.gradient_noise_covariance);
    require_no_problem(experiment, noise, not_positive_semidefinite(model.gradient_noise_covariance));
    require_dimension(experiment, noise, model.gradient_noise_covariance.rows(), model.hessian.rows());
    if (model.minimizer.size() > 0) {
        require_dimension(experiment, "model.minimizer", model.minimizer.size(), model.hessian.rows());
    }
    check_initial(experiment, model.hessian.rows());
}

void check_initial(const Experiment& experiment, Eigen::Index dimension) {
    if (!experiment.ensemble.initial || experiment.ensemble.initial->size() == dimension) return;
    throw InputError(fmt::format("{}: has {} entries, but the model has dimension {}",
                                 locate(experiment, "ensemble.initial"), experiment.ensemble.initial->size(),
                                 dimension));
}

}  // namespace stationary
