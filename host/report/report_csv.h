#pragma once

#include "host/comparison/results.h"

#include <string>

namespace stationary {

/// cells.csv: a header and a row per cell and theory (one row with empty theory columns for a cell without
/// predictions); lines end in
/// '\n', numbers round-trip, and a cell without a finished shard leaves its estimates empty.
std::string results_csv(const RunResults& results);

}  // namespace stationary
