#include "host/laws/minibatch_law.h"

#include <Eigen/Cholesky>
#include <Eigen/Eigenvalues>
#include <Eigen/LU>
#include <algorithm>
#include <cmath>

#include "host/algebra/symmetric_packing.h"

namespace stationary {
namespace {

constexpr Eigen::Index rows_per_block = 1024;
constexpr double limit_tolerance = 1e-11;

/// Adds Σ_n q_n q_nᵀ over a block of points y_n (rows), q_n = pack(y_n y_nᵀ), to the lower triangle of `sum`.
void add_fourth_moments(const Matrix& points, Matrix& sum) {
    const Eigen::Index dimension = points.cols();
    Matrix products(points.rows(), sum.cols());
    Eigen::Index at = 0;
    for (Eigen::Index j = 0; j < dimension; ++j) {
        for (Eigen::Index i = 0; i <= j; ++i) {
            const double weight = i == j ? 1.0 : std::sqrt(2.0);
            products.col(at++) = weight * points.col(i).cwiseProduct(points.col(j));
        }
    }
    sum.selfadjointView<Eigen::Lower>().rankUpdate(products.transpose());
}

/// T in packed coordinates: the fourth moments less g_i g_j on the diagonal, G = diag(g) in the eigenbasis.
Matrix feature_noise(const Matrix& features, const Eigenbasis& basis) {
    const Eigen::Index dimension = features.cols();
    const Matrix directions = basis.directions.cast<double>();
    Matrix fourth = Matrix::Zero(dimension * (dimension + 1) / 2, dimension * (dimension + 1) / 2);
    Vector second = Vector::Zero(dimension);
    for (Eigen::Index first = 0; first < features.rows(); first += rows_per_block) {
        const Eigen::Index rows = std::min(rows_per_block, features.rows() - first);
        const Matrix points = features.middleRows(first, rows) * directions;
        second += points.colwise().squaredNorm().transpose();
        add_fourth_moments(points, fourth);
    }
    const auto count = static_cast<double>(features.rows());
    second /= count;
    Matrix noise = Matrix(fourth.selfadjointView<Eigen::Lower>()) / count;
    noise.diagonal() -= pack_entries(second * second.transpose());
    return noise;
}

}  // namespace

Matrix MinibatchLaw::state_noise_of(const LossModel& model, const Eigenbasis& basis) {
    return feature_noise(model.features, basis);
}

MinibatchLaw::MinibatchLaw(const Matrix& state_noise, const Eigenbasis& basis, double noise_factor)
    : curvature_(basis.curvature), state_noise_(noise_factor * state_noise) {}

Matrix MinibatchLaw::fixed_point_map(const RealMatrix& response) const {
    Matrix map = -(pack_entries(response.cast<double>()).asDiagonal() * state_noise_);
    map.diagonal().array() += 1.0;
    return map;
}

bool MinibatchLaw::contracts(const RealMatrix& response) const {
    const Eigen::Index dimension = response.rows();
    const Vector identity = pack_symmetric(Matrix::Identity(dimension, dimension));
    const Matrix witness = unpack_symmetric(fixed_point_map(response).partialPivLu().solve(identity), dimension);
    return witness.allFinite() && witness.llt().info() == Eigen::Success;
}

Matrix MinibatchLaw::covariance(const RealMatrix& response, const RealMatrix& minibatch_noise) const {
    const Vector driven = pack_symmetric(response.cwiseProduct(minibatch_noise).cast<double>());
    return unpack_symmetric(fixed_point_map(response).partialPivLu().solve(driven), response.rows());
}

double MinibatchLaw::pencil_limit() const {
    const Vector h = curvature_.cast<double>();
    const Vector ones = Vector::Ones(h.size());
    const Vector scale = pack_entries(h * ones.transpose() + ones * h.transpose()).cwiseSqrt().cwiseInverse();
    Matrix growth = state_noise_;
    growth.diagonal() += pack_entries(h * h.transpose());
    growth = scale.asDiagonal() * growth * scale.asDiagonal();
    const Eigen::SelfAdjointEigenSolver<Matrix> solver(growth, Eigen::EigenvaluesOnly);
    return 1.0 / solver.eigenvalues()(growth.rows() - 1);
}

double MinibatchLaw::learning_rate_limit(const SgdStep& step) const {
    if (step.momentum == 0.0 && step.position_gain > 0.0) {
        return pencil_limit() / step.position_gain;
    }
    double unstable = mean_stability_limit(step) / static_cast<double>(curvature_(curvature_.size() - 1));
    double stable = 0.0;
    while (unstable - stable > limit_tolerance * unstable) {
        const double middle = 0.5 * (stable + unstable);
        (contracts(noise_response(step, middle, curvature_)) ? stable : unstable) = middle;
    }
    return unstable;
}

}  // namespace stationary
