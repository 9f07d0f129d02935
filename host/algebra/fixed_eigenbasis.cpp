#include "host/algebra/fixed_eigenbasis.h"

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

/// Numbers up to this times the largest count as zeros: rotations and reflections made of them would round to denormal
/// numbers, be slow and not be orthogonal.
constexpr double nothing_beside_one = 0x1p-900;

/// The k with 2ᵏ ≤ max |x_i| < 2ᵏ⁺¹, 0 for zeros. Divided by 2ᵏ, which is exact, squares neither overflow nor lose bits
/// that matter.
template <class Values>
int exponent_of(const Values& values) {
    const double largest = values.cwiseAbs().maxCoeff();
    return largest == 0.0 ? 0 : std::ilogb(largest);
}

template <class Values>
auto scaled(const Values& values, int exponent) {
    return values.unaryExpr([exponent](double x) { return std::ldexp(x, exponent); });
}

/// A = Q T Qᵀ with T tridiagonal, for the largest |A_ij| near 1.
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
        below(k) = work_(k + 1, k);
        const int exponent = exponent_of(work_.col(k).tail(rest));
        Vector v = scaled(work_.col(k).tail(rest), -exponent);
        double tail_squares = 0.0;
        for (Index i = 1; i < rest; ++i) tail_squares += v(i) * v(i);
        if (tail_squares == 0.0 || std::ldexp(1.0, exponent) <= nothing_beside_one) return;
        const double norm = std::sqrt(v(0) * v(0) + tail_squares);
        const double image = v(0) > 0.0 ? -norm : norm;
        below(k) = std::ldexp(image, exponent);
        v(0) -= image;
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

/// Largest |T_ii| + |T_(i+1)i|, within a factor 2 of ‖T‖.
double size_of(const Tridiagonal& t) { return (t.diagonal.cwiseAbs() + t.below.cwiseAbs()).maxCoeff(); }

/// The first m ≥ l at which T falls apart between m and m + 1: the entry below the diagonal is at most 2⁻⁵³ of its
/// neighbours on it, or at most `negligible`.
Index end_of_block(const Tridiagonal& t, Index l, double negligible) {
    Index m = l;
    for (; m + 1 < t.diagonal.size(); ++m) {
        const double size = std::abs(t.diagonal(m)) + std::abs(t.diagonal(m + 1));
        if (std::abs(t.below(m)) <= std::max(0x1p-53 * size, negligible)) break;
    }
    return m;
}

/// One QL step with an implicit shift on the block l … m; numbers up to `nothing` count as zeros.
void ql_step(Tridiagonal& t, Index l, Index m, double nothing) {
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
        if (r <= nothing) {
            d(i + 1) -= shift;
            e(i) = b;
            e(i + 1) = 0.0;
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

/// T → diagonal, the rotations collected in Q.
///
/// The test against neighbours alone keeps small eigenvalues of a graded matrix accurate relative to themselves, but
/// may never be met where the neighbours are themselves rounding errors of a larger ‖T‖, as in the null space of a
/// matrix of low rank: every step brings errors of 2⁻⁵³‖T‖ back. So once an eigenvalue has not settled in
/// `usual_steps`, entries up to 2⁻⁵³‖T‖ count as zeros from there on (EISPACK's tql2 does so always), which moves no
/// eigenvalue by more than about 2⁻⁵²‖T‖. Not earlier, so that spectra which settle without it keep their bits.
void diagonalise(Tridiagonal& t) {
    constexpr int usual_steps = 60;
    const double size = size_of(t);
    const double nothing = nothing_beside_one * size;
    double negligible = nothing;
    Index steps_left = usual_steps * t.diagonal.size();  // in all; LAPACK's dsteqr allows half
    for (Index l = 0; l < t.diagonal.size(); ++l) {
        int steps = 0;
        for (Index m = end_of_block(t, l, negligible); m != l; m = end_of_block(t, l, negligible)) {
            if (steps_left-- == 0) throw std::domain_error("an eigenvalue does not settle");
            if (++steps > usual_steps) negligible = 0x1p-53 * size;
            ql_step(t, l, m, nothing);
        }
    }
}

}  // namespace

bool is_diagonal(const Matrix& a) {
    for (Index j = 0; j < a.cols(); ++j)
        for (Index i = 0; i < a.rows(); ++i)
            if (i != j && a(i, j) != 0.0) return false;
    return true;
}

Spectrum symmetric_spectrum(const Matrix& a) {
    if (!a.allFinite()) throw std::domain_error("a matrix to diagonalise has entries that are not finite");
    if (is_diagonal(a)) return {a.diagonal(), Matrix::Identity(a.rows(), a.rows())};
    const int exponent = exponent_of(a);
    Tridiagonal t(scaled(a, -exponent));
    diagonalise(t);
    return {scaled(t.diagonal, exponent), std::move(t.q)};
}

}  // namespace stationary::fixed_order
