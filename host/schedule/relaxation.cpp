#include "host/schedule/relaxation.h"

#include "host/algebra/blocked_multiply.h"
#include "host/algebra/fixed_order.h"

#include <algorithm>
#include <cmath>

namespace stationary {
namespace {

using Index = Eigen::Index;

constexpr double null_resolution = 0x1p-20;
constexpr double null_correlation = 0x1p-30;

double largest_magnitude(const Vector& values) {
    double largest = 0.0;
    for (Index i = 0; i < values.size(); ++i) largest = std::max(largest, std::abs(values(i)));
    return largest;
}

/// √diagonal, at least null_resolution of the largest, or of `fallback` if all are zero.
Vector floored_deviations(const Vector& diagonal, double fallback) {
    Vector deviations = diagonal;
    for (Index i = 0; i < deviations.size(); ++i) deviations(i) = std::sqrt(std::max(diagonal(i), 0.0));
    const double largest = largest_magnitude(deviations);
    if (largest == 0.0) return Vector::Constant(diagonal.size(), fallback);
    for (Index i = 0; i < deviations.size(); ++i) deviations(i) = std::max(deviations(i), null_resolution * largest);
    return deviations;
}

/// a ← L⁻¹ a.
void solve_lower(const Matrix& factor, Matrix& a) {
    for (Index j = 0; j < a.cols(); ++j) {
        for (Index k = 0; k < a.rows(); ++k) {
            const double x = a(k, j) / factor(k, k);
            a(k, j) = x;
            for (Index i = k + 1; i < a.rows(); ++i) a(i, j) -= factor(i, k) * x;
        }
    }
}

double sum_of_squares(const Matrix& a) {
    double sum = 0.0;
    for (Index j = 0; j < a.cols(); ++j)
        for (Index i = 0; i < a.rows(); ++i) sum += a(i, j) * a(i, j);
    return sum;
}

/// (Σ λ⁸)^(1/8) = ‖A⁴‖_F^(1/4) of a symmetric matrix.
double schatten_8_norm(Matrix a) {
    const double norm = std::sqrt(sum_of_squares(a));
    if (norm == 0.0 || !std::isfinite(norm)) return norm;
    a /= norm;
    for (int squaring = 0; squaring < 2; ++squaring) a = fixed_order::blocked_multiply(a, a);
    return norm * std::sqrt(std::sqrt(std::sqrt(sum_of_squares(a))));
}

}  // namespace

Vector resolved_deviations(const MomentMap& map, const Matrix& stationary, const Vector& initial) {
    const Index d = map.dimension();
    const double offset = largest_magnitude(initial);
    const double fallback = offset > 0.0 ? offset : 1.0;
    const Vector diagonal = stationary.diagonal();
    Vector deviations(diagonal.size());
    deviations.head(d) = floored_deviations(diagonal.head(d), fallback);
    if (diagonal.size() > d) deviations.tail(d) = floored_deviations(diagonal.tail(d), fallback / map.step_size());
    return deviations;
}

Vector resolved_deviations(const Vector& variances) { return floored_deviations(variances, 1.0); }

Vector resolved_deviations(const Vector& variances, const Vector& initial) {
    const double offset = largest_magnitude(initial);
    return floored_deviations(variances, offset > 0.0 ? offset : 1.0);
}

RelaxationMeasure::RelaxationMeasure(const MomentMap& map, const Matrix& stationary, const Vector& initial)
    : deviations_(resolved_deviations(map, stationary, initial)) {
    const Index k = stationary.rows();
    Matrix correlation(k, k);
    for (Index j = 0; j < k; ++j) {
        for (Index i = 0; i < k; ++i) correlation(i, j) = stationary(i, j) / (deviations_(i) * deviations_(j));
        // A null direction is resolved_deviations wide in this measure.
        correlation(j, j) = std::max(correlation(j, j), 1.0) + null_correlation;
    }
    factor_ = fixed_order::cholesky_semidefinite(correlation);
}

double RelaxationMeasure::operator()(const StateMoments& deviation) const {
    const Index k = deviations_.size();
    Matrix scaled(k, k);
    Matrix mean(k, 1);
    for (Index j = 0; j < k; ++j) {
        for (Index i = 0; i < k; ++i) scaled(i, j) = deviation.second(i, j) / (deviations_(i) * deviations_(j));
        mean(j, 0) = deviation.mean(j) / deviations_(j);
    }
    solve_lower(factor_, scaled);
    Matrix transposed = scaled.transpose();
    solve_lower(factor_, transposed);
    solve_lower(factor_, mean);
    const double mean_measure = std::sqrt(sum_of_squares(mean));
    const double second_measure = schatten_8_norm(transposed);
    if (second_measure >= mean_measure) return second_measure;
    // Neither is larger when one is not a number; their sum passes that on, so that it never counts as relaxed.
    return mean_measure >= second_measure ? mean_measure : mean_measure + second_measure;
}

}  // namespace stationary
