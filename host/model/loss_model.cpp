#include "host/model/loss_model.h"

#include "host/algebra/fixed_order.h"
#include "host/base/error.h"
#include "host/base/hash.h"
#include "host/base/suggestion.h"
#include "host/base/table_file.h"
#include "host/experiment/model_check.h"

#include <fmt/format.h>
#include <Eigen/Eigenvalues>

#include <cmath>
#include <filesystem>

namespace stationary {
namespace {

using Index = Eigen::Index;

/// A regression problem: X [N×d], y [N] as a column.
struct Regression {
    Matrix features;
    Matrix target;
    std::vector<std::string> names;  ///< of the features, then of the target
};

Matrix mirrored(const Matrix& a) {
    Matrix symmetric = a;
    for (Index i = 0; i < a.rows(); ++i) {
        for (Index j = i + 1; j < a.cols(); ++j) symmetric(j, i) = symmetric(i, j);
    }
    return symmetric;
}

/// A data path of the experiment, which is relative to its file.
std::string data_path(const Experiment& experiment, const std::string& written) {
    return (std::filesystem::path(experiment.directory == "." ? "" : experiment.directory) / written).string();
}

/// AᵀB / N, N the number of rows.
Matrix mean_product(const Matrix& a, const Matrix& b) {
    Matrix product = fixed_order::transposed_multiply(a, b);
    const auto count = static_cast<double>(a.rows());
    for (Index i = 0; i < product.rows(); ++i) {
        for (Index j = 0; j < product.cols(); ++j) product(i, j) = product(i, j) / count;
    }
    return product;
}

Vector minimizer_of(const ModelSpec& spec, Index dimension) {
    return spec.minimizer.size() > 0 ? spec.minimizer : Vector::Zero(dimension);
}

Matrix read_residuals(const Experiment& experiment) {
    const ModelSpec& spec = experiment.model;
    if (spec.gradient_residuals_file.empty()) return spec.gradient_residuals;
    const std::string path = data_path(experiment, spec.gradient_residuals_file);
    return read_table(path, locate(experiment, "model.gradient_residuals")).values;
}

std::uint64_t hash_of(const Matrix& rows) {
    Hash hash;
    hash.integer(static_cast<std::uint64_t>(rows.rows())).integer(static_cast<std::uint64_t>(rows.cols()));
    for (Index i = 0; i < rows.rows(); ++i) {
        for (Index j = 0; j < rows.cols(); ++j) hash.real(rows(i, j));
    }
    return hash.value();
}

/// Takes the mean off every column, twice: the first pass leaves what rounding makes of it.
void remove_mean(Matrix& rows) {
    for (int pass = 0; pass < 2; ++pass) {
        for (Index j = 0; j < rows.cols(); ++j) {
            double sum = 0.0;
            for (Index i = 0; i < rows.rows(); ++i) sum += rows(i, j);
            const double mean = sum / static_cast<double>(rows.rows());
            for (Index i = 0; i < rows.rows(); ++i) rows(i, j) -= mean;
        }
    }
}

/// The residuals, and Σ¹ = (1/N) Σ r rᵀ.
void add_training_points(const Experiment& experiment, LossModel& model) {
    model.gradient_residuals = read_residuals(experiment);
    check_residuals(experiment, model.gradient_residuals, model.dimension());
    model.data_hash = hash_of(model.gradient_residuals);
    remove_mean(model.gradient_residuals);
    model.gradient_noise_covariance = mean_product(model.gradient_residuals, model.gradient_residuals);
    if (model.gradient_noise_covariance.allFinite()) return;
    throw InputError(locate(experiment, "model.gradient_residuals") + ": too large, their covariance overflows");
}

LossModel build_quadratic(const Experiment& experiment) {
    check_model(experiment);
    LossModel model;
    model.kind = ModelKind::quadratic;
    model.hessian = mirrored(experiment.model.hessian);
    model.minimizer = minimizer_of(experiment.model, model.dimension());
    const bool finite =
        experiment.model.gradient_residuals.size() > 0 || !experiment.model.gradient_residuals_file.empty();
    if (finite) {
        add_training_points(experiment, model);
    } else {
        model.gradient_noise_covariance = mirrored(experiment.model.gradient_noise_covariance);
    }
    return model;
}

LossModel build_gaussian_regression(const Experiment& experiment) {
    check_model(experiment);
    LossModel model;
    model.kind = ModelKind::gaussian_regression;
    model.hessian = mirrored(experiment.model.feature_covariance);
    model.minimizer = minimizer_of(experiment.model, model.dimension());
    model.label_noise_variance = experiment.model.label_noise_variance;
    model.gradient_noise_covariance = model.label_noise_variance * model.hessian;
    return model;
}

Regression split_target(const Table& table, Index target) {
    Regression data{Matrix(table.values.rows(), table.values.cols() - 1), Matrix(table.values.rows(), 1), {}};
    for (Index j = 0, feature = 0; j < table.values.cols(); ++j) {
        if (j == target) continue;
        data.names.push_back(table.columns[static_cast<std::size_t>(j)]);
        for (Index i = 0; i < table.values.rows(); ++i) data.features(i, feature) = table.values(i, j);
        ++feature;
    }
    data.names.push_back(table.columns[static_cast<std::size_t>(target)]);
    for (Index i = 0; i < table.values.rows(); ++i) data.target(i, 0) = table.values(i, target);
    return data;
}

Regression read_regression(const Experiment& experiment) {
    const std::string path = data_path(experiment, experiment.model.data);
    const Table table = read_table(path, locate(experiment, "model.data"));
    const Index target = find_column(table, experiment.model.target);
    if (target < 0) {
        throw InputError(fmt::format("{}: no column \"{}\" in {}{}", locate(experiment, "model.target"),
                                     experiment.model.target, path, suggest(experiment.model.target, table.columns)));
    }
    if (table.values.rows() < 2) {
        throw InputError(fmt::format("{}: {} rows, expected at least 2", path, table.values.rows()));
    }
    if (table.values.cols() < 2) throw InputError(path + ": one column, expected features beside the target");
    return split_target(table, target);
}

std::uint64_t hash_of(const Regression& data) {
    Hash hash;
    hash.integer(static_cast<std::uint64_t>(data.features.rows()));
    hash.integer(static_cast<std::uint64_t>(data.features.cols()));
    for (Index i = 0; i < data.features.rows(); ++i) {
        for (Index j = 0; j < data.features.cols(); ++j) hash.real(data.features(i, j));
        hash.real(data.target(i, 0));
    }
    return hash.value();
}

/// Shifts and scales column j to mean 0 and population variance 1. False if the column is constant or its variance
/// overflows.
[[nodiscard]] bool standardize_column(Matrix& values, Index j) {
    const auto count = static_cast<double>(values.rows());
    bool constant = true;
    double sum = 0.0;
    for (Index i = 0; i < values.rows(); ++i) {
        sum += values(i, j);
        constant = constant && values(i, j) == values(0, j);
    }
    const double mean = sum / count;
    double squares = 0.0;
    for (Index i = 0; i < values.rows(); ++i) {
        const double deviation = values(i, j) - mean;
        squares += deviation * deviation;
    }
    const double deviation = std::sqrt(squares / count);
    if (constant || !(deviation > 0.0) || !std::isfinite(deviation)) return false;
    for (Index i = 0; i < values.rows(); ++i) values(i, j) = (values(i, j) - mean) / deviation;
    return true;
}

void standardize(const Experiment& experiment, Regression& data) {
    for (Index j = 0; j <= data.features.cols(); ++j) {
        const bool is_target = j == data.features.cols();
        if (is_target ? standardize_column(data.target, 0) : standardize_column(data.features, j)) continue;
        throw InputError(fmt::format("{}: column \"{}\" of {} is constant or too large, it cannot be standardized",
                                     locate(experiment, "model.standardize"), data.names[static_cast<std::size_t>(j)],
                                     experiment.model.data));
    }
}

void require_definite(const Experiment& experiment, const Matrix& hessian) {
    if (hessian.allFinite() && !not_positive_definite(hessian)) return;
    const Vector eigenvalues = Eigen::SelfAdjointEigenSolver<Matrix>(hessian, Eigen::EigenvaluesOnly).eigenvalues();
    throw InputError(fmt::format("{}: collinear features: the Hessian's eigenvalues run from {:.6g} to {:.6g}; {}",
                                 locate(experiment, "model.data"), eigenvalues.minCoeff(), eigenvalues.maxCoeff(),
                                 experiment.model.ridge > 0.0 ? "raise ridge" : "add ridge"));
}

/// r_i = x_i e_i + ridge·Φ*, one row per training point [N×d].
Matrix gradients_at_minimizer(const LossModel& model) {
    Matrix gradients(model.features.rows(), model.features.cols());
    for (Index i = 0; i < gradients.rows(); ++i) {
        for (Index j = 0; j < gradients.cols(); ++j) {
            const double data_part = model.features(i, j) * model.residuals(i);
            const double ridge_part = model.ridge * model.minimizer(j);
            gradients(i, j) = data_part + ridge_part;
        }
    }
    return gradients;
}

LossModel build_least_squares(const Experiment& experiment) {
    Regression data = read_regression(experiment);
    check_points(experiment, data.features.cols());
    LossModel model;
    model.kind = ModelKind::least_squares;
    model.ridge = experiment.model.ridge;
    model.data_hash = hash_of(data);
    if (experiment.model.standardize) standardize(experiment, data);
    model.hessian = mean_product(data.features, data.features);
    for (Index i = 0; i < model.hessian.rows(); ++i) model.hessian(i, i) += model.ridge;
    require_definite(experiment, model.hessian);
    const Vector moment = mean_product(data.features, data.target).col(0);
    model.minimizer = fixed_order::solve_positive_definite(model.hessian, moment);
    model.features = std::move(data.features);
    model.residuals = fixed_order::multiply(model.features, model.minimizer);
    for (Index i = 0; i < model.residuals.size(); ++i) model.residuals(i) -= data.target(i, 0);
    const Matrix gradients = gradients_at_minimizer(model);
    model.gradient_noise_covariance = mean_product(gradients, gradients);
    return model;
}

}  // namespace

LossModel build_loss_model(const Experiment& experiment) {
    switch (experiment.model.kind) {
        case ModelKind::quadratic:
            return build_quadratic(experiment);
        case ModelKind::gaussian_regression:
            return build_gaussian_regression(experiment);
        case ModelKind::least_squares:
            break;
    }
    return build_least_squares(experiment);
}

}  // namespace stationary
