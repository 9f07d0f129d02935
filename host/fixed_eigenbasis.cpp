#include "host/fixed_eigenbasis.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace stationary::fixed_order {
namespace {

using Index = Eigen::Index;

/// √(a² + b²) without overflow.
double length(double a, double b) {
    const double large = std::max(std::abs(a), std::abs(b));
    if (large == 0.0) return 0.0;
    const double ratio = std::min(std::abs(a), std::abs(b)) / large;
    return large * std::sqrt(1.0 + ratio * ratio);
}

/// y += factor·x over `count` entries: every entry by itself, so that wider registers give the same bits.
void add_multiple(double factor, const double* x, Index count, double* y) {
    for (Index i = 0; i < count; ++i) y[i] += factor * x[i];
}

/// A = Q T Qᵀ with T tridiagonal.
class Tridiagonal {
  public:
    explicit Tridiagonal(const Matrix& a)
        : work_(a), diagonal(a.rows()), below(Vector::Zero(a.rows())), q(Matrix::Identity(a.rows(), a.rows())) {
        for (Index k = 0; k + 2 < a.rows(); ++k) reflect(k);
        const Index n = a.rows();
        for (Index i = 0; i < n; ++i) diagonal(i) = work_(i, i);
        if (n > 1) below(n - 2) = work_(n - 1, n - 2);
    }

  private:
    Matrix work_;

  public:
    Vector diagonal;  ///< T_ii [d]
    Vector below;     ///< T_(i+1)i [d], the last one 0
    Matrix q;

  private:
    /// Clears column k below the subdiagonal by I − β v vᵀ on the rows and columns after k.
    void reflect(Index k) {
        const Index n = work_.rows();
        const Index rest = n - k - 1;
        Vector v = work_.col(k).tail(rest);
        double tail_squares = 0.0;
        for (Index i = 1; i < rest; ++i) tail_squares += v(i) * v(i);
        below(k) = v(0);
        if (tail_squares == 0.0) return;
        const double norm = std::sqrt(v(0) * v(0) + tail_squares);
        below(k) = v(0) > 0.0 ? -norm : norm;
        v(0) -= below(k);
        const double beta = 2.0 / (v(0) * v(0) + tail_squares);
        reflect_both_sides(k, v, beta);
        reflect_basis(k, v, beta);
    }

    /// A ← A − v wᵀ − w vᵀ with p = βAv, w = p − ½β(pᵀv)v.
    void reflect_both_sides(Index k, const Vector& v, double beta) {
        const Index n = work_.rows();
        const Index rest = v.size();
        Vector w = Vector::Zero(rest);
        for (Index j = 0; j < rest; ++j)
            add_multiple(beta * v(j), work_.data() + (k + 1 + j) * n + k + 1, rest, w.data());
        double overlap = 0.0;
        for (Index i = 0; i < rest; ++i) overlap += w(i) * v(i);
        add_multiple(-0.5 * beta * overlap, v.data(), rest, w.data());
        for (Index j = 0; j < rest; ++j) {
            double* column = work_.data() + (k + 1 + j) * n + k + 1;
            const double at_v = v(j);
            const double at_w = w(j);
            for (Index i = 0; i < rest; ++i) column[i] -= v(i) * at_w + w(i) * at_v;
        }
    }

    /// Q ← Q (I − β v vᵀ).
    void reflect_basis(Index k, const Vector& v, double beta) {
        const Index n = work_.rows();
        Vector image = Vector::Zero(n);
        for (Index j = 0; j < v.size(); ++j) add_multiple(v(j), q.data() + (k + 1 + j) * n, n, image.data());
        for (Index j = 0; j < v.size(); ++j) add_multiple(-beta * v(j), image.data(), n, q.data() + (k + 1 + j) * n);
    }
};

/// Columns i and i + 1 of the basis turned by an angle.
void rotate(Matrix& basis, Index i, double cosine, double sine) {
    double* left = basis.data() + i * basis.rows();
    double* right = left + basis.rows();
    for (Index k = 0; k < basis.rows(); ++k) {
        const double old_left = left[k];
        const double old_right = right[k];
        right[k] = sine * old_left + cosine * old_right;
        left[k] = cosine * old_left - sine * old_right;
    }
}

/// The first m ≥ l at which T falls apart between m and m + 1.
Index end_of_block(const Tridiagonal& t, Index l) {
    Index m = l;
    for (; m + 1 < t.diagonal.size(); ++m) {
        const double size = std::abs(t.diagonal(m)) + std::abs(t.diagonal(m + 1));
        if (std::abs(t.below(m)) <= 0x1p-53 * size) break;
    }
    return m;
}

/// One QL step with an implicit shift on the block l … m.
void ql_step(Tridiagonal& t, Index l, Index m) {
    Vector& d = t.diagonal;
    Vector& e = t.below;
    double g = (d(l + 1) - d(l)) / (2.0 * e(l));
    double r = length(g, 1.0);
    g = d(m) - d(l) + e(l) / (g + (g >= 0.0 ? r : -r));
    double sine = 1.0;
    double cosine = 1.0;
    double shift = 0.0;
    for (Index i = m - 1; i >= l; --i) {
        const double f = sine * e(i);
        const double b = cosine * e(i);
        r = length(f, g);
        e(i + 1) = r;
        if (r == 0.0) {
            d(i + 1) -= shift;
            e(m) = 0.0;
            return;
        }
        sine = f / r;
        cosine = g / r;
        g = d(i + 1) - shift;
        r = (d(i) - g) * sine + 2.0 * cosine * b;
        shift = sine * r;
        d(i + 1) = g + shift;
        g = cosine * r - b;
        rotate(t.q, i, cosine, sine);
    }
    d(l) -= shift;
    e(l) = g;
    e(m) = 0.0;
}

}  // namespace

bool is_diagonal(const Matrix& a) {
    for (Index j = 0; j < a.cols(); ++j)
        for (Index i = 0; i < a.rows(); ++i)
            if (i != j && a(i, j) != 0.0) return false;
    return true;
}

Spectrum symmetric_spectrum(const Matrix& a) {
    constexpr int most_steps = 60;
    if (is_diagonal(a)) return {a.diagonal(), Matrix::Identity(a.rows(), a.rows())};
    Tridiagonal t(a);
    for (Index l = 0; l < a.rows(); ++l) {
        int steps = 0;
        for (Index m = end_of_block(t, l); m != l; m = end_of_block(t, l)) {
            if (++steps > most_steps) throw std::domain_error("an eigenvalue does not settle");
            ql_step(t, l, m);
        }
    }
    return {std::move(t.diagonal), std::move(t.q)};
}

}  // namespace stationary::fixed_order
