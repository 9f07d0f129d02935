#include "host/comparison/mode_observables.h"

#include "host/base/parallel_for.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

namespace stationary {
namespace {

using Index = Eigen::Index;

Matrix turned(const Eigenbasis& basis, const Matrix& symmetric) { return basis.to_modes(symmetric).cast<double>(); }

/// |V|ᵀ F |V|.
Matrix turned_floor(const Eigenbasis& basis, const Matrix& floor) {
    Eigenbasis magnitudes = basis;
    magnitudes.directions = basis.directions.cwiseAbs();
    return turned(magnitudes, floor);
}

/// Standard errors of the entries in the eigenbasis, from the shards: a few of them are turned side by side, and added
/// in their order.
Matrix turned_errors(const Eigenbasis& basis, const Estimate& estimate, const Matrix& pooled) {
    constexpr std::size_t side_by_side = 8;
    const std::vector<Matrix>& shards = estimate.shard_covariance;
    Matrix sum = Matrix::Zero(pooled.rows(), pooled.cols());
    Matrix squares = sum;
    for (std::size_t first = 0; first < shards.size(); first += side_by_side) {
        std::vector<Matrix> offsets(std::min(side_by_side, shards.size() - first));
        parallel_for(offsets.size(), [&](std::size_t s) { offsets[s] = turned(basis, shards[first + s]) - pooled; });
        for (const Matrix& offset : offsets) {
            sum += offset;
            squares += offset.cwiseAbs2();
        }
    }
    const auto count = static_cast<double>(shards.size());
    if (shards.size() < 2)
        return Matrix::Constant(pooled.rows(), pooled.cols(), std::numeric_limits<double>::infinity());
    const Matrix spread = (squares - sum.cwiseAbs2() / count).cwiseMax(0.0);
    return (spread / ((count - 1.0) * count)).cwiseSqrt();
}

double reach(const ObservedDeviation& d) { return std::abs(d.measured.value) + d.half_width; }
/// What is not a number shows no distance.
double distance(const ObservedDeviation& d) {
    const double distance = std::abs(d.measured.value) - d.half_width;
    return std::isnan(distance) ? -std::numeric_limits<double>::infinity() : distance;
}
double prediction_size(const ObservedDeviation& d) {
    return std::isnan(d.predicted) ? std::numeric_limits<double>::infinity() : std::abs(d.predicted);
}

template <typename Size>
void keep_largest(const std::vector<ObservedDeviation>& deviations, Observable kind, const Size& size,
                  std::set<std::size_t>& kept) {
    std::size_t largest = deviations.size();
    for (std::size_t k = 0; k < deviations.size(); ++k) {
        if (deviations[k].kind != kind) continue;
        // What is not a number must be kept: it keeps its group from agreeing.
        const bool larger = largest == deviations.size() || !(size(deviations[k]) <= size(deviations[largest]));
        if (larger) largest = k;
        if (std::isnan(size(deviations[k]))) break;
    }
    if (largest < deviations.size()) kept.insert(largest);
}

}  // namespace

ModeObservables::ModeObservables(const LossModel& model, const Matrix& limit)
    : model_(model), limit_(limit), basis_(make_eigenbasis(model.hessian)) {
    if (!limit.allFinite()) return;
    in_modes_ = turned(basis_, limit);
    smallest_ = null_tolerance * std::max(0.0, in_modes_.diagonal().maxCoeff());
}

std::vector<ObservedDeviation> ModeObservables::observe(const Estimate& estimate, const Matrix* exact,
                                                        double quantile) const {
    std::vector<ObservedDeviation> observed;
    if (!(smallest_ > 0.0)) return observed;
    const Matrix pooled = turned(basis_, estimate.covariance);
    const Matrix errors = turned_errors(basis_, estimate, pooled);
    const Matrix floor = turned_floor(basis_, estimate.resolution_floor);
    const Matrix predicted = exact == nullptr ? Matrix() : turned(basis_, *exact);
    const auto add = [&](Observable kind, Index i, Index j, double scale) {
        const double centre = in_modes_(i, j);
        const double error = std::hypot(errors(i, j), floor(i, j)) / std::abs(scale);
        ObservedDeviation deviation{
            kind, i, j, {(pooled(i, j) - centre) / scale, error, floor(i, j) / std::abs(scale)}};
        deviation.half_width = quantile * error;
        if (exact != nullptr) deviation.predicted = (predicted(i, j) - centre) / scale;
        observed.push_back(deviation);
    };
    const Index d = pooled.rows();
    const auto is_null = [&](Index i) { return in_modes_(i, i) <= smallest_; };
    for (Index i = 0; i < d; ++i)
        if (!is_null(i)) add(Observable::diagonal, i, i, in_modes_(i, i));
    const double energy = model_.hessian.cwiseProduct(limit_).sum();
    const CovarianceObservable loss{Observable::loss, -1, -1, model_.hessian / energy, 1.0};
    const Deviation measured = loss.deviation(estimate);
    observed.push_back({Observable::loss, -1, -1, measured, quantile * measured.standard_error});
    if (exact != nullptr) observed.back().predicted = loss.deviation(*exact);
    for (Index i = 0; i < d; ++i) {
        for (Index j = i + 1; j < d; ++j) {
            if (is_null(i) || is_null(j)) continue;
            const double scale = std::sqrt(in_modes_(i, i) * in_modes_(j, j));
            add(Observable::off_diagonal, i, j, scale);
            if (std::abs(in_modes_(i, j)) >= least_correlation * scale)
                add(Observable::off_diagonal_ratio, i, j, in_modes_(i, j));
        }
    }
    return outer_deviations(observed);
}

std::vector<ObservedDeviation> outer_deviations(const std::vector<ObservedDeviation>& deviations) {
    std::set<std::size_t> kept;
    for (const Observable kind :
         {Observable::diagonal, Observable::loss, Observable::off_diagonal, Observable::off_diagonal_ratio}) {
        keep_largest(deviations, kind, reach, kept);
        keep_largest(deviations, kind, distance, kept);
        keep_largest(deviations, kind, prediction_size, kept);
        if (const ObservedDeviation* worst = worst_of(deviations, kind))
            kept.insert(static_cast<std::size_t>(worst - deviations.data()));
    }
    std::vector<ObservedDeviation> outer;
    for (const std::size_t k : kept) outer.push_back(deviations[k]);
    return outer;
}

}  // namespace stationary
