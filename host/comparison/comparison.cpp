#include "host/comparison/comparison.h"

#include "host/comparison/deviation.h"
#include "host/comparison/student_t.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

namespace stationary {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

/// a / b where nothing over nothing is 0.
double ratio(double a, double b) {
    if (b > 0.0) return a / b;
    return a == 0.0 ? 0.0 : infinity;
}

/// What every entry's deviation needs besides its own numbers.
struct EntryContext {
    const Estimate& estimate;
    const Matrix& predicted;
    double prediction_rounding;  ///< z of compare's docstring
    double quantile;
    double tolerance;

    [[nodiscard]] bool is_null(Eigen::Index i) const {
        return predicted(i, i) <= std::max(prediction_rounding, estimate.resolution_floor(i, i));
    }
};

Deviation entry_deviation(const EntryContext& context, Eigen::Index i, Eigen::Index j) {
    const Matrix& predicted = context.predicted;
    const bool null = context.is_null(i) || context.is_null(j);
    const double rounding = null ? context.prediction_rounding : 0.0;
    const double floor = std::hypot(context.estimate.resolution_floor(i, j), rounding);
    double scale = std::sqrt(std::max(0.0, predicted(i, i)) * std::max(0.0, predicted(j, j)));
    if (null) scale = std::max(scale, 2.0 * context.quantile * floor / context.tolerance);
    return {(context.estimate.covariance(i, j) - predicted(i, j)) / scale,
            std::hypot(context.estimate.covariance_standard_error(i, j), rounding) / scale, floor / scale};
}

/// The entry with the largest |t| of deviations row by row, j ≥ i.
EntryDeviation largest_entry(const std::vector<Deviation>& deviations, Eigen::Index dimension) {
    EntryDeviation largest;
    double largest_t = -1.0;
    std::size_t at = 0;
    for (Eigen::Index i = 0; i < dimension; ++i) {
        for (Eigen::Index j = i; j < dimension; ++j, ++at) {
            const double t = std::abs(deviations[at].value) / deviations[at].standard_error;
            if (!(t > largest_t)) continue;
            largest_t = t;
            largest = {i, j, deviations[at].value, deviations[at].standard_error};
        }
    }
    return largest;
}

std::vector<Deviation> entry_deviations(const EntryContext& context) {
    std::vector<Deviation> deviations;
    deviations.reserve(static_cast<std::size_t>(intervals_per_comparison(context.predicted.rows())));
    for (Eigen::Index i = 0; i < context.predicted.rows(); ++i)
        for (Eigen::Index j = i; j < context.predicted.rows(); ++j)
            deviations.push_back(entry_deviation(context, i, j));
    return deviations;
}

void set_signed_error(Comparison& comparison, double value, double half_width) {
    comparison.signed_relative_error = value;
    comparison.signed_relative_error_interval[0] = value - half_width;
    comparison.signed_relative_error_interval[1] = value + half_width;
}

Comparison undefined_comparison() {
    Comparison comparison;
    comparison.relative_error = comparison.relative_error_standard_error = comparison.max_abs_t = not_a_number;
    set_signed_error(comparison, not_a_number, not_a_number);
    comparison.chains_needed = undecidable_chains;
    return comparison;
}

/// Errors that cannot be computed (a single shard) leave no t to compare.
double largest_t(const std::vector<Deviation>& deviations) {
    double largest = 0.0;
    for (const Deviation& deviation : deviations)
        largest = std::max(largest, std::abs(deviation.value) / deviation.standard_error);
    return largest;
}

void judge(Comparison& comparison, const std::vector<Deviation>& deviations, const Family& family, double quantile,
           std::int64_t chains) {
    comparison.verdict = decide(deviations, quantile, family.tolerance);
    comparison.significant = comparison.max_abs_t > quantile;
    comparison.chains_needed = comparison.verdict == Verdict::inconclusive
                                   ? chains_to_decide(deviations, quantile, family.tolerance, chains)
                                   : chains;
}

}  // namespace

double heavy_tail_threshold(Eigen::Index dimension) {
    constexpr double few = 32.0;
    constexpr double per_tenth = 3.5;
    return heavy_tail_kurtosis + per_tenth * std::log10(std::max(1.0, static_cast<double>(dimension) / few));
}

std::string to_string(Verdict verdict) {
    switch (verdict) {
        case Verdict::agrees:
            return "agrees";
        case Verdict::differs:
            return "differs";
        case Verdict::inconclusive:
            break;
    }
    return "inconclusive";
}

double simultaneous_quantile(const Family& family, std::int64_t shards) {
    const double intervals = static_cast<double>(std::max<std::int64_t>(family.intervals, 1));
    return student_t_quantile(family.error_rate / (2.0 * intervals), static_cast<double>(shards - 1));
}

std::int64_t intervals_per_comparison(Eigen::Index dimension) { return dimension * (dimension + 1) / 2 + 1; }

Comparison compare(const Estimate& estimate, const Prediction& prediction, const Family& family, std::int64_t chains,
                   bool heavy_tailed) {
    const Matrix& predicted = prediction.covariance;
    if (estimate.covariance.rows() != predicted.rows() || predicted.rows() != predicted.cols())
        throw std::invalid_argument("compare: estimate and prediction have different dimensions");
    Comparison comparison = undefined_comparison();
    if (!estimate.covariance.allFinite() || !predicted.allFinite()) return comparison;

    const Matrix difference = estimate.covariance - predicted;
    comparison.relative_error = ratio(difference.norm(), predicted.norm());
    comparison.relative_error_standard_error = ratio(estimate.covariance_standard_error.norm(), predicted.norm());

    const PseudoInverse weights = pseudo_inverse(predicted);
    const double quantile = simultaneous_quantile(family, estimate.shards);
    std::vector<Deviation> deviations = entry_deviations(
        {estimate, predicted, null_tolerance * weights.largest_eigenvalue, quantile, family.tolerance});
    comparison.largest = largest_entry(deviations, predicted.rows());
    if (weights.rank > 0) {
        deviations.push_back(trace_deviation(estimate, weights));
        set_signed_error(comparison, deviations.back().value, quantile * deviations.back().standard_error);
    } else {
        set_signed_error(comparison, ratio(std::abs(difference.trace()), 0.0), 0.0);
    }
    comparison.max_abs_t = largest_t(deviations);
    if (!heavy_tailed) judge(comparison, deviations, family, quantile, chains);
    return comparison;
}

}  // namespace stationary
