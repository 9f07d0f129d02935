#pragma once

#include "host/algebra/eigenbasis.h"
#include "host/comparison/covariance_observable.h"

#include <vector>

namespace stationary {

/// The observables of covariance_observable.h for models of many parameters, whose d(d+1)/2 weight matrices cannot be
/// made: every shard's covariance is turned into the eigenbasis of H instead, where an observable is an entry. The
/// resolution floor is |V|ᵀ F |V|, at least that of the weights. Test: mode_observables_test.cpp, with the weights.
class ModeObservables {
  public:
    /// `limit` is the covariance of the small-η law; both must outlive this.
    ModeObservables(const LossModel& model, const Matrix& limit);

    /// One cell's deviations with half-widths quantile·standard error, `exact` the covariance of its exact law or null.
    /// Of each kind only those that a group's verdict and report can depend on (outer_deviations).
    [[nodiscard]] std::vector<ObservedDeviation> observe(const Estimate& estimate, const Matrix* exact,
                                                         double quantile) const;

  private:
    const LossModel& model_;
    const Matrix& limit_;
    Eigenbasis basis_;
    Matrix in_modes_;        ///< the limit in the eigenbasis
    double smallest_ = 0.0;  ///< variances up to it are null directions
};

/// Models of more parameters than this are observed so.
constexpr Eigen::Index most_weighted_observables = 32;

/// Of each kind: the worst (worst_of), the one whose interval reaches farthest from 0, the one whose interval stays
/// farthest from 0, and the one with the largest prediction. Order kept.
std::vector<ObservedDeviation> outer_deviations(const std::vector<ObservedDeviation>& deviations);

}  // namespace stationary
