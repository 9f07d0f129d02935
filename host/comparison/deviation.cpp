#include "host/comparison/deviation.h"

#include "host/algebra/blocked_multiply.h"
#include "host/algebra/fixed_eigenbasis.h"

#include <Eigen/Eigenvalues>

#include <algorithm>
#include <cmath>

namespace stationary {
namespace {

/// NaN and infinite errors lie neither inside nor outside.
bool lies_inside(const Deviation& deviation, double quantile, double tolerance) {
    return std::abs(deviation.value) + quantile * deviation.standard_error <= tolerance;
}

bool lies_outside(const Deviation& deviation, double quantile, double tolerance) {
    return std::abs(deviation.value) - quantile * deviation.standard_error > tolerance;
}

bool differs_from_zero(const Deviation& deviation, double quantile) { return lies_outside(deviation, quantile, 0.0); }

/// Chains at which twice the half-width is `gap`.
std::int64_t chains_for(const Deviation& deviation, double quantile, double gap, std::int64_t chains) {
    const double target = gap / (2.0 * quantile);
    if (!(target > deviation.floor)) return undecidable_chains;
    const double shrinking = std::pow(deviation.standard_error, 2) - std::pow(deviation.floor, 2);
    const double factor = shrinking / (std::pow(target, 2) - std::pow(deviation.floor, 2));
    const double needed = std::ceil(static_cast<double>(chains) * factor);
    if (!(needed < static_cast<double>(undecidable_chains))) return undecidable_chains;
    return std::max(chains + 1, static_cast<std::int64_t>(needed));
}

/// 1/λ, 0 for those that count as zero; sets rank and largest eigenvalue.
Vector inverse_eigenvalues(const Vector& eigenvalues, PseudoInverse& result) {
    result.largest_eigenvalue = std::max(0.0, eigenvalues.maxCoeff());
    Vector inverse = Vector::Zero(eigenvalues.size());
    for (Eigen::Index i = 0; i < eigenvalues.size(); ++i) {
        if (eigenvalues(i) <= null_tolerance * result.largest_eigenvalue) continue;
        inverse(i) = 1.0 / eigenvalues(i);
        ++result.rank;
    }
    return inverse;
}

/// Matrices of more rows are diagonalised by fixed_order::symmetric_spectrum: faster, and at once where diagonal.
constexpr Eigen::Index most_small_dimension = 32;

PseudoInverse large_pseudo_inverse(const Matrix& symmetric) {
    const fixed_order::Spectrum spectrum = fixed_order::symmetric_spectrum(symmetric);
    PseudoInverse result;
    const Vector inverse = inverse_eigenvalues(spectrum.eigenvalues, result);
    if (fixed_order::is_diagonal(symmetric)) {
        result.matrix = inverse.asDiagonal();
        return result;
    }
    const Matrix scaled = spectrum.eigenvectors * inverse.asDiagonal();
    result.matrix = fixed_order::blocked_multiply(scaled, Matrix(spectrum.eigenvectors.transpose()));
    return result;
}

}  // namespace

PseudoInverse pseudo_inverse(const Matrix& covariance) {
    // Halved first: the sum of entries near the largest double would overflow.
    const Matrix symmetric = covariance / 2.0 + covariance.transpose() / 2.0;
    if (symmetric.rows() > most_small_dimension) return large_pseudo_inverse(symmetric);
    const Eigen::SelfAdjointEigenSolver<Matrix> solver(symmetric);
    const Vector& eigenvalues = solver.eigenvalues();
    PseudoInverse result;
    const Vector inverse = inverse_eigenvalues(eigenvalues, result);
    result.matrix = solver.eigenvectors() * inverse.asDiagonal() * solver.eigenvectors().transpose();
    return result;
}

Deviation trace_deviation(const Estimate& estimate, const PseudoInverse& weights) {
    const Matrix scaled = weights.matrix / static_cast<double>(weights.rank);
    const ScalarEstimate trace = trace_with(estimate, scaled);
    return {trace.value - 1.0, trace.standard_error, scaled.cwiseAbs().cwiseProduct(estimate.resolution_floor).sum()};
}

Verdict decide(const std::vector<Deviation>& deviations, double quantile, double tolerance) {
    const auto inside = [&](const Deviation& d) { return lies_inside(d, quantile, tolerance); };
    const auto outside = [&](const Deviation& d) { return lies_outside(d, quantile, tolerance); };
    if (std::any_of(deviations.begin(), deviations.end(), outside)) return Verdict::differs;
    const bool all = !deviations.empty() && std::all_of(deviations.begin(), deviations.end(), inside);
    return all ? Verdict::agrees : Verdict::inconclusive;
}

std::int64_t chains_to_decide(const std::vector<Deviation>& deviations, double quantile, double tolerance,
                              std::int64_t chains) {
    std::int64_t first_difference = undecidable_chains;
    std::int64_t last_agreement = 0;
    bool leans_to_difference = false;
    for (const Deviation& deviation : deviations) {
        if (lies_inside(deviation, quantile, tolerance)) continue;
        const double magnitude = std::abs(deviation.value);
        const bool told = differs_from_zero(deviation, quantile);
        const double gap = told ? std::abs(magnitude - tolerance) : tolerance;
        const std::int64_t needed = chains_for(deviation, quantile, gap, chains);
        if (told && magnitude > tolerance) {
            leans_to_difference = true;
            first_difference = std::min(first_difference, needed);
        }
        last_agreement = std::max(last_agreement, needed);
    }
    return leans_to_difference ? first_difference : last_agreement;
}

}  // namespace stationary
