#include "host/schedule/mode_model.h"

#include "host/algebra/blocked_multiply.h"
#include "host/model/state_noise.h"

#include <stdexcept>

namespace stationary {
namespace {

using Index = Eigen::Index;
using fixed_order::blocked_multiply;

}  // namespace

ModeModel::ModeModel(const LossModel& model)
    : model_(model),
      basis_(fixed_order::symmetric_spectrum(model.hessian)),
      identity_(fixed_order::is_diagonal(model.hessian)) {
    for (const double h : basis_.eigenvalues)
        if (!(h > 0.0)) throw std::domain_error("the Hessian is not positive definite");
    point_noise_ =
        identity_ ? model.gradient_noise_covariance
                  : fixed_order::blocked_congruence(basis_.eigenvectors.transpose(), model.gradient_noise_covariance);
    if (has_state_dependent_noise(model)) add_coupling();
}

void ModeModel::add_coupling() {
    const Vector& h = curvature();
    if (model_.kind == ModelKind::gaussian_regression) {
        coupling_ = h * h.transpose();
        for (Index i = 0; i < h.size(); ++i) coupling_(i, i) += h(i) * h(i);
        return;
    }
    feature_noise_.emplace(identity_ ? model_.features : blocked_multiply(model_.features, basis_.eigenvectors));
    coupling_ = feature_noise_->coupling();
}

Matrix ModeModel::curvature_noise(const Matrix& second_moment) const {
    const Index d = dimension();
    if (feature_noise_) return (*feature_noise_)(second_moment);
    Matrix noise = Matrix::Zero(d, d);
    if (coupling_.size() == 0) return noise;
    const Vector& h = curvature();
    double trace = 0.0;
    for (Index i = 0; i < d; ++i) trace += h(i) * second_moment(i, i);
    for (Index j = 0; j < d; ++j)
        for (Index i = 0; i < d; ++i) noise(i, j) = h(i) * second_moment(i, j) * h(j);
    for (Index i = 0; i < d; ++i) noise(i, i) += trace * h(i);
    return noise;
}

Vector ModeModel::to_modes(const Vector& original) const {
    return identity_ ? original : blocked_multiply(basis_.eigenvectors.transpose(), original);
}

Vector ModeModel::original_diagonal(const Matrix& symmetric) const {
    if (identity_) return symmetric.diagonal();
    const Matrix images = blocked_multiply(basis_.eigenvectors, symmetric);
    Vector diagonal = Vector::Zero(dimension());
    for (Index k = 0; k < dimension(); ++k)
        for (Index i = 0; i < dimension(); ++i) diagonal(i) += images(i, k) * basis_.eigenvectors(i, k);
    return diagonal;
}

}  // namespace stationary
