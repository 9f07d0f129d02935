#include "host/model/feature_noise.h"

#include "host/algebra/blocked_multiply.h"

#include <utility>

namespace stationary {

using Index = Eigen::Index;
using fixed_order::blocked_multiply;

FeatureNoise::FeatureNoise(Matrix features)
    : features_(std::move(features)), transposed_(features_.transpose()), curvature_(Vector::Zero(features_.cols())) {
    for (Index i = 0; i < features_.cols(); ++i) {
        for (Index n = 0; n < features_.rows(); ++n) curvature_(i) += features_(n, i) * features_(n, i);
        curvature_(i) /= static_cast<double>(features_.rows());
    }
}

Matrix FeatureNoise::operator()(const Matrix& second_moment) const {
    // x_nᵀ P x_n of every training point, then the mean of x_n x_nᵀ with these weights.
    Matrix images = blocked_multiply(features_, second_moment);
    Vector weights = Vector::Zero(features_.rows());
    for (Index i = 0; i < features_.cols(); ++i)
        for (Index n = 0; n < features_.rows(); ++n) weights(n) += images(n, i) * features_(n, i);
    for (Index i = 0; i < features_.cols(); ++i)
        for (Index n = 0; n < features_.rows(); ++n) images(n, i) = features_(n, i) * weights(n);
    Matrix noise = blocked_multiply(transposed_, images);
    const auto count = static_cast<double>(features_.rows());
    for (Index j = 0; j < noise.cols(); ++j)
        for (Index i = 0; i < noise.rows(); ++i)
            noise(i, j) = noise(i, j) / count - curvature_(i) * second_moment(i, j) * curvature_(j);
    return noise;
}

Matrix FeatureNoise::coupling() const {
    Matrix squares(features_.rows(), features_.cols());
    for (Index i = 0; i < squares.cols(); ++i)
        for (Index n = 0; n < squares.rows(); ++n) squares(n, i) = features_(n, i) * features_(n, i);
    Matrix coupling = blocked_multiply(squares.transpose(), squares) / static_cast<double>(features_.rows());
    for (Index i = 0; i < coupling.rows(); ++i) coupling(i, i) -= curvature_(i) * curvature_(i);
    return coupling;
}

}  // namespace stationary
