#pragma once

#include "host/comparison/comparison.h"
#include "host/estimate/estimate.h"

#include <cstdint>
#include <vector>

namespace stationary {

/// One tested number: a signed relative error, 0 where estimate and prediction agree.
struct Deviation {
    double value = 0.0;
    double standard_error = 0.0;
    double floor = 0.0;  ///< the part of standard_error that more chains do not shrink
};

/// W = P⁺ of a covariance, its rank and largest eigenvalue; eigenvalues up to null_tolerance·λ_max count as zero.
struct PseudoInverse {
    Matrix matrix;
    Eigen::Index rank = 0;
    double largest_eigenvalue = 0.0;
};
PseudoInverse pseudo_inverse(const Matrix& covariance);

/// tr(WĈ)/rank − 1, linear in Ĉ and so centred; NaN for rank 0.
Deviation trace_deviation(const Estimate& estimate, const PseudoInverse& weights);

/// Equivalence test: agrees if every interval value ± quantile·standard_error lies inside ± tolerance, differs if one
/// lies wholly outside.
Verdict decide(const std::vector<Deviation>& deviations, double quantile, double tolerance);

/// Chains with which an undecided test would be decided (see compare), given those it had.
std::int64_t chains_to_decide(const std::vector<Deviation>& deviations, double quantile, double tolerance,
                              std::int64_t chains);

}  // namespace stationary
