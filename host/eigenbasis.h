#pragma once

#include "host/matrix.h"

namespace stationary {

/// Small d×d algebra of the analytic laws runs in extended precision where the machine has it: at condition number κ a
/// double-precision eigensolver leaves a relative error of κ·2⁻⁵³ in the flattest modes, which dominate the covariance.
using Real = long double;
using RealMatrix = Eigen::Matrix<Real, Eigen::Dynamic, Eigen::Dynamic>;
using RealVector = Eigen::Matrix<Real, Eigen::Dynamic, 1>;

/// H = V diag(h) Vᵀ with h ascending: the coordinates in which every linear law decouples into pairs of modes.
struct Eigenbasis {
    RealVector curvature;   ///< h [d]
    RealMatrix directions;  ///< V [d×d], orthogonal, one eigenvector per column

    /// Vᵀ S V.
    [[nodiscard]] RealMatrix to_modes(const Matrix& symmetric) const;
    /// V S Vᵀ, rounded to double and exactly symmetric.
    [[nodiscard]] Matrix from_modes(const RealMatrix& symmetric) const;
    [[nodiscard]] double largest_curvature() const;
};

/// Diagonalises a symmetric H [d×d]. Throws std::domain_error unless H is positive definite.
Eigenbasis make_eigenbasis(const Matrix& hessian);

}  // namespace stationary
