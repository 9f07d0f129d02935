#pragma once

#include <Eigen/Cholesky>
#include <Eigen/QR>
#include <cmath>
#include <fstream>
#include <random>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "host/model/cell.h"
#include "host/model/loss_model.h"

/// Losses and cells made by hand, so that tests of the theory need no experiment file.
namespace stationary::support {

inline Matrix normal_matrix(Eigen::Index rows, Eigen::Index columns, unsigned seed) {
    std::mt19937_64 engine(seed);
    std::normal_distribution<double> normal;
    Matrix values(rows, columns);
    for (Eigen::Index i = 0; i < rows; ++i) {
        for (Eigen::Index j = 0; j < columns; ++j) {
            values(i, j) = normal(engine);
        }
    }
    return values;
}

inline Matrix symmetrised(const Matrix& a) { return 0.5 * (a + a.transpose()); }

/// Q diag(1 … condition, geometric) Qᵀ with a random rotation Q.
inline Matrix random_hessian(Eigen::Index dimension, double condition, unsigned seed) {
    const Matrix rotation = normal_matrix(dimension, dimension, seed).householderQr().householderQ();
    Vector spectrum(dimension);
    for (Eigen::Index i = 0; i < dimension; ++i) {
        const double place = dimension == 1 ? 0.0 : double(i) / double(dimension - 1);
        spectrum(i) = std::pow(condition, place);
    }
    return symmetrised(rotation * spectrum.asDiagonal() * rotation.transpose());
}

/// A Gram matrix of the given rank.
inline Matrix random_covariance(Eigen::Index dimension, Eigen::Index rank, unsigned seed) {
    const Matrix root = normal_matrix(dimension, rank, seed);
    return symmetrised(root * root.transpose());
}

inline LossModel quadratic(const Matrix& hessian, const Matrix& gradient_noise_covariance) {
    LossModel model;
    model.kind = ModelKind::quadratic;
    model.hessian = hessian;
    model.gradient_noise_covariance = gradient_noise_covariance;
    model.minimizer = Vector::LinSpaced(hessian.rows(), 1.0, 2.0);
    return model;
}

/// N training points with gradients Hδ + r_i, the mean of the rows taken off.
inline LossModel finite_quadratic(const Matrix& hessian, Matrix residuals) {
    residuals.rowwise() -= residuals.colwise().mean().eval();
    LossModel model = quadratic(hessian, symmetrised(residuals.transpose() * residuals) / double(residuals.rows()));
    model.gradient_residuals = residuals;
    return model;
}

/// Training points x ~ N(0, A), y = xᵀΦ* + N(0, σ²).
inline LossModel gaussian_regression(const Matrix& feature_covariance, double label_noise_variance) {
    LossModel model = quadratic(feature_covariance, label_noise_variance * feature_covariance);
    model.kind = ModelKind::gaussian_regression;
    model.label_noise_variance = label_noise_variance;
    return model;
}

inline LossModel least_squares(const Matrix& features, const Vector& target, double ridge) {
    LossModel model;
    const auto points = double(features.rows());
    model.kind = ModelKind::least_squares;
    model.features = features;
    model.ridge = ridge;
    model.hessian = symmetrised(features.transpose() * features) / points;
    model.hessian.diagonal().array() += ridge;
    model.minimizer = model.hessian.llt().solve(features.transpose() * target / points);
    model.residuals = features * model.minimizer - target;
    Matrix gradients = model.residuals.asDiagonal() * features;
    gradients.rowwise() += ridge * model.minimizer.transpose();
    model.gradient_noise_covariance = symmetrised(gradients.transpose() * gradients) / points;
    return model;
}

/// Random features with curvatures spread by `condition`, and a noisy, not quite linear target.
inline LossModel random_least_squares(Eigen::Index points, Eigen::Index dimension, double ridge, double condition,
                                      unsigned seed) {
    const Matrix mixing = random_hessian(dimension, std::sqrt(condition), seed + 1);
    const Matrix features = normal_matrix(points, dimension, seed) * mixing / std::sqrt(condition);
    const Vector target = features.rowwise().sum() + features.col(0).cwiseAbs2() + normal_matrix(points, 1, seed + 2);
    return least_squares(features, target, ridge);
}

/// Columns of a numeric .csv with a header line.
struct Table {
    std::vector<std::string> names;
    Matrix values;

    [[nodiscard]] Vector column(const std::string& name) const {
        for (std::size_t i = 0; i < names.size(); ++i) {
            if (names[i] == name) {
                return values.col(Eigen::Index(i));
            }
        }
        throw std::out_of_range("no column " + name);
    }
};

inline Table read_table(const std::string& path) {
    std::ifstream file(path);
    std::string line;
    std::string cell;
    Table table;
    std::getline(file, line);
    for (std::istringstream header(line); std::getline(header, cell, ',');) {
        table.names.push_back(cell);
    }
    std::vector<double> numbers;
    while (std::getline(file, line)) {
        for (std::istringstream row(line); std::getline(row, cell, ',');) {
            numbers.push_back(std::stod(cell));
        }
    }
    const auto columns = Eigen::Index(table.names.size());
    table.values = Eigen::Map<Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>>(
        numbers.data(), Eigen::Index(numbers.size()) / columns, columns);
    return table;
}

inline Vector standardized(Vector column) {
    column.array() -= column.mean();
    return column / std::sqrt(column.squaredNorm() / double(column.size()));
}

/// The diabetes data with the named features, or all ten, standardised.
inline LossModel diabetes(std::vector<std::string> features, double ridge) {
    const Table table = read_table(std::string(STATIONARY_SOURCE_DIR) + "/examples/data/diabetes.csv");
    if (features.empty()) {
        features = table.names;
        std::erase(features, "target");
    }
    Matrix columns(table.values.rows(), Eigen::Index(features.size()));
    for (std::size_t i = 0; i < features.size(); ++i) {
        columns.col(Eigen::Index(i)) = standardized(table.column(features[i]));
    }
    return least_squares(columns, standardized(table.column("target")), ridge);
}

inline Cell sgd_cell(UpdateRule update, double learning_rate, std::int64_t batch_size, double momentum) {
    Cell cell;
    cell.dynamics = Dynamics::sgd;
    cell.update = update;
    cell.learning_rate = learning_rate;
    cell.batch_size = batch_size;
    cell.momentum = momentum;
    cell.dampening = update == UpdateRule::ema ? momentum : 0.0;
    return cell;
}

/// A cell on the scaling rule: η = (1 − μ)Bη0.
inline Cell scaled_cell(UpdateRule update, double eta0, std::int64_t batch_size, double momentum) {
    const double share = update == UpdateRule::ema ? 1.0 : 1.0 - momentum;
    Cell cell = sgd_cell(update, share * double(batch_size) * eta0, batch_size, momentum);
    cell.eta0 = eta0;
    return cell;
}

inline Cell langevin_cell(double learning_rate, std::int64_t batch_size, double time_step) {
    Cell cell;
    cell.dynamics = Dynamics::langevin;
    cell.learning_rate = learning_rate;
    cell.batch_size = batch_size;
    cell.time_step = time_step;
    return cell;
}

}  // namespace stationary::support
