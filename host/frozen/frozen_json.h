#pragma once

#include "host/frozen/gradient_noise.h"
#include "host/frozen/weighted_sum.h"

#include <string>

namespace stationary {

/// What `gradient-noise --json` prints: {"schema", "program", "backend", "experiment", "status", "seconds",
/// "family_intervals", "at", "point_covariance", "rows": [{"batch_size", "sampling", "covariance",
/// "covariance_standard_error", "prediction", "relative_error", "relative_error_standard_error", "verdict", …}]}. Null
/// where no shard was finished.
std::string gradient_noise_json(const GradientNoiseResults& results);

/// What `weighted-sum --json` prints: {…, "alpha", "sum_alpha", "sum_alpha_squared", "covariance",
/// "covariance_standard_error", "claims": [{"name", "factor", "relative_error", …, "verdict"}], "window_cell",
/// "windows": [{"steps", "covariance", "covariance_standard_error", "exact", "total_influence_limit", "verdict", …}]}.
/// A window's verdict is against `exact`; that against the limit is "total_influence_limit_verdict".
std::string weighted_sum_json(const WeightedSumResults& results);

}  // namespace stationary
