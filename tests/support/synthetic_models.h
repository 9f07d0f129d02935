#pragma once

#include "host/algebra/fixed_order.h"
#include "host/experiment/experiment.h"
#include "host/model/cell.h"
#include "host/model/loss_model.h"
#include "host/schedule/moment_map.h"

#include <cmath>
#include <cstdint>
#include <vector>

namespace stationary::synthetic {

/// Uniform numbers in (−1, 1) with the same bits everywhere (SplitMix64).
class Uniform {
  public:
    explicit Uniform(std::uint64_t seed) : state_(seed) {}
    double operator()() {
        std::uint64_t z = (state_ += 0x9e3779b97f4a7c15ULL);
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
        return static_cast<double>((z ^ (z >> 31)) >> 11) * 0x1p-52 - 1.0;
    }

  private:
    std::uint64_t state_;
};

inline Matrix random_matrix(Eigen::Index rows, Eigen::Index cols, Uniform& uniform) {
    Matrix a(rows, cols);
    for (Eigen::Index i = 0; i < rows; ++i)
        for (Eigen::Index j = 0; j < cols; ++j) a(i, j) = uniform();
    return a;
}

/// A quadratic whose H (eigenvalues above `smallest`) and Σ¹ of the given rank do not commute.
inline LossModel quadratic(Eigen::Index d, std::uint64_t seed, double smallest = 0.2, Eigen::Index noise_rank = -1) {
    Uniform uniform(seed);
    LossModel model;
    model.minimizer = Vector::Constant(d, 1.0);
    const Matrix a = random_matrix(d, d, uniform);
    model.hessian = fixed_order::transposed_multiply(a, a) / static_cast<double>(d);
    for (Eigen::Index i = 0; i < d; ++i) model.hessian(i, i) += smallest;
    const Matrix b = random_matrix(noise_rank < 0 ? d : noise_rank, d, uniform);
    model.gradient_noise_covariance = fixed_order::transposed_multiply(b, b);
    return model;
}

/// Least squares on N points of d correlated features; the noise of the target depends on the features, so that no
/// moment vanishes.
inline LossModel least_squares(Eigen::Index points, Eigen::Index d, double ridge, std::uint64_t seed,
                               double last_width = 1.0) {
    Uniform uniform(seed);
    LossModel model;
    model.kind = ModelKind::least_squares;
    model.ridge = ridge;
    model.features = Matrix(points, d);
    Vector target(points);
    for (Eigen::Index i = 0; i < points; ++i) {
        const double shared = uniform();
        for (Eigen::Index j = 0; j < d; ++j) model.features(i, j) = 1.5 * uniform() + 0.7 * shared;
        model.features(i, d - 1) *= last_width;
        target(i) = 0.5 * model.features(i, 0) - 0.25 * model.features(i, d - 1) + uniform() * (1.0 + shared);
    }
    const auto count = static_cast<double>(points);
    model.hessian = fixed_order::transposed_multiply(model.features, model.features) / count;
    for (Eigen::Index i = 0; i < d; ++i) model.hessian(i, i) += ridge;
    const Matrix right = fixed_order::transposed_multiply(model.features, target) / count;
    model.minimizer = fixed_order::solve_positive_definite(model.hessian, right);
    model.residuals = fixed_order::multiply(model.features, model.minimizer) - target;
    Matrix gradients(points, d);
    for (Eigen::Index i = 0; i < points; ++i)
        for (Eigen::Index j = 0; j < d; ++j)
            gradients(i, j) = model.features(i, j) * model.residuals(i) + ridge * model.minimizer(j);
    model.gradient_noise_covariance = fixed_order::transposed_multiply(gradients, gradients) / count;
    return model;
}

/// N training points of equal curvature; their residuals sum to zero.
inline LossModel finite_quadratic(Eigen::Index points, Eigen::Index d, std::uint64_t seed) {
    LossModel model = quadratic(d, seed);
    Uniform uniform(seed + 500);
    model.gradient_residuals = random_matrix(points, d, uniform);
    for (Eigen::Index j = 0; j < d; ++j) {
        double sum = 0.0;
        for (Eigen::Index i = 0; i < points; ++i) sum += model.gradient_residuals(i, j);
        for (Eigen::Index i = 0; i < points; ++i) model.gradient_residuals(i, j) -= sum / static_cast<double>(points);
    }
    model.gradient_noise_covariance =
        fixed_order::transposed_multiply(model.gradient_residuals, model.gradient_residuals) /
        static_cast<double>(points);
    return model;
}

inline LossModel gaussian_regression(Eigen::Index d, double label_noise_variance, std::uint64_t seed) {
    LossModel model = quadratic(d, seed);
    model.kind = ModelKind::gaussian_regression;
    model.label_noise_variance = label_noise_variance;
    model.gradient_noise_covariance = label_noise_variance * model.hessian;
    return model;
}

/// A standard normal vector [d] with a weight.
struct WeightedNormal {
    Vector z;
    double weight;
};

/// Gauss–Hermite nodes: their mean of any polynomial that is of degree 5 at most in each component is the exact one.
inline std::vector<WeightedNormal> normal_nodes(Eigen::Index d) {
    std::vector<WeightedNormal> nodes{{Vector::Zero(d), 1.0}};
    for (Eigen::Index i = 0; i < d; ++i) {
        std::vector<WeightedNormal> next;
        for (const WeightedNormal& node : nodes)
            for (const double place : {-1.0, 0.0, 1.0}) {
                next.push_back({node.z, node.weight * (place == 0.0 ? 2.0 / 3.0 : 1.0 / 6.0)});
                next.back().z(i) = place * std::sqrt(3.0);
            }
        nodes = next;
    }
    return nodes;
}

/// Gradients x (xᵀδ − ε) of Gaussian regression at δ over such nodes of (x, ε), x = Lz.
inline std::vector<WeightedNormal> regression_gradients(const LossModel& model, const Vector& delta) {
    const Eigen::Index d = model.dimension();
    const Matrix factor = fixed_order::cholesky_semidefinite(model.hessian);
    std::vector<WeightedNormal> gradients;
    for (const WeightedNormal& node : normal_nodes(d + 1)) {
        const Vector x = factor * node.z.head(d);
        gradients.push_back({x * (x.dot(delta) - std::sqrt(model.label_noise_variance) * node.z(d)), node.weight});
    }
    return gradients;
}

inline Cell sgd_cell(double learning_rate, std::int64_t batch_size, double momentum = 0.0,
                     UpdateRule update = UpdateRule::heavy_ball) {
    Cell cell;
    cell.dynamics = Dynamics::sgd;
    cell.update = update;
    cell.learning_rate = learning_rate;
    cell.batch_size = batch_size;
    cell.momentum = momentum;
    cell.dampening = update == UpdateRule::ema ? momentum : 0.0;
    cell.key = 42;
    return cell;
}

inline Cell langevin_cell(double learning_rate, std::int64_t batch_size, double time_step = 1.0) {
    Cell cell = sgd_cell(learning_rate, batch_size);
    cell.dynamics = Dynamics::langevin;
    cell.time_step = time_step;
    return cell;
}

/// A few states z with equal weights: any mean and second moment can be enumerated.
inline std::vector<Vector> some_states(Eigen::Index k, std::uint64_t seed) {
    Uniform uniform(seed);
    std::vector<Vector> states;
    for (int n = 0; n < 3; ++n) states.push_back(random_matrix(k, 1, uniform).array() + 0.5);
    return states;
}

inline StateMoments moments_of(const std::vector<Vector>& states) {
    const Eigen::Index k = states.front().size();
    StateMoments moments{Vector::Zero(k), Matrix::Zero(k, k)};
    for (const Vector& z : states) {
        moments.mean += z / static_cast<double>(states.size());
        moments.second += z * z.transpose() / static_cast<double>(states.size());
    }
    return moments;
}

/// Every update rule, with dampening too; batches of two.
inline std::vector<Cell> sgd_cells() {
    std::vector<Cell> cells = {sgd_cell(0.1, 2), sgd_cell(0.1, 2, 0.8), sgd_cell(0.1, 2, 0.8, UpdateRule::nesterov),
                               sgd_cell(0.1, 2, 0.8, UpdateRule::ema), sgd_cell(0.1, 2, 0.8, UpdateRule::nesterov)};
    cells.back().dampening = 0.3;
    return cells;
}

}  // namespace stationary::synthetic
