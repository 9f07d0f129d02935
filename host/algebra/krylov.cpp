#include "host/algebra/krylov.h"

#include <Eigen/Eigenvalues>
#include <Eigen/QR>

#include <cmath>
#include <vector>

namespace stationary {
namespace {

using Index = Eigen::Index;

constexpr Index largest_space = 50;

double inner(const Matrix& a, const Matrix& b) { return a.cwiseProduct(b).sum(); }

/// An orthonormal basis of the space spanned by v, Av, A²v, …, and the map in it.
class KrylovSpace {
  public:
    explicit KrylovSpace(const Matrix& first)
        : hessenberg_(Matrix::Zero(largest_space + 1, largest_space)), basis_{first / first.norm()} {}

    /// Applies the map once more; false if the space is closed under it.
    bool grow(const MatrixMap& map) {
        const Index k = size();
        Matrix next = map(basis_.back());
        const double before = next.norm();
        for (int pass = 0; pass < 2; ++pass) {
            for (Index i = 0; i <= k; ++i) {
                const double overlap = inner(basis_[static_cast<std::size_t>(i)], next);
                hessenberg_(i, k) += overlap;
                next -= overlap * basis_[static_cast<std::size_t>(i)];
            }
        }
        ++size_;
        const double rest = next.norm();
        if (!(rest > 1e-14 * before)) return false;
        hessenberg_(k + 1, k) = rest;
        basis_.push_back(next / rest);
        return true;
    }

    [[nodiscard]] Index size() const { return size_; }
    [[nodiscard]] bool full() const { return size_ == largest_space; }
    /// [(size+1)×size]
    [[nodiscard]] Matrix hessenberg() const { return hessenberg_.topLeftCorner(size_ + 1, size_); }
    [[nodiscard]] Matrix combine(const Vector& coefficients) const {
        Matrix sum = coefficients(0) * basis_.front();
        for (Index i = 1; i < coefficients.size(); ++i) sum += coefficients(i) * basis_[static_cast<std::size_t>(i)];
        return sum;
    }

  private:
    Matrix hessenberg_;
    std::vector<Matrix> basis_;
    Index size_ = 0;
};

/// The eigenpair of largest magnitude of the map within the space.
struct RitzPair {
    double value = 0.0;
    Vector vector;
    double residual = 0.0;
};

RitzPair dominant_pair(const KrylovSpace& space) {
    const Matrix hessenberg = space.hessenberg();
    const Index k = space.size();
    const Eigen::EigenSolver<Matrix> solver(hessenberg.topRows(k));
    Index dominant = 0;
    solver.eigenvalues().cwiseAbs().maxCoeff(&dominant);
    const Vector vector = solver.eigenvectors().col(dominant).real().normalized();
    return {std::abs(solver.eigenvalues()(dominant)), vector, std::abs(hessenberg(k, k - 1) * vector(k - 1))};
}

/// Improves x; true once the residual is small enough.
bool gmres_cycle(const MatrixMap& map, const Matrix& source, double target, int& applications, Matrix& x) {
    const Matrix residual = source - x + map(x);
    ++applications;
    const double norm = residual.norm();
    if (norm <= target) return true;
    const MatrixMap shifted = [&map](const Matrix& m) -> Matrix { return m - map(m); };
    KrylovSpace space(residual);
    for (bool open = true; open && !space.full();) {
        open = space.grow(shifted);
        ++applications;
        const Vector wanted = norm * Vector::Unit(space.size() + 1, 0);
        const Matrix hessenberg = space.hessenberg();
        const Vector y = hessenberg.householderQr().solve(wanted);
        const bool small = (hessenberg * y - wanted).norm() <= 0.5 * target;
        if (!small && open && !space.full()) continue;
        x += space.combine(y);
        break;
    }
    return false;
}

}  // namespace

std::optional<Matrix> solve_fixed_point(const MatrixMap& map, const Matrix& source, double tolerance) {
    constexpr int most_applications = 200;
    const double target = tolerance * source.norm();
    Matrix x = source;
    for (int applications = 0; applications < most_applications;) {
        if (gmres_cycle(map, source, target, applications, x)) return x;
        if (!x.allFinite()) return std::nullopt;
    }
    return std::nullopt;
}

double dominant_eigenvalue(const MatrixMap& map, Matrix& vector, double tolerance) {
    constexpr int most_restarts = 6;
    RitzPair pair;
    for (int restart = 0; restart < most_restarts; ++restart) {
        KrylovSpace space(vector);
        for (bool open = true; open && !space.full();) {
            open = space.grow(map);
            pair = dominant_pair(space);
            if (!open || pair.residual <= tolerance * pair.value) {
                vector = space.combine(pair.vector);
                return pair.value;
            }
        }
        vector = space.combine(pair.vector);
    }
    return pair.value;
}

}  // namespace stationary
