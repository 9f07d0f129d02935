#pragma once

#include "host/results.h"

#include <string>

namespace stationary {

/// Which batch sizes share one covariance, a line per group: "sgd mu=0: invariant within 1 % up to B = 8 (eta = 0.016,
/// reach 0.066); largest deviation +13.2±0.3 % at B = 64: differs". Empty where no cells share η0.
std::string invariance_lines(const RunResults& results);

/// What a reader must know before believing a row: unfinished cells, diverged chains, saturated draws, heavy tails, and
/// how many chains would decide an inconclusive comparison. Empty where there is nothing to say.
std::string note_lines(const RunResults& results);

}  // namespace stationary
