#include "host/algebra/eigenbasis.h"

#include "host/algebra/blocked_multiply.h"
#include "host/algebra/fixed_eigenbasis.h"

#include <Eigen/Eigenvalues>

#include <algorithm>
#include <mutex>
#include <numeric>
#include <optional>
#include <stdexcept>
#include <utility>

namespace stationary {
namespace {

using Index = Eigen::Index;
using fixed_order::blocked_multiply;

/// Diagonal matrices of more parameters are permuted, not rotated.
constexpr Index most_rotated_diagonal = 32;

void require_positive(double smallest) {
    if (!(smallest > 0.0)) throw std::domain_error("the Hessian is not positive definite");
}

std::vector<Index> ascending_order(const Vector& values) {
    std::vector<Index> order(static_cast<std::size_t>(values.size()));
    std::iota(order.begin(), order.end(), Index{0});
    std::stable_sort(order.begin(), order.end(), [&values](Index a, Index b) { return values(a) < values(b); });
    return order;
}

/// A spectrum with its eigenvalues ascending.
Eigenbasis sorted(const fixed_order::Spectrum& spectrum) {
    const Index d = spectrum.eigenvalues.size();
    const std::vector<Index> order = ascending_order(spectrum.eigenvalues);
    Eigenbasis basis{RealVector(d), RealMatrix(d, d), {}};
    for (Index k = 0; k < d; ++k) {
        basis.curvature(k) = spectrum.eigenvalues(order[static_cast<std::size_t>(k)]);
        basis.directions.col(k) = spectrum.eigenvectors.col(order[static_cast<std::size_t>(k)]).cast<Real>();
    }
    return basis;
}

Eigenbasis large_basis(const Matrix& hessian) {
    Eigenbasis basis = sorted(fixed_order::symmetric_spectrum(hessian));
    require_positive(static_cast<double>(basis.curvature(0)));
    if (fixed_order::is_diagonal(hessian)) basis.coordinates = ascending_order(hessian.diagonal());
    return basis;
}

Eigenbasis extended_basis(const Matrix& hessian) {
    const Eigen::SelfAdjointEigenSolver<RealMatrix> solver(hessian.cast<Real>());
    if (solver.info() != Eigen::Success) throw std::domain_error("the Hessian is not positive definite");
    require_positive(static_cast<double>(solver.eigenvalues()(0)));
    return {solver.eigenvalues(), solver.eigenvectors(), {}};
}

Eigenbasis remembered_basis(const Matrix& hessian) {
    static std::mutex lock;
    static std::optional<std::pair<Matrix, Eigenbasis>> last;
    const std::lock_guard guard(lock);
    if (!last || last->first.rows() != hessian.rows() || last->first != hessian)
        last.emplace(hessian, large_basis(hessian));
    return last->second;
}

}  // namespace

RealMatrix Eigenbasis::to_modes(const Matrix& symmetric) const {
    if (!coordinates.empty()) return symmetric(coordinates, coordinates).cast<Real>();
    if (curvature.size() <= most_extended_dimension)
        return directions.transpose() * symmetric.cast<Real>() * directions;
    const Matrix v = directions.cast<double>();
    return blocked_multiply(Matrix(v.transpose()), blocked_multiply(symmetric, v)).cast<Real>();
}

Matrix Eigenbasis::from_modes(const RealMatrix& symmetric) const {
    if (!coordinates.empty()) {
        Matrix original(symmetric.rows(), symmetric.cols());
        original(coordinates, coordinates) = symmetric.cast<double>();
        return (original + original.transpose()) / 2.0;
    }
    if (curvature.size() <= most_extended_dimension) {
        const RealMatrix rotated = directions * symmetric * directions.transpose();
        return ((rotated + rotated.transpose()) / Real(2)).cast<double>();
    }
    const Matrix v = directions.cast<double>();
    const Matrix left = blocked_multiply(v, Matrix(symmetric.cast<double>()));
    const Matrix rotated = blocked_multiply(left, Matrix(v.transpose()));
    return (rotated + rotated.transpose()) / 2.0;
}

double Eigenbasis::largest_curvature() const { return static_cast<double>(curvature(curvature.size() - 1)); }

Eigenbasis make_eigenbasis(const Matrix& hessian) {
    if (hessian.rows() > most_extended_dimension) return remembered_basis(hessian);
    if (hessian.rows() > most_rotated_diagonal && fixed_order::is_diagonal(hessian)) return large_basis(hessian);
    return extended_basis(hessian);
}

}  // namespace stationary
