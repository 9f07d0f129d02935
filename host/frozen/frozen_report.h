#pragma once

#include "host/frozen/gradient_noise.h"
#include "host/frozen/weighted_sum.h"

#include <string>

namespace stationary {

/// The table of `gradient-noise`: a row per sampling and batch size, with Σ^B in units of Σ¹, measured beside 1/B or
/// c_B, and the verdict on the whole matrix.
std::string gradient_noise_table(const GradientNoiseResults& results);

/// The table of `weighted-sum`: the two claims, the momentum windows, and what follows from them in words.
std::string weighted_sum_table(const WeightedSumResults& results);

/// Which of the two claims the data support, in words; part of the table.
std::string weighted_sum_conclusion(const WeightedSumResults& results);

}  // namespace stationary
