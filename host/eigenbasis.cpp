#include "host/eigenbasis.h"

#include <Eigen/Eigenvalues>
#include <stdexcept>

namespace stationary {

RealMatrix Eigenbasis::to_modes(const Matrix& symmetric) const {
    return directions.transpose() * symmetric.cast<Real>() * directions;
}

Matrix Eigenbasis::from_modes(const RealMatrix& symmetric) const {
    const RealMatrix rotated = directions * symmetric * directions.transpose();
    return ((rotated + rotated.transpose()) / Real(2)).cast<double>();
}

double Eigenbasis::largest_curvature() const { return static_cast<double>(curvature(curvature.size() - 1)); }

Eigenbasis make_eigenbasis(const Matrix& hessian) {
    const Eigen::SelfAdjointEigenSolver<RealMatrix> solver(hessian.cast<Real>());
    if (solver.info() != Eigen::Success || !(solver.eigenvalues()(0) > 0)) {
        throw std::domain_error("the Hessian is not positive definite");
    }
    return {solver.eigenvalues(), solver.eigenvectors()};
}

}  // namespace stationary
