#pragma once

#include "host/comparison/results.h"

#include <string>

namespace stationary {

/// What a reader must know before believing a row: unfinished cells, diverged chains, saturated draws, heavy tails, and
/// how many chains would decide an inconclusive comparison. Empty where there is nothing to say.
std::string note_lines(const RunResults& results);

}  // namespace stationary
