#pragma once

#include "host/base/json.h"
#include "host/comparison/results.h"

#include <string>

namespace stationary {

/// Which batch sizes (and momenta) share one covariance. A few lines per group: "sgd mu=0 eta0=0.002: invariant within
/// 1 % up to B = 8 (eta = 0.016, reach 0.066)", whether the exact law puts the end there too, the largest deviation of
/// the covariance as a whole and of each observable; then a row per cell with its effective batch. Empty where no cells
/// share η0.
std::string invariance_lines(const RunResults& results);

/// How far reshuffled cells leave the picture of independent batches, a row per cell. Empty where there are none.
std::string reshuffle_lines(const RunResults& results);

/// An entry of the lists "invariance" and "invariance_over_momenta".
Json to_json(const InvarianceResult& result, const RunResults& results);

/// "reshuffle" of a cell.
Json to_json(const ReshuffleTemperature& temperature);

}  // namespace stationary
