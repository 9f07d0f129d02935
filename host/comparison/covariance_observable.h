#pragma once

#include "host/comparison/deviation.h"
#include "host/estimate/estimate.h"
#include "host/model/loss_model.h"

#include <limits>
#include <string>
#include <vector>

namespace stationary {

/// What the scaling rule may keep or break, each on its own (docs/theory.md, section 4).
enum class Observable {
    diagonal,            ///< variance along an eigenvector of H
    loss,                ///< ½ tr(HC)
    off_diagonal,        ///< covariance of two eigenvectors of H, in the scale √(C_ii C_jj) of the limit
    off_diagonal_ratio,  ///< the same relative to the limit's own entry, where that is not zero
};
std::string to_string(Observable observable);

/// A linear functional of a covariance C that is 0 where C is the limit: tr(weight·C) − offset.
struct CovarianceObservable {
    Observable kind = Observable::loss;
    Eigen::Index i = -1;  ///< eigenvectors of H, curvature ascending, counted from 0; −1 for the loss
    Eigen::Index j = -1;
    Matrix weight;        ///< symmetric [d×d]
    double offset = 1.0;  ///< its value at the limit

    [[nodiscard]] double deviation(const Matrix& covariance) const;
    /// The same of an estimate, with the standard error that trace_with gives.
    [[nodiscard]] Deviation deviation(const Estimate& estimate) const;
};

/// An off-diagonal entry of the limit below this correlation counts as zero: it has no scale of its own.
constexpr double least_correlation = 1e-3;

/// The observables against the covariance `limit` of the small-η law: d of the diagonal, the loss, d(d−1)/2 off the
/// diagonal, then those of the latter whose limit is not zero as ratios. Directions whose limit is zero
/// (null_tolerance) are left out. Empty if the limit is not finite or zero.
std::vector<CovarianceObservable> covariance_observables(const LossModel& model, const Matrix& limit);

/// How many of them need an interval of their own; a ratio is a multiple of its off-diagonal entry.
std::int64_t observable_intervals(Eigen::Index dimension);

/// One observable of one cell, measured and as the exact law has it.
struct ObservedDeviation {
    Observable kind = Observable::loss;
    Eigen::Index i = -1;
    Eigen::Index j = -1;
    Deviation measured;
    double half_width = 0.0;                                      ///< of its simultaneous interval
    double predicted = std::numeric_limits<double>::quiet_NaN();  ///< NaN without an exact law
};

/// The one of a kind that is worst for the rule; nullptr if there is none. A ratio: the one whose interval lies
/// farthest from 0, because entries with a small limit are known badly; the others, whose scales are alike: the
/// largest.
const ObservedDeviation* worst_of(const std::vector<ObservedDeviation>& deviations, Observable kind);

}  // namespace stationary
